//! Batch lines for the operator: what the lanes do, told as one story.
//!
//! A batch opens when work appears and closes when nothing is left to do now, over all lanes. Lanes
//! send what they do through a channel without bounds and never wait for it to be told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::logging::{debug, info, success, warning};
use crate::store::Store;

/// How many zones a line names.
const NAMES: usize = 3;

/// Where lanes tell what they do. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Telemetry {
    events: mpsc::UnboundedSender<Event>,
}

/// What became of one zone in a lane's batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It is there and verified.
    Verified,
    /// It was put there and is not served yet; it is looked at again in a moment.
    Unverified,
    /// It failed and will be tried again.
    Failed,
    /// The backend is away; the zone waits for it.
    Waiting,
}

#[derive(Debug)]
enum Event {
    Taken(BackendId, Vec<ZoneName>),
    Done(BackendId, Vec<(ZoneName, Progress)>, bool),
    Back(BackendId),
}

impl Telemetry {
    /// A channel and the task at its other end, which ends when all senders are gone.
    pub fn new(store: Store) -> (Self, impl Future<Output = ()>) {
        let (events, inbox) = mpsc::unbounded_channel();
        (Self { events }, tell(store, inbox))
    }

    /// `backend` begins to work on these zones.
    pub fn taken(&self, backend: &BackendId, zones: Vec<ZoneName>) {
        drop(self.events.send(Event::Taken(backend.clone(), zones)));
    }

    /// `backend` is done with these zones for now; `away`: and cannot be worked with.
    pub fn done(&self, backend: &BackendId, zones: Vec<(ZoneName, Progress)>, away: bool) {
        drop(self.events.send(Event::Done(backend.clone(), zones, away)));
    }

    /// `backend` can be worked with again.
    pub fn back(&self, backend: &BackendId) {
        drop(self.events.send(Event::Back(backend.clone())));
    }
}

async fn tell(store: Store, mut inbox: mpsc::UnboundedReceiver<Event>) {
    let mut away = BTreeSet::new();
    // What was not served yet when the last batch was closed: to look at it again is no news.
    let mut awaited = BTreeSet::new();
    let mut batch: Option<Batch> = None;
    while let Some(event) = inbox.recv().await {
        match event {
            Event::Taken(backend, zones) => {
                let batch = batch.get_or_insert_with(Batch::new);
                if batch.is_quiet && !zones.iter().all(|zone| awaited.contains(zone)) {
                    batch.is_quiet = false;
                    info!(
                        "📥 Batch started — {} zone(s) queued for processing",
                        zones.len()
                    );
                }
                for zone in zones {
                    batch.take(&store, &away, &backend, zone);
                }
            }
            Event::Done(backend, zones, is_unavailable) => {
                if is_unavailable {
                    away.insert(backend.clone());
                }
                if let Some(open) = &mut batch {
                    for (zone, progress) in zones {
                        open.finish(&backend, &zone, progress);
                    }
                    if is_unavailable {
                        open.leave_to_wait(&backend);
                    }
                }
            }
            Event::Back(backend) => {
                away.remove(&backend);
            }
        }
        if batch
            .as_ref()
            .is_some_and(|open| open.is_finished(&store, &away))
            && let Some(closed) = batch.take()
        {
            closed.close();
            awaited.retain(|zone| !closed.zones.contains_key(zone));
            awaited.extend(closed.with(Progress::Unverified).into_iter().cloned());
        }
    }
    if let Some(open) = batch {
        open.close();
    }
}

/// What has happened since work appeared.
struct Batch {
    started: Instant,
    zones: HashMap<ZoneName, Zone>,
    at_work: usize,
    retried: usize,
    /// Whether it only looks again at zones that were not served yet, of which the log has told.
    is_quiet: bool,
}

/// One zone of the batch.
struct Zone {
    started: Instant,
    expected: BTreeSet<BackendId>,
    outcomes: BTreeMap<BackendId, Progress>,
}

impl Batch {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            zones: HashMap::new(),
            at_work: 0,
            retried: 0,
            is_quiet: true,
        }
    }

    fn take(
        &mut self,
        store: &Store,
        away: &BTreeSet<BackendId>,
        backend: &BackendId,
        name: ZoneName,
    ) {
        let entry = store.pending_entry(backend, &name);
        if entry.is_some_and(|entry| entry.attempts > 0) {
            self.retried += 1;
        }
        let now = Timestamp::now();
        let mut expected: BTreeSet<_> = store
            .backends()
            .filter(|id| !away.contains(*id))
            .filter(|id| {
                store
                    .pending_entry(id, &name)
                    .is_some_and(|entry| entry.due <= now)
            })
            .cloned()
            .collect();
        expected.insert(backend.clone());
        match self.zones.get_mut(&name) {
            Some(zone) => {
                if zone.expected.is_empty() {
                    zone.started = Instant::now();
                    self.at_work += 1;
                }
                zone.expected.extend(expected);
            }
            None => {
                debug!(
                    "Processing {name} across {} backends concurrently: {}",
                    expected.len(),
                    listed(&expected)
                );
                self.at_work += 1;
                let zone = Zone {
                    started: Instant::now(),
                    expected,
                    outcomes: BTreeMap::new(),
                };
                self.zones.insert(name, zone);
            }
        }
    }

    fn finish(&mut self, backend: &BackendId, name: &ZoneName, progress: Progress) {
        let Some(zone) = self.zones.get_mut(name) else {
            return;
        };
        zone.outcomes.insert(backend.clone(), progress);
        if zone.expected.remove(backend) && zone.expected.is_empty() {
            self.at_work -= 1;
            debug!(
                "Parallel processing of {name} across {} backends completed in {}ms",
                zone.outcomes.len(),
                zone.started.elapsed().as_millis()
            );
        }
    }

    /// Nothing more comes from `backend` for now: its zones do not hold the batch open.
    fn leave_to_wait(&mut self, backend: &BackendId) {
        let waiting: Vec<ZoneName> = self
            .zones
            .iter()
            .filter(|(_, zone)| zone.expected.contains(backend))
            .map(|(name, _)| name.clone())
            .collect();
        for name in waiting {
            self.finish(backend, &name, Progress::Waiting);
        }
    }

    fn is_finished(&self, store: &Store, away: &BTreeSet<BackendId>) -> bool {
        let now = Timestamp::now();
        self.at_work == 0
            && store
                .backends()
                .filter(|id| !away.contains(*id))
                .all(|id| store.next_due(id).is_none_or(|due| due > now))
    }

    /// The zones of which something became that on any backend.
    fn with(&self, progress: Progress) -> BTreeSet<&ZoneName> {
        let mut found = BTreeSet::new();
        for (name, zone) in &self.zones {
            if zone.outcomes.values().any(|outcome| *outcome == progress) {
                found.insert(name);
            }
        }
        found
    }

    fn close(&self) {
        let total = self.zones.len();
        let all_proven = |zone: &&Zone| {
            zone.outcomes
                .values()
                .all(|found| *found == Progress::Verified)
        };
        let verified = self.zones.values().filter(all_proven).count();
        let took = self.started.elapsed();
        let mut line = format!(
            "📦 Batch complete — {verified}/{total} zone(s) processed successfully in {:.1}s \
             ({:.1} zones/sec)",
            took.as_secs_f64(),
            rate(total, took)
        );
        let unverified = self.with(Progress::Unverified);
        for (zones, what) in [
            (&unverified, "not served yet"),
            (&self.with(Progress::Failed), "failed and will be retried"),
            (
                &self.with(Progress::Waiting),
                "wait for a backend that is away",
            ),
        ] {
            if !zones.is_empty() {
                line.push_str(&format!(", {} {what}: {}", zones.len(), first(zones)));
            }
        }
        if self.retried > 0 {
            line.push_str(&format!(", {} were retries", self.retried));
        }
        if self.is_quiet && unverified.len() == total {
            debug!("{line}");
        } else if verified == total {
            success!("{line}");
        } else {
            warning!("{line}");
        }
    }
}

/// The first of `zones` by their names.
fn first(zones: &BTreeSet<&ZoneName>) -> String {
    let shown: Vec<_> = zones.iter().take(NAMES).map(|zone| zone.as_str()).collect();
    match zones.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn rate(zones: usize, took: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let zones = zones as f64;
    zones / took.as_secs_f64().max(0.001)
}

fn listed(backends: &BTreeSet<BackendId>) -> String {
    let names: Vec<_> = backends.iter().map(BackendId::as_str).collect();
    names.join(", ")
}
