//! One pass over zones on one backend: at a steady rate, or as fast as it goes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dadns_backends::Backend;
use dadns_zone::ZoneName;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use rayon::prelude::*;
use tokio::time::{Instant, sleep_until};

use super::zone::{Found, Wanted, check};
use crate::blocking::blocking;
use crate::store::{Desired, Store, StoreError};

/// How many zones are loaded at once.
const CHUNK: usize = 256;

/// How many zones of one backend are looked at at once.
const AT_ONCE: usize = 32;

/// A pass that is under way.
pub(crate) struct Pass {
    store: Store,
    backend: Arc<dyn Backend>,
    zones: std::vec::IntoIter<ZoneName>,
    /// Zones per second; `None`: as fast as it goes.
    rate: Option<u32>,
    next_chunk: Instant,
    looks: BoxStream<'static, Result<(Wanted, Found), StoreError>>,
}

impl Pass {
    /// A pass over `zones` on `backend`. `rate` is in zones per second; `None`: as fast as it goes.
    pub fn over(
        store: &Store,
        backend: &Arc<dyn Backend>,
        zones: Vec<ZoneName>,
        rate: Option<u32>,
    ) -> Self {
        Self {
            store: store.clone(),
            backend: Arc::clone(backend),
            zones: zones.into_iter(),
            rate,
            next_chunk: Instant::now(),
            looks: stream::empty().boxed(),
        }
    }

    /// What was found of the next zone; `None`: that was the last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<(Wanted, Found)>, StoreError> {
        loop {
            if let Some(look) = self.looks.next().await {
                return look.map(Some);
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
        let wanted = load(&self.store, zones).await;
        let (store, backend) = (self.store.clone(), Arc::clone(&self.backend));
        self.looks = stream::iter(wanted)
            .map(move |wanted| {
                let (store, backend) = (store.clone(), Arc::clone(&backend));
                async move {
                    // One that cannot be loaded keeps no other from being looked at.
                    let (wanted, damage) = wanted;
                    let found = match damage {
                        Some(damage) => Ok(Found::Skipped(damage.to_string())),
                        None => check(&store, backend.as_ref(), &wanted).await,
                    };
                    found.map(|found| (wanted, found))
                }
            })
            .buffer_unordered(AT_ONCE)
            .boxed();
    }
}

/// Loads what zones should be, where it may take its time.
async fn load(store: &Store, zones: Vec<ZoneName>) -> Vec<(Wanted, Option<StoreError>)> {
    let store = store.clone();
    blocking(move || {
        let load = |name: ZoneName| {
            let (desired, damage) = match store.desired(&name) {
                Ok(desired) => (desired, None),
                Err(error) => (Desired::default(), Some(error)),
            };
            let wanted = Wanted {
                name,
                revision: desired.revision,
                zone: desired.zone,
            };
            (wanted, damage)
        };
        zones.into_par_iter().map(load).collect()
    })
    .await
}

/// The zones that are held, and those that were removed, in the order of their names.
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
                known.held.push(name);
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
    pub held: Vec<ZoneName>,
    pub removed: BTreeSet<ZoneName>,
}

impl Known {
    /// Whether the gateway ever heard of `zone`.
    pub fn has(&self, zone: &ZoneName) -> bool {
        self.removed.contains(zone) || self.holds(zone)
    }

    /// Whether `zone` is wanted.
    pub fn holds(&self, zone: &ZoneName) -> bool {
        self.held.binary_search(zone).is_ok()
    }
}
