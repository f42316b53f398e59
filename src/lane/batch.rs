//! One batch of a lane: load, apply, prove, settle.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dadns_backends::{Backend, BackendError, Outcome, Unsupported, ZoneChange};
use dadns_zone::{Zone, ZoneName};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use rayon::prelude::*;
use tokio::time::Instant;

use super::Lane;
use crate::logging::{error, success, warning};
use crate::metrics::{Applied, LaneMetrics};
use crate::retry::zone_wait;
use crate::store::{Due, Settled, Settlement, Store};
use crate::telemetry::Progress;
use crate::verify::{Difference, Missing, prove};

/// How long a lane waits for the proof of a zone before it goes on with others. The zone is then
/// applied once more: a server that was still reading the zone before this one may have missed that
/// its file changed under it.
const PROOF: Duration = Duration::from_secs(1);

/// How long an unproven zone waits for that.
const UNPROVEN_WAIT: Duration = Duration::from_secs(1);

/// How many zones are settled at once while others are still being proven.
const SETTLED: usize = 64;

/// How many proofs are under way at once.
const PROOFS: usize = 64;

/// In batches of up to so many RRsets each of them is asked for; of larger ones the audit does that, which
/// takes first what it has not seen yet. Else one big batch would take several times as long.
const ASKED_RRSETS: usize = 2_000;

/// A zone of a batch, loaded.
struct Job {
    name: ZoneName,
    attempts: u32,
    revision: u64,
    zone: Option<Zone>,
    notes: Vec<Unsupported>,
    /// Whether every RRset is to be asked for.
    ask_all: bool,
}

/// How one zone of a batch went.
enum Verdict {
    Proven {
        changed: bool,
    },
    /// It does not hold what was written.
    Differs(Difference),
    Unproven(String),
    Refused(String),
    Failed(String),
    Away(BackendError),
}

impl Lane {
    /// Applies, proves and settles one batch. An error says that the backend is away; the zones that
    /// it concerns are still pending as they were.
    pub(super) async fn batch(&mut self, due: Vec<Due>) -> Result<(), BackendError> {
        let names = due.iter().map(|due| due.zone.clone()).collect();
        self.telemetry.taken(self.id(), names);
        let (jobs, judged) = self.load(due).await;
        self.settle(judged).await;
        let outcomes = self.apply(&jobs).await;
        let deadline = Instant::now() + PROOF.min(self.proof_timeout);
        let (backend, metrics) = (Arc::clone(&self.backend), self.metrics.clone());
        // Once one question has found nobody there, the rest need not be asked.
        let silent = OnceLock::new();
        let verdicts = stream::iter(jobs.into_iter().zip(outcomes))
            .map(|(job, outcome)| async {
                let verdict =
                    judge(backend.as_ref(), &metrics, &job, outcome, deadline, &silent).await;
                (job, verdict)
            })
            .buffer_unordered(PROOFS)
            .ready_chunks(SETTLED);
        let mut verdicts = std::pin::pin!(verdicts);
        let mut unreached = Vec::new();
        while let Some(some) = verdicts.next().await {
            let (away, settled): (Vec<_>, Vec<_>) = some
                .into_iter()
                .partition(|(_, verdict)| matches!(verdict, Verdict::Away(_)));
            unreached.extend(away);
            self.settle(settled).await;
        }
        self.leave(unreached).await
    }

    /// What to do with zones for which nobody was there: if a probe finds somebody after all, they
    /// are merely unproven, or else one odd zone would hold up all others.
    async fn leave(&mut self, unreached: Vec<(Job, Verdict)>) -> Result<(), BackendError> {
        let error = unreached.iter().find_map(|(_, verdict)| match verdict {
            Verdict::Away(error) => Some(error.clone()),
            _ => None,
        });
        let Some(error) = error else {
            return Ok(());
        };
        if let Err(error) = self.backend.probe().await {
            let waiting = |(job, _): (Job, Verdict)| (job.name, Progress::Waiting);
            let zones = unreached.into_iter().map(waiting).collect();
            self.telemetry.done(self.id(), zones, true);
            return Err(error);
        }
        let unproven = |(job, _)| (job, Verdict::Unproven(error.to_string()));
        self.settle(unreached.into_iter().map(unproven).collect())
            .await;
        Ok(())
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
        let rrsets = |(job, _): &(Job, _)| job.zone.as_ref().map_or(0, |z| z.record_sets().len());
        let few = loaded.iter().map(rrsets).sum::<usize>() <= ASKED_RRSETS;
        for (mut job, verdict) in loaded {
            match verdict {
                None => {
                    let doubted = self.store.doubted(self.id(), &job.name).is_some();
                    job.ask_all = few || doubted;
                    ready.push(job);
                }
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
        let start = Instant::now();
        let outcomes = self.backend.apply(&changes).await;
        self.metrics.batch_took(start.elapsed());
        outcomes
    }

    /// Records how zones went. The store's failure is for `app` to handle, which ends the process.
    async fn settle(&mut self, verdicts: Vec<(Job, Verdict)>) {
        if verdicts.is_empty() {
            return;
        }
        let mut settlements = Vec::with_capacity(verdicts.len());
        let mut progress = Vec::with_capacity(verdicts.len());
        for (job, verdict) in verdicts {
            let (told, settled) = self.settled(&job, verdict);
            progress.push((job.name.clone(), told));
            settlements.push(Settlement {
                zone: job.name,
                revision: job.revision,
                attempts: job.attempts,
                settled,
            });
        }
        if let Err(cause) = self.store.settle(self.id(), settlements).await {
            error!("{}: outcomes could not be recorded: {cause}", self.id());
            self.broken = true;
        }
        self.telemetry.done(self.id(), progress, false);
    }

    fn settled(&mut self, job: &Job, verdict: Verdict) -> (Progress, Settled) {
        let (outcome, cause) = match verdict {
            Verdict::Proven { changed } => {
                let changed = self.unproven.remove(&job.name).is_some() || changed;
                self.count_proven(job, changed);
                let mended = self.mended(job);
                let digest = |zone: &Zone| (zone.serial(), *zone.digest().as_bytes());
                let settled = Settled::Proven {
                    zone: job.zone.as_ref().map(digest),
                    changed,
                    mended,
                    notes: job.notes.iter().map(ToString::to_string).collect(),
                };
                return (Progress::Proven, settled);
            }
            Verdict::Differs(found) if self.may_mend(job, &found) => {
                self.metrics.applied(Applied::Unproven);
                let retry = Timestamp::now();
                let cause = found.to_string();
                return (Progress::Unproven, Settled::Unproven { cause, retry });
            }
            Verdict::Differs(found) => (Applied::Failed, found.to_string()),
            Verdict::Unproven(cause) if self.may_still_come(job) => {
                self.metrics.applied(Applied::Unproven);
                let retry = in_time(UNPROVEN_WAIT);
                return (Progress::Unproven, Settled::Unproven { cause, retry });
            }
            Verdict::Refused(cause) => (Applied::Refused, cause),
            Verdict::Unproven(cause) | Verdict::Failed(cause) => (Applied::Failed, cause),
            Verdict::Away(error) => (Applied::Failed, error.to_string()),
        };
        self.metrics.applied(outcome);
        self.unproven.remove(&job.name);
        self.differing.remove(&job.name);
        let attempts = job.attempts.saturating_add(1);
        let wait = zone_wait(attempts);
        warning!(
            "{}: zone {} failed (attempt {attempts}): {cause}; next try in {} s",
            self.id(),
            job.name,
            wait.as_secs()
        );
        let retry = in_time(wait);
        (Progress::Failed, Settled::Failed { cause, retry })
    }

    /// Whether what is held now may be written once more: once for each revision. Somebody else may
    /// be at work there; who writes again and again only fights.
    fn may_mend(&mut self, job: &Job, found: &Difference) -> bool {
        let id = self.backend.id();
        let first = self.differing.get(&job.name) != Some(&job.revision);
        if first {
            warning!(
                extra = found.extra,
                missing = found.missing,
                "{id}: zone {} is reconciled: {found}; it is written once more",
                job.name
            );
            self.differing.insert(job.name.clone(), job.revision);
        }
        first
    }

    /// What had been found wrong with a zone that is now proven.
    fn mended(&mut self, job: &Job) -> Option<String> {
        let differed = self.differing.remove(&job.name).is_some();
        let found = self.store.doubted(self.id(), &job.name);
        let found =
            found.or_else(|| differed.then(|| "it did not hold what was written".to_owned()))?;
        success!(
            revision = job.revision,
            "{}: zone {} is reconciled and proven; it was found otherwise: {found}",
            self.id(),
            job.name
        );
        self.metrics.repaired();
        Some(found)
    }

    /// Counts a zone that is proven; how long that has taken, if no newer revision has come since.
    fn count_proven(&self, job: &Job, changed: bool) {
        let entry = self.store.pending_entry(self.id(), &job.name);
        let done = entry.filter(|entry| entry.revision <= job.revision);
        self.metrics.proven(changed, done.map(|entry| entry.since));
    }

    /// Whether the time in which this revision has to be served is not over.
    fn may_still_come(&mut self, job: &Job) -> bool {
        let now = Instant::now();
        let first = self
            .unproven
            .entry(job.name.clone())
            .or_insert((job.revision, now));
        if first.0 != job.revision {
            *first = (job.revision, now);
        }
        now.duration_since(first.1) < self.proof_timeout
    }
}

async fn judge(
    backend: &dyn Backend,
    metrics: &LaneMetrics,
    job: &Job,
    outcome: Outcome,
    deadline: Instant,
    silent: &OnceLock<BackendError>,
) -> Verdict {
    let changed = match outcome {
        Outcome::Applied => true,
        Outcome::Unchanged => false,
        Outcome::Refused(reasons) => {
            return Verdict::Refused(format!("refused: {}", listed(&reasons)));
        }
        Outcome::Failed(error) if error.is_unreachable() => return Verdict::Away(error),
        Outcome::Failed(error) => return Verdict::Failed(error.to_string()),
    };
    if let Some(error) = silent.get() {
        return Verdict::Away(error.clone());
    }
    let start = Instant::now();
    let proof = prove(backend, &job.name, job.zone.as_ref(), job.ask_all, deadline).await;
    metrics.check_took(start.elapsed());
    match proof {
        Ok(()) => Verdict::Proven { changed },
        Err(Missing::Records(found)) => Verdict::Differs(found),
        Err(Missing::Proof(cause)) => Verdict::Unproven(cause),
        Err(Missing::Answer(error)) => Verdict::Away(silent.get_or_init(|| error).clone()),
    }
}

/// The time `wait` from now.
fn in_time(wait: Duration) -> Timestamp {
    Timestamp::now()
        .saturating_add(SignedDuration::try_from(wait).unwrap_or_default())
        .unwrap_or(Timestamp::MAX)
}

fn load(store: &Store, backend: &dyn Backend, due: Due) -> (Job, Option<Verdict>) {
    let mut job = Job {
        name: due.zone,
        attempts: due.attempts,
        revision: due.revision,
        zone: None,
        notes: Vec::new(),
        ask_all: false,
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
        .then(|| Verdict::Refused(format!("refused: {}", listed(&job.notes))));
    (job, refused)
}

fn listed(reasons: &[Unsupported]) -> String {
    let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}
