//! The life of one zone: put, put again, replaced, removed, put once more.

use std::collections::BTreeSet;

use super::ask::*;
use super::zone;
use crate::{Backend, BackendExt};

pub(super) async fn has_nothing_at_first(backend: &dyn Backend) {
    backend.probe().await.expect("the backend is available");
    assert_eq!(
        list(backend).await,
        BTreeSet::new(),
        "the checks need an empty backend"
    );
    if let Some(unmanaged) = backend.unmanaged() {
        let names = unmanaged.list().await.expect("listing works");
        assert_eq!(names, BTreeSet::new(), "there are no unmanaged zones");
    }
    let absent = backend.read_one(&name("absent.example")).await;
    assert_eq!(absent.expect("reading works"), None);
    assert!(
        backend.apply(&[]).await.is_empty(),
        "nothing to do gives no results"
    );
    assert!(!backend.describe().is_empty());
}

pub(super) async fn put_is_read_back_and_listed(backend: &dyn Backend) {
    let zone = zone("plain.example", 1, "www A 192.0.2.1\n");
    assert!(
        fatal(backend, &zone).is_empty(),
        "a plain zone is supported"
    );
    applied(&put(backend, &zone).await);
    has(backend, &zone).await;
    assert_eq!(list(backend).await, BTreeSet::from([name("plain.example")]));
}

pub(super) async fn the_same_again_is_unchanged(backend: &dyn Backend) {
    // `named` takes what it is still loading for changed, rightly: so this comes after `has`.
    let zone = zone("plain.example", 1, "www A 192.0.2.1\n");
    let result = put(backend, &zone).await;
    assert!(
        result.written() == Some(false),
        "the same zone again: {result:?}"
    );
    has(backend, &zone).await;
}

pub(super) async fn a_replacement_is_whole(backend: &dyn Backend) {
    let zone = zone("plain.example", 2, "mail A 192.0.2.2\n");
    applied(&put(backend, &zone).await);
    has(backend, &zone).await;
}

pub(super) async fn an_older_serial_is_put_all_the_same(backend: &dyn Backend) {
    // Which serial is right is decided by the gateway, before.
    let zone = zone("plain.example", 1, "mail A 192.0.2.3\n");
    applied(&put(backend, &zone).await);
    has(backend, &zone).await;
}

pub(super) async fn remove_is_idempotent(backend: &dyn Backend) {
    let plain = name("plain.example");
    applied(&remove(backend, &plain).await);
    lacks(backend, &plain).await;
    let result = remove(backend, &plain).await;
    assert!(
        result.written() == Some(false),
        "removing it again: {result:?}"
    );
    let result = remove(backend, &name("never.example")).await;
    assert!(
        result.written() == Some(false),
        "removing what never was: {result:?}"
    );
}

pub(super) async fn a_removed_zone_can_come_back(backend: &dyn Backend) {
    let zone = zone("plain.example", 1, "");
    for _ in 0..2 {
        applied(&put(backend, &zone).await);
        has(backend, &zone).await;
        applied(&remove(backend, zone.name()).await);
        lacks(backend, zone.name()).await;
    }
}
