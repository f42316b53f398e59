//! What a backend holds beside what it should.

use std::collections::BTreeSet;

use dadns_backends::{Backend, BackendError};
use dadns_zone::ZoneName;

use super::Known;
use crate::store::Store;

/// What a backend holds beside what it should.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// Zones that others put there.
    pub unmanaged: BTreeSet<ZoneName>,
    /// Zones that the gateway put there and of which the store knows nothing.
    pub unknown: BTreeSet<ZoneName>,
    /// Zones that the gateway put there and that were removed since.
    pub removed: BTreeSet<ZoneName>,
}

impl Listed {
    /// Asks `backend`.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn on(
        backend: &dyn Backend,
        store: &Store,
        known: &Known,
    ) -> Result<Self, BackendError> {
        let mut present = Self {
            unmanaged: backend.unmanaged().await?,
            ..Self::default()
        };
        // One that is wanted here is about to be taken over.
        present.unmanaged.retain(|name| !known.holds(name));
        for name in backend.list().await? {
            if known.removed.contains(&name) {
                present.removed.insert(name);
            } else if !known.has(&name) && matches!(store.head(&name), Ok(None)) {
                // It has not been pushed since the known ones were listed either.
                present.unknown.insert(name);
            }
        }
        Ok(present)
    }
}
