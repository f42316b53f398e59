//! One batch of a lane: load, apply, prove, settle.

use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{Backend, BackendError, Outcome, Unsupported, ZoneChange};
use dadns_zone::{Zone, ZoneName};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use rayon::prelude::*;
use tokio::time::Instant;

use super::Lane;
use crate::logging::{error, warning};
use crate::retry::zone_wait;
use crate::store::{Due, Settled, Settlement, Store, StoreError};
use crate::telemetry::Progress;
use crate::verify::prove;

/// How long a proof may take before the zone is applied once more: a server that was still reading
/// the zone before this one may have missed that its file changed under it.
const FIRST_PROOF: Duration = Duration::from_secs(1);

/// How many proofs are under way at once.
const PROOFS: usize = 64;

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
    /// Applies, proves and settles one batch. An error says that the backend is away; the zones that
    /// it concerns are still pending as they were.
    pub(super) async fn batch(&self, due: Vec<Due>) -> Result<(), BackendError> {
        let names = due.iter().map(|due| due.zone.clone()).collect();
        self.telemetry.taken(self.id(), names);
        let (jobs, mut verdicts) = self.load(due).await;
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

    /// Loads what each zone should be. A zone that the store cannot load or the backend cannot hold
    /// has its verdict already.
    async fn load(&self, due: Vec<Due>) -> (Vec<Job>, Vec<(Job, Verdict)>) {
        let (store, backend) = (self.store.clone(), Arc::clone(&self.backend));
        let loading = tokio::task::spawn_blocking(move || {
            due.into_par_iter()
                .map(|due| load(&store, backend.as_ref(), due))
                .collect::<Vec<_>>()
        });
        let loaded = match loading.await {
            Ok(loaded) => loaded,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let mut ready = Vec::with_capacity(loaded.len());
        let mut judged = Vec::new();
        for (job, verdict) in loaded {
            match verdict {
                None => ready.push(job),
                Some(verdict) => judged.push((job, verdict)),
            }
        }
        (ready, judged)
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
}

fn load(store: &Store, backend: &dyn Backend, due: Due) -> (Job, Option<Verdict>) {
    let mut job = Job {
        name: due.zone,
        attempts: due.attempts,
        revision: due.revision,
        zone: None,
        notes: Vec::new(),
        changed: false,
    };
    let desired = match store.desired(&job.name) {
        Ok(desired) => desired,
        Err(error) => return (job, Some(Verdict::Failed(error.to_string()))),
    };
    job.revision = desired.revision;
    if let Some(zone) = &desired.zone {
        job.notes = backend.audit(zone);
    }
    job.zone = desired.zone;
    let refused = job
        .notes
        .iter()
        .any(|note| note.fatal)
        .then(|| Verdict::Failed(format!("refused: {}", listed(&job.notes))));
    (job, refused)
}

fn listed(reasons: &[Unsupported]) -> String {
    let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}
