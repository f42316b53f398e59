//! The entries of the engine as what they stand for: keys to names, octets to values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::desired::{Head, Held, Highest};
use super::history::{Refused, Version};
use super::pending::PendingEntry;
use super::receipt::Receipt;
use super::{Attributes, StoreError, keys, schema};
use crate::engine::{Batch, EngineError, KeyRange, Reopen, Value};

/// An engine whose entries have the layout of [`keys`].
#[derive(Debug)]
pub(super) struct Db {
    engine: Arc<dyn Reopen>,
    min_free_bytes: u64,
}

impl Db {
    /// The entries of an engine, which may be empty or have an earlier layout.
    pub fn open(engine: Arc<dyn Reopen>, min_free_bytes: u64) -> Result<Self, StoreError> {
        let db = Self {
            engine,
            min_free_bytes,
        };
        schema::check(&db)?;
        Ok(db)
    }

    pub fn engine(&self) -> &dyn Reopen {
        &*self.engine
    }

    /// Applies a batch, atomically but not yet durably.
    pub fn write(&self, batch: Batch) -> Result<(), StoreError> {
        self.engine.apply(batch).map_err(|error| writing(&error))
    }

    /// Makes all that was written durable.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.engine.sync().map_err(|error| writing(&error))
    }

    /// Refuses when the disk would be nearly full after `bytes` more.
    pub fn check_room(&self, bytes: u64) -> Result<(), StoreError> {
        let free = self.engine.free().map_err(|error| writing(&error))?;
        let cost = self.engine.cost(bytes);
        let needed = self.min_free_bytes.saturating_add(cost);
        if free < needed {
            return Err(StoreError::NoRoom {
                free_mib: free >> 20,
                min_mib: needed >> 20,
            });
        }
        Ok(())
    }

    /// Whether the disk takes writes again.
    pub fn try_disk(&self) -> Result<(), StoreError> {
        self.check_room(0)?;
        self.engine.try_disk().map_err(|error| writing(&error))
    }

    /// Goes on with what is on disk.
    pub fn reopen(&self) -> Result<(), StoreError> {
        Ok(self.engine.reopen()?)
    }

    pub fn size(&self) -> Result<u64, StoreError> {
        let size = self.engine.size();
        size.map_err(|error| reading("its own size", &error))
    }

    pub fn head(&self, zone: &ZoneName) -> Result<Option<Head>, StoreError> {
        Ok(self.head_seen(zone)?.map(|(head, _)| head))
    }

    /// The head of a zone, with the octets that it was read from.
    pub fn head_seen(&self, zone: &ZoneName) -> Result<Option<(Head, Value)>, StoreError> {
        let Some(seen) = self.get(keys::head(zone))? else {
            return Ok(None);
        };
        let head = decode(&format!("the head of zone {zone}"), &seen)?;
        Ok(Some((head, seen)))
    }

    pub fn heads_after(
        &self,
        after: Option<&str>,
    ) -> impl Iterator<Item = Result<(ZoneName, Head), StoreError>> + use<> {
        let mut range = KeyRange::prefix(keys::HEADS);
        if let Some(after) = after {
            range = range.after(&[keys::HEADS, after.as_bytes()].concat());
        }
        self.named(range, keys::HEADS.to_vec(), "the head of zone")
    }

    /// The revision whose version has what the masters pushed of a zone.
    pub fn layer(&self, name: &ZoneName) -> Result<Option<u64>, StoreError> {
        let Some(value) = self.get(keys::layer(name, keys::PUSH))? else {
            return Ok(None);
        };
        let octets = <[u8; 8]>::try_from(value.as_ref())
            .map_err(|error| reading(format!("the records of zone {name}"), &error))?;
        Ok(Some(u64::from_be_bytes(octets)))
    }

    /// The push of a zone that the guard holds.
    pub fn held(&self, name: &ZoneName) -> Result<Option<Held>, StoreError> {
        self.value(keys::held(name), || format!("the held push of zone {name}"))
    }

    /// The zones of which the guard holds a push.
    pub fn held_zones(&self) -> Result<BTreeSet<ZoneName>, StoreError> {
        let held = self.below::<ZoneName, Held>(keys::HELD.to_vec(), "the held push of zone");
        held.map(|found| Ok(found?.0)).collect()
    }

    /// The last push of each zone that was refused.
    pub fn refused(&self) -> impl Iterator<Item = Result<(ZoneName, Refused), StoreError>> + use<> {
        self.below(keys::REFUSED.to_vec(), "the refused push of zone")
    }

    /// The zones that are served with a serial that is not ahead of one they had.
    pub fn highest_serials(
        &self,
    ) -> impl Iterator<Item = Result<(ZoneName, Highest), StoreError>> + use<> {
        self.below(keys::HIGHEST.to_vec(), "the highest serial of zone")
    }

    /// One revision of a zone.
    pub fn version(&self, name: &ZoneName, revision: u64) -> Result<Option<Version>, StoreError> {
        let Some(value) = self.get(keys::version(name, revision))? else {
            return Ok(None);
        };
        let what = format!("revision {revision} of zone {name}");
        Version::decode(&what, &value).map(Some)
    }

    /// The revisions of a zone from `start` on and before `end`, oldest first.
    pub fn versions(
        &self,
        name: &ZoneName,
        start: u64,
        end: u64,
    ) -> impl Iterator<Item = Result<(u64, Version), StoreError>> + use<> {
        let what = format!("the history of zone {name}");
        let range = KeyRange::between(keys::version(name, start), keys::version(name, end));
        self.engine.scan(range).map(move |entry| {
            let (key, value) = entry.map_err(|error| reading(what.as_str(), &error))?;
            let revision = keys::revision(&key)
                .ok_or_else(|| reading(what.as_str(), &"a key has no revision"))?;
            Ok((revision, Version::decode(&what, &value)?))
        })
    }

    /// The keys of the revisions of a zone before `end`.
    pub fn version_keys(
        &self,
        name: &ZoneName,
        end: u64,
    ) -> impl Iterator<Item = Result<Value, StoreError>> + use<> {
        let range = KeyRange::between(keys::version(name, 0), keys::version(name, end));
        let entries = self.engine.scan(range);
        entries.map(|entry| match entry {
            Ok((key, _)) => Ok(key),
            Err(error) => Err(reading("the history of a zone", &error)),
        })
    }

    /// What was pushed of a zone in a revision that is forgotten itself, packed.
    pub fn base(&self, name: &ZoneName, revision: u64) -> Result<Option<Value>, StoreError> {
        self.get(keys::base(name, revision))
    }

    /// The revisions that are forgotten and of which what was pushed is kept.
    pub fn bases(&self, name: &ZoneName) -> impl Iterator<Item = Result<u64, StoreError>> + use<> {
        let entries = self.engine.scan(KeyRange::prefix(keys::bases_of(name)));
        entries.filter_map(|entry| match entry {
            Ok((key, _)) => keys::revision(&key).map(Ok),
            Err(error) => Some(Err(reading("the history of a zone", &error))),
        })
    }

    /// Whether what was pushed of a zone in this revision is kept.
    pub fn keeps_push(&self, name: &ZoneName, revision: u64) -> Result<bool, StoreError> {
        let version = self.version(name, revision)?;
        let has = version.is_some_and(|version| version.zone.is_some());
        Ok(has || self.base(name, revision)?.is_some())
    }

    /// The zones that have a place in the ledger.
    pub fn stamped(&self) -> impl Iterator<Item = Result<ZoneName, StoreError>> + use<> {
        let stamps = self.below::<ZoneName, u64>(keys::STAMPS.to_vec(), "the stamp of zone");
        stamps.map(|found| Ok(found?.0))
    }

    /// What faces keep of a zone.
    pub fn attributes(&self, name: &ZoneName) -> Result<Attributes, StoreError> {
        let found = self.value(keys::attributes(name), || {
            format!("the attributes of zone {name}")
        })?;
        Ok(found.unwrap_or_default())
    }

    pub fn receipt(
        &self,
        zone: &ZoneName,
        backend: &BackendId,
    ) -> Result<Option<Receipt>, StoreError> {
        self.value(keys::receipt(zone, backend), || {
            format!("the receipt of zone {zone} on {backend}")
        })
    }

    pub fn receipts(&self, zone: &ZoneName) -> Result<BTreeMap<BackendId, Receipt>, StoreError> {
        self.below(keys::receipts_of(zone), "the receipt on backend")
            .collect()
    }

    pub fn pending(
        &self,
        backend: &BackendId,
    ) -> impl Iterator<Item = Result<(ZoneName, PendingEntry), StoreError>> + use<> {
        self.below(keys::pending_of(backend), "what is pending for zone")
    }

    /// The backends that were enabled when the store was last open, each with its fingerprint.
    pub fn backends(&self) -> Result<BTreeMap<BackendId, String>, StoreError> {
        self.below(keys::BACKENDS.to_vec(), "the fingerprint of backend")
            .collect()
    }

    /// What stands under a key, as it is.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Value>, StoreError> {
        let value = self.engine.get(key.as_ref());
        value.map_err(|error| reading("an entry", &error))
    }

    pub(super) fn value<V: DeserializeOwned>(
        &self,
        key: Vec<u8>,
        what: impl FnOnce() -> String,
    ) -> Result<Option<V>, StoreError> {
        match self.get(key)? {
            Some(value) => decode(&what(), &value).map(Some),
            None => Ok(None),
        }
    }

    /// The entries below a key prefix, with the rest of each key as a name.
    pub(super) fn below<N: FromStr, V: DeserializeOwned>(
        &self,
        prefix: Vec<u8>,
        what: &'static str,
    ) -> impl Iterator<Item = Result<(N, V), StoreError>> + use<N, V> {
        self.named(KeyRange::prefix(prefix.clone()), prefix, what)
    }

    /// The entries of a range, with what each key has after its prefix as a name.
    fn named<N: FromStr, V: DeserializeOwned>(
        &self,
        range: KeyRange,
        prefix: Vec<u8>,
        what: &'static str,
    ) -> impl Iterator<Item = Result<(N, V), StoreError>> + use<N, V> {
        self.engine.scan(range).map(move |entry| {
            let (key, value) = entry.map_err(|error| reading(what, &error))?;
            let name = name_in(&key, &prefix, what)?;
            let shown = String::from_utf8_lossy(&key[prefix.len()..]);
            Ok((name, decode(&format!("{what} {shown}"), &value)?))
        })
    }

    /// The bytes of a value.
    pub fn encode(&self, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
        postcard::to_stdvec(value).map_err(|error| StoreError::Write {
            cause: error.to_string(),
        })
    }
}

fn name_in<N: FromStr>(key: &[u8], prefix: &[u8], what: &str) -> Result<N, StoreError> {
    let name = keys::tail(key, prefix).and_then(|name| name.parse().ok());
    name.ok_or_else(|| reading(what, &format!("\"{}\" is not a name", key.escape_ascii())))
}

pub(super) fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, StoreError> {
    postcard::from_bytes(bytes).map_err(|error| reading(what, &error))
}

pub(super) fn reading(what: impl Into<String>, cause: &dyn Display) -> StoreError {
    StoreError::Read {
        what: what.into(),
        cause: cause.to_string(),
    }
}

fn writing(error: &EngineError) -> StoreError {
    StoreError::Write {
        cause: error.to_string(),
    }
}
