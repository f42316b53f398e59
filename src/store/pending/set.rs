//! The mirror in memory: a lane must find what is due without walking all that is not.

use std::collections::{BTreeMap, BTreeSet};

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::{Due, LONGEST_WAIT, PendingEntry};

/// The pending entries of one backend, ordered by name and by due time.
#[derive(Debug, Default)]
pub(in crate::store) struct PendingSet {
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

    pub fn all(&self) -> impl Iterator<Item = (&ZoneName, &PendingEntry)> {
        self.entries.iter()
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
