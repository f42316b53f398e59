//! One batch of a lane: load, apply, verify, record.

use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{BackendError, ZoneChange, ZoneResult, each};
use tokio::time::Instant;

use super::Lane;
use super::job::{Job, Written, explained, load};
use crate::blocking::blocking;
use crate::store::Due;
use crate::verify::Verification;

/// How long a lane waits for a zone to be verified before it goes on with others. The zone is then
/// applied once more: a server that was still reading the zone before this one may have missed that
/// its file changed under it.
const VERIFICATION: Duration = Duration::from_secs(1);

/// In batches of up to so many RRsets each of them is asked for; of larger ones the check does that, which
/// begins with what it has not seen yet. Else one big batch would take several times as long. But where the
/// backend had the serial already, and with other records, the serial says nothing, and each RRset is asked
/// for.
const ASKED_RRSETS: usize = 200;

impl Lane {
    /// Applies, verifies and records one batch. An error says that the backend is unavailable; the zones
    /// that it concerns are still pending as they were.
    pub(super) async fn batch(&mut self, due: Vec<Due>) -> Result<(), BackendError> {
        let names = due.iter().map(|due| due.zone.clone()).collect();
        self.log.taken(self.id(), names);
        let (mut jobs, known) = self.load(due).await;
        self.record(known).await;
        let few = jobs.iter().map(Job::rrsets).sum::<usize>() <= ASKED_RRSETS;
        self.pass_serials(&mut jobs, few).await;
        for job in &mut jobs {
            job.ask_all = few
                || job.serial_reused
                || job.serial_says_nothing
                || self.differing.contains_key(&job.name)
                || self.drift(job).is_some();
            job.rewrite = self.rewrite.remove(&job.name) || self.drift(job).is_some();
        }
        let results = self.apply(&jobs).await;
        let deadline = Instant::now() + VERIFICATION.min(self.verify_timeout);
        let (mut written, mut known) = (Vec::new(), Vec::new());
        for (job, result) in jobs.into_iter().zip(results) {
            match result.written() {
                Some(changed) => written.push(Written { job, changed }),
                None => {
                    if matches!(result, ZoneResult::Failed(_)) {
                        self.rewrite.insert(job.name.clone());
                    }
                    known.push((job, result));
                }
            }
        }
        let mut unreached = Vec::new();
        self.record_reached(known, &mut unreached).await;
        let backend = Arc::clone(&self.backend);
        let mut verification = Verification::of(backend.as_ref(), written, deadline);
        while let Some(some) = verification.next().await {
            let mut known = Vec::with_capacity(some.len());
            for one in some {
                self.metrics.verify_took(one.took);
                let job = one.subject.job;
                if one.serves_other {
                    self.rewrite.insert(job.name.clone());
                }
                let result = explained(&job, one.result);
                known.push((job, result));
            }
            self.record_reached(known, &mut unreached).await;
        }
        self.leave(unreached).await
    }

    /// Records results, but for those of zones for which the backend did not answer.
    async fn record_reached(
        &mut self,
        results: Vec<(Job, ZoneResult)>,
        unreached: &mut Vec<(Job, BackendError)>,
    ) {
        let mut known = Vec::with_capacity(results.len());
        for (job, result) in results {
            match result {
                ZoneResult::Unavailable(error) => unreached.push((job, error)),
                result => known.push((job, result)),
            }
        }
        self.record(known).await;
    }

    /// What to do with zones for which the backend did not answer: if a probe is answered after all, they
    /// are merely unverified, or else one odd zone would hold up all others.
    async fn leave(&mut self, unreached: Vec<(Job, BackendError)>) -> Result<(), BackendError> {
        let Some((_, error)) = unreached.first() else {
            return Ok(());
        };
        let cause = error.to_string();
        let probed = match error.is_overtaken() {
            // It answers everybody, and takes nothing from this node.
            true => Err(error.clone()),
            false => self.backend.probe().await,
        };
        if let Err(error) = probed {
            let zones = unreached.into_iter().map(|(job, error)| {
                let result = ZoneResult::Unavailable(error);
                self.metrics.result(&result);
                (job.name, result)
            });
            self.log
                .done(self.id(), zones.collect(), Some(error.clone()));
            return Err(error);
        }
        let unverified = |(job, _)| {
            let unverified = ZoneResult::Unverified {
                changed: true,
                cause: Some(cause.clone()),
            };
            (job, unverified)
        };
        self.record(unreached.into_iter().map(unverified).collect())
            .await;
        Ok(())
    }

    /// Loads what each zone should be; and the results of those that are not even tried.
    async fn load(&self, due: Vec<Due>) -> (Vec<Job>, Vec<(Job, ZoneResult)>) {
        let (store, backend) = (self.store.clone(), Arc::clone(&self.backend));
        let loaded = blocking(move || each(due, |due| load(&store, backend.as_ref(), due))).await;
        let mut ready = Vec::with_capacity(loaded.len());
        let mut known = Vec::new();
        for (job, result) in loaded {
            match result {
                None => ready.push(job),
                Some(result) => known.push((job, result)),
            }
        }
        (ready, known)
    }

    async fn apply(&self, jobs: &[Job]) -> Vec<ZoneResult> {
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
        let results = match (self.fence, self.backend.fenced()) {
            (Some(fence), Some(fenced)) => fenced.apply(fence.0, &changes).await,
            _ => self.backend.apply(&changes).await,
        };
        self.metrics.batch_took(start.elapsed());
        results
    }
}
