//! Zones that were found drifted on a backend: they are pending there again.

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::commit::{Committer, Message};
use super::pending::PendingEntry;
use super::{Store, StoreError, keys};
use crate::engine::Batch;

/// A zone that a backend does not have or serve as desired.
#[derive(Debug, Clone)]
pub struct Drifted {
    /// The zone.
    pub zone: ZoneName,
    /// The revision that should be there; when it is no longer the present one, nothing is done.
    pub revision: u64,
    /// What was found instead, in words for an operator.
    pub found: String,
}

impl Store {
    /// Makes a zone pending for `backend` because it has drifted there. What is pending already, or has
    /// changed meanwhile, is left as it is. Returns whether the next try is going to repair it: not where the
    /// zone has changed, or where it has failed on the backend and waits.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn drifted(&self, backend: &BackendId, drifted: Drifted) -> Result<bool, StoreError> {
        let backend = backend.clone();
        self.ask(|reply| Message::Drifted(backend, drifted, reply))
            .await
    }
}

impl Committer {
    pub(super) fn write_drifted(
        &self,
        backend: &BackendId,
        drifted: Drifted,
        writes: bool,
    ) -> Result<bool, StoreError> {
        let Drifted {
            zone,
            revision,
            found,
        } = drifted;
        let Some(queue) = self.shared.queues.get(backend) else {
            return Ok(false);
        };
        let db = &self.shared.db;
        // Until it is known what is on disk, nothing is delivered anew.
        if self.shared.failure.now().is_some() {
            return Ok(false);
        }
        if db.head(&zone)?.is_none_or(|head| head.revision != revision) {
            return Ok(false);
        }
        let pending = queue.pending.lock().get(&zone).cloned();
        if let Some(pending) = pending {
            // It is about to be applied anyway, unless it waits after a failure.
            return Ok(pending.attempts == 0);
        }
        let entry = PendingEntry {
            cause: Some(found),
            ..PendingEntry::fresh(revision, None, Timestamp::now())
        };
        let mut batch = Batch::default();
        batch.insert(keys::pending(backend, &zone), db.encode(&entry)?);
        if writes {
            db.write(batch)?;
        }
        queue.put(zone, entry);
        queue.wake.notify_one();
        Ok(true)
    }
}
