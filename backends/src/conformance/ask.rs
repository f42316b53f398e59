//! What the checks do to a backend and ask of it.

use std::collections::BTreeSet;
use std::time::Duration;

use dadns_zone::{Diff, Zone, ZoneName};

use crate::{Answers, Backend, BackendExt, Depth, Expected, Served, ZoneChange, ZoneResult};

/// How often what a backend serves is asked again, and how often at most.
pub(super) const POLL: (Duration, usize) = (Duration::from_millis(20), 500);

/// The backend has exactly `zone`, and answers with all of it where it can be asked.
pub(super) async fn has(backend: &dyn Backend, zone: &Zone) {
    match backend.read_one(zone.name()).await.expect("reading works") {
        Some(found) if found == *zone => {}
        Some(found) => panic!(
            "{} is read back as another than it was put:\n{}",
            zone.name(),
            Diff::between(zone, &found)
        ),
        None => panic!("{} was put and is not there", zone.name()),
    }
    serves(
        backend,
        Expected::Present(zone),
        Served::Serial(zone.serial()),
    )
    .await;
    answers(backend, zone).await;
}

/// What the backend answers is `zone`. It says so of no other zone.
async fn answers(backend: &dyn Backend, zone: &Zone) {
    match every_rrset(backend, zone).await {
        Served::NotAsked | Served::Serial(_) => {}
        Served::RRsets(Answers {
            rrsets,
            wrong,
            wrong_count,
        }) => {
            assert!(rrsets >= 2, "{}: SOA and NS at least", zone.name());
            assert!(
                wrong.is_empty() && wrong_count == 0,
                "{} of {rrsets} RRsets of {} are answered wrong: {wrong:#?}",
                wrong_count,
                zone.name()
            );
        }
        other => panic!("{} is served differently: {other:?}", zone.name()),
    }
}

/// What is served of `zone`, with every RRset where the backend asks for them.
pub(super) async fn every_rrset(backend: &dyn Backend, zone: &Zone) -> Served {
    let expected = Expected::Present(zone);
    let served = backend.served_one(expected, Depth::EveryRRset).await;
    served.expect("asking works")
}

pub(super) async fn lacks(backend: &dyn Backend, name: &ZoneName) {
    assert_eq!(
        backend.read_one(name).await.expect("reading works"),
        None,
        "{name} is gone"
    );
    assert!(!list(backend).await.contains(name), "{name} is not listed");
    serves(backend, Expected::Removed(name), Served::Absent).await;
}

/// Waits until the backend answers `wanted`; backends may take a change on and do it soon after.
async fn serves(backend: &dyn Backend, expected: Expected<'_>, wanted: Served) {
    let mut served = None;
    for _ in 0..POLL.1 {
        let now = backend.served_one(expected, Depth::Serial).await;
        let now = now.expect("asking works");
        if now == wanted || now == Served::NotAsked {
            return;
        }
        served = Some(now);
        tokio::time::sleep(POLL.0).await;
    }
    let name = expected.name();
    panic!("{name}: {wanted:?} was expected, {served:?} is served");
}

pub(super) async fn put(backend: &dyn Backend, zone: &Zone) -> ZoneResult {
    only(backend.apply(&[ZoneChange::Put(zone)]).await)
}

/// Puts zones as one batch: one result each.
pub(super) async fn put_all(backend: &dyn Backend, zones: &[Zone]) -> Vec<ZoneResult> {
    let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    let results = backend.apply(&batch).await;
    assert_eq!(results.len(), zones.len(), "one result for each zone");
    results
}

pub(super) async fn remove(backend: &dyn Backend, name: &ZoneName) -> ZoneResult {
    only(backend.apply(&[ZoneChange::Remove(name)]).await)
}

fn only(mut results: Vec<ZoneResult>) -> ZoneResult {
    assert_eq!(results.len(), 1, "one change, one result");
    results.remove(0)
}

pub(super) fn applied(result: &ZoneResult) {
    assert_eq!(
        result.written(),
        Some(true),
        "applied was expected: {result:?}"
    );
}

pub(super) fn fatal(backend: &dyn Backend, zone: &Zone) -> Vec<String> {
    backend
        .unsupported(zone)
        .iter()
        .filter(|found| found.fatal)
        .map(ToString::to_string)
        .collect()
}

pub(super) async fn list(backend: &dyn Backend) -> BTreeSet<ZoneName> {
    backend.list().await.expect("listing works")
}

/// Removes all zones of the backend.
pub(super) async fn clear(backend: &dyn Backend) {
    let names = list(backend).await;
    let batch: Vec<_> = names.iter().map(ZoneChange::Remove).collect();
    backend.apply(&batch).await.iter().for_each(applied);
    for name in &names {
        lacks(backend, name).await;
    }
}

pub(super) fn name(text: &str) -> ZoneName {
    text.parse().expect("a zone name")
}
