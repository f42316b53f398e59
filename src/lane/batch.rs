//! One batch of a lane: load, apply, verify, record.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dadns_backends::{BackendError, ZoneChange, ZoneResult};
use futures_util::{StreamExt, stream};
use rayon::prelude::*;
use tokio::time::Instant;

use super::Lane;
use super::job::{Job, load, verified};
use crate::blocking::blocking;
use crate::store::Due;

/// How long a lane waits for a zone to be verified before it goes on with others. The zone is then
/// applied once more: a server that was still reading the zone before this one may have missed that
/// its file changed under it.
const VERIFICATION: Duration = Duration::from_secs(1);

/// How many zones are recorded at once while others are still being verified.
const RECORDED: usize = 64;

/// How many zones are verified at once.
const VERIFICATIONS: usize = 64;

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
        }
        let written = self.apply(&jobs).await;
        let deadline = Instant::now() + VERIFICATION.min(self.verify_timeout);
        let (backend, metrics) = (Arc::clone(&self.backend), self.metrics.clone());
        // Once one question was not answered, the rest need not be asked.
        let silent = OnceLock::new();
        let results = stream::iter(jobs.into_iter().zip(written))
            .map(|(job, written)| async {
                let result = verified(backend.as_ref(), &metrics, &job, written, deadline, &silent);
                let result = result.await;
                (job, result)
            })
            .buffer_unordered(VERIFICATIONS)
            .ready_chunks(RECORDED);
        let mut results = std::pin::pin!(results);
        let mut unreached = Vec::new();
        while let Some(some) = results.next().await {
            let mut known = Vec::with_capacity(some.len());
            for (job, result) in some {
                match result {
                    ZoneResult::Unavailable(error) => unreached.push((job, error)),
                    result => known.push((job, result)),
                }
            }
            self.record(known).await;
        }
        self.leave(unreached).await
    }

    /// What to do with zones for which the backend did not answer: if a probe is answered after all, they
    /// are merely unverified, or else one odd zone would hold up all others.
    async fn leave(&mut self, unreached: Vec<(Job, BackendError)>) -> Result<(), BackendError> {
        let Some((_, error)) = unreached.first() else {
            return Ok(());
        };
        let cause = error.to_string();
        if let Err(error) = self.backend.probe().await {
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
        let loaded = blocking(move || {
            due.into_par_iter()
                .map(|due| load(&store, backend.as_ref(), due))
                .collect::<Vec<_>>()
        })
        .await;
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
                Some(zone) => ZoneChange::Put(zone),
                None => ZoneChange::Remove(&job.name),
            })
            .collect();
        if changes.is_empty() {
            return Vec::new();
        }
        let start = Instant::now();
        let results = self.backend.apply(&changes).await;
        self.metrics.batch_took(start.elapsed());
        results
    }
}
