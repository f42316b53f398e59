//! The keys of the one tree: a letter, then parts divided by NUL, which neither a zone name nor a
//! backend name can contain.
//!
//! | key | value |
//! |---|---|
//! | `z` zone | [`Head`](super::Head) |
//! | `l` zone NUL layer | the revision whose version has the layer's records, eight bytes, big-endian |
//! | `l` zone NUL `plain` | the revision at which every name can be merged by itself, likewise; earlier versions pass it over |
//! | `e` zone NUL layer number, owner name in wire form, type in two bytes | [`Entry`](super::Entry) of a layer above |
//! | `o` zone NUL revision | what was pushed in a revision that is forgotten, for later ones that still have it |
//! | `a` zone | [`Attributes`](super::Attributes) |
//! | `g` zone | its [`Placement`](crate::placement::Placement), if it has one; earlier versions pass it over |
//! | `p` backend NUL zone | [`PendingEntry`](super::PendingEntry) |
//! | `r` zone NUL backend | [`Receipt`](super::Receipt) |
//! | `v` zone NUL revision, eight bytes, big-endian | [`Version`](super::Version) |
//! | `h` zone | [`Held`](super::Held) |
//! | `x` zone | [`Refused`](super::Refused) |
//! | `s` zone | [`Highest`](super::desired::Highest) serial; earlier versions pass it over |
//! | `b` backend | its fingerprint when the store was last open |
//! | `t` token | [`TokenRecord`](crate::access::TokenRecord) |
//! | `u` token | its [`LastUse`](crate::access::LastUse) |
//! | `k` | the [`SigningKeys`](crate::access::jwt::SigningKeys) of JWTs |
//! | `c` | the [`Membership`](super::Membership) of this node in a cluster, if it is in one |
//! | `f` | the [`Landmark`](crate::ledger::Landmark) that the ledger is known by again |
//! | `y` zone | its place in the ledger, a number |
//! | `w` token | its place in the ledger, a number |
//! | `q` token | nothing: it is revoked here, and the other nodes do not know it |
//! | `i` zone | why the other nodes do not know it as it stands here, if they do not |
//! | `m` | schema version, four bytes, big-endian |

use dadns_backends::BackendId;
use dadns_zone::{DomainName, ZoneName};

pub(super) const SCHEMA: &[u8] = b"m";
pub(super) const HEADS: &[u8] = b"z";
pub(super) const BACKENDS: &[u8] = b"b";
pub(super) const HELD: &[u8] = b"h";
pub(super) const REFUSED: &[u8] = b"x";
pub(super) const HIGHEST: &[u8] = b"s";
pub(super) const RECEIPTS: &[u8] = b"r";
pub(super) const TOKENS: &[u8] = b"t";
pub(super) const TOKEN_USES: &[u8] = b"u";
pub(super) const SIGNING_KEYS: &[u8] = b"k";
pub(super) const ENTRIES: &[u8] = b"e";

pub(super) const PLACEMENTS: &[u8] = b"g";
pub(super) const CLUSTER: &[u8] = b"c";
pub(super) const LANDMARK: &[u8] = b"f";
pub(super) const STAMPS: &[u8] = b"y";
pub(super) const UNSHARED: &[u8] = b"i";
pub(super) const REVOKED: &[u8] = b"q";
pub(super) const TOKEN_STAMPS: &[u8] = b"w";

/// The layer that pushes from masters fill.
pub(super) const PUSH: &str = "push";

/// Stands beside the layers: see the table above.
pub(super) const PLAIN: &str = "plain";

fn key(prefix: u8, parts: &[&str]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len() + 1).sum::<usize>());
    key.push(prefix);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            key.push(0);
        }
        key.extend_from_slice(part.as_bytes());
    }
    key
}

pub(super) fn head(zone: &ZoneName) -> Vec<u8> {
    key(b'z', &[zone.as_str()])
}

pub(super) fn layer(zone: &ZoneName, layer: &str) -> Vec<u8> {
    key(b'l', &[zone.as_str(), layer])
}

/// What the keys of all entries of a zone begin with.
pub(super) fn entries_of(zone: &ZoneName) -> Vec<u8> {
    key(b'e', &[zone.as_str(), ""])
}

/// A name in wire form ends with the root, so that no other name begins with it.
pub(super) fn entries_at(zone: &ZoneName, layer: u8, owner: &DomainName) -> Vec<u8> {
    let mut key = entries_of(zone);
    key.push(layer);
    key.extend_from_slice(owner.as_slice());
    key
}

pub(super) fn entry(zone: &ZoneName, layer: u8, owner: &DomainName, rtype: u16) -> Vec<u8> {
    let mut key = entries_at(zone, layer, owner);
    key.extend_from_slice(&rtype.to_be_bytes());
    key
}

/// The zone that the key of an entry names.
pub(super) fn zone_of_entry(key: &[u8]) -> Option<&str> {
    let rest = key.strip_prefix(ENTRIES)?;
    let end = rest.iter().position(|octet| *octet == 0)?;
    std::str::from_utf8(&rest[..end]).ok()
}

/// After the keys of all entries of a zone, and before those of any other.
pub(super) fn past_entries_of(zone: &ZoneName) -> Vec<u8> {
    let mut key = key(b'e', &[zone.as_str()]);
    key.push(1);
    key
}

pub(super) fn bases_of(zone: &ZoneName) -> Vec<u8> {
    key(b'o', &[zone.as_str(), ""])
}

pub(super) fn base(zone: &ZoneName, revision: u64) -> Vec<u8> {
    let mut key = bases_of(zone);
    key.extend_from_slice(&revision.to_be_bytes());
    key
}

pub(super) fn attributes(zone: &ZoneName) -> Vec<u8> {
    key(b'a', &[zone.as_str()])
}

pub(super) fn placement(zone: &ZoneName) -> Vec<u8> {
    key(b'g', &[zone.as_str()])
}

pub(super) fn pending(backend: &BackendId, zone: &ZoneName) -> Vec<u8> {
    key(b'p', &[backend.as_str(), zone.as_str()])
}

pub(super) fn pending_of(backend: &BackendId) -> Vec<u8> {
    key(b'p', &[backend.as_str(), ""])
}

pub(super) fn receipt(zone: &ZoneName, backend: &BackendId) -> Vec<u8> {
    key(b'r', &[zone.as_str(), backend.as_str()])
}

pub(super) fn receipts_of(zone: &ZoneName) -> Vec<u8> {
    key(b'r', &[zone.as_str(), ""])
}

pub(super) fn held(zone: &ZoneName) -> Vec<u8> {
    key(b'h', &[zone.as_str()])
}

pub(super) fn refused(zone: &ZoneName) -> Vec<u8> {
    key(b'x', &[zone.as_str()])
}

pub(super) fn highest(zone: &ZoneName) -> Vec<u8> {
    key(b's', &[zone.as_str()])
}

pub(super) fn stamp(zone: &ZoneName) -> Vec<u8> {
    key(b'y', &[zone.as_str()])
}

pub(super) fn token_stamp(token: &str) -> Vec<u8> {
    key(b'w', &[token])
}

pub(super) fn revoked(token: &str) -> Vec<u8> {
    key(b'q', &[token])
}

pub(super) fn unshared(zone: &ZoneName) -> Vec<u8> {
    key(b'i', &[zone.as_str()])
}

pub(super) fn versions_of(zone: &ZoneName) -> Vec<u8> {
    key(b'v', &[zone.as_str(), ""])
}

pub(super) fn version(zone: &ZoneName, revision: u64) -> Vec<u8> {
    let mut key = versions_of(zone);
    key.extend_from_slice(&revision.to_be_bytes());
    key
}

/// The revision that the key of a version ends with.
pub(super) fn revision(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|octets| u64::from_be_bytes(*octets))
}

pub(super) fn backend(id: &BackendId) -> Vec<u8> {
    key(b'b', &[id.as_str()])
}

pub(super) fn token(name: &str) -> Vec<u8> {
    key(b't', &[name])
}

pub(super) fn token_use(name: &str) -> Vec<u8> {
    key(b'u', &[name])
}

/// The last part of a key, after its prefix.
pub(super) fn tail<'k>(key: &'k [u8], prefix: &[u8]) -> Option<&'k str> {
    std::str::from_utf8(key.strip_prefix(prefix)?).ok()
}
