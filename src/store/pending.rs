//! What a backend may be behind on: the entries, their mirror in memory, and how they are loaded.

use std::collections::{BTreeMap, BTreeSet};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::queues::Queue;
use super::{StoreError, keys};

/// No failed zone waits longer for its next try than this.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(33);

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
    /// An entry that is due at once, whatever the clock will say: before all that failed. It has been behind since `before` was, if it already was.
    pub(super) fn fresh(revision: u64, before: Option<&Self>, now: Timestamp) -> Self {
        Self {
            revision,
            since: before.map_or(now, |entry| entry.since),
            due: Timestamp::UNIX_EPOCH,
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
        // What lies further ahead than any wait was put there by a clock that was wrong.
        let latest = now.saturating_add(LONGEST_WAIT).unwrap_or(now);
        let ahead = self
            .by_due
            .iter()
            .rev()
            .take_while(|(due, _)| *due > latest);
        self.by_due
            .iter()
            .take_while(|(due, _)| *due <= now)
            .chain(ahead)
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

/// Loads the queues of `backends`; marks every zone for those that were not enabled last time or
/// were another place then, and forgets the entries of those that no longer are.
pub(super) fn load(
    db: &Disk,
    backends: &BTreeMap<BackendId, String>,
) -> Result<BTreeMap<BackendId, Queue>, StoreError> {
    let before = db.backends()?;
    let mut batch = sled::Batch::default();
    for gone in before.keys().filter(|id| !backends.contains_key(*id)) {
        batch.remove(keys::backend(gone));
        for found in db.pending(gone) {
            batch.remove(keys::pending(gone, &found?.0));
        }
    }
    let now = Timestamp::now();
    let latest = now.saturating_add(LONGEST_WAIT).unwrap_or(now);
    let mut queues = BTreeMap::new();
    for (id, place) in backends {
        let mut set = PendingSet::default();
        for found in db.pending(id) {
            let (zone, mut entry) = found?;
            // A clock that was ahead when it failed must not hold it back for ever.
            entry.due = entry.due.min(latest);
            set.put(zone, entry);
        }
        if before.get(id) != Some(place) {
            batch.insert(keys::backend(id), db.encode(place)?);
            for found in db.heads_after(None) {
                let (zone, head) = found?;
                let entry = PendingEntry::fresh(head.revision, None, now);
                batch.insert(keys::pending(id, &zone), db.encode(&entry)?);
                set.put(zone, entry);
            }
        }
        queues.insert(id.clone(), Queue::of(set));
    }
    db.write(batch)?;
    db.sync()?;
    Ok(queues)
}
