//! A record of requests to all nodes, and whether it is one that a single gateway could have given: each change that
//! was acknowledged has its place in one order, which does not go back in time; each has the next revision, without
//! a gap and none twice; and who reads at the end reads the last.
//!
//! A request without an answer may have been done at any time since, or not at all. One that no node took, since
//! nobody listened or the engine had no majority, has changed nothing.

mod search;
#[cfg(test)]
mod tests;
pub mod views;

use std::sync::Mutex;
use std::time::Instant;

use crate::model::{Op, State};

pub use self::search::{Judged, check};

/// A zone as it stands between two changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Standing {
    pub revision: u64,
    /// The highest that is known by an answer; 0: none is.
    pub serial: u32,
    pub zone: State,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Change(Op),
    /// A look at the zone, once everything is quiet: it sees the last change.
    Read,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done; with what the answer says of revision and serial.
    Taken {
        revision: Option<u64>,
        serial: Option<u32>,
    },
    /// The rules refuse it as the zone stands.
    Refused,
    /// No node took it.
    Untried,
    /// It may be done or not, or be done still.
    Unknown,
    /// The zone stands so.
    Stands(Standing),
}

/// One request.
#[derive(Debug, Clone)]
pub struct Entry {
    /// At which node.
    pub node: usize,
    pub asked: Asked,
    pub answer: Answer,
    /// When it was sent and when it was answered, in nanoseconds since the record began.
    pub began: u64,
    pub ended: u64,
}

/// All requests of a round, by zone.
#[derive(Debug)]
pub struct History {
    start: Instant,
    zones: Vec<Mutex<Vec<Entry>>>,
}

impl History {
    /// An empty record of so many zones.
    pub fn new(zones: usize) -> Self {
        Self {
            start: Instant::now(),
            zones: (0..zones).map(|_| Mutex::default()).collect(),
        }
    }

    /// Asks, and records what came of it.
    pub fn record(
        &self,
        zone: usize,
        node: usize,
        asked: Asked,
        ask: impl FnOnce() -> Answer,
    ) -> Answer {
        let began = self.now();
        let answer = ask();
        let entry = Entry {
            node,
            asked,
            answer: answer.clone(),
            began,
            ended: self.now(),
        };
        self.zones[zone].lock().unwrap().push(entry);
        answer
    }

    /// What was asked of one zone.
    pub fn of(&self, zone: usize) -> Vec<Entry> {
        self.zones[zone].lock().unwrap().clone()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap()
    }
}
