//! One batch of a lane: load, apply, prove, settle.

use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{BackendError, Outcome, ZoneChange};
use rayon::prelude::*;
use tokio::time::Instant;

use super::Lane;
use super::job::{Job, Verdict, Written, applied, load, verified};
use crate::blocking::blocking;
use crate::store::Due;
use crate::telemetry::Progress;
use crate::verify::{Missing, Verification};

/// How long a lane waits for the proof of a zone before it goes on with others. The zone is then
/// applied once more: a server that was still reading the zone before this one may have missed that
/// its file changed under it.
const VERIFICATION: Duration = Duration::from_secs(1);

/// In batches of up to so many RRsets each of them is asked for; of larger ones the audit does that, which
/// takes first what it has not seen yet. Else one big batch would take several times as long. But where the
/// place had the serial already, and with other records, it proves nothing, and each RRset is asked for.
const ASKED_RRSETS: usize = 200;

impl Lane {
    /// Applies, proves and settles one batch. An error says that the backend is away; the zones that
    /// it concerns are still pending as they were.
    pub(super) async fn batch(&mut self, due: Vec<Due>) -> Result<(), BackendError> {
        let names = due.iter().map(|due| due.zone.clone()).collect();
        self.telemetry.taken(self.id(), names);
        let (mut jobs, judged) = self.load(due).await;
        self.settle(judged).await;
        let few = jobs.iter().map(Job::rrsets).sum::<usize>() <= ASKED_RRSETS;
        self.pass_serials(&mut jobs, few).await;
        for job in &mut jobs {
            job.ask_all = few
                || job.serial_reused
                || job.serial_proves_nothing
                || self.differing.contains_key(&job.name)
                || self.store.doubted(self.id(), &job.name).is_some();
            job.rewrite = self.rewrite.remove(&job.name)
                || self.store.doubted(self.id(), &job.name).is_some();
        }
        let outcomes = self.apply(&jobs).await;
        let deadline = Instant::now() + VERIFICATION.min(self.verify_timeout);
        let (mut written, mut judged) = (Vec::new(), Vec::new());
        for (job, outcome) in jobs.into_iter().zip(outcomes) {
            match applied(outcome) {
                Ok(changed) => written.push(Written { job, changed }),
                Err(verdict) => {
                    if matches!(verdict, Verdict::Failed(_)) {
                        self.rewrite.insert(job.name.clone());
                    }
                    judged.push((job, verdict));
                }
            }
        }
        let mut unreached = Vec::new();
        self.settle_reached(judged, &mut unreached).await;
        let backend = Arc::clone(&self.backend);
        let mut verification = Verification::of(backend.as_ref(), written, deadline);
        while let Some(some) = verification.next().await {
            let mut judged = Vec::with_capacity(some.len());
            for one in some {
                self.metrics.check_took(one.took);
                if matches!(one.result, Err(Missing::Served(_))) {
                    self.rewrite.insert(one.subject.job.name.clone());
                }
                judged.push(verified(one.subject, one.result));
            }
            self.settle_reached(judged, &mut unreached).await;
        }
        self.leave(unreached).await
    }

    /// Settles zones but for those for which nobody was there.
    async fn settle_reached(
        &mut self,
        judged: Vec<(Job, Verdict)>,
        unreached: &mut Vec<(Job, Verdict)>,
    ) {
        let (away, settled): (Vec<_>, Vec<_>) = judged
            .into_iter()
            .partition(|(_, verdict)| matches!(verdict, Verdict::Unavailable(_)));
        unreached.extend(away);
        self.settle(settled).await;
    }

    /// What to do with zones for which nobody was there: if a probe finds somebody after all, they
    /// are merely unverified, or else one odd zone would hold up all others.
    async fn leave(&mut self, unreached: Vec<(Job, Verdict)>) -> Result<(), BackendError> {
        let error = unreached.iter().find_map(|(_, verdict)| match verdict {
            Verdict::Unavailable(error) => Some(error.clone()),
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
        let unverified = |(job, _)| (job, Verdict::Unverified(error.to_string()));
        self.settle(unreached.into_iter().map(unverified).collect())
            .await;
        Ok(())
    }

    /// Loads what each zone should be. A zone that the store cannot load or the backend cannot hold
    /// has its verdict already.
    async fn load(&self, due: Vec<Due>) -> (Vec<Job>, Vec<(Job, Verdict)>) {
        let (store, backend) = (self.store.clone(), Arc::clone(&self.backend));
        let loaded = blocking(move || {
            due.into_par_iter()
                .map(|due| load(&store, backend.as_ref(), due))
                .collect::<Vec<_>>()
        })
        .await;
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
                Some(zone) if job.rewrite => ZoneChange::Rewrite(zone),
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
}
