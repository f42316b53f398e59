//! What each backend may be behind on, as lanes and status see it.

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::Store;
use super::pending::{Due, PendingEntry, PendingSet};

/// One backend's pending set and the bell that wakes its lane.
#[derive(Default)]
pub(super) struct Queue {
    pub pending: Mutex<PendingSet>,
    pub wake: Notify,
}

impl Queue {
    /// One with these entries.
    pub fn of(pending: PendingSet) -> Self {
        Self {
            pending: Mutex::new(pending),
            ..Self::default()
        }
    }

    /// Makes `zone` pending.
    pub fn put(&self, zone: ZoneName, entry: PendingEntry) {
        self.pending.lock().put(zone, entry);
    }

    /// `zone` is no longer pending.
    pub fn remove(&self, zone: &ZoneName) {
        self.pending.lock().remove(zone);
    }

    /// Makes a pending zone due at once. In memory: it is about to be tried.
    pub fn hasten(&self, zone: &ZoneName) {
        let mut pending = self.pending.lock();
        if let Some(entry) = pending.get(zone).cloned() {
            let due = Timestamp::UNIX_EPOCH;
            pending.put(zone.clone(), PendingEntry { due, ..entry });
        }
        drop(pending);
        self.wake.notify_one();
    }
}

impl Store {
    /// The enabled backends.
    pub fn backends(&self) -> impl Iterator<Item = &BackendId> {
        self.shared.queues.keys()
    }

    /// Up to `limit` zones that `backend` may be behind on and that are due at `now`: first those that
    /// have not failed.
    pub fn due(&self, backend: &BackendId, now: Timestamp, limit: usize) -> Vec<Due> {
        self.queue(backend, |set| set.due(now, limit))
    }

    /// When the next zone of `backend` is due; `None`: nothing is pending.
    pub fn next_due(&self, backend: &BackendId) -> Option<Timestamp> {
        self.queue(backend, PendingSet::next_due)
    }

    /// How many zones `backend` may be behind on.
    pub fn pending_count(&self, backend: &BackendId) -> usize {
        self.queue(backend, PendingSet::len)
    }

    /// Since when `backend` is behind on anything.
    pub fn pending_since(&self, backend: &BackendId) -> Option<Timestamp> {
        self.queue(backend, PendingSet::oldest)
    }

    /// The first `limit` pending zones of `backend`, soonest due first.
    pub fn pending(&self, backend: &BackendId, limit: usize) -> Vec<(ZoneName, PendingEntry)> {
        self.queue(backend, |set| set.first(limit))
    }

    /// The entry of one zone, if `backend` may be behind on it.
    pub fn pending_entry(&self, backend: &BackendId, name: &ZoneName) -> Option<PendingEntry> {
        self.queue(backend, |set| set.get(name).cloned())
    }

    /// How often the pending zone has failed on `backend`; `None`: it is not pending there.
    pub fn pending_attempts(&self, backend: &BackendId, name: &ZoneName) -> Option<u32> {
        self.queue(backend, |set| set.get(name).map(|entry| entry.attempts))
    }

    /// The pending zones of `backend` of which `is` holds.
    pub fn pending_zones(
        &self,
        backend: &BackendId,
        is: impl Fn(&PendingEntry) -> bool,
    ) -> Vec<ZoneName> {
        self.queue(backend, |set| {
            let zones = set.all().filter(|(_, entry)| is(entry));
            zones.map(|(zone, _)| zone.clone()).collect()
        })
    }

    /// Whether any pending zone has failed on `backend`.
    pub fn is_failing(&self, backend: &BackendId) -> bool {
        self.queue(backend, PendingSet::has_failures)
    }

    /// Counts what was recorded: it changes whenever a zone has changed, or its result on some backend is
    /// recorded.
    pub fn recorded(&self) -> watch::Receiver<u64> {
        self.shared.recorded.subscribe()
    }

    /// Waits until something new is pending for `backend`.
    pub async fn woken(&self, backend: &BackendId) {
        match self.shared.queues.get(backend) {
            Some(queue) => queue.wake.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Has a zone that is pending for `backend` tried at once, however often it has failed.
    pub fn hasten(&self, backend: &BackendId, zone: &ZoneName) {
        if let Some(queue) = self.shared.queues.get(backend) {
            queue.hasten(zone);
        }
    }

    fn queue<T: Default>(&self, backend: &BackendId, ask: impl FnOnce(&PendingSet) -> T) -> T {
        self.shared
            .queues
            .get(backend)
            .map(|queue| ask(&queue.pending.lock()))
            .unwrap_or_default()
    }
}
