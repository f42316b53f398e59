//! All backends as they stand at one moment: what `/status`, `/metrics` and `dadns status` show.

use std::collections::BTreeMap;

use dadns_backends::BackendId;
use jiff::Timestamp;

use super::{Health, Unavailable};
use crate::store::Store;

/// All enabled backends at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Timestamp,
    /// Each backend.
    pub backends: BTreeMap<BackendId, BackendHealth>,
}

/// One backend at one moment.
#[derive(Debug, Clone)]
pub struct BackendHealth {
    /// In one word.
    pub state: State,
    /// Why and since when it is unavailable, if it is.
    pub unavailable: Option<Unavailable>,
    /// How many zones it may be behind on.
    pub pending: usize,
    /// Since when it is behind on the oldest of them.
    pub oldest_pending: Option<Timestamp>,
    /// When its lane last verified any zone, since the start.
    pub last_verified: Option<Timestamp>,
    /// How many zones have drifted and are not repaired yet.
    pub drifted: usize,
}

/// How a backend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It takes what it is given.
    Ok,
    /// Some zones fail on it.
    Failing,
    /// It as a whole is unavailable.
    Unavailable,
}

impl State {
    /// The word for it in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Snapshot {
    /// The backends as they stand now.
    pub fn take(health: &Health, store: &Store) -> Self {
        let of = |id: &BackendId| (id.clone(), BackendHealth::of(health, store, id));
        Self {
            at: Timestamp::now(),
            backends: health.boards.keys().map(of).collect(),
        }
    }
}

impl BackendHealth {
    fn of(health: &Health, store: &Store, id: &BackendId) -> Self {
        let unavailable = health.unavailable(id);
        let state = match &unavailable {
            Some(_) => State::Unavailable,
            None if store.is_failing(id) => State::Failing,
            None => State::Ok,
        };
        let zones = health.board(id).map(|board| board.zones.lock());
        Self {
            state,
            unavailable,
            pending: store.pending_count(id),
            oldest_pending: store.pending_since(id),
            last_verified: zones.as_ref().and_then(|zones| zones.last_verified),
            drifted: zones.as_ref().map_or(0, |zones| zones.drift.len()),
        }
    }

    /// For how many seconds it has been behind on the oldest pending zone at `now`.
    pub fn oldest_pending_seconds(&self, now: Timestamp) -> Option<i64> {
        // The clock may have been set back meanwhile.
        self.oldest_pending
            .map(|since| now.duration_since(since).as_secs().max(0))
    }
}
