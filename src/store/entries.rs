//! Entries of sled as values: keys to names, octets to what they stand for.

use serde::de::DeserializeOwned;

use super::{StoreError, keys};

/// The entries below a key prefix, with the rest of each key as a name.
pub(super) fn scan<N: std::str::FromStr, V: DeserializeOwned>(
    db: &sled::Db,
    prefix: Vec<u8>,
    what: &'static str,
) -> impl Iterator<Item = Result<(N, V), StoreError>> + use<N, V> {
    typed(db.scan_prefix(&prefix), prefix, what)
}

pub(super) fn typed<N: std::str::FromStr, V: DeserializeOwned, I>(
    entries: I,
    prefix: Vec<u8>,
    what: &'static str,
) -> impl Iterator<Item = Result<(N, V), StoreError>> + use<N, V, I>
where
    I: Iterator<Item = sled::Result<(sled::IVec, sled::IVec)>>,
{
    entries.map(move |entry| {
        let (key, value) = entry.map_err(|error| reading(what, &error))?;
        let name = name_in(&key, &prefix, what)?;
        let shown = String::from_utf8_lossy(&key[prefix.len()..]);
        Ok((name, decode(&format!("{what} {shown}"), &value)?))
    })
}

fn name_in<N: std::str::FromStr>(key: &[u8], prefix: &[u8], what: &str) -> Result<N, StoreError> {
    keys::tail(key, prefix)
        .and_then(|name| name.parse().ok())
        .ok_or_else(|| {
            reading(
                what,
                &format!("{:?} is not a name", key.escape_ascii().to_string()),
            )
        })
}

pub(super) fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, StoreError> {
    postcard::from_bytes(bytes).map_err(|error| reading(what, &error))
}

pub(super) fn reading(what: impl Into<String>, cause: &dyn std::fmt::Display) -> StoreError {
    StoreError::Read {
        what: what.into(),
        cause: cause.to_string(),
    }
}
