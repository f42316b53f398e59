//! Before a zone is put: is its serial ahead of the one at the place? A serial that was served must never be
//! served again for less, or for other records (RFC 1982), whoever raised it: an edit by hand, the gateway
//! that was there before, or this one with a store that was lost since.

use std::sync::Arc;

use dadns_backends::{Backend, Served};
use dadns_zone::{Zone, ZoneName, is_ahead};
use futures_util::{StreamExt, stream};

use super::Lane;
use super::job::Job;
use crate::logging::warning;
use crate::store::{Advanced, Author};

/// How many zones are asked for at once.
const AT_ONCE: usize = 64;

impl Lane {
    /// Raises the serials of zones that the place is ahead of. What was verified there since the start is
    /// known, and only asked for where that is cheap (`few`). A signed zone keeps its own, and the store
    /// says that it is behind. Takes note of zones that have the same serial there with other records.
    pub(super) async fn pass_serials(&self, jobs: &mut [Job], few: bool) {
        let id = self.id();
        let asked: Vec<_> = jobs
            .iter()
            .enumerate()
            .filter(|(_, job)| few || !self.store.is_verified(id, &job.name))
            .filter(|(_, job)| job.zone.is_some())
            .map(|(index, job)| (index, job.name.clone()))
            .collect();
        let mut found = stream::iter(asked)
            .map(|(index, name)| {
                let backend = Arc::clone(&self.backend);
                async move { (index, serial(backend.as_ref(), &name).await) }
            })
            .buffer_unordered(AT_ONCE)
            .boxed();
        while let Some((index, past)) = found.next().await {
            let Some(job) = jobs.get_mut(index) else {
                continue;
            };
            let (Some(past), Some(zone)) = (past, &job.zone) else {
                continue;
            };
            let mut passes = is_ahead(zone.serial(), past);
            if past == zone.serial() {
                job.serial_proves_nothing |= !job.is_known_there;
                passes = !few || !self.is_first(job) || !self.has_other(zone).await;
            }
            job.serial_reused |= !passes;
            let known = || zone.is_signed() && self.store.is_known_serial(&job.name, past);
            if !passes && !known() {
                self.advance(job, past).await;
            }
        }
    }

    /// Whether the zone has never been put there: what is found there is of others. Afterwards it may be what
    /// we wrote and somebody changed, and a new serial each time would only be a fight.
    fn is_first(&self, job: &Job) -> bool {
        job.is_new_there
            && job.attempts == 0
            && !self.differing.contains_key(&job.name)
            && !self.unverified.contains_key(&job.name)
    }

    /// Whether the place has other records of `zone`, be it as a zone of others. What cannot be read is
    /// found by the proof.
    async fn has_other(&self, zone: &Zone) -> bool {
        let there = match self.backend.read(zone.name()).await {
            Ok(Some(there)) => Some(there),
            _ => self.backend.read_unmanaged(zone.name()).await.ok(),
        };
        there.is_some_and(|there| there.content_digest() != zone.content_digest())
    }

    async fn advance(&self, job: &mut Job, past: u32) {
        let id = self.id();
        let ours = job.zone.as_ref().map_or(past, Zone::serial);
        let by = Author::gateway(format!("lane of {id}"));
        let raised = self.store.advance(&job.name, job.revision, past, by);
        // What fails here, or was overtaken, comes up again with the next batch.
        if let Ok(Advanced::Raised { revision, serial }) = raised.await {
            let there = match is_ahead(past, ours) {
                true => ", ahead of ours",
                false => " and other records",
            };
            warning!(
                "{id}: zone {} was there with serial {past}{there}: it is served as {serial} from now on. If \
                 that was newer content, and no edit by hand, its master has to push it again",
                job.name
            );
            job.revision = revision;
            job.zone = job.zone.take().map(|zone| zone.with_serial(serial));
        }
    }
}

/// The serial of a zone at the place, as far as it says.
async fn serial(backend: &dyn Backend, name: &ZoneName) -> Option<u32> {
    match backend.serves(name).await {
        Ok(Served::Serial(serial)) => Some(serial),
        Ok(Served::NotAsked) => {
            let held = backend.read(name).await.ok()??;
            Some(held.serial())
        }
        _ => None,
    }
}
