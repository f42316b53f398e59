//! What others keep in a place.

use std::collections::BTreeSet;

use dadns_zone::Zone;

use super::ask::*;
use crate::{Backend, BackendError};

/// Runs the checks of zones of others, against a place that holds `planted`, put there by others, and no
/// other zone. `taken` is another version of it.
///
/// # Panics
/// With the first rule of the contract that `backend` breaks.
pub async fn unmanaged(backend: &dyn Backend, planted: &Zone, taken: &Zone) {
    let own = super::zone("own.example", 1, "");
    applied(&put(backend, &own).await);
    let name = planted.name();
    let others = || async { backend.unmanaged().await.expect("listing works") };
    assert_eq!(others().await, BTreeSet::from([name.clone()]));
    assert_eq!(list(backend).await, BTreeSet::from([own.name().clone()]));
    assert_eq!(backend.read(name).await.expect("reading works"), None);
    let read = backend.read_unmanaged(name).await.expect("it can be read");
    assert_eq!(read, *planted);
    let refused = backend.read_unmanaged(own.name()).await;
    assert!(
        matches!(refused, Err(BackendError::Zone { .. })),
        "a zone of ours is none of others: {refused:?}"
    );

    applied(&put(backend, taken).await);
    assert_eq!(others().await, BTreeSet::new());
    assert!(list(backend).await.contains(name));
    holds(backend, taken).await;
    let refused = backend.read_unmanaged(name).await;
    assert!(
        matches!(refused, Err(BackendError::Zone { .. })),
        "{refused:?}"
    );
    clear(backend).await;
    assert_eq!(others().await, BTreeSet::new());
}
