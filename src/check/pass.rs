//! One pass over zones on one backend: at a steady rate, or as fast as it goes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{Backend, BackendId, each};
use dadns_zone::ZoneName;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::time::{Instant, sleep_until};

use super::zone::{DesiredZone, Found, check};
use crate::blocking::blocking;
use crate::health::Health;
use crate::store::{Desired, Store, StoreError};

/// How many zones are loaded at once.
const CHUNK: usize = 256;

/// How many zones of one backend are checked together, and how many such slices at once.
const SLICE: usize = 32;
const AT_ONCE: usize = 2;

/// A pass that is under way.
pub(crate) struct Pass {
    store: Store,
    health: Health,
    backend: Arc<dyn Backend>,
    zones: std::vec::IntoIter<ZoneName>,
    /// Zones per second; `None`: as fast as it goes.
    rate: Option<u32>,
    next_chunk: Instant,
    found: BoxStream<'static, Result<(DesiredZone, Found), StoreError>>,
}

impl Pass {
    /// A pass over `zones` on `backend`. `rate` is in zones per second; `None`: as fast as it goes.
    pub fn over(
        store: &Store,
        health: &Health,
        backend: &Arc<dyn Backend>,
        zones: Vec<ZoneName>,
        rate: Option<u32>,
    ) -> Self {
        Self {
            store: store.clone(),
            health: health.clone(),
            backend: Arc::clone(backend),
            zones: zones.into_iter(),
            rate,
            next_chunk: Instant::now(),
            found: stream::empty().boxed(),
        }
    }

    /// What was found of the next zone; `None`: that was the last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<(DesiredZone, Found)>, StoreError> {
        loop {
            if let Some(found) = self.found.next().await {
                return found.map(Some);
            }
            if self.zones.len() == 0 {
                return Ok(None);
            }
            self.begin_chunk().await;
        }
    }

    async fn begin_chunk(&mut self) {
        let most = self.rate.map_or(CHUNK, |rate| CHUNK.min(rate as usize));
        let zones: Vec<_> = self.zones.by_ref().take(most.max(1)).collect();
        if let Some(rate) = self.rate {
            sleep_until(self.next_chunk).await;
            // After a hold-up the rate is as before: nothing is made up for.
            let due = self.next_chunk.max(Instant::now() - Duration::from_secs(1));
            let count = u32::try_from(zones.len()).unwrap_or(u32::MAX);
            self.next_chunk = due + Duration::from_secs(1) * count / rate;
        }
        let id = self.backend.id().clone();
        let mut loaded = load(&self.store, id, zones).await.into_iter();
        let slices = std::iter::from_fn(move || {
            let slice: Vec<_> = loaded.by_ref().take(SLICE).collect();
            (!slice.is_empty()).then_some(slice)
        });
        let (store, health) = (self.store.clone(), self.health.clone());
        let backend = Arc::clone(&self.backend);
        self.found = stream::iter(slices)
            .map(move |slice| {
                let (store, health) = (store.clone(), health.clone());
                let backend = Arc::clone(&backend);
                async move { look(&store, &health, backend.as_ref(), slice).await }
            })
            .buffer_unordered(AT_ONCE)
            .flat_map(|found| {
                stream::iter(match found {
                    Ok(found) => found.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                })
            })
            .boxed();
    }
}

/// What was found of each zone. One that cannot be loaded keeps no other from being compared.
async fn look(
    store: &Store,
    health: &Health,
    backend: &dyn Backend,
    slice: Vec<(DesiredZone, Option<StoreError>)>,
) -> Result<Vec<(DesiredZone, Found)>, StoreError> {
    let (mut zones, mut all) = (Vec::with_capacity(slice.len()), Vec::new());
    for (one, damage) in slice {
        match damage {
            Some(damage) => all.push((one, Found::Skipped(damage.to_string()))),
            None => zones.push(one),
        }
    }
    let found = check(store, health, backend, &zones).await?;
    all.extend(zones.into_iter().zip(found));
    Ok(all)
}

/// Loads what a backend should have of zones, where it may take its time.
async fn load(
    store: &Store,
    backend: BackendId,
    zones: Vec<ZoneName>,
) -> Vec<(DesiredZone, Option<StoreError>)> {
    let store = store.clone();
    blocking(move || {
        let load = |name: ZoneName| {
            let (desired, damage) = match store.desired_at(&backend, &name) {
                Ok(desired) => (desired, None),
                Err(error) => (Desired::default(), Some(error)),
            };
            let zone = DesiredZone {
                name,
                revision: desired.revision,
                zone: desired.zone,
            };
            (zone, damage)
        };
        each(zones, load)
    })
    .await
}

/// The zones that are present, and those that were removed, in the order of their names.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn all(store: &Store) -> Result<Known, StoreError> {
    let store = store.clone();
    blocking(move || {
        let mut known = Known::default();
        for found in store.heads() {
            let (name, head) = found?;
            if head.present {
                known.present.push((name, head.revision));
            } else {
                known.removed.insert(name);
            }
        }
        Ok(known)
    })
    .await
}

/// The zones that the gateway knows.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Those that are present, with their revisions.
    pub present: Vec<(ZoneName, u64)>,
    pub removed: BTreeSet<ZoneName>,
}

impl Known {
    /// Whether the gateway ever heard of `zone`.
    pub fn has(&self, zone: &ZoneName) -> bool {
        self.removed.contains(zone) || self.is_present(zone)
    }

    /// Whether `zone` is present.
    pub fn is_present(&self, zone: &ZoneName) -> bool {
        let found = self.present.binary_search_by(|(name, _)| name.cmp(zone));
        found.is_ok()
    }
}
