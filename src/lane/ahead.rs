//! Before a zone is put: is the place ahead of it? A serial that was served must never be served again for
//! less (RFC 1982), whoever raised it: an edit by hand, the gateway that was there before, or this one with
//! a store that was lost since.

use std::sync::Arc;

use dadns_backends::{Backend, Served};
use dadns_zone::{Zone, ZoneName, is_ahead};
use futures_util::{StreamExt, stream};

use super::Lane;
use super::job::Job;
use crate::logging::warning;
use crate::store::Author;

/// How many zones are asked for at once.
const AT_ONCE: usize = 64;

impl Lane {
    /// Raises the serials of zones that the place is ahead of. What was proven there since the start is
    /// known, and only asked for where that is cheap (`few`). A signed zone keeps its own.
    pub(super) async fn pass_serials(&self, jobs: &mut [Job], few: bool) {
        let id = self.id();
        let asked: Vec<_> = jobs
            .iter()
            .enumerate()
            .filter(|(_, job)| few || !self.store.is_proven(id, &job.name))
            .filter(|(_, job)| job.zone.as_ref().is_some_and(|zone| !zone.is_signed()))
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
            let ours = job.zone.as_ref().map(Zone::serial);
            if let Some(past) = past.filter(|past| ours.is_some_and(|ours| is_ahead(*past, ours))) {
                self.advance(job, past).await;
            }
        }
    }

    async fn advance(&self, job: &mut Job, past: u32) {
        let id = self.id();
        let by = Author::gateway(format!("lane of {id}"));
        let raised = self.store.advance(&job.name, job.revision, past, by);
        // What fails here, or was overtaken, comes up again with the next batch.
        if let Ok(Some((revision, serial))) = raised.await {
            warning!(
                "{id}: zone {} was there with serial {past}, ahead of ours: it is served as {serial} from now \
                 on. If that was newer content, and no edit by hand, its master has to push it again",
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
