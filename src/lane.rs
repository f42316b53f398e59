//! One task per backend: takes all that is due, applies it as one batch, proves it, settles it.
//!
//! Two kinds of trouble get two answers. A backend that is away as a whole is probed, and what
//! waits for it stays untouched and goes out as soon as it is back. A zone that fails on a backend
//! that works is retried alone, ever more rarely, and never given up.

use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{Backend, BackendError, BackendId, Outcome, Unsupported, ZoneChange};
use dadns_zone::{Zone, ZoneName};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use rayon::prelude::*;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Lanes;
use crate::logging::{error, info, success, warning};
use crate::retry::{ProbePauses, zone_wait};
use crate::store::{Due, Settled, Settlement, Store, StoreError};
use crate::telemetry::{Progress, Telemetry};
use crate::verify::prove;

/// How long a proof may take before the zone is applied once more: a server that was still reading
/// the zone before this one may have missed that its file changed under it.
const FIRST_PROOF: Duration = Duration::from_secs(1);

/// How many proofs are under way at once.
const PROOFS: usize = 64;

/// One backend's lane.
#[derive(Debug)]
pub struct Lane {
    backend: Arc<dyn Backend>,
    store: Store,
    telemetry: Telemetry,
    batch_max: usize,
    proof_timeout: Duration,
}

/// A zone of a batch, loaded.
struct Job {
    name: ZoneName,
    attempts: u32,
    revision: u64,
    zone: Option<Zone>,
    notes: Vec<Unsupported>,
    changed: bool,
}

/// How one zone of a batch went.
enum Verdict {
    Proven,
    Unproven(String),
    Failed(String),
    Away(BackendError),
}

impl Lane {
    /// A lane of `backend`.
    pub fn new(
        backend: Arc<dyn Backend>,
        store: Store,
        telemetry: Telemetry,
        settings: &Lanes,
    ) -> Self {
        Self {
            backend,
            store,
            telemetry,
            batch_max: settings.batch_max,
            proof_timeout: Duration::from_millis(settings.proof_timeout_ms),
        }
    }

    fn id(&self) -> &BackendId {
        self.backend.id()
    }

    /// Works until `stop`; a batch under way is finished first.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let due = self.store.due(self.id(), Timestamp::now(), self.batch_max);
            if due.is_empty() {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.store.woken(self.id()) => {}
                    () = until(self.store.next_due(self.id())) => {}
                }
            } else if let Err(away) = self.batch(due).await {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.wait_until_back(away) => {}
                }
            }
        }
    }

    /// Applies, proves and settles one batch. An error says that the backend is away; the zones that
    /// it concerns are still pending as they were.
    async fn batch(&self, due: Vec<Due>) -> Result<(), BackendError> {
        let names = due.iter().map(|due| due.zone.clone()).collect();
        self.telemetry.taken(self.id(), names);
        let (jobs, mut verdicts) = self.load(due).await;
        let (jobs, refused): (Vec<_>, Vec<_>) = jobs
            .into_iter()
            .partition(|job| !job.notes.iter().any(|note| note.fatal));
        verdicts.extend(refused.into_iter().map(|job| {
            let reasons = listed(&job.notes);
            (job, Verdict::Failed(format!("refused: {reasons}")))
        }));
        let first = self.deliver(jobs, FIRST_PROOF.min(self.proof_timeout));
        let (unproven, settled): (Vec<_>, Vec<_>) = first
            .await
            .into_iter()
            .partition(|(_, verdict)| matches!(verdict, Verdict::Unproven(_)));
        verdicts.extend(settled);
        let again = unproven.into_iter().map(|(job, _)| job).collect();
        verdicts.extend(self.deliver(again, self.proof_timeout).await);
        self.settle(verdicts).await
    }

    /// Applies zones as one batch and proves each, for which there is `time` after it.
    async fn deliver(&self, jobs: Vec<Job>, time: Duration) -> Vec<(Job, Verdict)> {
        let outcomes = self.apply(&jobs).await;
        let deadline = Instant::now() + time;
        stream::iter(jobs.into_iter().zip(outcomes))
            .map(|(mut job, outcome)| async move {
                let verdict = self.judge(&mut job, outcome, deadline).await;
                (job, verdict)
            })
            .buffer_unordered(PROOFS)
            .collect()
            .await
    }

    /// Loads what each zone should be and what the backend cannot serve of it. A zone that the store
    /// cannot load is a failure of that zone.
    async fn load(&self, due: Vec<Due>) -> (Vec<Job>, Vec<(Job, Verdict)>) {
        let (store, backend) = (self.store.clone(), Arc::clone(&self.backend));
        let id = self.id().clone();
        let load = move |due: Due| {
            let revision = store
                .pending_entry(&id, &due.zone)
                .map_or(0, |entry| entry.revision);
            let mut job = Job {
                name: due.zone,
                attempts: due.attempts,
                revision,
                zone: None,
                notes: Vec::new(),
                changed: false,
            };
            match store.desired(&job.name) {
                Ok(desired) => {
                    job.revision = desired.revision;
                    job.notes = desired
                        .zone
                        .as_ref()
                        .map(|zone| backend.audit(zone))
                        .unwrap_or_default();
                    job.zone = desired.zone;
                    Ok(job)
                }
                Err(error) => Err((job, Verdict::Failed(error.to_string()))),
            }
        };
        let loading = tokio::task::spawn_blocking(move || {
            due.into_par_iter()
                .map(load)
                .partition_map(|loaded| match loaded {
                    Ok(job) => rayon::iter::Either::Left(job),
                    Err(failed) => rayon::iter::Either::Right(failed),
                })
        });
        match loading.await {
            Ok(loaded) => loaded,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn apply(&self, jobs: &[Job]) -> Vec<Outcome> {
        let changes: Vec<_> = jobs
            .iter()
            .map(|job| match &job.zone {
                Some(zone) => ZoneChange::Put(zone),
                None => ZoneChange::Remove(&job.name),
            })
            .collect();
        if changes.is_empty() {
            return Vec::new();
        }
        self.backend.apply(&changes).await
    }

    async fn judge(&self, job: &mut Job, outcome: Outcome, deadline: Instant) -> Verdict {
        match outcome {
            Outcome::Applied => job.changed = true,
            Outcome::Unchanged => {}
            Outcome::Refused(reasons) => {
                return Verdict::Failed(format!("refused: {}", listed(&reasons)));
            }
            Outcome::Failed(error) if error.is_unreachable() => return Verdict::Away(error),
            Outcome::Failed(error) => return Verdict::Failed(error.to_string()),
        }
        let zone = job.zone.as_ref();
        match prove(self.backend.as_ref(), &job.name, zone, deadline).await {
            Ok(()) => Verdict::Proven,
            Err(cause) => Verdict::Unproven(cause),
        }
    }

    async fn settle(&self, verdicts: Vec<(Job, Verdict)>) -> Result<(), BackendError> {
        let mut settlements = Vec::with_capacity(verdicts.len());
        let mut progress = Vec::with_capacity(verdicts.len());
        let mut away = None;
        for (job, verdict) in verdicts {
            let settled = match verdict {
                Verdict::Proven => {
                    progress.push((job.name.clone(), Progress::Proven));
                    Settled::Proven {
                        serial: job.zone.as_ref().map(Zone::serial),
                        changed: job.changed,
                        notes: job.notes.iter().map(ToString::to_string).collect(),
                    }
                }
                Verdict::Unproven(cause) | Verdict::Failed(cause) => {
                    progress.push((job.name.clone(), Progress::Failed));
                    self.failed(&job, cause)
                }
                Verdict::Away(error) => {
                    progress.push((job.name, Progress::Waiting));
                    away = Some(error);
                    continue;
                }
            };
            settlements.push(Settlement {
                zone: job.name,
                revision: job.revision,
                settled,
            });
        }
        if let Err(cause) = self.settle_in_store(settlements).await {
            // The store tells `app`, which ends the process; until then, do not spin.
            error!("{}: outcomes could not be recorded: {cause}", self.id());
            std::future::pending::<()>().await;
        }
        self.telemetry.done(self.id(), progress, away.is_some());
        away.map_or(Ok(()), Err)
    }

    async fn settle_in_store(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        if settlements.is_empty() {
            return Ok(());
        }
        self.store.settle(self.id(), settlements).await
    }

    fn failed(&self, job: &Job, cause: String) -> Settled {
        let attempts = job.attempts.saturating_add(1);
        let wait = zone_wait(attempts);
        warning!(
            "{}: zone {} failed (attempt {attempts}): {cause}; next try in {} s",
            self.id(),
            job.name,
            wait.as_secs()
        );
        let retry = Timestamp::now()
            .saturating_add(jiff::SignedDuration::try_from(wait).unwrap_or_default())
            .unwrap_or(Timestamp::MAX);
        Settled::Failed { cause, retry }
    }

    /// Probes until the backend can be worked with again.
    async fn wait_until_back(&self, away: BackendError) {
        let since = Instant::now();
        warning!(
            "{}: cannot be worked with: {away}; {} zone(s) wait, it is probed until it is back",
            self.id(),
            self.store.pending_count(self.id())
        );
        self.store.note_away(self.id(), Some(away.to_string()));
        let mut last = away.to_string();
        for pause in ProbePauses::default() {
            tokio::time::sleep(pause).await;
            match self.backend.probe().await {
                Ok(()) => break,
                Err(error) => {
                    let cause = error.to_string();
                    if cause != last {
                        info!("{}: still away: {cause}", self.id());
                        self.store.note_away(self.id(), Some(cause.clone()));
                        last = cause;
                    }
                }
            }
        }
        self.store.note_away(self.id(), None);
        self.telemetry.back(self.id());
        success!(
            "{}: back after {} s; sending {} zone(s)",
            self.id(),
            since.elapsed().as_secs(),
            self.store.pending_count(self.id())
        );
    }
}

fn listed(reasons: &[Unsupported]) -> String {
    let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

/// Sleeps until `due`; without one, for ever.
async fn until(due: Option<Timestamp>) {
    match due {
        Some(due) => {
            let wait = Timestamp::now().duration_until(due);
            tokio::time::sleep(wait.try_into().unwrap_or_default()).await;
        }
        None => std::future::pending().await,
    }
}
