//! Several batches at the same time.

use std::sync::Arc;

use dadns_zone::Zone;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::ask::*;
use super::versions::version;
use crate::{Backend, BackendExt, Depth, Expected, Served, ZoneResult};

/// How many batches are put at once, how many zones each has, how often.
const TASKS: u32 = 4;
const ZONES: u32 = 20;
const ROUNDS: u32 = 4;

/// Runs the checks of several batches at once. `open` gives a backend that is empty at first:
/// each time another on the same server or database, as further processes would have, where that is outside
/// the process.
///
/// # Panics
/// With the first rule of the contract that they break.
pub async fn shared(open: impl Fn() -> Arc<dyn Backend>) {
    batches_of_different_zones_at_once_are_all_put(&open()).await;
    the_same_zones_put_at_once_end_as_one_of_them_whole(&open).await;
}

async fn batches_of_different_zones_at_once_are_all_put(backend: &Arc<dyn Backend>) {
    let zones = |task: u32, round: u32| -> Vec<Zone> {
        (0..ZONES)
            .map(|number| version(&format!("z{number}.t{task}.example"), round))
            .collect()
    };
    for round in 1..3 {
        let batches = (0..TASKS).map(|task| (Arc::clone(backend), zones(task, round)));
        for (_, results) in at_once(batches).await {
            results.iter().for_each(applied);
        }
    }
    for zone in (0..TASKS).flat_map(|task| zones(task, 2)) {
        has(&**backend, &zone).await;
    }
    assert_eq!(list(&**backend).await.len(), (TASKS * ZONES) as usize);
    clear(&**backend).await;
}

/// The gateway never does so with one backend, but two gateways may.
async fn the_same_zones_put_at_once_end_as_one_of_them_whole(open: &impl Fn() -> Arc<dyn Backend>) {
    let backends: Vec<_> = (0..TASKS).map(|_| open()).collect();
    for round in 0..ROUNDS {
        let batches = backends.iter().zip(1..).map(|(backend, task)| {
            let serial = round * TASKS + task;
            let zones = (0..ZONES).map(|number| version(&format!("same{number}.example"), serial));
            (Arc::clone(backend), zones.collect())
        });
        let put = at_once(batches).await;
        for number in 0..ZONES as usize {
            let put: Vec<_> = put
                .iter()
                .map(|(zones, results)| (&zones[number], &results[number]))
                .collect();
            ends_as_one_of(&*backends[0], &put).await;
        }
    }
    clear(&*backends[0]).await;
}

/// Puts each batch in a task of its own, all at once; the zones and what became of them.
async fn at_once(
    batches: impl Iterator<Item = (Arc<dyn Backend>, Vec<Zone>)>,
) -> Vec<(Vec<Zone>, Vec<ZoneResult>)> {
    let start = Arc::new(Barrier::new(TASKS as usize));
    let mut tasks = JoinSet::new();
    for (backend, zones) in batches {
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            start.wait().await;
            let results = put_all(&*backend, &zones).await;
            (zones, results)
        });
    }
    tasks.join_all().await
}

/// The backend has one of these versions of a zone, and comes to serve it.
async fn ends_as_one_of(backend: &dyn Backend, put: &[(&Zone, &ZoneResult)]) {
    for (zone, result) in put {
        let fine = matches!(
            result,
            ZoneResult::Unverified { .. } | ZoneResult::Unavailable(_)
        );
        let name = zone.name();
        assert!(
            fine,
            "that somebody else puts {name} too is no fault of it: {result:?}"
        );
    }
    let found = backend.read_one(put[0].0.name()).await;
    let found = found.expect("what is there is whole");
    match put.iter().find(|(zone, _)| found.as_ref() == Some(zone)) {
        Some((zone, _)) => comes_to_serve(backend, zone).await,
        None => panic!("none of what was put is there:\n{put:#?}\n{found:#?}"),
    }
}

/// A server that was loading one version when the next came may miss it. As it asks what is served,
/// the gateway puts such a zone again.
async fn comes_to_serve(backend: &dyn Backend, zone: &Zone) {
    for _ in 0..POLL.1 {
        let served = backend.served_one(Expected::Present(zone), Depth::Serial);
        match served.await.expect("asking works") {
            Served::NotAsked => return,
            Served::Serial(serial) if serial == zone.serial() => return,
            _ => drop(put(backend, zone).await),
        }
        tokio::time::sleep(POLL.0).await;
    }
    panic!("{} is not served as it is stored", zone.name());
}
