//! What was found at a backend: proofs that it holds what it should, and doubts that have a zone put
//! there again.

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::commit::{Committer, Message};
use super::pending::PendingEntry;
use super::{Store, StoreError, keys};
use crate::engine::Batch;

/// A zone that a backend does not hold or serve as it should.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// The zone.
    pub zone: ZoneName,
    /// The revision that should be there; when it is no longer the present one, nothing is done.
    pub revision: u64,
    /// What was found instead, in words for an operator.
    pub found: String,
}

impl Store {
    /// Marks zones pending for `backend` because they were found to be otherwise there than they
    /// should be. What is pending already, or has changed meanwhile, is left as it is. Returns how many were
    /// marked.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn doubt(
        &self,
        backend: &BackendId,
        doubts: Vec<Doubt>,
    ) -> Result<usize, StoreError> {
        let backend = backend.clone();
        self.ask(|reply| Message::Doubt(backend, doubts, reply))
            .await
    }

    /// What was found wrong with a zone on `backend`, until that is repaired.
    pub fn doubted(&self, backend: &BackendId, zone: &ZoneName) -> Option<String> {
        self.shared.queues.get(backend)?.doubted(zone)
    }

    /// Notes that a zone was found on `backend` just as it should be at `revision`. Kept in memory: it
    /// is looked at again and again.
    pub fn witness(&self, backend: &BackendId, zone: &ZoneName, revision: u64) {
        if let Some(queue) = self.shared.queues.get(backend) {
            queue.witness(zone, revision, Timestamp::now());
        }
    }

    /// Whether the lane of `backend` has verified a zone since `began`: what was found before may be repaired.
    pub fn is_verified_since(
        &self,
        backend: &BackendId,
        zone: &ZoneName,
        began: Timestamp,
    ) -> bool {
        let queue = self.shared.queues.get(backend);
        let verified = queue.and_then(|queue| queue.verified(zone));
        verified.is_some_and(|verified| verified >= began)
    }

    /// Whether the lane of `backend` has verified a zone since the start.
    pub fn is_verified(&self, backend: &BackendId, zone: &ZoneName) -> bool {
        let queue = self.shared.queues.get(backend);
        queue.is_some_and(|queue| queue.verified(zone).is_some())
    }

    /// Whether a zone was found on `backend` as it should be since it last changed, and since the start.
    pub fn is_witnessed(&self, backend: &BackendId, zone: &ZoneName) -> bool {
        let queue = self.shared.queues.get(backend);
        queue.is_some_and(|queue| queue.is_witnessed(zone))
    }

    /// When a zone was last found on `backend` as it should be at `revision`, since the start.
    pub fn witnessed(
        &self,
        backend: &BackendId,
        zone: &ZoneName,
        revision: u64,
    ) -> Option<Timestamp> {
        self.shared.queues.get(backend)?.witnessed(zone, revision)
    }
}

impl Committer {
    pub(super) fn write_doubts(
        &self,
        backend: &BackendId,
        doubts: &[Doubt],
    ) -> Result<usize, StoreError> {
        let Some(queue) = self.shared.queues.get(backend) else {
            return Ok(0);
        };
        let db = &self.shared.db;
        let now = Timestamp::now();
        let mut batch = Batch::default();
        let mut entries = Vec::with_capacity(doubts.len());
        for doubt in doubts {
            let known = db.head(&doubt.zone)?;
            if known.is_none_or(|head| head.revision != doubt.revision) {
                continue;
            }
            let pending = queue.pending.lock().get(&doubt.zone).cloned();
            if let Some(pending) = pending {
                // It is about to be put there anyway; the operator learns what that repairs.
                if pending.attempts == 0 {
                    queue.doubt(&doubt.zone, doubt.found.clone());
                }
                continue;
            }
            let entry = PendingEntry {
                cause: Some(doubt.found.clone()),
                ..PendingEntry::fresh(doubt.revision, None, now)
            };
            batch.insert(keys::pending(backend, &doubt.zone), db.encode(&entry)?);
            entries.push((doubt, entry));
        }
        db.write(batch)?;
        let marked = entries.len();
        for (doubt, entry) in entries {
            queue.doubt(&doubt.zone, doubt.found.clone());
            queue.put(doubt.zone.clone(), entry);
        }
        if marked > 0 {
            queue.wake.notify_one();
        }
        Ok(marked)
    }
}
