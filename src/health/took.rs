//! How long zones take from the change to the moment when a backend has verified it.

use std::collections::VecDeque;
use std::time::Duration;

use dadns_backends::BackendId;

use super::Health;

/// Of how many zones it is remembered: the newest.
const KEPT: usize = 100;

/// What is remembered of one backend.
#[derive(Debug, Default)]
pub(super) struct Took {
    /// How many there were since the start.
    count: u64,
    last: VecDeque<Duration>,
}

/// How long the newest of them took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typical {
    /// How many these are.
    pub of: usize,
    /// Half of them took at most so long.
    pub median: Duration,
    /// The one that took longest.
    pub longest: Duration,
}

impl Health {
    /// Notes that `backend` has verified a zone that was pending for so long.
    pub fn note_took(&self, backend: &BackendId, took: Duration) {
        if let Some(board) = self.board(backend) {
            let mut all = board.took.lock();
            all.count += 1;
            if all.last.len() >= KEPT {
                all.last.pop_front();
            }
            all.last.push_back(took);
        }
    }

    /// How often `backend` has verified a zone after a change, since the start.
    pub fn verified_count(&self, backend: &BackendId) -> u64 {
        self.board(backend)
            .map_or(0, |board| board.took.lock().count)
    }

    /// How long that took of late; `None`: there was none.
    pub fn typical(&self, backend: &BackendId) -> Option<Typical> {
        let last: VecDeque<_> = self.board(backend)?.took.lock().last.clone();
        let mut last: Vec<_> = last.into();
        last.sort_unstable();
        Some(Typical {
            of: last.len(),
            median: *last.get(last.len().saturating_sub(1) / 2)?,
            longest: *last.last()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typical_is_told_of_the_newest_and_all_are_counted() {
        let bind: BackendId = "bind".parse().unwrap();
        let health = Health::of([bind.clone()]);
        assert_eq!(health.typical(&bind), None);
        for ms in 0..300 {
            health.note_took(&bind, Duration::from_millis(ms));
        }
        assert_eq!(health.verified_count(&bind), 300);
        let typical = Typical {
            of: KEPT,
            median: Duration::from_millis(249),
            longest: Duration::from_millis(299),
        };
        assert_eq!(health.typical(&bind), Some(typical));
    }
}
