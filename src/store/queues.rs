//! What each backend may be behind on, as lanes and status see it.

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Store;
use super::pending::{Due, PendingEntry, PendingSet};

/// One backend's pending set and the bell that wakes its lane.
#[derive(Default)]
pub(super) struct Queue {
    pub pending: Mutex<PendingSet>,
    pub wake: Notify,
    away: Mutex<Option<Away>>,
}

/// Why and since when a backend as a whole cannot be worked with.
#[derive(Debug, Clone)]
pub struct Away {
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

    /// Waits until something new is pending for `backend`.
    pub async fn woken(&self, backend: &BackendId) {
        match self.shared.queues.get(backend) {
            Some(queue) => queue.wake.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Notes that `backend` as a whole cannot be worked with, or that it can again. Kept in memory:
    /// after a restart its lane finds out anew.
    pub fn note_away(&self, backend: &BackendId, cause: Option<String>) {
        if let Some(queue) = self.shared.queues.get(backend) {
            let mut away = queue.away.lock();
            let since = away.as_ref().map_or_else(Timestamp::now, |away| away.since);
            *away = cause.map(|cause| Away { since, cause });
        }
    }

    /// Why and since when `backend` is away, if it is.
    pub fn away(&self, backend: &BackendId) -> Option<Away> {
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
