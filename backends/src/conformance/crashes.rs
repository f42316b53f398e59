//! The daemon behind a backend ends, between batches and within one, and starts again.
//!
//! Memory and the built-in server are not put to this: nothing runs them but the process that the checks
//! are in, and what they had ends with it, as they say.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

use super::ask::*;
use super::versions::version;
use crate::{Backend, BackendExt, ZoneChange, ZoneResult};

/// How often a batch is interrupted, each time a bit later in it.
const ROUNDS: u32 = 4;
/// How many zones of each kind are in it.
const ZONES: u32 = 40;

/// A server or a database that something outside this process runs.
#[async_trait]
pub trait Daemon: Send {
    /// A backend on it.
    fn open(&self) -> Box<dyn Backend>;

    /// Ends what runs it, without a warning. Returns when it is over.
    fn crash(&mut self);

    /// Starts what runs it, and waits until it answers.
    async fn start(&mut self);
}

/// Runs the checks of crashes against a daemon that runs and has no zones.
///
/// # Panics
/// With the first rule of the contract that it breaks.
pub async fn crashes(daemon: &mut dyn Daemon) {
    let backend = daemon.open();
    a_restart_between_batches_loses_nothing(daemon, &*backend).await;
    a_crash_within_a_batch_leaves_each_zone_old_or_new(daemon, &*backend).await;
}

async fn a_restart_between_batches_loses_nothing(daemon: &mut dyn Daemon, backend: &dyn Backend) {
    let (kept, changed, gone) = (
        version("kept.example", 1),
        version("changed.example", 1),
        version("gone.example", 1),
    );
    let zones = [kept.clone(), changed, gone.clone()];
    put_all(backend, &zones).await.iter().for_each(applied);
    daemon.crash();
    assert!(
        backend.probe().await.is_err(),
        "a backend whose daemon does not run is unavailable"
    );
    daemon.start().await;
    backend.probe().await.expect("it is back");
    for zone in &zones {
        has(backend, zone).await;
    }
    assert_eq!(list(backend).await.len(), zones.len());

    let changed = version("changed.example", 2);
    applied(&put(backend, &changed).await);
    applied(&remove(backend, gone.name()).await);
    daemon.crash();
    daemon.start().await;
    has(backend, &changed).await;
    lacks(backend, gone.name()).await;
    let result = put(backend, &kept).await;
    assert_eq!(result.written(), Some(false), "{result:?}");
    clear(backend).await;
}

/// What a batch does to one zone.
struct Step {
    before: Option<Zone>,
    after: Option<Zone>,
    name: ZoneName,
}

async fn a_crash_within_a_batch_leaves_each_zone_old_or_new(
    daemon: &mut dyn Daemon,
    backend: &dyn Backend,
) {
    let zones: Vec<_> = steps(0).into_iter().filter_map(|step| step.after).collect();
    let started = Instant::now();
    put_all(backend, &zones).await.iter().for_each(applied);
    let usual = started.elapsed();

    let mut interrupted = 0;
    for round in 1..=ROUNDS {
        let steps = steps(round);
        let batch: Vec<_> = steps.iter().map(Step::change).collect();
        let moment = usual * round / (ROUNDS + 1);
        let results = interrupt(daemon, backend, &batch, moment, round % 2 == 0).await;
        assert_eq!(results.len(), steps.len());
        for (step, result) in steps.iter().zip(&results) {
            step.is_old_or_new(backend, result).await;
            interrupted += usize::from(result.written().is_none());
        }

        for result in backend.apply(&batch).await {
            let done = result.written().is_some();
            assert!(done, "the same batch after the crash: {result:?}");
        }
        for step in &steps {
            match &step.after {
                Some(zone) => has(backend, zone).await,
                None => lacks(backend, &step.name).await,
            }
        }
    }
    assert!(interrupted > 0, "no crash came in time to harm a batch");
    clear(backend).await;
}

/// Applies `batch`, crashes the daemon at that moment, and starts it again: at once, so that the rest
/// of the batch may find it back, or when the batch is over.
async fn interrupt(
    daemon: &mut dyn Daemon,
    backend: &dyn Backend,
    batch: &[ZoneChange<'_>],
    moment: Duration,
    at_once: bool,
) -> Vec<ZoneResult> {
    let crash = async {
        tokio::time::sleep(moment).await;
        daemon.crash();
        if at_once {
            daemon.start().await;
        }
        daemon
    };
    let (results, daemon) = tokio::join!(backend.apply(batch), crash);
    if !at_once {
        daemon.start().await;
    }
    results
}

/// What the batch of a round does: some zones are changed, some are new, and the new ones of the round
/// before are removed.
fn steps(round: u32) -> Vec<Step> {
    let changed = (0..ZONES).map(|number| {
        let apex = format!("changed{number}.example");
        let before = (round > 0).then(|| version(&apex, round));
        Step::new(before, Some(version(&apex, round + 1)))
    });
    let fresh = |round: u32| {
        (0..ZONES).map(move |number| version(&format!("new{number}.r{round}.example"), 1))
    };
    let new = fresh(round).map(|zone| Step::new(None, Some(zone)));
    let gone = (round > 0).then(|| fresh(round - 1).map(|zone| Step::new(Some(zone), None)));
    let all = changed.chain(new).chain(gone.into_iter().flatten());
    all.collect()
}

impl Step {
    fn new(before: Option<Zone>, after: Option<Zone>) -> Self {
        let name = before
            .as_ref()
            .or(after.as_ref())
            .map(|zone| zone.name().clone());
        Self {
            name: name.expect("a step has a zone"),
            before,
            after,
        }
    }

    fn change(&self) -> ZoneChange<'_> {
        match &self.after {
            Some(zone) => ZoneChange::Put(zone),
            None => ZoneChange::Remove(&self.name),
        }
    }

    /// The backend has what it had or what it should have; the latter where `result` says so.
    async fn is_old_or_new(&self, backend: &dyn Backend, result: &ZoneResult) {
        let name = &self.name;
        let found = backend
            .read_one(name)
            .await
            .expect("what is there is whole");
        let said_done = match result {
            ZoneResult::Unverified { .. } => true,
            ZoneResult::Unavailable(_) => false,
            other => panic!("a crash is no fault of {name}: {other:?}"),
        };
        let new = found == self.after;
        assert!(
            new || found == self.before && !said_done,
            "{name}, {result:?}, is read as {found:?}"
        );
        let listed = list(backend).await.contains(name);
        assert_eq!(listed, found.is_some(), "whether {name} is listed");
    }
}
