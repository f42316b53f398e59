//! SHA-1 of names in base32hex, as NSEC3 owners and members of catalogs are called.

use sha1::{Digest, Sha1};

/// Digits of a SHA-1 hash in base32hex.
pub(crate) const DIGITS: usize = 32;

/// The hash of `name` in wire form, with `iterations` extra rounds over `salt` (RFC 5155 §5), in
/// base32hex without padding, lower-case (RFC 4648 §7).
pub(crate) fn hashed(name: &[u8], iterations: u16, salt: &[u8]) -> [u8; DIGITS] {
    let mut hash = Sha1::new().chain_update(name).chain_update(salt).finalize();
    for _ in 0..iterations {
        hash = Sha1::new().chain_update(hash).chain_update(salt).finalize();
    }
    let mut text = [0; DIGITS];
    for (five, digits) in hash.as_chunks::<5>().0.iter().zip(text.chunks_mut(8)) {
        let bits = five
            .iter()
            .fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
        for (index, digit) in digits.iter_mut().enumerate() {
            let value = (bits >> (35 - 5 * index) & 31) as usize;
            *digit = b"0123456789abcdefghijklmnopqrstuv"[value];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hash_as_in_rfc_5155_appendix_a() {
        let salt = [0xaa, 0xbb, 0xcc, 0xdd];
        for (name, hash) in [
            (&b"\x07example\0"[..], b"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
            (b"\x01a\x07example\0", b"35mthgpgcu1qg68fab165klnsnk3dpvl"),
            (
                b"\x01*\x01w\x07example\0",
                b"r53bq7cc2uvmubfu5ocmm6pers9tk9en",
            ),
        ] {
            assert_eq!(&hashed(name, 12, &salt), hash);
        }
    }
}
