//! Weighted rendezvous hashing (Thaler and Ravishankar 1998; weights as Schindelhauer and Schomaker 2005 have them).
//!
//! The score of a group for a zone is
//!
//! ```text
//! h = BLAKE3(length of the group's name in 8 octets, big-endian | group's name | zone's name)
//! u = (the first 53 bits of h + 0.5) / 2^53            between 0 and 1
//! score = -weight / ln(u)
//! ```
//!
//! and the zone goes to the groups with the highest scores. The scores of a group depend on no other group: one that
//! is added wins some zones and changes the order of no others, and one that is removed loses its own.

use dadns_zone::ZoneName;

/// The score of a group for a zone: higher is better. A group without weight has none.
pub(super) fn score(group: &str, weight: u32, zone: &ZoneName) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(group.len() as u64).to_be_bytes());
    hasher.update(group.as_bytes());
    hasher.update(zone.as_str().as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    // Of 64 bits a float holds 53.
    let drawn = u64::from_be_bytes(first) >> 11;
    let unit = (drawn as f64 + 0.5) / (1_u64 << 53) as f64;
    -f64::from(weight) / unit.ln()
}
