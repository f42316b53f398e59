//! What is due when. A timer that is overtaken stays until its time and is then ignored: a heartbeat only moves the
//! deadline of its check, and costs no timer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::Key;

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// The lease of a check.
    Lease(Key, String),
    /// The next probe of a check.
    Probe(Key, String),
    /// The end of an instance that was critical for too long.
    Removal(Key),
}

/// All timers.
#[derive(Debug, Default)]
pub struct Timers(BinaryHeap<Reverse<(Duration, Due)>>);

impl Timers {
    /// Sets a timer.
    pub fn set(&mut self, at: Duration, due: Due) {
        self.0.push(Reverse((at, due)));
    }

    /// The first that is due, with the time that it was set to.
    pub fn pop(&mut self, now: Duration) -> Option<(Duration, Due)> {
        let Reverse((at, _)) = self.0.peek()?;
        if *at > now {
            return None;
        }
        self.0.pop().map(|Reverse(timer)| timer)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Only these stay.
    pub fn retain(&mut self, mut stays: impl FnMut(Duration, &Due) -> bool) {
        self.0.retain(|Reverse((at, due))| stays(*at, due));
    }

    /// When the next is due.
    pub fn next(&self) -> Option<Duration> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }
}
