//! The keys of the one tree: a letter, then parts divided by NUL, which neither a zone name nor a
//! backend name can contain.
//!
//! | key | value |
//! |---|---|
//! | `z` zone | [`Head`](super::Head) |
//! | `l` zone NUL layer | the revision whose version has the layer's records, eight bytes, big-endian |
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
//! | `m` | schema version, four bytes, big-endian |

use dadns_backends::BackendId;
use dadns_zone::ZoneName;

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

/// The layer that pushes from masters fill.
pub(super) const PUSH: &str = "push";

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
