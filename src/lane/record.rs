//! What happened to zones: told to the operator and the metrics, and recorded in the store.

use std::time::Duration;

use dadns_backends::{Difference, ZoneResult};
use dadns_zone::Zone;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::Lane;
use super::job::Job;
use crate::logging::{error, success, warning};
use crate::retry::zone_wait;
use crate::store::Tried;

/// How long a zone that is not served yet waits until it is verified again.
const UNVERIFIED_WAIT: Duration = Duration::from_secs(1);

impl Lane {
    /// Records what happened to zones. A store that has stopped is for `app` to handle, which ends the process.
    pub(super) async fn record(&mut self, results: Vec<(Job, ZoneResult)>) {
        if results.is_empty() {
            return;
        }
        let mut tries = Vec::with_capacity(results.len());
        let mut told = Vec::with_capacity(results.len());
        for (job, result) in results {
            let (result, retry) = self.concluded(&job, result);
            self.count(&job, &result);
            if result.is_verified() {
                // Before the store clears what is pending: the check relies on it.
                let there = job.zone.is_some();
                self.health
                    .note_verified(self.id(), &job.name, job.revision, there);
            }
            told.push((job.name.clone(), result.clone()));
            let content = |zone: &Zone| (zone.serial(), *zone.digest().as_bytes());
            tries.push(Tried {
                content: job.zone.as_ref().map(content),
                notes: job.notes.iter().map(ToString::to_string).collect(),
                zone: job.name,
                revision: job.revision,
                attempts: job.attempts,
                result,
                retry,
            });
        }
        if let Err(cause) = self.store.record(self.id(), tries).await {
            let id = self.id();
            error!(backend = %id, "{id}: results could not be recorded: {cause}");
            self.broken = true;
        }
        self.log.done(self.id(), told, None);
    }

    /// The result as it stands when what this lane knows of the zone from before is added, and when the zone
    /// is tried again unless it is verified.
    fn concluded(&mut self, job: &Job, result: ZoneResult) -> (ZoneResult, Timestamp) {
        let failed = match result {
            ZoneResult::Verified { changed, .. } => {
                let changed = self.unverified.remove(&job.name).is_some() || changed;
                let repaired = self.repaired(job);
                let verified = ZoneResult::Verified { changed, repaired };
                return (verified, Timestamp::now());
            }
            ZoneResult::Differs(found) if self.may_write_again(job, &found) => {
                return (ZoneResult::Differs(found), Timestamp::now());
            }
            ZoneResult::Unverified { .. } if self.may_still_come(job, &result) => {
                return (result, in_time(UNVERIFIED_WAIT));
            }
            ZoneResult::Differs(_) | ZoneResult::Unverified { .. } => {
                ZoneResult::Failed(result.to_string())
            }
            failed => failed,
        };
        self.unverified.remove(&job.name);
        self.differing.remove(&job.name);
        let attempts = job.attempts.saturating_add(1);
        let wait = zone_wait(attempts);
        let (id, name) = (self.id(), &job.name);
        warning!(
            backend = %id,
            zone = %name,
            "{id}: zone {name} failed (attempt {attempts}): {failed}; next try in {} s",
            wait.as_secs()
        );
        (failed, in_time(wait))
    }

    /// Whether the zone may be written once more: once for each revision. Somebody else may be at work
    /// there, and to write again and again would only be a fight.
    fn may_write_again(&mut self, job: &Job, found: &Difference) -> bool {
        let (id, name) = (self.backend.id(), &job.name);
        let first = self.differing.get(name) != Some(&job.revision);
        if first {
            warning!(
                backend = %id,
                zone = %name,
                extra = found.extra,
                missing = found.missing,
                "{id}: zone {name} differs from what was written: {found}; writing it once more"
            );
            self.differing.insert(name.clone(), job.revision);
        }
        first
    }

    /// The drift that was found of a zone at this revision.
    pub(super) fn drift(&self, job: &Job) -> Option<String> {
        self.health.drift(self.id(), &job.name, job.revision)
    }

    /// The drift of a zone that is now verified.
    fn repaired(&mut self, job: &Job) -> Option<String> {
        let differed = self.differing.remove(&job.name).is_some();
        let (id, name) = (self.backend.id(), &job.name);
        let drift = self.drift(job);
        let drift =
            drift.or_else(|| differed.then(|| "it differed from what was written".to_owned()))?;
        success!(
            backend = %id,
            zone = %name,
            revision = job.revision,
            "{id}: zone {name} is repaired and verified; it had drifted: {drift}"
        );
        self.metrics.repaired();
        Some(drift)
    }

    /// Counts a result; and how long a zone has taken that is verified, if no newer revision has come since.
    fn count(&self, job: &Job, result: &ZoneResult) {
        self.metrics.result(result);
        if result.is_verified() {
            let entry = self.store.pending_entry(self.id(), &job.name);
            if let Some(entry) = entry.filter(|entry| entry.revision <= job.revision) {
                let took = self.metrics.verified_after(entry.since);
                self.health.note_took(self.id(), took);
            }
        }
    }

    /// Whether the time in which this revision has to be served is not over. Why it waits is told when it
    /// begins to wait.
    fn may_still_come(&mut self, job: &Job, result: &ZoneResult) -> bool {
        let now = Instant::now();
        let known = self.unverified.get(&job.name);
        let since = match known {
            Some((revision, since)) if *revision == job.revision => *since,
            _ => {
                self.unverified
                    .insert(job.name.clone(), (job.revision, now));
                now
            }
        };
        let left = self.verify_timeout.saturating_sub(now - since);
        if since == now && !left.is_zero() {
            let (id, name) = (self.id(), &job.name);
            warning!(
                backend = %id,
                zone = %name,
                "{id}: zone {name} is not served yet: {result}; verifying again for up to {} s",
                left.as_secs_f64().ceil()
            );
        }
        !left.is_zero()
    }
}

/// The time `wait` from now.
pub(super) fn in_time(wait: Duration) -> Timestamp {
    Timestamp::now()
        .saturating_add(SignedDuration::try_from(wait).unwrap_or_default())
        .unwrap_or(Timestamp::MAX)
}
