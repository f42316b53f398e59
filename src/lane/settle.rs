//! What became of zones: told to the operator and the metrics, and recorded in the store.

use std::time::Duration;

use dadns_zone::Zone;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::Lane;
use super::job::{Job, Verdict};
use crate::logging::{error, success, warning};
use crate::metrics::Applied;
use crate::retry::zone_wait;
use crate::store::{Settled, Settlement};
use crate::telemetry::Progress;
use crate::verify::Difference;

/// How long an unverified zone waits for that.
const UNPROVEN_WAIT: Duration = Duration::from_secs(1);

impl Lane {
    /// Records how zones went. The store's failure is for `app` to handle, which ends the process.
    pub(super) async fn settle(&mut self, verdicts: Vec<(Job, Verdict)>) {
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
            Verdict::Verified { changed } => {
                let changed = self.unverified.remove(&job.name).is_some() || changed;
                self.count_proven(job, changed);
                let repaired = self.repaired(job);
                let digest = |zone: &Zone| (zone.serial(), *zone.digest().as_bytes());
                let settled = Settled::Verified {
                    zone: job.zone.as_ref().map(digest),
                    changed,
                    repaired,
                    notes: job.notes.iter().map(ToString::to_string).collect(),
                };
                return (Progress::Verified, settled);
            }
            Verdict::Differs(found) if self.may_mend(job, &found) => {
                self.metrics.applied(Applied::Unverified);
                let retry = Timestamp::now();
                let cause = found.to_string();
                return (Progress::Unverified, Settled::Unverified { cause, retry });
            }
            Verdict::Differs(found) => (Applied::Failed, found.to_string()),
            Verdict::Unverified(cause) if self.may_still_come(job, &cause) => {
                self.metrics.applied(Applied::Unverified);
                let retry = in_time(UNPROVEN_WAIT);
                return (Progress::Unverified, Settled::Unverified { cause, retry });
            }
            Verdict::Refused(cause) => (Applied::Refused, cause),
            Verdict::Unverified(cause) | Verdict::Failed(cause) => (Applied::Failed, cause),
            Verdict::Unavailable(error) => (Applied::Failed, error.to_string()),
        };
        self.metrics.applied(outcome);
        self.unverified.remove(&job.name);
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

    /// What had been found wrong with a zone that is now verified.
    fn repaired(&mut self, job: &Job) -> Option<String> {
        let differed = self.differing.remove(&job.name).is_some();
        let found = self.store.doubted(self.id(), &job.name);
        let found =
            found.or_else(|| differed.then(|| "it did not hold what was written".to_owned()))?;
        success!(
            revision = job.revision,
            "{}: zone {} is reconciled and verified; it was found otherwise: {found}",
            self.id(),
            job.name
        );
        self.metrics.repaired();
        Some(found)
    }

    /// Counts a zone that is verified; how long that has taken, if no newer revision has come since.
    fn count_proven(&self, job: &Job, changed: bool) {
        let entry = self.store.pending_entry(self.id(), &job.name);
        let done = entry.filter(|entry| entry.revision <= job.revision);
        self.metrics
            .verified(changed, done.map(|entry| entry.since));
    }

    /// Whether the time in which this revision has to be served is not over. What it waits for is told
    /// when it begins to wait.
    fn may_still_come(&mut self, job: &Job, cause: &str) -> bool {
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
            warning!(
                "{}: zone {} is not served yet: {cause}; asking again for up to {} s",
                self.id(),
                job.name,
                left.as_secs_f64().ceil()
            );
        }
        !left.is_zero()
    }
}

/// The time `wait` from now.
fn in_time(wait: Duration) -> Timestamp {
    Timestamp::now()
        .saturating_add(SignedDuration::try_from(wait).unwrap_or_default())
        .unwrap_or(Timestamp::MAX)
}
