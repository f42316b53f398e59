//! What became of zones on a backend: their receipts, and what is no longer pending.

use dadns_backends::BackendId;
use jiff::Timestamp;

use crate::engine::Batch;
use crate::logging::warning;
use crate::store::commit::Committer;
use crate::store::pending::PendingEntry;
use crate::store::receipt::{Receipt, Tried};
use crate::store::{StoreError, keys, published};

impl Committer {
    /// Notes results; only in memory unless the disk takes them.
    pub(in crate::store) fn write_results(
        &self,
        backend: &BackendId,
        tries: &[Tried],
        writes: bool,
    ) -> Result<(), StoreError> {
        let db = &self.shared.db;
        let Some(queue) = self.shared.queues.get(backend) else {
            return Ok(());
        };
        let now = Timestamp::now();
        let mut batch = Batch::default();
        let mut entries = Vec::with_capacity(tries.len());
        {
            let pending = queue.pending.lock();
            for tried in tries {
                let zone = &tried.zone;
                let mut receipt = match db.receipt(zone, backend) {
                    Ok(receipt) => receipt.unwrap_or_default(),
                    Err(error) => {
                        // Only history: what matters is what is pending.
                        warning!("{error}; a new receipt is begun");
                        Receipt::default()
                    }
                };
                receipt.note(tried, now);
                batch.insert(keys::receipt(zone, backend), db.encode(&receipt)?);
                // A push of the same text meanwhile has made the zone due afresh: an old failure
                // must not put it off.
                let current = pending.get(zone).filter(|entry| {
                    entry.revision == tried.revision
                        && (entry.attempts == tried.attempts || tried.result.is_verified())
                        && self.shared.is_desired_still(backend, tried)
                });
                let Some(current) = current else { continue };
                let key = keys::pending(backend, zone);
                if tried.result.is_verified() {
                    batch.remove(key);
                    entries.push((zone.clone(), None));
                } else {
                    let failed = !tried.result.is_unverified();
                    let entry = PendingEntry {
                        due: tried.retry,
                        attempts: current.attempts.saturating_add(u32::from(failed)),
                        cause: tried.result.cause(),
                        ..current.clone()
                    };
                    batch.insert(key, db.encode(&entry)?);
                    entries.push((zone.clone(), Some(entry)));
                }
            }
        }
        // Of a write that fails the same holds as of one that cannot be tried.
        let written = match writes {
            true => db.write(batch),
            false => Ok(()),
        };
        for (zone, entry) in entries {
            match entry {
                Some(entry) => queue.put(zone, entry),
                None => queue.remove(&zone),
            }
        }
        let news = published::of_results(backend, tries);
        self.shared.feed.publish(news);
        written
    }
}
