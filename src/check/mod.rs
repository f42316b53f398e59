//! The drift audit: looks at every zone on every backend, again and again, for what was changed there
//! behind our back.
//!
//! It compares and marks pending; the lane repairs. Each backend has an checker of its own, so that a slow
//! place holds up nobody else. What is pending is the lane's and is passed over. Zones that the gateway
//! never put there are told of once and left alone.
//!
//! A zone whose serial at the backend is ahead of ours was edited by somebody who raised it, or our
//! store is older than what was served. Our content wins, under a serial past that one: secondaries
//! would not take it otherwise, and no resolver sees the serial go back.

mod listed;
mod pass;
mod repair;
mod settings;
mod zone;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use dadns_backends::Backend;
use dadns_zone::ZoneName;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use listed::Listed;
pub(crate) use pass::{Known, Pass, all};
pub(crate) use repair::repair;
pub use settings::Settings;
pub(crate) use zone::{Finding, Found, Wanted};

use crate::logging::{debug, error, info, warning};
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// How long the checker waits for a backend to come up before its first pass.
const SETTLING: Duration = Duration::from_secs(5);

/// How many names a log line lists.
const NAMES: usize = 10;

/// The checker of one backend.
#[derive(Debug)]
pub struct Checker {
    backend: Arc<dyn Backend>,
    store: Store,
    metrics: Metrics,
    settings: Settings,
    /// The zones of others that were told of.
    unmanaged: BTreeSet<ZoneName>,
    /// Signed zones that are ahead there, with their serials, that were told of.
    left: HashSet<(ZoneName, Option<u32>)>,
    /// Whether it was told that zones could not be looked at.
    unjudged: bool,
    /// The zones put here by us of which the store knows nothing, that were told of.
    unknown: BTreeSet<ZoneName>,
}

impl Checker {
    /// An checker of `backend`.
    pub fn new(
        backend: Arc<dyn Backend>,
        store: Store,
        metrics: Metrics,
        settings: Settings,
    ) -> Self {
        metrics.audits(backend.id());
        Self {
            backend,
            store,
            metrics,
            settings,
            unmanaged: BTreeSet::new(),
            left: HashSet::new(),
            unjudged: false,
            unknown: BTreeSet::new(),
        }
    }

    /// Goes on until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let work = async {
            let every = Duration::from_secs(self.settings.every_seconds.into());
            tokio::time::sleep(SETTLING.min(every)).await;
            loop {
                let began = Instant::now();
                if let Err(cause) = self.pass().await {
                    error!(
                        "{}: the audit cannot go on for now: {cause}",
                        self.backend.id()
                    );
                }
                tokio::time::sleep_until(began + every).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    }

    async fn pass(&mut self) -> Result<(), StoreError> {
        let began = Instant::now();
        let known = all(&self.store).await?;
        let mut found = self.lingering(&known).await?;
        // What has changed since it was last looked at comes first.
        let id = self.backend.id();
        let mut zones = known.held;
        zones.sort_by_cached_key(|zone| self.store.is_witnessed(id, zone));
        let (mut seen, mut unjudged, mut first) = (0_u64, 0_usize, None);
        let rate = Some(self.settings.zones_per_second);
        let mut pass = Pass::over(&self.store, &self.backend, zones, rate);
        while let Some((wanted, what)) = pass.next().await? {
            match what {
                Found::InSync => {
                    let id = self.backend.id();
                    self.store.witness(id, &wanted.name, wanted.revision);
                }
                Found::Drifted(finding) => {
                    found += 1;
                    self.repair(&wanted, &finding).await?;
                }
                Found::Skipped(why) => {
                    unjudged += 1;
                    first.get_or_insert(why);
                    continue;
                }
            }
            seen += 1;
        }
        self.tell_unjudged(unjudged, first);
        let backend = &self.backend;
        let (id, took) = (backend.id(), began.elapsed());
        self.metrics.audited(id, seen, took);
        debug!(
            zones = seen,
            found,
            seconds = took.as_secs(),
            "{id}: audit pass over {seen} zone(s): {found} found otherwise"
        );
        Ok(())
    }

    /// Zones that are there and should not be: repairs those that were removed, and tells of the others.
    async fn lingering(&mut self, known: &Known) -> Result<usize, StoreError> {
        let id = self.backend.id().clone();
        if self.store.unavailable(&id).is_some() {
            return Ok(0);
        }
        let present = match Listed::on(self.backend.as_ref(), &self.store, known).await {
            Ok(present) => present,
            Err(away) => {
                debug!("{id}: the zones there cannot be listed now: {away}");
                self.store.suspect(&id);
                return Ok(0);
            }
        };
        self.tell(present.unmanaged, present.unknown);
        let removed = present.removed.into_iter().collect();
        let mut found = 0;
        let mut pass = Pass::over(&self.store, &self.backend, removed, None);
        while let Some((wanted, what)) = pass.next().await? {
            if let Found::Drifted(finding) = what {
                found += 1;
                self.repair(&wanted, &finding).await?;
            }
        }
        Ok(found)
    }

    /// Says that zones could not be judged, once for as long as that is so. While the backend is away its
    /// lane has said so.
    fn tell_unjudged(&mut self, zones: usize, first: Option<String>) {
        let id = self.backend.id();
        let waiting = self.store.pending_count(id);
        let told = zones > waiting && self.store.unavailable(id).is_none();
        match (told, first) {
            (true, Some(first)) if !self.unjudged => warning!(
                "{id}: {zones} zone(s) could not be looked at: {first}; they are looked at again with the \
                 next pass"
            ),
            (false, _) if self.unjudged => info!("{id}: all zones can be looked at again"),
            _ => {}
        }
        self.unjudged = told;
    }

    async fn repair(&mut self, wanted: &Wanted, finding: &Finding) -> Result<(), StoreError> {
        if let Some(said) = finding.left(&self.store, wanted) {
            if self.left.insert((wanted.name.clone(), finding.ahead)) {
                error!("{}: {said}", self.backend.id());
            }
            return Ok(());
        }
        repair(
            &self.store,
            &self.metrics,
            self.backend.as_ref(),
            wanted,
            finding,
        )
        .await
    }

    fn tell(&mut self, unmanaged: BTreeSet<ZoneName>, unknown: BTreeSet<ZoneName>) {
        let id = self.backend.id();
        self.metrics.unmanaged(id, unmanaged.len() + unknown.len());
        if !unmanaged.is_subset(&self.unmanaged) {
            info!(
                "{id}: {} zone(s) there are not ours and are left alone: {}; `dadns import {id}` takes \
                 in those that it can read",
                unmanaged.len(),
                listed(&unmanaged)
            );
        }
        if !unknown.is_subset(&self.unknown) {
            warning!(
                "{id}: {} zone(s) were put there by dadns, but the store knows nothing of them: {}; they \
                 are left as they are. Was the store restored from a backup? `dadns import {id}` takes \
                 them in",
                unknown.len(),
                listed(&unknown)
            );
        }
        (self.unmanaged, self.unknown) = (unmanaged, unknown);
    }
}

fn listed(names: &BTreeSet<ZoneName>) -> String {
    let shown: Vec<_> = names.iter().take(NAMES).map(ZoneName::as_str).collect();
    match names.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
