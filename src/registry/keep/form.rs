//! The form on disk: `i`, agent, NUL, id: an instance; `h`, agent, NUL, id, NUL, index: one change of it; `k`,
//! service: who stays published though critical; `n`: the highest index. Values are JSON. Ids have no control characters, so that NUL ends them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{Found, KeepError};
use crate::engine::{Engine, KeyRange};
use crate::registry::rules::{Change, Instance, Key, Write};

/// The key of the highest index.
pub(super) const INDEX: &[u8] = b"n";
const INSTANCES: &[u8] = b"i";
const CHANGES: &[u8] = b"h";
const KEPT: &[u8] = b"k";

/// The key that is written, and its value; `None`: it is removed.
pub(super) fn written(write: &Write) -> (Vec<u8>, Option<Vec<u8>>) {
    // Neither has a map whose keys are no text: they are JSON.
    match write {
        Write::Instance(instance) => (
            key(INSTANCES, instance.key(), None),
            Some(serde_json::to_vec(instance).unwrap_or_default()),
        ),
        Write::Removed(of) => (key(INSTANCES, of, None), None),
        Write::Change(of, change) => (
            key(CHANGES, of, Some(change.index)),
            Some(serde_json::to_vec(change).unwrap_or_default()),
        ),
        Write::Kept(service, kept) => (
            [KEPT, service.as_bytes()].concat(),
            (!kept.is_empty()).then(|| serde_json::to_vec(kept).unwrap_or_default()),
        ),
        Write::Forgotten(of, index) => (key(CHANGES, of, Some(*index)), None),
    }
}

fn key(prefix: &[u8], of: &Key, index: Option<u64>) -> Vec<u8> {
    let mut key = [prefix, of.agent.as_bytes(), &[0], of.id.as_bytes()].concat();
    if let Some(index) = index {
        key.push(0);
        key.extend_from_slice(&index.to_be_bytes());
    }
    key
}

/// All that an engine has.
pub(super) fn read(engine: &dyn Engine) -> Result<Found, KeepError> {
    let mut histories: BTreeMap<Vec<u8>, Vec<Change>> = BTreeMap::new();
    for (key, change) in values::<Change>(engine, CHANGES)? {
        // Without the NUL and the index.
        let of = key.len().saturating_sub(9);
        histories
            .entry(key[..of].to_vec())
            .or_default()
            .push(change);
    }
    let instances = values::<Instance>(engine, INSTANCES)?;
    let instances = instances
        .into_iter()
        .map(|(key, instance)| (instance, histories.remove(&key).unwrap_or_default()))
        .collect();
    let index = engine
        .get(INDEX)
        .map_err(|error| KeepError::Read(error.to_string()))?;
    let index = index.and_then(|value| Some(u64::from_be_bytes(*value.first_chunk()?)));
    let kept = values::<Vec<Key>>(engine, KEPT)?;
    let kept = kept.into_iter();
    Ok(Found {
        index: index.unwrap_or(1),
        kept: kept
            .map(|(service, kept)| (String::from_utf8_lossy(&service).into_owned(), kept))
            .collect(),
        instances,
    })
}

/// The values below a prefix, each with its key without that.
fn values<T: DeserializeOwned>(
    engine: &dyn Engine,
    prefix: &[u8],
) -> Result<Vec<(Vec<u8>, T)>, KeepError> {
    let read = |found: Result<(crate::engine::Value, crate::engine::Value), _>| {
        let (key, value) = found
            .map_err(|error: crate::engine::EngineError| KeepError::Read(error.to_string()))?;
        let value = serde_json::from_slice(&value).map_err(|error| {
            KeepError::Read(format!(
                "the entry {} is damaged: {error}",
                key.escape_ascii()
            ))
        })?;
        Ok((key[prefix.len()..].to_vec(), value))
    };
    engine.scan(KeyRange::prefix(prefix)).map(read).collect()
}
