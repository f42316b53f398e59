//! Batches: results in order, each zone for itself.

use super::ask::*;
use super::zone;
use crate::{Backend, BackendExt, Depth, Difference, Expected, ZoneChange, ZoneResult};

pub(super) async fn a_batch_gives_one_result_per_change_in_order(backend: &dyn Backend) {
    let kept = zone("kept.example", 1, "");
    let gone = zone("gone.example", 1, "");
    let results = backend
        .apply(&[ZoneChange::Put(&kept), ZoneChange::Put(&gone)])
        .await;
    assert_eq!(results.len(), 2);
    results.iter().for_each(applied);
    has(backend, &kept).await;
    has(backend, &gone).await;

    let new = zone("new.example", 1, "");
    let never = name("never.example");
    let batch = [
        ZoneChange::Remove(&never),
        ZoneChange::Put(&new),
        ZoneChange::Put(&kept),
        ZoneChange::Remove(gone.name()),
    ];
    let results = backend.apply(&batch).await;
    let written: Vec<_> = results.iter().map(ZoneResult::written).collect();
    let in_order = [Some(false), Some(true), Some(false), Some(true)];
    assert_eq!(written, in_order, "{results:?}");
    lacks(backend, gone.name()).await;
    has(backend, &new).await;
    clear(backend).await;
}

pub(super) async fn one_bad_zone_spoils_no_other(backend: &dyn Backend) {
    // The longest name there is: backends that make a file or a key of it may not store it.
    let label = "a".repeat(63);
    let longest = zone(
        &format!("{label}.{label}.{label}.{}", "a".repeat(61)),
        1,
        "",
    );
    let good = zone("good.example", 1, "");
    let results = backend
        .apply(&[ZoneChange::Put(&longest), ZoneChange::Put(&good)])
        .await;
    match results.as_slice() {
        [bad, result] => {
            applied(result);
            let announced = !fatal(backend, &longest).is_empty();
            match bad {
                ZoneResult::Unverified { changed: true, .. } => {
                    assert!(!announced, "announced as unsupported and then taken")
                }
                ZoneResult::Unavailable(error) => panic!("not the zone's fault: {error}"),
                ZoneResult::Failed(cause) if !announced => panic!("not announced: {cause}"),
                _ => assert!(announced, "not announced as unsupported: {bad:?}"),
            }
        }
        other => panic!("two changes, other results: {other:?}"),
    }
    has(backend, &good).await;
    clear(backend).await;
}

pub(super) async fn a_slice_gives_one_result_per_zone_in_order(backend: &dyn Backend) {
    // More than a backend asks about at once.
    let zones: Vec<_> = (1..100)
        .map(|serial| zone(&format!("z{serial}.example"), serial, ""))
        .collect();
    put_all(backend, &zones).await.iter().for_each(applied);
    for zone in &zones {
        has(backend, zone).await;
    }
    let never = name("never.example");
    let mut names: Vec<_> = zones.iter().map(|zone| zone.name().clone()).collect();
    names.insert(50, never.clone());
    let mut read = backend.read(&names).await;
    assert_eq!(read.len(), names.len());
    assert_eq!(read.remove(50).expect("reading works"), None);
    let mut expected: Vec<_> = zones.iter().map(Expected::Present).collect();
    expected.insert(50, Expected::Removed(&never));
    for how in [Depth::Serial, Depth::EveryRRset] {
        let served = backend.served(&expected, how).await;
        assert_eq!(served.len(), expected.len());
        for (served, expected) in served.into_iter().zip(&expected) {
            let served = served.expect("asking works");
            assert!(served.is(expected), "{}: {served:?}", expected.name());
        }
    }
    for (read, zone) in read.into_iter().zip(&zones) {
        assert_eq!(read.expect("reading works").as_ref(), Some(zone));
    }
    let nothing = backend.read(&[]).await.is_empty();
    assert!(nothing && backend.served(&[], Depth::Serial).await.is_empty());
    clear(backend).await;
}

pub(super) async fn comparing_finds_what_reading_finds(backend: &dyn Backend) {
    const HAS: &str = "www A 192.0.2.1\nwww A 192.0.2.2\nmail MX 5 www\n";
    let there = zone("compared.example", 7, HAS);
    applied(&backend.apply_one(ZoneChange::Put(&there)).await);
    let (absent, name) = (name("absent.example"), there.name().clone());
    let absent = Expected::Removed(&absent);
    let compared = backend.compare(&[Expected::Present(&there), absent]).await;
    assert!(
        compared.iter().all(|one| matches!(one, Ok(None))),
        "{compared:?}"
    );
    let others = [
        zone("compared.example", 8, HAS),
        zone("compared.example", 7, ""),
        zone("compared.example", 7, "www A 192.0.2.1\nmail MX 5 www\n"),
        zone(
            "compared.example",
            7,
            "www A 192.0.2.1\nwww A 192.0.2.3\nmail MX 5 www\n",
        ),
        zone("compared.example", 7, &format!("{HAS}a A 192.0.2.1\n")),
        zone("compared.example", 7, &format!("{HAS}zz A 192.0.2.1\n")),
        zone(
            "compared.example",
            7,
            "www 60 A 192.0.2.1\nwww 60 A 192.0.2.2\nmail MX 5 www\n",
        ),
        zone(
            "compared.example",
            7,
            "ww A 192.0.2.1\nww A 192.0.2.2\nmail MX 5 www\n",
        ),
        zone("never.example", 7, HAS),
    ];
    let others = others.iter().map(Expected::Present);
    let others = others.chain([Expected::Removed(&name)]);
    for other in others {
        // Beside one that is in sync: each has its own result.
        let asked = [other, absent];
        let compared = backend.compare(&asked).await;
        assert!(
            matches!(compared[..], [Ok(Some(_)), Ok(None)]),
            "{other:?}: {compared:?}"
        );
        let read = Difference::by_reading(backend, &asked).await;
        assert_eq!(compared, read, "{other:?}");
    }
    clear(backend).await;
}

pub(super) async fn a_rewritten_zone_is_as_it_was(backend: &dyn Backend) {
    let zone = zone("again.example", 1, "www A 192.0.2.1\n");
    // Also where there is nothing to write again.
    for _ in 0..2 {
        let result = backend.apply_one(ZoneChange::Rewrite(&zone)).await;
        let done = result.written().is_some();
        assert!(done, "{result:?}");
        has(backend, &zone).await;
    }
    clear(backend).await;
}
