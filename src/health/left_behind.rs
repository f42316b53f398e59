//! Secondaries that keep old records of zones. After a restart the built-in server asks them again.

use std::collections::BTreeMap;

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use parking_lot::Mutex;

use super::Health;

/// What is known of the secondaries of one zone, by backend and address, in words for an operator.
type Secondaries = BTreeMap<(BackendId, String), String>;

/// The zones of which a secondary keeps old records.
#[derive(Debug, Default)]
pub(super) struct LeftBehind(Mutex<BTreeMap<ZoneName, Secondaries>>);

impl Health {
    /// Notes that a secondary of `backend` keeps old records of a zone, in words for an operator; `None`: it
    /// does not, or no more.
    pub fn note_left_behind(
        &self,
        zone: &ZoneName,
        backend: &BackendId,
        secondary: String,
        said: Option<String>,
    ) {
        let mut zones = self.left_behind.0.lock();
        let secondaries = zones.entry(zone.clone()).or_default();
        let key = (backend.clone(), secondary);
        match said {
            Some(said) => secondaries.insert(key, said),
            None => secondaries.remove(&key),
        };
        if secondaries.is_empty() {
            zones.remove(zone);
        }
    }

    /// The secondaries that keep old records of a zone, each in words for an operator.
    pub fn left_behind(&self, zone: &ZoneName) -> Vec<String> {
        let zones = self.left_behind.0.lock();
        let secondaries = zones.get(zone);
        secondaries.map_or_else(Vec::new, |all| all.values().cloned().collect())
    }

    /// The zones of which a secondary keeps old records.
    pub fn all_left_behind(&self) -> Vec<ZoneName> {
        self.left_behind.0.lock().keys().cloned().collect()
    }

    /// How many zones secondaries of `backend` keep old records of, counted for each of them.
    pub fn count_left_behind(&self, backend: &BackendId) -> usize {
        let zones = self.left_behind.0.lock();
        let of_all = zones.values().flat_map(BTreeMap::keys);
        of_all.filter(|(id, _)| id == backend).count()
    }
}
