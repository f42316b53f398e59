//! What each backend may be behind on, as lanes and status see it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

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
    away: Mutex<Option<Unavailable>>,
    /// Whether somebody has found that the backend cannot be asked.
    suspected: AtomicBool,
    /// What was found wrong with zones that are pending for that.
    doubts: Mutex<HashMap<ZoneName, String>>,
    /// When a zone was last verified by the lane.
    verified: Mutex<HashMap<ZoneName, Timestamp>>,
    /// Which revision of a zone was last found to be as it should, and when.
    witnessed: Mutex<HashMap<ZoneName, (u64, Timestamp)>>,
}

/// Why and since when a backend as a whole cannot be worked with.
#[derive(Debug, Clone)]
pub struct Unavailable {
    /// Since when.
    pub since: Timestamp,
    /// What was found at the last try.
    pub cause: String,
}

impl Queue {
    /// One with these entries.
    pub fn of(pending: PendingSet) -> Self {
        Self {
            pending: Mutex::new(pending),
            ..Self::default()
        }
    }

    /// Makes `zone` pending. Another revision of it than was doubted has doubts of its own.
    pub fn put(&self, zone: ZoneName, entry: PendingEntry) {
        let mut pending = self.pending.lock();
        let same = pending
            .get(&zone)
            .is_none_or(|old| old.revision == entry.revision);
        if !same {
            self.doubts.lock().remove(&zone);
        }
        let mut witnessed = self.witnessed.lock();
        if witnessed
            .get(&zone)
            .is_some_and(|(seen, _)| *seen != entry.revision)
        {
            witnessed.remove(&zone);
        }
        drop(witnessed);
        pending.put(zone, entry);
    }

    /// `zone` is no longer pending.
    pub fn remove(&self, zone: &ZoneName) {
        self.pending.lock().remove(zone);
        self.doubts.lock().remove(zone);
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

    pub fn doubt(&self, zone: &ZoneName, found: String) {
        self.doubts.lock().insert(zone.clone(), found);
    }

    pub fn doubted(&self, zone: &ZoneName) -> Option<String> {
        self.doubts.lock().get(zone).cloned()
    }

    /// `zone` is verified to be there since `at`; `None`: to be gone, and nothing is remembered of it.
    pub fn verify(&self, zone: &ZoneName, at: Option<Timestamp>) {
        match at {
            Some(at) => drop(self.verified.lock().insert(zone.clone(), at)),
            None => {
                self.verified.lock().remove(zone);
                self.witnessed.lock().remove(zone);
            }
        }
    }

    pub fn verified(&self, zone: &ZoneName) -> Option<Timestamp> {
        self.verified.lock().get(zone).copied()
    }

    pub fn witness(&self, zone: &ZoneName, revision: u64, at: Timestamp) {
        self.witnessed.lock().insert(zone.clone(), (revision, at));
    }

    pub fn is_witnessed(&self, zone: &ZoneName) -> bool {
        self.witnessed.lock().contains_key(zone)
    }

    pub fn witnessed(&self, zone: &ZoneName, revision: u64) -> Option<Timestamp> {
        let witnessed = self.witnessed.lock();
        let (seen, at) = witnessed.get(zone)?;
        (*seen == revision).then_some(*at)
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

    /// Whether any pending zone has failed on `backend`.
    pub fn is_failing(&self, backend: &BackendId) -> bool {
        self.queue(backend, PendingSet::has_failures)
    }

    /// Counts what was settled: it changes whenever the outcome of some zone has been recorded.
    pub fn settled(&self) -> watch::Receiver<u64> {
        self.shared.settled.subscribe()
    }

    /// Waits until something new is pending for `backend`.
    pub async fn woken(&self, backend: &BackendId) {
        match self.shared.queues.get(backend) {
            Some(queue) => queue.wake.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Notes that `backend` as a whole cannot be worked with, or that it can again. Kept in memory:
    /// after a restart its lane finds out anew.
    pub fn note_unavailable(&self, backend: &BackendId, cause: Option<String>) {
        if let Some(queue) = self.shared.queues.get(backend) {
            let mut away = queue.away.lock();
            let since = away.as_ref().map_or_else(Timestamp::now, |away| away.since);
            *away = cause.map(|cause| Unavailable { since, cause });
        }
    }

    /// Has a zone that is pending for `backend` tried at once, however often it has failed.
    pub fn hasten(&self, backend: &BackendId, zone: &ZoneName) {
        if let Some(queue) = self.shared.queues.get(backend) {
            queue.hasten(zone);
        }
    }

    /// `backend` could not be asked by somebody beside its lane: the lane shall look.
    pub fn suspect(&self, backend: &BackendId) {
        if let Some(queue) = self.shared.queues.get(backend) {
            queue.suspected.store(true, Ordering::Relaxed);
            queue.wake.notify_one();
        }
    }

    /// Whether `backend` was [suspected](Self::suspect) since this was last asked.
    pub fn was_suspected(&self, backend: &BackendId) -> bool {
        let queue = self.shared.queues.get(backend);
        queue.is_some_and(|queue| queue.suspected.swap(false, Ordering::Relaxed))
    }

    /// Why and since when `backend` is away, if it is.
    pub fn unavailable(&self, backend: &BackendId) -> Option<Unavailable> {
        self.shared.queues.get(backend)?.away.lock().clone()
    }

    fn queue<T: Default>(&self, backend: &BackendId, ask: impl FnOnce(&PendingSet) -> T) -> T {
        self.shared
            .queues
            .get(backend)
            .map(|queue| ask(&queue.pending.lock()))
            .unwrap_or_default()
    }
}
