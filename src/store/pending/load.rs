//! Which zones are pending when a store is opened.

use std::collections::BTreeMap;

use dadns_backends::BackendId;
use jiff::Timestamp;

use super::{LONGEST_WAIT, PendingEntry, PendingSet};
use crate::engine::Batch;
use crate::store::db::Db;
use crate::store::placed::Placed;
use crate::store::queues::Queue;
use crate::store::{StoreError, keys};

/// Loads the queues of `backends`; marks every zone for those that were not enabled last time or
/// were another target then, and forgets the entries of those that no longer are.
pub(in crate::store) fn load(
    db: &Db,
    backends: &BTreeMap<BackendId, String>,
    placed: &Placed,
) -> Result<BTreeMap<BackendId, Queue>, StoreError> {
    let before = db.backends()?;
    let mut batch = Batch::default();
    for gone in before.keys().filter(|id| !backends.contains_key(*id)) {
        batch.remove(keys::backend(gone));
        for found in db.pending(gone) {
            batch.remove(keys::pending(gone, &found?.0));
        }
    }
    let now = Timestamp::now();
    let mut queues = BTreeMap::new();
    for (id, fingerprint) in backends {
        let mut set = of(db, id)?;
        if before.get(id) != Some(fingerprint) {
            batch.insert(keys::backend(id), db.encode(fingerprint)?);
            for found in db.heads_after(None) {
                let (zone, head) = found?;
                if !placed.is_at(id, &zone) && !db.may_have(&zone, id)? {
                    continue;
                }
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

/// What is pending for a backend.
pub(in crate::store) fn of(db: &Db, backend: &BackendId) -> Result<PendingSet, StoreError> {
    let now = Timestamp::now();
    let latest = now.saturating_add(LONGEST_WAIT).unwrap_or(now);
    let mut set = PendingSet::default();
    for found in db.pending(backend) {
        let (zone, mut entry) = found?;
        // A clock that was ahead when it failed must not hold it back for ever.
        entry.due = entry.due.min(latest);
        set.put(zone, entry);
    }
    Ok(set)
}
