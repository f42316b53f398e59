//! The run-time board: which backends are unavailable, what was verified when, which zones have drifted.
//!
//! All of this is only true of this process: after a restart the lanes and the check find it out anew. So it
//! is not in the store, which keeps what must survive: what is pending, and the results.
//!
//! What is known of a zone is known of one revision of it, and is not asked for by another: nobody has to
//! clear the board when a zone changes.

mod child;
mod left_behind;
mod snapshot;
mod took;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::feed::{Feed, News};
pub use child::Child;
use left_behind::LeftBehind;
pub use snapshot::{BackendHealth, Snapshot, State};
use took::Took;
pub use took::Typical;

/// The most masters of which the last push is known.
const MASTERS: usize = 10_000;

/// What is known of the backends. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Health {
    boards: Arc<BTreeMap<BackendId, Board>>,
    left_behind: Arc<LeftBehind>,
    /// When each master last pushed a zone that was taken.
    pushes: Arc<Mutex<HashMap<String, Timestamp>>>,
    feed: Feed,
}

/// What is known of one backend.
#[derive(Debug, Default)]
struct Board {
    unavailable: Mutex<Option<Unavailable>>,
    /// What it said of itself.
    notes: Mutex<Vec<String>>,
    /// The process that dadns runs for it, if there is one.
    child: Mutex<Option<Child>>,
    /// Rings when somebody beside the lane got no answer.
    suspected: Notify,
    zones: Mutex<Zones>,
    took: Mutex<Took>,
}

/// What is known of the zones of one backend.
#[derive(Debug, Default)]
struct Zones {
    last_verified: Option<Timestamp>,
    seen: HashMap<ZoneName, Seen>,
    /// The drift of zones that is not repaired yet.
    drift: HashMap<ZoneName, Drift>,
}

/// A zone that has drifted on a backend and is not repaired yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The revision that should be there.
    pub revision: u64,
    /// What was found there, in words for an operator.
    pub found: String,
    /// When.
    pub at: Timestamp,
}

/// When a zone was last seen in sync with desired state.
#[derive(Debug, Default)]
struct Seen {
    /// By the lane, which verified it after it was applied.
    verified: Option<Timestamp>,
    /// By the check, which found it in sync at this revision.
    in_sync: Option<(u64, Timestamp)>,
}

/// Why and since when a backend is unavailable.
#[derive(Debug, Clone)]
pub struct Unavailable {
    /// Since when.
    pub since: Timestamp,
    /// What was found at the last try.
    pub cause: String,
    /// When it is tried again.
    pub next_try: Option<Timestamp>,
}

impl Health {
    /// A board of the enabled `backends`, of which nothing is known yet.
    pub fn of(backends: impl IntoIterator<Item = BackendId>) -> Self {
        let boards = backends.into_iter().map(|id| (id, Board::default()));
        Self {
            boards: Arc::new(boards.collect()),
            left_behind: Arc::default(),
            pushes: Arc::default(),
            feed: Feed::default(),
        }
    }

    /// The same, which publishes in `feed`.
    #[must_use]
    pub fn publishing(self, feed: &Feed) -> Self {
        Self {
            feed: feed.clone(),
            ..self
        }
    }

    /// Notes that `master` has pushed a zone, which was taken or is held.
    pub fn note_push(&self, master: &str) {
        let mut pushes = self.pushes.lock();
        // Whoever has the masters' account can name any host.
        if pushes.contains_key(master) || pushes.len() < MASTERS {
            pushes.insert(master.to_owned(), Timestamp::now());
        }
    }

    /// When `master` last pushed a zone, since the start.
    pub fn last_push(&self, master: &str) -> Option<Timestamp> {
        self.pushes.lock().get(master).copied()
    }

    fn board(&self, backend: &BackendId) -> Option<&Board> {
        self.boards.get(backend)
    }

    /// Notes that `backend` as a whole is unavailable, for `cause`. Since when stays as it was.
    pub fn note_unavailable(&self, backend: &BackendId, cause: String) {
        if let Some(board) = self.board(backend) {
            let mut unavailable = board.unavailable.lock();
            let since = match &*unavailable {
                Some(before) => before.since,
                None => Timestamp::now(),
            };
            let news = News::Unavailable {
                backend: backend.clone(),
                cause: cause.clone(),
            };
            let next_try = unavailable.as_ref().and_then(|before| before.next_try);
            *unavailable = Some(Unavailable {
                since,
                cause,
                next_try,
            });
            self.feed.publish([news]);
        }
    }

    /// Notes what `backend` said of itself when it was probed.
    pub fn note_notes(&self, backend: &BackendId, notes: Vec<String>) {
        if let Some(board) = self.board(backend) {
            *board.notes.lock() = notes;
        }
    }

    /// What `backend` said of itself when it was last probed.
    pub fn notes(&self, backend: &BackendId) -> Vec<String> {
        let board = self.board(backend);
        board.map_or_else(Vec::new, |board| board.notes.lock().clone())
    }

    /// Notes when a backend that is unavailable is tried again.
    pub fn note_next_try(&self, backend: &BackendId, at: Timestamp) {
        if let Some(board) = self.board(backend)
            && let Some(unavailable) = &mut *board.unavailable.lock()
        {
            unavailable.next_try = Some(at);
        }
    }

    /// Notes that `backend` answers again.
    pub fn note_available(&self, backend: &BackendId) {
        if let Some(board) = self.board(backend) {
            let mut unavailable = board.unavailable.lock();
            let was = unavailable.take().map(|_| News::Available {
                backend: backend.clone(),
            });
            self.feed.publish(was);
        }
    }

    /// Why and since when `backend` is unavailable, if it is.
    pub fn unavailable(&self, backend: &BackendId) -> Option<Unavailable> {
        self.board(backend)?.unavailable.lock().clone()
    }

    /// Somebody beside its lane got no answer from `backend`: the lane shall probe it.
    pub fn suspect(&self, backend: &BackendId) {
        if let Some(board) = self.board(backend) {
            board.suspected.notify_one();
        }
    }

    /// Waits until `backend` is [suspected](Self::suspect), or returns at once if it was since the last wait.
    pub async fn suspected(&self, backend: &BackendId) {
        match self.board(backend) {
            Some(board) => board.suspected.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Notes that the lane has verified `zone` on `backend` at `revision`, be it there or removed. To be
    /// called before the store clears the pending entry: whoever finds nothing pending then sees this.
    pub fn note_verified(&self, backend: &BackendId, zone: &ZoneName, revision: u64, there: bool) {
        let Some(board) = self.board(backend) else {
            return;
        };
        let now = Timestamp::now();
        let mut zones = board.zones.lock();
        zones.last_verified = Some(now);
        if zones
            .drift
            .get(zone)
            .is_some_and(|drift| drift.revision <= revision)
        {
            zones.drift.remove(zone);
        }
        match there {
            true => zones.seen.entry(zone.clone()).or_default().verified = Some(now),
            // Nothing more is asked of it.
            false => drop(zones.seen.remove(zone)),
        }
    }

    /// Whether the lane of `backend` has verified `zone` since the start.
    pub fn is_verified(&self, backend: &BackendId, zone: &ZoneName) -> bool {
        self.last_verified(backend, zone).is_some()
    }

    /// Whether the lane of `backend` has verified `zone` since `began`: what was found before may be
    /// repaired.
    pub fn is_verified_since(
        &self,
        backend: &BackendId,
        zone: &ZoneName,
        began: Timestamp,
    ) -> bool {
        self.last_verified(backend, zone)
            .is_some_and(|verified| verified >= began)
    }

    fn last_verified(&self, backend: &BackendId, zone: &ZoneName) -> Option<Timestamp> {
        self.board(backend)?.zones.lock().seen.get(zone)?.verified
    }

    /// Notes that `zone` was found in sync on `backend` at `revision`.
    pub fn note_in_sync(&self, backend: &BackendId, zone: &ZoneName, revision: u64) {
        if let Some(board) = self.board(backend) {
            let mut zones = board.zones.lock();
            let seen = zones.seen.entry(zone.clone()).or_default();
            seen.in_sync = Some((revision, Timestamp::now()));
        }
    }

    /// When `zone` was last found in sync on `backend` at `revision`, since the start.
    pub fn in_sync(
        &self,
        backend: &BackendId,
        zone: &ZoneName,
        revision: u64,
    ) -> Option<Timestamp> {
        let zones = self.board(backend)?.zones.lock();
        let (seen, at) = zones.seen.get(zone)?.in_sync?;
        (seen == revision).then_some(at)
    }

    /// Notes that `zone` at `revision` has drifted on `backend`, and what was `found` there.
    pub fn note_drift(&self, backend: &BackendId, zone: &ZoneName, revision: u64, found: String) {
        if let Some(board) = self.board(backend) {
            let mut zones = board.zones.lock();
            let drift = Drift {
                revision,
                found: found.clone(),
                at: Timestamp::now(),
            };
            zones.drift.insert(zone.clone(), drift);
            self.feed.publish([News::Drifted {
                zone: zone.clone(),
                backend: backend.clone(),
                revision,
                found,
            }]);
        }
    }

    /// Forgets the drift of `zone` on `backend`: it is not going to be repaired.
    pub fn forget_drift(&self, backend: &BackendId, zone: &ZoneName) {
        if let Some(board) = self.board(backend) {
            board.zones.lock().drift.remove(zone);
        }
    }

    /// The zones that have drifted on `backend` and are not repaired yet.
    pub fn all_drifted(&self, backend: &BackendId) -> Vec<ZoneName> {
        let board = self.board(backend);
        board.map_or_else(Vec::new, |board| {
            board.zones.lock().drift.keys().cloned().collect()
        })
    }

    /// Whether `zone` has drifted on `backend`, at whichever revision, and is not repaired yet.
    pub fn is_drifted(&self, backend: &BackendId, zone: &ZoneName) -> bool {
        let board = self.board(backend);
        board.is_some_and(|board| board.zones.lock().drift.contains_key(zone))
    }

    /// The drift of `zone` on `backend` at `revision`, until it is repaired.
    pub fn drift(&self, backend: &BackendId, zone: &ZoneName, revision: u64) -> Option<String> {
        let zones = self.board(backend)?.zones.lock();
        let drift = zones.drift.get(zone)?;
        (drift.revision == revision).then(|| drift.found.clone())
    }

    /// All drift that is not repaired yet, in the order of backends and zones.
    pub fn all_drift(&self) -> Vec<(BackendId, ZoneName, Drift)> {
        let of = |(id, board): (&BackendId, &Board)| {
            let zones = board.zones.lock();
            let all = zones.drift.iter();
            let mut all: Vec<_> = all
                .map(|(zone, drift)| (id.clone(), zone.clone(), drift.clone()))
                .collect();
            all.sort_by(|(_, one, _), (_, other, _)| one.cmp(other));
            all
        };
        self.boards.iter().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health() -> (Health, BackendId, ZoneName) {
        let bind: BackendId = "bind".parse().unwrap();
        let health = Health::of([bind.clone()]);
        (health, bind, "a.example".parse().unwrap())
    }

    #[test]
    fn a_backend_stays_unavailable_since_the_first_failure_whatever_its_cause() {
        let (health, bind, _) = health();
        health.note_unavailable(&bind, "refused".into());
        let first = health.unavailable(&bind).unwrap();
        health.note_unavailable(&bind, "timed out".into());
        let second = health.unavailable(&bind).unwrap();
        assert_eq!((second.since, &*second.cause), (first.since, "timed out"));
        health.note_available(&bind);
        assert!(health.unavailable(&bind).is_none());
    }

    #[test]
    fn drift_is_of_one_revision_and_ends_when_that_is_verified() {
        let (health, bind, zone) = health();
        health.note_drift(&bind, &zone, 2, "a row is missing".into());
        assert_eq!(health.drift(&bind, &zone, 3), None);
        health.note_verified(&bind, &zone, 1, true);
        let found = health.drift(&bind, &zone, 2);
        assert_eq!(found.as_deref(), Some("a row is missing"));
        health.note_verified(&bind, &zone, 2, true);
        assert_eq!(health.drift(&bind, &zone, 2), None);
    }

    #[test]
    fn a_zone_that_was_in_sync_is_not_any_more_after_a_push() {
        let (health, bind, zone) = health();
        health.note_in_sync(&bind, &zone, 1);
        assert!(health.in_sync(&bind, &zone, 1).is_some());
        assert_eq!(health.in_sync(&bind, &zone, 2), None);
    }

    #[test]
    fn nothing_is_remembered_of_a_zone_whose_removal_is_verified() {
        let (health, bind, zone) = health();
        let began = Timestamp::now();
        health.note_verified(&bind, &zone, 1, true);
        health.note_in_sync(&bind, &zone, 1);
        assert!(health.is_verified_since(&bind, &zone, began));
        health.note_verified(&bind, &zone, 2, false);
        assert!(!health.is_verified(&bind, &zone));
        assert_eq!(health.in_sync(&bind, &zone, 1), None);
    }

    #[tokio::test]
    async fn a_suspicion_is_kept_until_the_lane_waits_for_it() {
        let (health, bind, _) = health();
        health.suspect(&bind);
        health.suspected(&bind).await;
    }
}
