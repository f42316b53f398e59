//! The check: compares every zone on every backend with desired state, again and again, and finds drift:
//! what was changed there by others.
//!
//! It compares and makes pending; the lane repairs. Each backend has a checker of its own, so that a slow
//! one holds up no other. What is pending is the lane's and is skipped. Zones that the gateway never put
//! there are told of once and left unchanged.
//!
//! A zone whose serial on the backend is ahead of ours was edited by somebody who raised it, or our
//! store is older than what was served. Our content wins, under a serial past that one: secondaries
//! would not take it otherwise, and no resolver sees the serial go back.

mod counts;
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

pub use counts::Counts;
pub(crate) use listed::Listed;
pub(crate) use pass::{Known, Pass, all};
pub(crate) use repair::repair;
pub use settings::Settings;
pub(crate) use zone::{DesiredZone, Finding, Found};

use crate::health::Health;
use crate::logging::{counted, debug, error, info, warning};
use crate::store::{Store, StoreError};

/// How long the checker waits for a backend to come up before its first pass.
const FIRST_PASS: Duration = Duration::from_secs(5);

/// How many names a log line lists.
const NAMES: usize = 10;

/// The checker of one backend.
#[derive(Debug)]
pub struct Checker {
    backend: Arc<dyn Backend>,
    store: Store,
    health: Health,
    counts: Counts,
    settings: Settings,
    /// The unmanaged zones that were told of.
    unmanaged: BTreeSet<ZoneName>,
    /// Signed zones that are ahead there, with their serials, that were told of.
    left: HashSet<(ZoneName, Option<u32>)>,
    /// Whether it was told that zones could not be compared.
    skipping: bool,
    /// The zones put there by us of which the store knows nothing, that were told of.
    unknown: BTreeSet<ZoneName>,
}

impl Checker {
    /// A checker of `backend`.
    pub fn new(
        backend: Arc<dyn Backend>,
        store: Store,
        health: Health,
        counts: Counts,
        settings: Settings,
    ) -> Self {
        counts.begin(backend.id());
        Self {
            backend,
            store,
            health,
            counts,
            settings,
            unmanaged: BTreeSet::new(),
            left: HashSet::new(),
            skipping: false,
            unknown: BTreeSet::new(),
        }
    }

    /// Goes on until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let work = async {
            let every = Duration::from_secs(self.settings.every_seconds.into());
            tokio::time::sleep(FIRST_PASS.min(every)).await;
            loop {
                let began = Instant::now();
                if let Err(cause) = self.pass().await {
                    let id = self.backend.id();
                    error!(backend = %id, "{id}: check pass aborted: {cause}; next pass at the usual interval");
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
        // What has changed since it was last compared comes first.
        let id = self.backend.id();
        let mut zones = known.present;
        zones.retain(|(zone, _)| self.store.is_placed(id, zone));
        let is_known = |(zone, revision): &_| self.health.in_sync(id, zone, *revision).is_some();
        zones.sort_by_cached_key(is_known);
        let zones = zones.into_iter().map(|(zone, _)| zone).collect();
        let (mut seen, mut skipped, mut first) = (0_u64, 0_usize, None);
        let rate = Some(self.settings.zones_per_second);
        let mut pass = self.over(zones, rate);
        while let Some((desired, what)) = pass.next().await? {
            match what {
                Found::InSync => {
                    let id = self.backend.id();
                    self.health
                        .note_in_sync(id, &desired.name, desired.revision);
                }
                Found::Drifted(finding) => {
                    found += 1;
                    self.repair(&desired, &finding).await?;
                }
                Found::Skipped(why) => {
                    skipped += 1;
                    first.get_or_insert(why);
                    continue;
                }
            }
            seen += 1;
        }
        self.tell_skipped(skipped, first);
        let backend = &self.backend;
        let (id, took) = (backend.id(), began.elapsed());
        self.counts.passed(id, seen, took);
        debug!(
            backend = %id,
            zones = seen,
            drifted = found,
            skipped,
            seconds = took.as_secs(),
            "{id}: check pass over: {seen} zones compared, {found} drifted, {skipped} skipped"
        );
        Ok(())
    }

    fn over(&self, zones: Vec<ZoneName>, rate: Option<u32>) -> Pass {
        Pass::over(&self.store, &self.health, &self.backend, zones, rate)
    }

    /// Zones that are there and should not be: repairs those that were removed, and tells of the others.
    async fn lingering(&mut self, known: &Known) -> Result<usize, StoreError> {
        let id = self.backend.id().clone();
        if self.health.unavailable(&id).is_some() {
            return Ok(0);
        }
        let listed = match Listed::on(self.backend.as_ref(), &self.store, known).await {
            Ok(listed) => listed,
            Err(unavailable) => {
                debug!(backend = %id, "{id}: its zones cannot be listed now: {unavailable}");
                self.health.suspect(&id);
                return Ok(0);
            }
        };
        self.tell(listed.unmanaged, listed.unknown);
        let removed = listed.removed.into_iter().collect();
        let mut found = 0;
        let mut pass = self.over(removed, None);
        while let Some((desired, what)) = pass.next().await? {
            if let Found::Drifted(finding) = what {
                found += 1;
                self.repair(&desired, &finding).await?;
            }
        }
        Ok(found)
    }

    /// Says that zones could not be compared, once for as long as that is so. While the backend is
    /// unavailable its lane has said so.
    fn tell_skipped(&mut self, zones: usize, first: Option<String>) {
        let id = self.backend.id();
        let pending = self.store.pending_count(id);
        let told = zones > pending && self.health.unavailable(id).is_none();
        match (told, first) {
            (true, Some(first)) if !self.skipping => warning!(
                backend = %id,
                "{id}: {} could not be checked: {first}; trying again with the next pass",
                counted(zones, "zone")
            ),
            (false, _) if self.skipping => {
                info!(backend = %id, "{id}: all zones can be checked again");
            }
            _ => {}
        }
        self.skipping = told;
    }

    async fn repair(&mut self, desired: &DesiredZone, finding: &Finding) -> Result<(), StoreError> {
        if let Some(said) = finding.left(&self.store, desired) {
            if self.left.insert((desired.name.clone(), finding.ahead)) {
                let (id, zone) = (self.backend.id(), &desired.name);
                error!(backend = %id, zone = %zone, "{id}: {said}");
            }
            return Ok(());
        }
        repair(
            &self.store,
            &self.health,
            &self.counts,
            self.backend.as_ref(),
            desired,
            finding,
        )
        .await
    }

    fn tell(&mut self, unmanaged: BTreeSet<ZoneName>, unknown: BTreeSet<ZoneName>) {
        let id = self.backend.id();
        self.counts.unmanaged(id, unmanaged.len() + unknown.len());
        if !unmanaged.is_subset(&self.unmanaged) {
            info!(
                backend = %id,
                "{id}: {} left unchanged: {}; `dadns import {id}` imports those that it can read",
                counted(unmanaged.len(), "unmanaged zone"),
                listed(&unmanaged)
            );
        }
        if !unknown.is_subset(&self.unknown) {
            warning!(
                backend = %id,
                "{id}: {} put there by dadns of which the store knows nothing: {}; left unchanged. Was the \
                 store restored from a backup? `dadns import {id}` imports such zones",
                counted(unknown.len(), "zone"),
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
