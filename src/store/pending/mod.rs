//! What a backend may be behind on: the entries, their mirror in memory, and how they are loaded.

mod load;
mod results;
mod set;

use dadns_zone::ZoneName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub(super) use load::{load, of};
pub(super) use set::PendingSet;

/// No failed zone waits longer for its next try than this.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(33);

/// Why and since when a backend may be behind on one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEntry {
    /// The revision that the backend may lack.
    pub revision: u64,
    /// Since when it is behind.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
    /// When it is to be tried next.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub due: Timestamp,
    /// How often this revision failed on a backend that is available.
    pub attempts: u32,
    /// Why it failed last.
    pub cause: Option<String>,
}

impl PendingEntry {
    /// An entry that is due at once, whatever the clock will say: before all that failed. The backend is
    /// behind since it was at `before`, if it was already.
    pub(super) fn fresh(revision: u64, before: Option<&Self>, now: Timestamp) -> Self {
        Self {
            revision,
            since: before.map_or(now, |entry| entry.since),
            due: Timestamp::UNIX_EPOCH,
            attempts: 0,
            cause: None,
        }
    }
}

/// A zone that is due on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The zone.
    pub zone: ZoneName,
    /// The revision that the backend may lack.
    pub revision: u64,
    /// How often its present revision has failed there.
    pub attempts: u32,
}
