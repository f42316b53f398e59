//! Which zones are signed. A head does not say it, and a list of all zones cannot load their records each time.

use std::collections::HashMap;

use dadns_zone::{Zone, ZoneName};
use parking_lot::Mutex;

use crate::store::{Head, Store, StoreError};

/// The most zones that are remembered.
const MOST: usize = 1_000_000;

/// What was found at some revision.
#[derive(Debug, Default)]
pub(in crate::http) struct Signed(Mutex<HashMap<ZoneName, (u64, bool)>>);

impl Signed {
    /// Whether a zone is signed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is(&self, store: &Store, name: &ZoneName, head: &Head) -> Result<bool, StoreError> {
        if let Some(signed) = self.known(name, head) {
            return Ok(signed);
        }
        let desired = store.desired(name)?;
        let signed = desired.zone.is_some_and(|zone| zone.is_signed());
        self.remember(name, desired.revision, signed);
        Ok(signed)
    }

    /// As [`is`](Self::is), of a zone whose records are at hand.
    pub fn of(&self, zone: &Zone, head: &Head) -> bool {
        self.known(zone.name(), head).unwrap_or_else(|| {
            let signed = zone.is_signed();
            self.remember(zone.name(), head.revision, signed);
            signed
        })
    }

    fn known(&self, name: &ZoneName, head: &Head) -> Option<bool> {
        let known = self.0.lock().get(name).copied();
        known.and_then(|(revision, signed)| (revision == head.revision).then_some(signed))
    }

    fn remember(&self, name: &ZoneName, revision: u64, signed: bool) {
        let mut all = self.0.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(name.clone(), (revision, signed));
    }
}
