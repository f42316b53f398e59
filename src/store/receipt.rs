//! What became of a zone on a backend: the last proof and a bounded history of outcomes.

use std::collections::VecDeque;

use dadns_zone::ZoneName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many outcomes a receipt remembers.
const HISTORY: usize = 10;

/// What became of one zone of a lane's batch.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The zone.
    pub zone: ZoneName,
    /// The revision that was applied or tried.
    pub revision: u64,
    /// How often that had failed before.
    pub attempts: u32,
    /// How it went.
    pub settled: Settled,
}

/// How it went.
#[derive(Debug, Clone)]
pub enum Settled {
    /// The backend verifiably holds, and where it can be asked serves, the revision.
    Verified {
        /// The serial served and the digest of what is held; `None`: removed.
        zone: Option<(u32, [u8; 32])>,
        /// Whether anything had to be written.
        changed: bool,
        /// What was found there that had to be repaired, if that is why it was put again.
        repaired: Option<String>,
        /// What this place cannot serve of the zone.
        notes: Vec<String>,
    },
    /// It was put there, but the proof is still missing; it is looked at again soon.
    Unverified {
        /// What is missing.
        cause: String,
        /// When it is tried again.
        retry: Timestamp,
    },
    /// It failed or was refused and is tried again.
    Failed {
        /// Why, in full.
        cause: String,
        /// When it is tried again.
        retry: Timestamp,
    },
}

/// What is known of one zone on one backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The revision last verified there.
    pub revision: Option<u64>,
    /// The serial last verified there; `None` with a revision: verified to be gone.
    pub serial: Option<u32>,
    /// The digest of the zone that was last verified there.
    pub digest: Option<[u8; 32]>,
    /// When that was.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub verified: Option<Timestamp>,
    /// What the place cannot serve of that revision.
    pub notes: Vec<String>,
    /// The last outcomes, newest last.
    pub history: VecDeque<Event>,
}

/// One outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Of which revision.
    pub revision: u64,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// It was written and verified.
    Applied,
    /// It was there already, and verified.
    Unchanged,
    /// It was removed, and verified gone.
    Removed,
    /// It failed, for this cause.
    Failed(String),
    /// This was found there, repaired, and verified.
    Repaired(String),
}

impl Receipt {
    /// Adds what just happened.
    pub(super) fn note(&mut self, settlement: &Settlement, now: Timestamp) {
        let kind = match &settlement.settled {
            Settled::Verified {
                zone,
                changed,
                repaired,
                notes,
            } => {
                self.revision = Some(settlement.revision);
                self.serial = zone.map(|(serial, _)| serial);
                self.digest = zone.map(|(_, digest)| digest);
                self.verified = Some(now);
                self.notes.clone_from(notes);
                match (repaired, zone, changed) {
                    (Some(found), ..) => EventKind::Repaired(found.clone()),
                    (None, None, _) => EventKind::Removed,
                    (None, Some(_), true) => EventKind::Applied,
                    (None, Some(_), false) => EventKind::Unchanged,
                }
            }
            Settled::Failed { cause, .. } => EventKind::Failed(cause.clone()),
            Settled::Unverified { .. } => return,
        };
        self.history.push_back(Event {
            at: now,
            revision: settlement.revision,
            kind,
        });
        while self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }
}
