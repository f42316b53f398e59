//! Zones on a backend that are not in desired state.

use std::collections::BTreeSet;

use dadns_backends::{Backend, BackendError};
use dadns_zone::ZoneName;

use super::Known;
use crate::store::Store;

/// Zones on a backend that are not in desired state.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// Zones that dadns did not put there.
    pub unmanaged: BTreeSet<ZoneName>,
    /// Zones that the gateway put there and of which the store knows nothing.
    pub unknown: BTreeSet<ZoneName>,
    /// Zones that the gateway put there and that were removed since, or are not placed there any more.
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
        let mut listed = Self::default();
        if let Some(unmanaged) = backend.unmanaged() {
            listed.unmanaged = unmanaged.list().await?;
        }
        // One that is present in desired state is about to be taken over.
        let id = backend.id();
        let taken = |name: &ZoneName| known.is_present(name) && store.is_placed(id, name);
        listed.unmanaged.retain(|name| !taken(name));
        for name in backend.list().await? {
            let is_elsewhere = known.is_present(&name) && !store.is_placed(id, &name);
            if known.removed.contains(&name) || is_elsewhere {
                listed.removed.insert(name);
            } else if !known.has(&name) && matches!(store.head(&name), Ok(None)) {
                // It has not been pushed since the known ones were listed either.
                listed.unknown.insert(name);
            }
        }
        Ok(listed)
    }
}
