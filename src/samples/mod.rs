//! What happened in the last hour, in samples of half a minute: for the charts of the web page. In memory, a fixed
//! number of them; a monitor that keeps more has the metrics.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dadns_backends::{BackendId, Server};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::store::Store;

/// How often a sample is taken.
pub const EVERY: Duration = Duration::from_secs(30);

/// How many are kept: those of an hour, with both ends.
const KEPT: usize = 121;

/// What was counted since the start, and what was pending, at one moment.
#[derive(Debug, Clone)]
pub struct Sample {
    /// When.
    pub taken: Instant,
    /// Revisions of zones that were made.
    pub changes: u64,
    /// The backends.
    pub backends: BTreeMap<BackendId, BackendSample>,
}

/// The same of one backend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackendSample {
    /// How often a zone was verified there after a change.
    pub verified: u64,
    /// How many zones it may be behind on.
    pub pending: u64,
    /// The answers of a built-in server; `None`: it is none.
    pub answers: Option<u64>,
}

/// The samples of the last hour. Cheap to clone.
#[derive(Clone)]
pub struct Samples {
    store: Store,
    health: Health,
    servers: Arc<[Arc<dyn Server>]>,
    kept: Arc<Mutex<VecDeque<Sample>>>,
}

impl Samples {
    /// Of these, with a first sample.
    pub fn new(store: Store, health: Health, servers: &[Arc<dyn Server>]) -> Self {
        let samples = Self {
            store,
            health,
            servers: servers.into(),
            kept: Arc::default(),
        };
        samples.take(Instant::now());
        samples
    }

    /// Takes one every [`EVERY`] until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first comes at once, and a sample is there.
        ticks.tick().await;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => self.take(Instant::now()),
            }
        }
    }

    /// Whether a backend is a built-in server.
    pub fn is_server(&self, backend: &str) -> bool {
        self.servers
            .iter()
            .any(|server| server.id().as_str() == backend)
    }

    /// The samples, oldest first, with one of now.
    pub fn all(&self) -> Vec<Sample> {
        let now = self.sample(Instant::now());
        let kept = self.kept.lock();
        kept.iter().cloned().chain([now]).collect()
    }

    fn take(&self, at: Instant) {
        let sample = self.sample(at);
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(sample);
    }

    fn sample(&self, taken: Instant) -> Sample {
        let backends = self.store.backends().map(|id| {
            let server = self.servers.iter().find(|server| server.id() == id);
            let answers = server.map(|server| {
                let answers = server.counts().answers;
                answers.iter().map(|(_, count)| count).sum()
            });
            let sample = BackendSample {
                verified: self.health.verified_count(id),
                pending: self.store.pending_count(id) as u64,
                answers,
            };
            (id.clone(), sample)
        });
        Sample {
            taken,
            changes: self.store.change_count(),
            backends: backends.collect(),
        }
    }
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Samples").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use dadns_zone::testing::zone;

    use super::*;
    use crate::access::{Part, Principal};
    use crate::store::{Author, Options};

    #[tokio::test]
    async fn samples_count_from_the_start_and_only_those_of_an_hour_are_kept() {
        let bind: BackendId = "bind".parse().unwrap();
        let (store, _committer) = Store::in_memory([&bind], &Options::default());
        let health = Health::of([bind.clone()]);
        let samples = Samples::new(store.clone(), health.clone(), &[]);
        let author = Author::new(Principal::from(Part::Check));
        let pushed = store.push(author, zone("a.example", 1, ""), Vec::new());
        pushed.await.unwrap();
        health.note_took(&bind, Duration::from_millis(20));
        let all = samples.all();
        let (first, last) = (&all[0], &all[1]);
        assert_eq!((first.changes, last.changes), (0, 1));
        let expected = BackendSample {
            verified: 1,
            pending: 1,
            answers: None,
        };
        assert_eq!(last.backends[&bind], expected);
        for _ in 0..2 * KEPT {
            samples.take(Instant::now());
        }
        assert_eq!(samples.all().len(), KEPT + 1);
    }
}
