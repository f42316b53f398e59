//! Entries of layers as the engine has them, and how an edit of them is undone.

use dadns_zone::{DomainName, Layer, RrsetKey, Rtype, Rule, ZoneName};
use jiff::Timestamp;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::{KeyRange, Value};
use crate::store::db::{Db, decode, reading};
use crate::store::desired::{Entry, Overridden};
use crate::store::{StoreError, keys};

/// An entry without its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct StoredEntry {
    /// [`Rule::pack`].
    rule: Vec<u8>,
    by: String,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
    pushed: Option<StoredPush>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredPush {
    by: String,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
}

/// An entry of a layer.
pub(in crate::store) type LayerEntry = (Layer, RrsetKey, Entry);

/// From how many entries on they are read on all cores.
const MANY: usize = 2_000;

/// What one edit does to one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct EntryEdit {
    pub layer: Layer,
    pub key: RrsetKey,
    pub before: Option<Entry>,
    /// `None`: it is dropped.
    pub after: Option<Entry>,
}

/// How an edit of one entry is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Undo {
    layer: u8,
    /// The owner name in wire form, and the type.
    owner: Vec<u8>,
    rtype: u16,
    /// What was there before; `None`: nothing.
    before: Option<StoredEntry>,
}

impl From<&EntryEdit> for Undo {
    fn from(edit: &EntryEdit) -> Self {
        Self {
            layer: number(edit.layer),
            owner: edit.key.owner().as_slice().to_vec(),
            rtype: edit.key.rtype().to_int(),
            before: edit.before.as_ref().map(StoredEntry::from),
        }
    }
}

impl Undo {
    /// The layer, the RRset, and what its entry was; `None`: the octets are damaged.
    pub fn read(&self) -> Option<(Layer, RrsetKey, Option<Entry>)> {
        let layer = layer(self.layer)?;
        let owner = DomainName::from_octets(self.owner.clone().into()).ok()?;
        let key = RrsetKey::new(&owner, Rtype::from_int(self.rtype));
        let before = match &self.before {
            Some(stored) => Some(stored.entry(&key)?),
            None => None,
        };
        Some((layer, key, before))
    }
}

impl From<&Entry> for StoredEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            rule: entry.rule.pack(),
            by: entry.by.clone(),
            at: entry.at,
            pushed: entry
                .pushed
                .as_ref()
                .map(|Overridden { by, at }| StoredPush {
                    by: by.clone(),
                    at: *at,
                }),
        }
    }
}

impl StoredEntry {
    fn entry(&self, key: &RrsetKey) -> Option<Entry> {
        Some(Entry {
            rule: Rule::unpack(key, &self.rule).ok()?,
            by: self.by.clone(),
            at: self.at,
            pushed: self
                .pushed
                .clone()
                .map(|StoredPush { by, at }| Overridden { by, at }),
        })
    }
}

/// Layers in keys and values: none may get another number.
const LAYERS: [(Layer, u8); 3] = [(Layer::Push, 0), (Layer::Registry, 1), (Layer::Records, 2)];

pub(in crate::store) fn number(layer: Layer) -> u8 {
    let found = LAYERS.iter().find(|(known, _)| *known == layer);
    found.map_or(u8::MAX, |(_, number)| *number)
}

pub(in crate::store) fn layer(number: u8) -> Option<Layer> {
    let found = LAYERS.iter().find(|(_, known)| *known == number);
    found.map(|(layer, _)| *layer)
}

/// An entry, by the end of its key and its value.
pub(in crate::store) fn read_entry(
    what: &str,
    key: &[u8],
    value: &[u8],
) -> Result<LayerEntry, StoreError> {
    let damaged = || reading(what, &"its octets are damaged");
    let (number, rest) = key.split_first().ok_or_else(damaged)?;
    let (owner, rtype) = rest.split_last_chunk().ok_or_else(damaged)?;
    let owner = DomainName::from_octets(owner.to_vec().into()).map_err(|_| damaged())?;
    let key = RrsetKey::new(&owner, Rtype::from_int(u16::from_be_bytes(*rtype)));
    let stored: StoredEntry = decode(what, value)?;
    let entry = stored.entry(&key).ok_or_else(damaged)?;
    Ok((layer(*number).ok_or_else(damaged)?, key, entry))
}

impl Db {
    /// The entries of all layers of a zone, in any order.
    pub fn entries(&self, name: &ZoneName) -> Result<Vec<LayerEntry>, StoreError> {
        self.entries_below(name, keys::entries_of(name))
    }

    /// The entries of a layer at one name.
    pub fn entries_at(
        &self,
        name: &ZoneName,
        layer: Layer,
        owner: &DomainName,
    ) -> Result<Vec<LayerEntry>, StoreError> {
        self.entries_below(name, keys::entries_at(name, number(layer), owner))
    }

    fn entries_below(
        &self,
        name: &ZoneName,
        prefix: Vec<u8>,
    ) -> Result<Vec<LayerEntry>, StoreError> {
        let what = format!("an edit of zone {name}");
        let before = keys::entries_of(name).len();
        let scan = self.engine().scan(KeyRange::prefix(prefix));
        let found = scan.collect::<Result<Vec<_>, _>>();
        let found = found.map_err(|error| reading(what.as_str(), &error))?;
        let read = |(key, value): &(Value, Value)| read_entry(&what, &key[before..], value);
        match found.len() < MANY {
            true => found.iter().map(read).collect(),
            false => found.par_iter().map(read).collect(),
        }
    }

    /// The zones that have entries.
    pub fn edited(&self) -> Result<std::collections::HashSet<ZoneName>, StoreError> {
        let mut edited = std::collections::HashSet::new();
        let mut range = KeyRange::prefix(keys::ENTRIES);
        while let Some(found) = self.engine().scan(range.clone()).next() {
            let (key, _) = found.map_err(|error| reading("the edits of zones", &error))?;
            let name = keys::zone_of_entry(&key).and_then(|name| name.parse::<ZoneName>().ok());
            let name = name.ok_or_else(|| reading("the edits of zones", &"a key has no zone"))?;
            range = range.after(&keys::past_entries_of(&name));
            edited.insert(name);
        }
        Ok(edited)
    }
}
