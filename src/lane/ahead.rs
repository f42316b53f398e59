//! Before a zone is applied: is its serial ahead of the one that the backend has? A serial that was served must never be
//! served again for less, or for other records (RFC 1982), whoever raised it: an edit by hand, the gateway
//! that was there before, or this one with a store that was lost since.

use std::collections::{BTreeMap, BTreeSet};

use dadns_backends::{Backend, Depth, Expected, Served};
use dadns_zone::{Zone, ZoneName, is_ahead};

use super::Lane;
use super::job::Job;
use crate::access::Part;
use crate::logging::warning;
use crate::store::{Advanced, Author};

/// How many zones are asked for together.
const SLICE: usize = 64;

impl Lane {
    /// Raises the serials of zones that the backend is ahead of. What was verified there since the start is
    /// known, and only asked for where that is cheap (`few`). A signed zone keeps its own, and the store
    /// says that it is behind. Takes note of zones that have the same serial there with other records.
    pub(super) async fn pass_serials(&self, jobs: &mut [Job], few: bool) {
        let id = self.id();
        let asked = jobs
            .iter_mut()
            .filter(|job| few || !self.health.is_verified(id, &job.name))
            .filter(|job| job.zone.is_some());
        let mut asked: Vec<_> = asked.collect();
        for slice in asked.chunks_mut(SLICE) {
            let serials = serials(self.backend.as_ref(), slice).await;
            let others = match few {
                true => self.have_others(slice, &serials).await,
                false => BTreeSet::new(),
            };
            for (job, past) in slice.iter_mut().zip(serials) {
                let (Some(past), Some(zone)) = (past, &job.zone) else {
                    continue;
                };
                let mut passes = is_ahead(zone.serial(), past);
                if past == zone.serial() {
                    job.serial_says_nothing |= !job.is_known_there;
                    passes = !others.contains(&job.name);
                }
                job.serial_reused |= !passes;
                let known = || zone.is_signed() && self.store.is_known_serial(&job.name, past);
                if !passes && !known() {
                    self.advance(job, past).await;
                }
            }
        }
    }

    /// Which zones were never applied there and yet have other records there under their serial, be it as
    /// unmanaged zones. What cannot be read is found by verification.
    async fn have_others(&self, jobs: &[&mut Job], serials: &[Option<u32>]) -> BTreeSet<ZoneName> {
        let alike = jobs
            .iter()
            .zip(serials)
            .filter(|(job, past)| job.serial() == **past && self.is_first(job));
        let names: Vec<_> = alike.map(|(job, _)| job.name.clone()).collect();
        if names.is_empty() {
            return BTreeSet::new();
        }
        let read = self.backend.read(&names).await;
        let mut found: BTreeMap<_, _> = names.iter().cloned().zip(read).collect();
        if let Some(unmanaged) = self.backend.unmanaged() {
            let absent = |name: &&ZoneName| !matches!(found.get(*name), Some(Ok(Some(_))));
            let names: Vec<_> = names.iter().filter(absent).cloned().collect();
            let read = unmanaged.read(&names).await;
            let read = read.into_iter().map(|read| read.map(Some));
            found.extend(names.into_iter().zip(read));
        }
        let digests = jobs.iter().filter_map(|job| {
            let (zone, found) = (job.zone.as_ref()?, found.get(&job.name)?);
            let found = found.as_ref().ok()?.as_ref()?;
            (found.content_digest() != zone.content_digest()).then(|| job.name.clone())
        });
        digests.collect()
    }

    /// Whether the zone has never been applied there: what is found there is unmanaged. Afterwards it may be
    /// what we wrote and somebody changed, and a new serial each time would only be a fight.
    fn is_first(&self, job: &Job) -> bool {
        job.is_new_there
            && job.attempts == 0
            && !self.differing.contains_key(&job.name)
            && !self.unverified.contains_key(&job.name)
    }

    async fn advance(&self, job: &mut Job, past: u32) {
        let id = self.id();
        let ours = job.zone.as_ref().map_or(past, Zone::serial);
        let by = Author::new(Part::Lane(id.clone()));
        let raised = self.store.advance(&job.name, job.revision, past, by);
        // What fails here, or was overtaken, comes up again with the next batch.
        if let Ok(Advanced::Raised { revision, serial }) = raised.await {
            let there = match is_ahead(past, ours) {
                true => ", ahead of ours",
                false => " and other records",
            };
            let name = &job.name;
            warning!(
                backend = %id,
                zone = %name,
                "{id}: zone {name} was there with serial {past}{there}; serving it as {serial} from now on. If \
                 that was newer content, and no edit by hand, its master has to push it again"
            );
            job.revision = revision;
            job.zone = job.zone.take().map(|zone| zone.with_serial(serial));
        }
    }
}

/// The serials that the backend has of the zones of `jobs`, as far as it says.
async fn serials(backend: &dyn Backend, jobs: &[&mut Job]) -> Vec<Option<u32>> {
    let expected = jobs
        .iter()
        .map(|job| Expected::new(&job.name, job.zone.as_ref()));
    let served = backend
        .served(&expected.collect::<Vec<_>>(), Depth::Serial)
        .await;
    let not_asked = jobs
        .iter()
        .zip(&served)
        .filter(|(_, served)| matches!(served, Ok(Served::NotAsked)));
    let names: Vec<_> = not_asked.map(|(job, _)| job.name.clone()).collect();
    let mut read = match names.is_empty() {
        true => Vec::new().into_iter(),
        false => backend.read(&names).await.into_iter(),
    };
    let serials = served.into_iter().map(|served| match served {
        Ok(Served::Serial(serial)) => Some(serial),
        Ok(Served::NotAsked) => Some(read.next()?.ok()??.serial()),
        _ => None,
    });
    serials.collect()
}
