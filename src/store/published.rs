//! What whoever listens hears of what was written: changes, results, and pushes that the guard holds.

use dadns_backends::BackendId;

use super::Store;
use super::group::Group;
use super::receipt::Tried;
use crate::feed::{Feed, News};

impl Store {
    /// Where changes and results are published once they are written.
    pub fn feed(&self) -> &Feed {
        &self.shared.feed
    }
}

/// What a group brings: the newest revision of each zone, and which pushes are held from now on.
pub(super) fn of_group(group: &Group) -> Vec<News> {
    let changed = group.heads.iter();
    // Without a new version only what stands beside the zone has changed, such as its owner.
    let changed = changed.filter(|(zone, _)| group.whole.contains_key(*zone));
    let changed = changed.map(|(zone, head)| News::Changed {
        zone: zone.clone(),
        revision: head.revision,
        serial: head.serial,
        present: head.present,
        by: head.changed_by.clone(),
    });
    let held = group.held.iter().map(|(zone, holds)| match holds {
        true => News::Held {
            zone: zone.clone(),
            reasons: group.reasons.get(zone).cloned().unwrap_or_default(),
        },
        false => News::Released { zone: zone.clone() },
    });
    changed.chain(held).collect()
}

/// What happened on a backend. As in receipts, what is still unverified is not worth telling.
pub(super) fn of_results(backend: &BackendId, tries: &[Tried]) -> Vec<News> {
    let tries = tries.iter().filter(|tried| !tried.result.is_unverified());
    let results = tries.map(|tried| News::Result {
        zone: tried.zone.clone(),
        backend: backend.clone(),
        revision: tried.revision,
        removed: tried.content.is_none(),
        result: tried.result.clone(),
    });
    results.collect()
}
