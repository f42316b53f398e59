//! How far a backend is, in the order of the ledger: what this node tells the others, and what it takes from them.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use dadns_backends::{BackendId, ZoneResult};
use dadns_zone::ZoneName;
use jiff::Timestamp;

use crate::blocking::blocking;
use crate::engine::Batch;
use crate::ledger::Stamp;
use crate::store::commit::{Committer, Message};
use crate::store::{Event, Store, StoreError, keys};

/// With more zones pending than this it is not looked which of them is the oldest.
const MOST: usize = 1_000;

/// How many failing zones are told of by name.
const NAMED: usize = 100;

/// So many zones are cleared in one batch.
const AT_ONCE: usize = 1_000;

/// How far a backend is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Every zone that was last written up to here is verified on the backend, but for those that fail.
    pub cursor: u64,
    /// How many zones the backend may be behind on.
    pub pending: usize,
    /// Zones that were last written up to there, and failed on the backend.
    pub failing: Vec<ZoneName>,
}

/// Zones that another node has verified on a backend.
#[derive(Debug)]
pub(in crate::store) struct Reached {
    zones: Vec<ZoneName>,
    cursor: Stamp,
    node: String,
}

impl Store {
    /// How far a backend is by what this node knows; `before`: as it was found last. `None`: the node belongs to no
    /// cluster.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn progress(
        &self,
        backend: &BackendId,
        before: &Progress,
    ) -> Result<Option<Progress>, StoreError> {
        let Some(sharing) = &self.shared.sharing else {
            return Ok(None);
        };
        let seen = sharing.membership.lock().as_ref().map(|known| known.cursor);
        let Some(seen) = seen else {
            return Ok(None);
        };
        // Before what is pending: what is marked from now on has a greater stamp. No further than the newest zone, so
        // that an engine in which nothing but such notes is written does not make for new ones.
        let seen = seen.min(sharing.newest.load(Ordering::Acquire));
        let all = self.pending_count(backend);
        if all > MOST {
            return Ok(Some(Progress {
                pending: all,
                ..before.clone()
            }));
        }
        let mut progress = Progress {
            cursor: seen,
            pending: 0,
            failing: Vec::new(),
        };
        for (zone, entry) in self.pending(backend, usize::MAX) {
            progress.pending += 1;
            if entry.attempts > 0 && progress.failing.len() < NAMED {
                progress.failing.push(zone);
                continue;
            }
            // What no other node knows they do not wait for.
            if let Stamp(stamp @ 1..) = self.stamp(&zone)? {
                progress.cursor = progress.cursor.min(stamp - 1);
            }
        }
        progress.failing.sort_unstable();
        Ok(Some(progress))
    }

    /// Clears what is pending here for a backend that another node delivers to, as far as that one is. Says how many
    /// zones these are.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn take_progress(
        &self,
        backend: &BackendId,
        node: &str,
        theirs: &Progress,
    ) -> Result<usize, StoreError> {
        let (store, id, theirs) = (self.clone(), backend.clone(), theirs.clone());
        let cursor = Stamp(theirs.cursor);
        let candidates = blocking(move || {
            let failing: HashSet<_> = theirs.failing.iter().collect();
            let mut found = Vec::new();
            for zone in store.pending_zones(&id, |_| true) {
                let stamp = store.stamp(&zone)?;
                if stamp <= cursor && stamp != Stamp::default() && !failing.contains(&zone) {
                    found.push(zone);
                }
            }
            Ok::<_, StoreError>(found)
        });
        let mut count = 0;
        for zones in candidates.await?.chunks(AT_ONCE) {
            let reached = Reached {
                zones: zones.to_vec(),
                cursor,
                node: node.to_owned(),
            };
            let backend = backend.clone();
            count += self
                .ask(|reply| Message::Reached(backend, reached, reply))
                .await?;
        }
        Ok(count)
    }
}

impl Committer {
    pub(in crate::store) fn write_reached(
        &mut self,
        backend: &BackendId,
        reached: &Reached,
    ) -> Result<usize, StoreError> {
        let shared = &self.shared;
        let (Some(sharing), Some(queue)) = (&shared.sharing, shared.queues.get(backend)) else {
            return Ok(0);
        };
        if let Some(error) = shared.failure.now() {
            return Err(error);
        }
        let (db, now) = (&shared.db, Timestamp::now());
        let mut batch = Batch::default();
        let mut cleared = Vec::with_capacity(reached.zones.len());
        for zone in &reached.zones {
            // It may have changed since it was looked at.
            let is_pending = queue.pending.lock().get(zone).is_some();
            let is_theirs =
                db.stamp(zone)? <= reached.cursor && !sharing.unshared.lock().contains_key(zone);
            let (Some(head), true, true) = (db.head(zone)?, is_pending, is_theirs) else {
                continue;
            };
            let is_there = head.present && shared.placed.is_at(backend, zone);
            let mut receipt = db.receipt(zone, backend)?.unwrap_or_default();
            receipt.revision = Some(head.revision);
            receipt.serial = is_there.then_some(head.serial);
            receipt.digest = None;
            receipt.verified = Some(now);
            receipt.notes = vec![format!("verified by node {}", reached.node)];
            receipt.add(Event {
                at: now,
                revision: head.revision,
                removed: !is_there,
                result: ZoneResult::Verified {
                    changed: true,
                    repaired: None,
                },
            });
            batch.insert(keys::receipt(zone, backend), db.encode(&receipt)?);
            batch.remove(keys::pending(backend, zone));
            cleared.push(zone);
        }
        db.write(batch)?;
        cleared.iter().for_each(|zone| queue.remove(zone));
        let count = cleared.len();
        if count > 0 {
            shared.recorded.send_modify(|count| *count += 1);
        }
        Ok(count)
    }
}
