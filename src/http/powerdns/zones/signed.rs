//! Which zones are signed. A head does not say it, and a list of all zones cannot load their records each time.

use std::collections::HashMap;

use dadns_zone::ZoneName;
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
        let known = self.0.lock().get(name).copied();
        if let Some((revision, signed)) = known
            && revision == head.revision
        {
            return Ok(signed);
        }
        let desired = store.desired(name)?;
        let signed = desired.zone.is_some_and(|zone| zone.is_signed());
        let mut all = self.0.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(name.clone(), (desired.revision, signed));
        Ok(signed)
    }
}
