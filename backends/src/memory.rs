//! The simplest backend: a map of zones in memory. It serves nobody; it keeps the contract honest
//! and stands in for a server in tests, so it is not part of a release.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

use crate::{
    Backend, BackendError, BackendId, Depth, Diagnose, Difference, Expected, Fenced, Served,
    Unmanaged, Unsupported, ZoneChange, ZoneResult,
};

/// A backend that keeps its zones in memory, and forgets them when it is dropped.
pub struct Memory {
    id: BackendId,
    zones: Mutex<BTreeMap<ZoneName, Zone>>,
    unmanaged: Mutex<BTreeMap<ZoneName, Zone>>,
    /// The greatest fence that it has seen.
    fence: Mutex<u64>,
}

impl Memory {
    /// An empty backend called `id`.
    pub fn new(id: BackendId) -> Self {
        Self {
            id,
            zones: Mutex::default(),
            unmanaged: Mutex::default(),
            fence: Mutex::default(),
        }
    }

    /// Adds a zone as somebody else would, for tests.
    pub fn plant(&self, zone: Zone) {
        lock(&self.unmanaged).insert(zone.name().clone(), zone);
    }

    fn zones(&self) -> MutexGuard<'_, BTreeMap<ZoneName, Zone>> {
        lock(&self.zones)
    }
}

/// No step under the lock can leave the map half changed, so a poisoned lock is as good as new.
fn lock(zones: &Mutex<BTreeMap<ZoneName, Zone>>) -> MutexGuard<'_, BTreeMap<ZoneName, Zone>> {
    zones.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("id", &self.id)
            .field("zones", &self.zones().len())
            .finish()
    }
}

#[async_trait]
impl Backend for Memory {
    fn id(&self) -> &BackendId {
        &self.id
    }

    fn describe(&self) -> String {
        "memory, not durable".into()
    }

    fn fingerprint(&self) -> String {
        "memory".into()
    }

    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    fn at_once(&self) -> usize {
        1_000
    }

    fn unsupported(&self, _zone: &Zone) -> Vec<Unsupported> {
        Vec::new()
    }

    async fn probe(&self) -> Result<Vec<String>, BackendError> {
        Ok(Vec::new())
    }

    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
        let mut zones = self.zones();
        batch
            .iter()
            .map(|change| {
                let changed = match change {
                    ZoneChange::Put(zone) if zones.get(zone.name()) == Some(zone) => false,
                    ZoneChange::Put(zone) | ZoneChange::Rewrite(zone) => {
                        lock(&self.unmanaged).remove(zone.name());
                        zones.insert(zone.name().clone(), (*zone).clone());
                        true
                    }
                    ZoneChange::Remove(name) => zones.remove(*name).is_some(),
                };
                ZoneResult::applied(changed)
            })
            .collect()
    }

    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Option<Zone>, BackendError>> {
        let zones = self.zones();
        names
            .iter()
            .map(|name| Ok(zones.get(name).cloned()))
            .collect()
    }

    async fn compare(
        &self,
        zones: &[Expected<'_>],
    ) -> Vec<Result<Option<Difference>, BackendError>> {
        Difference::by_reading(self, zones).await
    }

    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        Ok(self.zones().keys().cloned().collect())
    }

    async fn served(
        &self,
        expected: &[Expected<'_>],
        _: Depth,
    ) -> Vec<Result<Served, BackendError>> {
        let zones = self.zones();
        let served = expected.iter().map(|expected| {
            let zone = zones.get(expected.name());
            Ok(zone.map_or(Served::Absent, |zone| Served::Serial(zone.serial())))
        });
        served.collect()
    }

    fn dns_addresses(&self) -> Vec<SocketAddr> {
        Vec::new()
    }

    fn diagnose(&self) -> Option<&dyn Diagnose> {
        None
    }

    fn unmanaged(&self) -> Option<&dyn Unmanaged> {
        Some(self)
    }

    fn fenced(&self) -> Option<&dyn Fenced> {
        Some(self)
    }
}

#[async_trait]
impl Fenced for Memory {
    async fn apply(&self, fence: u64, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
        {
            let mut seen = self.fence.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen > fence {
                let overtaken = BackendError::Overtaken {
                    doing: "writing to memory".into(),
                    cause: format!("fence {seen} was brought"),
                };
                return vec![ZoneResult::Unavailable(overtaken); batch.len()];
            }
            *seen = fence;
        }
        Backend::apply(self, batch).await
    }
}

#[async_trait]
impl Unmanaged for Memory {
    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        Ok(lock(&self.unmanaged).keys().cloned().collect())
    }

    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Zone, BackendError>> {
        let unmanaged = lock(&self.unmanaged);
        let read = names.iter().map(|name| {
            let cause = "there is no unmanaged zone of this name";
            unmanaged
                .get(name)
                .cloned()
                .ok_or_else(|| BackendError::zone(name, "reading an unmanaged zone", cause))
        });
        read.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn memory_keeps_the_contract() {
        crate::conformance::all(&Memory::new("memory".parse().unwrap())).await;
    }

    #[tokio::test]
    async fn memory_hands_unmanaged_zones_over() {
        use crate::conformance::{unmanaged, zone};
        let memory = Memory::new("memory".parse().unwrap());
        let planted = zone("a.example", 1, "www A 192.0.2.1\n");
        memory.plant(planted.clone());
        unmanaged(&memory, &planted, &zone("a.example", 2, "")).await;
    }

    #[tokio::test]
    async fn memory_refuses_a_writer_that_another_has_overtaken() {
        let memory = Memory::new("memory".parse().unwrap());
        crate::conformance::fenced(&memory, &memory).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn memory_takes_several_batches_at_once() {
        let memory: Arc<dyn Backend> = Arc::new(Memory::new("memory".parse().unwrap()));
        crate::conformance::shared(|| Arc::clone(&memory)).await;
    }
}
