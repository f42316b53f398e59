//! Takes over how a zone stands in the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::state::ZoneState;
use crate::engine::{KeyRange, Value};
use crate::ledger::{Document, Stamp};
use crate::placement::Placement;
use crate::store::db::{decode, reading};
use crate::store::desired::{Head, Held, Highest};
use crate::store::group::Group;
use crate::store::history::Version;
use crate::store::{Shared, StoreError, keys};

/// The key of an entry of a layer, and its value from now on; `None`: it is dropped.
type EntryWrite = (Vec<u8>, Option<Vec<u8>>);

impl Shared {
    /// Adds to `group`, which does not touch the zone, that it is as a document says. Nothing is added on an error.
    pub(in crate::store) fn take_over(
        &self,
        group: &mut Group,
        zone: &ZoneName,
        document: &Document,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let state = ZoneState::decode(zone, &document.value)?;
        self.take_state(group, zone, &state, now)?;
        group.stamp(zone, document.stamp)
    }

    /// The same without its place in the ledger.
    pub(super) fn take_state(
        &self,
        group: &mut Group,
        zone: &ZoneName,
        state: &ZoneState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let head = state.head(zone)?;
        let before = self.db.head(zone)?;
        let held = decoded::<Held>(zone, "held push", state.held.as_deref())?;
        let highest = decoded::<Highest>(zone, "highest serial", state.highest.as_deref())?;
        let what = || format!("the newest revision of zone {zone} as another node wrote it");
        let placement =
            decoded::<Placement>(zone, "placement", state.placement.as_deref())?.map(Arc::new);
        let is_moved = placement != self.placed.of(zone);
        let version = state.version.as_ref();
        let version = version.map(|octets| Version::decode(&what(), octets));
        let version = version.transpose()?;
        let entries = self.entries_edits(zone, state)?;
        let current: BTreeMap<Vec<u8>, Option<&[u8]>> = BTreeMap::from([
            (keys::head(zone), state.head.as_deref()),
            (keys::attributes(zone), state.attributes.as_deref()),
            (keys::placement(zone), state.placement.as_deref()),
            (keys::held(zone), state.held.as_deref()),
            (keys::highest(zone), state.highest.as_deref()),
        ]);
        let is_new = before.as_ref().map(revision_of) != head.as_ref().map(revision_of)
            || before.as_ref().map(content_of) != head.as_ref().map(content_of);

        // From here on nothing fails but the disk.
        self.take_past(
            group,
            zone,
            state,
            (before.as_ref(), head.as_ref()),
            version,
        )?;
        for (key, value) in current {
            put(group, key, value);
        }
        for (name, revision) in [(keys::PUSH, state.layer), (keys::PLAIN, state.plain)] {
            let revision = revision.map(u64::to_be_bytes);
            let octets = revision.as_ref().map(<[u8; 8]>::as_slice);
            put(group, keys::layer(zone, name), octets);
        }
        if !state.entries.is_empty() {
            group.edited.push(zone.clone());
        }
        for (key, value) in entries {
            put(group, key, value.as_deref());
        }
        if state.attributes.is_some() {
            group.attributes.push(zone.clone());
        }
        if self.held.lock().contains(zone) || held.is_some() {
            group.held.insert(zone.clone(), held.is_some());
        }
        if let Some(held) = held {
            group.reasons.insert(zone.clone(), held.reasons);
        }
        group.highest.insert(zone.clone(), highest);
        if self.refused.lock().get(zone).is_some() && is_new {
            group.batch.remove(keys::refused(zone));
            group.over.push(zone.clone());
        }
        // Somebody may have pushed it: what was decided about it before is overtaken.
        self.pushed.lock().insert(zone.clone(), now);
        group.placements.insert(zone.clone(), placement);
        if let Some(head) = head {
            if is_moved {
                group.marks.insert(zone.clone(), head.revision);
            }
            if is_new {
                group.whole.insert(zone.clone(), None);
                let signed = (!head.present).then_some(false);
                group.signed.insert(zone.clone(), signed);
                group.marks.insert(zone.clone(), head.revision);
            }
            group.heads.insert(zone.clone(), head);
        }
        Ok(())
    }

    /// The newest revision, and what of the older ones still holds: all of them where this node saw the one before,
    /// otherwise none.
    fn take_past(
        &self,
        group: &mut Group,
        zone: &ZoneName,
        state: &ZoneState,
        (before, head): (Option<&Head>, Option<&Head>),
        version: Option<Version>,
    ) -> Result<(), StoreError> {
        let Some(head) = head else {
            return Ok(());
        };
        let has = before.map_or(0, |before| before.revision);
        let seen = self.db.stamp(zone)?;
        let follows = (before.is_none() && has + 1 == head.revision)
            || (seen != Stamp::default()
                && state.parent == seen.0
                && (has == head.revision || has + 1 == head.revision));
        if !follows {
            let old = self.db.version_keys(zone, u64::MAX);
            for key in old.collect::<Result<Vec<_>, _>>()? {
                group.batch.remove(key.to_vec());
            }
            for base in self.db.bases(zone).collect::<Result<Vec<_>, _>>()? {
                group.batch.remove(keys::base(zone, base));
            }
        }
        if let (Some(octets), Some(version)) = (&state.version, &version) {
            if follows && has < head.revision {
                let new = (head.revision, version.kind);
                self.give_way(&mut group.batch, zone, new, state.layer)?;
            }
            let key = keys::version(zone, head.revision);
            group.batch.insert(key, octets);
            group.bytes += octets.len() as u64;
        }
        if let (Some(layer), Some(packed)) = (state.layer, &state.push) {
            let kept = follows && self.db.keeps_push(zone, layer)?;
            if !kept || group.batch.written(&keys::version(zone, layer)).is_some() {
                group.batch.insert(keys::base(zone, layer), packed);
                group.bytes += packed.len() as u64;
            }
        }
        Ok(())
    }

    /// What happens to the entries of layers.
    fn entries_edits(
        &self,
        zone: &ZoneName,
        state: &ZoneState,
    ) -> Result<Vec<EntryWrite>, StoreError> {
        let prefix = keys::entries_of(zone);
        let mut old: BTreeMap<Vec<u8>, Value> = BTreeMap::new();
        if self.is_edited(zone) {
            for entry in self.db.engine().scan(KeyRange::prefix(prefix.clone())) {
                let (key, value) =
                    entry.map_err(|error| reading(format!("zone {zone}"), &error))?;
                old.insert(key.to_vec(), value);
            }
        }
        let mut edits = Vec::new();
        for (key, value) in &state.entries {
            let key = [&prefix, key.as_slice()].concat();
            let same = old
                .remove(&key)
                .is_some_and(|old| old.as_ref() == value.as_slice());
            if !same {
                edits.push((key, Some(value.to_vec())));
            }
        }
        edits.extend(old.into_keys().map(|key| (key, None)));
        Ok(edits)
    }
}

fn revision_of(head: &Head) -> (u64, bool) {
    (head.revision, head.present)
}

fn content_of(head: &Head) -> (u32, [u8; 32]) {
    (head.serial, head.content)
}

fn put(group: &mut Group, key: Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => {
            group.bytes += (key.len() + value.len()) as u64;
            group.batch.insert(key, value);
        }
        None => group.batch.remove(key),
    }
}

fn decoded<T: serde::de::DeserializeOwned>(
    zone: &ZoneName,
    what: &str,
    octets: Option<&[u8]>,
) -> Result<Option<T>, StoreError> {
    let what = format!("the {what} of zone {zone} as another node wrote it");
    octets.map(|octets| decode(&what, octets)).transpose()
}
