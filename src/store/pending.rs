//! What a backend may be behind on: the entries, their mirror in memory, and how they are loaded.

use std::collections::{BTreeMap, BTreeSet};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::{Queue, StoreError, keys};

/// Why and since when a backend may be behind on one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEntry {
    /// The revision that the backend may lack.
    pub revision: u64,
    /// Since when it is behind.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
    /// When it is to be tried next.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub due: Timestamp,
    /// How often this revision failed on a backend that works otherwise.
    pub attempts: u32,
    /// Why it failed last.
    pub cause: Option<String>,
}

impl PendingEntry {
    /// An entry that is due at once. It has been behind since `before` was, if it already was.
    pub(super) fn fresh(revision: u64, before: Option<&Self>, now: Timestamp) -> Self {
        Self {
            revision,
            since: before.map_or(now, |entry| entry.since),
            due: now,
            attempts: 0,
            cause: None,
        }
    }
}

/// A zone that is due on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The zone.
    pub zone: ZoneName,
    /// The revision that the backend may lack.
    pub revision: u64,
    /// How often its present revision has failed there.
    pub attempts: u32,
}

/// The pending entries of one backend, ordered by name and by due time.
#[derive(Debug, Default)]
pub(super) struct PendingSet {
    entries: BTreeMap<ZoneName, PendingEntry>,
    by_due: BTreeSet<(Timestamp, ZoneName)>,
}

impl PendingSet {
    pub fn get(&self, zone: &ZoneName) -> Option<&PendingEntry> {
        self.entries.get(zone)
    }

    pub fn put(&mut self, zone: ZoneName, entry: PendingEntry) {
        self.by_due.insert((entry.due, zone.clone()));
        let due = entry.due;
        if let Some(old) = self.entries.insert(zone.clone(), entry)
            && old.due != due
        {
            self.by_due.remove(&(old.due, zone));
        }
    }

    pub fn remove(&mut self, zone: &ZoneName) {
        if let Some(old) = self.entries.remove(zone) {
            self.by_due.remove(&(old.due, zone.clone()));
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn oldest(&self) -> Option<Timestamp> {
        self.entries.values().map(|entry| entry.since).min()
    }

    pub fn has_failures(&self) -> bool {
        self.entries.values().any(|entry| entry.attempts > 0)
    }

    pub fn next_due(&self) -> Option<Timestamp> {
        self.by_due.first().map(|(due, _)| *due)
    }

    pub fn due(&self, now: Timestamp, limit: usize) -> Vec<Due> {
        self.by_due
            .iter()
            .take_while(|(due, _)| *due <= now)
            .take(limit)
            .filter_map(|(_, zone)| {
                let entry = self.entries.get(zone)?;
                Some(Due {
                    zone: zone.clone(),
                    revision: entry.revision,
                    attempts: entry.attempts,
                })
            })
            .collect()
    }

    pub fn first(&self, limit: usize) -> Vec<(ZoneName, PendingEntry)> {
        self.by_due
            .iter()
            .take(limit)
            .filter_map(|(_, zone)| Some((zone.clone(), self.entries.get(zone)?.clone())))
            .collect()
    }
}

/// Loads the queues of `backends`; marks every zone for those that were not enabled last time, and
/// forgets the entries of those that no longer are.
pub(super) fn load(
    db: &Disk,
    backends: &[BackendId],
) -> Result<BTreeMap<BackendId, Queue>, StoreError> {
    let before: BTreeSet<BackendId> = db.enabled_backends()?;
    let mut batch = sled::Batch::default();
    for gone in before.iter().filter(|id| !backends.contains(id)) {
        batch.remove(keys::backend(gone));
        for found in db.pending(gone) {
            batch.remove(keys::pending(gone, &found?.0));
        }
    }
    let now = Timestamp::now();
    let mut queues = BTreeMap::new();
    for id in backends {
        let mut set = PendingSet::default();
        for found in db.pending(id) {
            let (zone, entry) = found?;
            set.put(zone, entry);
        }
        if !before.contains(id) {
            batch.insert(keys::backend(id), &[]);
            for found in db.heads() {
                let (zone, head) = found?;
                let entry = PendingEntry::fresh(head.revision, None, now);
                batch.insert(keys::pending(id, &zone), db.encode(&entry)?);
                set.put(zone, entry);
            }
        }
        queues.insert(
            id.clone(),
            Queue {
                pending: parking_lot::Mutex::new(set),
                ..Queue::default()
            },
        );
    }
    db.write(batch)?;
    db.sync()?;
    Ok(queues)
}
