//! Batch lines for the operator: what the lanes do, told as one story.
//!
//! A batch opens when work appears and closes when nothing is left to do now, over all lanes. Lanes
//! send what they do through a channel without bounds and never wait for it to be logged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use dadns_backends::{BackendError, BackendId, ZoneResult};
use dadns_zone::ZoneName;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::logging::{debug, info, success, warning};
use crate::store::Store;

/// How many zones a line names.
const NAMES: usize = 3;

/// Where lanes tell what they do. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BatchLog {
    events: mpsc::UnboundedSender<Step>,
}

#[derive(Debug)]
enum Step {
    Taken(BackendId, Vec<ZoneName>),
    Done(BackendId, Vec<(ZoneName, ZoneResult)>, Option<BackendError>),
    Back(BackendId),
}

impl BatchLog {
    /// A channel and the task at its other end, which ends when all senders are gone.
    pub fn new(store: Store) -> (Self, impl Future<Output = ()>) {
        let (events, inbox) = mpsc::unbounded_channel();
        (Self { events }, tell(store, inbox))
    }

    /// `backend` begins to work on these zones.
    pub fn taken(&self, backend: &BackendId, zones: Vec<ZoneName>) {
        drop(self.events.send(Step::Taken(backend.clone(), zones)));
    }

    /// `backend` is done with these zones for now; `unavailable`: and nothing more comes from it.
    pub fn done(
        &self,
        backend: &BackendId,
        zones: Vec<(ZoneName, ZoneResult)>,
        unavailable: Option<BackendError>,
    ) {
        let done = Step::Done(backend.clone(), zones, unavailable);
        drop(self.events.send(done));
    }

    /// `backend` is available again.
    pub fn back(&self, backend: &BackendId) {
        drop(self.events.send(Step::Back(backend.clone())));
    }
}

async fn tell(store: Store, mut inbox: mpsc::UnboundedReceiver<Step>) {
    let mut unavailable = BTreeSet::new();
    // What was not served yet when the last batch was closed: to verify it again is no news.
    let mut awaited = BTreeSet::new();
    let mut batch: Option<Batch> = None;
    while let Some(event) = inbox.recv().await {
        match event {
            Step::Taken(backend, zones) => {
                let batch = batch.get_or_insert_with(Batch::new);
                if batch.is_quiet && !zones.iter().all(|zone| awaited.contains(zone)) {
                    batch.is_quiet = false;
                    info!(
                        "📥 Batch started — {} zone(s) queued for processing",
                        zones.len()
                    );
                }
                for zone in zones {
                    batch.take(&store, &unavailable, &backend, zone);
                }
            }
            Step::Done(backend, zones, error) => {
                if error.is_some() {
                    unavailable.insert(backend.clone());
                }
                if let Some(open) = &mut batch {
                    for (zone, result) in zones {
                        open.finish(&backend, &zone, result);
                    }
                    if let Some(error) = error {
                        open.leave_to_wait(&backend, &error);
                    }
                }
            }
            Step::Back(backend) => {
                unavailable.remove(&backend);
            }
        }
        if batch
            .as_ref()
            .is_some_and(|open| open.is_finished(&store, &unavailable))
            && let Some(closed) = batch.take()
        {
            closed.close();
            awaited.retain(|zone| !closed.zones.contains_key(zone));
            awaited.extend(closed.with(ZoneResult::is_unverified).into_iter().cloned());
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
    /// Whether it only verifies again zones that were not served yet, of which the log has told.
    is_quiet: bool,
}

/// One zone of the batch.
struct Zone {
    started: Instant,
    expected: BTreeSet<BackendId>,
    results: BTreeMap<BackendId, ZoneResult>,
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
        unavailable: &BTreeSet<BackendId>,
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
            .filter(|id| !unavailable.contains(*id))
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
                    zone = %name,
                    "Processing {name} across {} backends concurrently: {}",
                    expected.len(),
                    listed(&expected)
                );
                self.at_work += 1;
                let zone = Zone {
                    started: Instant::now(),
                    expected,
                    results: BTreeMap::new(),
                };
                self.zones.insert(name, zone);
            }
        }
    }

    fn finish(&mut self, backend: &BackendId, name: &ZoneName, result: ZoneResult) {
        let Some(zone) = self.zones.get_mut(name) else {
            return;
        };
        zone.results.insert(backend.clone(), result);
        if zone.expected.remove(backend) && zone.expected.is_empty() {
            self.at_work -= 1;
            debug!(
                zone = %name,
                "Parallel processing of {name} across {} backends completed in {}ms",
                zone.results.len(),
                zone.started.elapsed().as_millis()
            );
        }
    }

    /// Nothing more comes from `backend` for now: its zones do not hold the batch open.
    fn leave_to_wait(&mut self, backend: &BackendId, error: &BackendError) {
        let waiting: Vec<ZoneName> = self
            .zones
            .iter()
            .filter(|(_, zone)| zone.expected.contains(backend))
            .map(|(name, _)| name.clone())
            .collect();
        for name in waiting {
            self.finish(backend, &name, ZoneResult::Unavailable(error.clone()));
        }
    }

    fn is_finished(&self, store: &Store, unavailable: &BTreeSet<BackendId>) -> bool {
        let now = Timestamp::now();
        self.at_work == 0
            && store
                .backends()
                .filter(|id| !unavailable.contains(*id))
                .all(|id| store.next_due(id).is_none_or(|due| due > now))
    }

    /// The zones that have such a result on any backend.
    fn with(&self, is: impl Fn(&ZoneResult) -> bool) -> BTreeSet<&ZoneName> {
        let has = |zone: &Zone| zone.results.values().any(&is);
        let zones = self.zones.iter().filter(|(_, zone)| has(zone));
        zones.map(|(name, _)| name).collect()
    }

    fn close(&self) {
        let total = self.zones.len();
        let is_verified = |zone: &&Zone| zone.results.values().all(ZoneResult::is_verified);
        let verified = self.zones.values().filter(is_verified).count();
        let took = self.started.elapsed();
        let mut line = format!(
            "📦 Batch complete — {verified}/{total} zone(s) processed successfully in {:.1}s \
             ({:.1} zones/sec)",
            took.as_secs_f64(),
            rate(total, took)
        );
        let unverified = self.with(ZoneResult::is_unverified);
        let failed =
            |result: &ZoneResult| matches!(result, ZoneResult::Failed(_) | ZoneResult::Refused(_));
        let waiting = |result: &ZoneResult| matches!(result, ZoneResult::Unavailable(_));
        for (zones, what) in [
            (&unverified, "not served yet"),
            (&self.with(failed), "failed and will be retried"),
            (&self.with(waiting), "pending for an unavailable backend"),
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
