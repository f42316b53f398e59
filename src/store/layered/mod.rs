//! A zone with its layers, as it is read from the entries of the engine: what its master pushed, what stands
//! above that, and the zone that both come to.
//!
//! Only zones that somebody edited have entries, and only these are merged. The others are what was pushed.

mod alone;
mod cache;
mod entry;
mod part;
mod past;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dadns_zone::{Layer, Loss, Merged, Overlay, RrsetKey, Rules, Shadowed, Zone, ZoneName, merge};
use rayon::prelude::*;

use super::db::{Db, reading};
use super::desired::{Entries, Head};
use super::{Desired, Shared, StoreError};

pub(super) use cache::Cache;
pub(super) use entry::{EntryEdit, LayerEntry, StoredEntry, Undo, layer, number, read_entry};
pub use part::Part;
pub(super) use past::Earlier;
pub use shown::Served;

/// The entries of a zone, by layer.
pub(super) type Above = BTreeMap<Layer, Entries>;

/// A zone that is present, as it is served.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub revision: u64,
    /// With the serial that is served.
    pub zone: Arc<Zone>,
    /// What lies at the bottom, where something stands above it.
    pub push: Option<Arc<Zone>>,
    /// What of any layer has no effect.
    pub shadowed: Arc<[Shadowed]>,
}

/// How many RRsets a zone has at least that takes long to merge.
const LARGE: usize = 1_000;

impl Whole {
    /// A zone that has one layer only.
    pub fn of_one(revision: u64, zone: impl Into<Arc<Zone>>) -> Self {
        Self {
            revision,
            zone: zone.into(),
            push: None,
            shadowed: [].into(),
        }
    }

    /// Whether it takes long to merge.
    pub fn is_large(&self) -> bool {
        self.zone.rrsets().len() >= LARGE
    }
}

/// Whether a name of `zone` can be merged by itself: all rules have their effect, or lose to a CNAME of their own
/// name only.
pub(super) fn is_plain(zone: &Zone, shadowed: &[Shadowed]) -> bool {
    let local = |shadowed: &Shadowed| matches!(shadowed.loss, Loss::Cname { .. });
    shadowed.iter().all(local) && !zone.is_signed()
}

/// Entries by their layer.
pub(super) fn by_layer(mut found: Vec<LayerEntry>) -> Above {
    // A map is made of what is in order without a comparison more for each.
    found.par_sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.cmp(&other.1)));
    let mut above = Above::new();
    let mut found = found.into_iter().peekable();
    while let Some((layer, ..)) = found.peek() {
        let layer = *layer;
        let of_layer = std::iter::from_fn(|| found.next_if(|(of, ..)| *of == layer));
        let entries = of_layer.map(|(_, key, entry)| (key, entry)).collect();
        above.insert(layer, entries);
    }
    above
}

/// The edits that make `after` of `before`.
pub(super) fn between(before: &Above, after: &Above) -> Vec<EntryEdit> {
    let none = Entries::new();
    let mut edits = Vec::new();
    for layer in Layer::ABOVE {
        let (old, new) = (
            before.get(&layer).unwrap_or(&none),
            after.get(&layer).unwrap_or(&none),
        );
        let new_keys = new.keys().filter(|key| !old.contains_key(key));
        for key in old.keys().chain(new_keys) {
            let (before, after) = (old.get(key), new.get(key));
            if before != after {
                edits.push(EntryEdit {
                    layer,
                    key: key.clone(),
                    before: before.cloned(),
                    after: after.cloned(),
                });
            }
        }
    }
    edits
}

/// Makes edits of entries.
pub(super) fn apply(above: &mut Above, edits: &[EntryEdit]) {
    for edit in edits {
        let entries = above.entry(edit.layer).or_default();
        match &edit.after {
            Some(entry) => entries.insert(edit.key.clone(), entry.clone()),
            None => entries.remove(&edit.key),
        };
    }
    above.retain(|_, entries| !entries.is_empty());
}

/// Merges `push` with `above`.
pub(super) fn merged(
    name: &ZoneName,
    push: Option<&Zone>,
    above: &Above,
) -> Result<Merged, Vec<dadns_zone::ZoneError>> {
    let rules: Vec<(Layer, Rules)> = above
        .iter()
        .map(|(layer, entries)| (*layer, rules(entries)))
        .collect();
    merge(name, push, &overlays(&rules))
}

/// The rules of entries.
pub(super) fn rules(entries: &Entries) -> Rules {
    let rules = entries.iter();
    rules
        .map(|(key, entry)| (key.clone(), entry.rule.clone()))
        .collect()
}

pub(super) fn overlays(rules: &[(Layer, Rules)]) -> Vec<Overlay<'_>> {
    let layers = rules.iter();
    layers
        .map(|(layer, rules)| Overlay {
            layer: *layer,
            rules,
        })
        .collect()
}

impl Shared {
    /// What a zone should be now.
    pub(super) fn desired(&self, name: &ZoneName) -> Result<Desired, StoreError> {
        self.desired_or(name, |_| None)
    }

    /// As [`desired`](Self::desired), for a lane: a zone that was just pushed need not be read.
    pub(super) fn desired_by_lane(&self, name: &ZoneName) -> Result<Desired, StoreError> {
        self.desired_or(name, |revision| self.fresh.take(name, revision))
    }

    /// What a zone should be now, which `fresh` may have at its revision.
    fn desired_or(
        &self,
        name: &ZoneName,
        fresh: impl Fn(u64) -> Option<Zone>,
    ) -> Result<Desired, StoreError> {
        // The head is read again when the rest does not fit it: a commit came between the two.
        loop {
            let Some(head) = self.db.head(name)? else {
                return Ok(Desired {
                    revision: 0,
                    zone: None,
                });
            };
            if !head.present {
                return Ok(Desired {
                    revision: head.revision,
                    zone: None,
                });
            }
            let cached = || {
                let whole = self.cache.get(name, head.revision)?;
                Some(Zone::clone(&whole.zone))
            };
            if let Some(zone) = fresh(head.revision).or_else(cached) {
                return Ok(Desired {
                    revision: head.revision,
                    zone: Some(zone),
                });
            }
            if let Some(whole) = self.read_whole(name, &head)? {
                if whole.is_large() && self.is_edited(name) {
                    self.cache.offer(name, &whole);
                }
                return Ok(Desired {
                    revision: head.revision,
                    zone: Some(Arc::unwrap_or_clone(whole.zone)),
                });
            }
        }
    }

    /// A zone that is present, with its head; kept for whoever asks next.
    pub(super) fn whole(&self, name: &ZoneName) -> Result<Option<(Head, Whole)>, StoreError> {
        loop {
            let Some(head) = self.db.head(name)?.filter(|head| head.present) else {
                return Ok(None);
            };
            if let Some(whole) = self.cache.get(name, head.revision) {
                return Ok(Some((head, whole)));
            }
            if let Some(whole) = self.read_whole(name, &head)? {
                self.cache.put(name, whole.clone());
                return Ok(Some((head, whole)));
            }
        }
    }

    /// Reads and merges a zone that stands as `head`; `None`: it has changed meanwhile.
    fn read_whole(&self, name: &ZoneName, head: &Head) -> Result<Option<Whole>, StoreError> {
        let what = || format!("zone {name}");
        let read = self.read_found(name);
        if self.db.head(name)?.as_ref() != Some(head) {
            return Ok(None);
        }
        let (push, found) = read?;
        let found = match alone::zone(name, push.as_ref(), found) {
            Ok(zone) => {
                let zone = zone.map_err(|errors| reading(what(), &listed(&errors)))?;
                return Ok(Some(Whole::of_one(
                    head.revision,
                    with_serial(zone, head.serial),
                )));
            }
            Err(found) => found,
        };
        let above = by_layer(found);
        if above.is_empty() {
            let push = push.ok_or_else(|| reading(what(), &"its records are missing"))?;
            return Ok(Some(Whole::of_one(
                head.revision,
                with_serial(push, head.serial),
            )));
        }
        let merged = merged(name, push.as_ref(), &above)
            .map_err(|errors| reading(what(), &listed(&errors)))?;
        Ok(Some(Whole {
            revision: head.revision,
            zone: Arc::new(with_serial(merged.zone, head.serial)),
            push: push.map(Arc::new),
            shadowed: merged.shadowed.into(),
        }))
    }

    /// Whether anything may stand above the push of a zone.
    pub(super) fn is_edited(&self, name: &ZoneName) -> bool {
        self.edited.lock().contains(name)
    }

    /// What was pushed of a zone, and what stands above it.
    pub(super) fn read_layers(&self, name: &ZoneName) -> Result<(Option<Zone>, Above), StoreError> {
        let (push, found) = self.read_found(name)?;
        Ok((push, by_layer(found)))
    }

    /// The same, as it is found.
    fn read_found(&self, name: &ZoneName) -> Result<(Option<Zone>, Vec<LayerEntry>), StoreError> {
        let push = match self.db.layer(name)? {
            Some(revision) => Some(self.db.pushed(name, revision)?),
            None => None,
        };
        let found = match self.is_edited(name) {
            true => self.db.entries(name)?,
            false => Vec::new(),
        };
        Ok((push, found))
    }
}

impl Db {
    /// The entries of all layers of a zone.
    pub fn above(&self, name: &ZoneName) -> Result<Above, StoreError> {
        Ok(by_layer(self.entries(name)?))
    }

    /// The entries of a layer at the names of `keys`.
    pub fn entries_beside(
        &self,
        name: &ZoneName,
        layer: Layer,
        keys: &BTreeSet<RrsetKey>,
    ) -> Result<Entries, StoreError> {
        let mut entries = Entries::new();
        for owner in RrsetKey::owners(keys) {
            let found = self.entries_at(name, layer, owner)?;
            entries.extend(found.into_iter().map(|(_, key, entry)| (key, entry)));
        }
        Ok(entries)
    }
}

/// `zone` with this serial.
pub(super) fn with_serial(zone: Zone, serial: u32) -> Zone {
    match zone.serial() == serial {
        true => zone,
        false => zone.into_serial(serial),
    }
}

pub(super) fn listed(errors: &[dadns_zone::ZoneError]) -> String {
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    errors.join("; ")
}
