//! The last changes since the start.

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::group::Group;
use super::{Shared, Store};

/// How many are remembered.
const MOST: usize = 20;

/// A change that was accepted: also a push of what was there already, which backends verify anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// The zone.
    pub zone: ZoneName,
    /// Its revision.
    pub revision: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// Whether the zone is present since; `false`: it was removed.
    pub present: bool,
    /// Who made this revision.
    pub by: String,
}

impl Shared {
    /// Takes in what a group has written.
    pub(super) fn note_recent(&self, group: &Group, at: Timestamp) {
        // A move changes nothing of the zone.
        let changed = |zone| group.heads.contains_key(zone) || !group.placements.contains_key(zone);
        let marks = group.marks.iter().filter(|(zone, _)| changed(*zone));
        let changes = marks.filter_map(|(zone, revision)| {
            let head = group.heads.get(zone).cloned();
            let head = head.or_else(|| self.db.head(zone).ok()?)?;
            Some(Recent {
                zone: zone.clone(),
                revision: *revision,
                at,
                present: head.present,
                by: head.changed_by,
            })
        });
        let changes: Vec<_> = changes.collect();
        let mut recent = self.recent.lock();
        recent.extend(changes);
        let surplus = recent.len().saturating_sub(MOST);
        recent.drain(..surplus);
    }
}

impl Store {
    /// The last changes since the start, newest first.
    pub fn recent(&self) -> Vec<Recent> {
        self.shared.recent.lock().iter().rev().cloned().collect()
    }
}
