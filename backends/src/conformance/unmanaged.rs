//! Zones that dadns did not put there.

use std::collections::BTreeSet;

use dadns_zone::Zone;

use super::ask::*;
use crate::{Backend, BackendError, BackendExt};

/// Runs the checks of unmanaged zones, against a backend that has `planted`, which dadns did not put
/// there, and no other zone. `taken` is another version of it.
///
/// # Panics
/// With the first rule of the contract that `backend` breaks.
pub async fn unmanaged(backend: &dyn Backend, planted: &Zone, taken: &Zone) {
    let own = super::zone("own.example", 1, "");
    applied(&put(backend, &own).await);
    let name = planted.name();
    let unmanaged = backend.unmanaged().expect("it can have unmanaged zones");
    let listed = || async { unmanaged.list().await.expect("listing works") };
    assert_eq!(listed().await, BTreeSet::from([name.clone()]));
    assert_eq!(list(backend).await, BTreeSet::from([own.name().clone()]));
    assert_eq!(backend.read_one(name).await.expect("reading works"), None);
    let names = [own.name().clone(), name.clone()];
    let read = unmanaged.read(&names).await;
    let [refused, read] = read.as_slice() else {
        panic!("two names, other results: {read:?}");
    };
    assert_eq!(read.as_ref().expect("it can be read"), planted);
    assert!(
        matches!(refused, Err(BackendError::Zone { .. })),
        "a zone of ours is managed: {refused:?}"
    );

    applied(&put(backend, taken).await);
    assert_eq!(listed().await, BTreeSet::new());
    assert!(list(backend).await.contains(name));
    has(backend, taken).await;
    let refused = unmanaged.read(std::slice::from_ref(name)).await;
    assert!(
        matches!(refused.as_slice(), [Err(BackendError::Zone { .. })]),
        "{refused:?}"
    );
    clear(backend).await;
    assert_eq!(listed().await, BTreeSet::new());
}
