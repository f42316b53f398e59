//! Both ways to give `named` zones, against the number that it has. Run by hand:
//! `cargo test --release -p dadns-backends -- --ignored --nocapture speed_of_ways`.

use std::time::Instant;

use super::addzone::prepared;
use super::speed::zones;
use super::*;
use crate::bind::Provision;

/// How often one zone is put.
const TIMES: usize = 200;

/// How long until it is served.
async fn until_served(bind: &Bind, zone: &Zone) -> Duration {
    let start = Instant::now();
    assert!(put(bind, zone).await.written().is_some());
    while serial(bind, zone).await.unwrap() != Served::Serial(zone.serial()) {
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    start.elapsed()
}

async fn all(bind: &Bind, what: &str, zones: &[Zone]) {
    let mut took = Vec::new();
    for zone in zones {
        took.push(until_served(bind, zone).await);
    }
    took.sort();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    println!("{what:50} p50 {:8.1?}  p99 {:8.1?}", at(50), at(99));
}

async fn measured(provision: Provision, present: [usize; 2]) {
    let Some(mut named) = prepared() else { return };
    named.provision = provision;
    named.run().await;
    let bind = named.open().unwrap();
    bind.probe().await.unwrap();
    let mut from = 0;
    for present in present {
        let first = zones(from, present - from, 1);
        let batch: Vec<_> = first.iter().map(ZoneChange::Put).collect();
        let start = Instant::now();
        for result in bind.apply(&batch).await {
            assert!(result.written().is_some(), "{result:?}");
        }
        let applied = start.elapsed();
        for slice in first.chunks(64) {
            let expected: Vec<_> = slice.iter().map(Expected::Present).collect();
            for (zone, found) in slice
                .iter()
                .zip(bind.served(&expected, Depth::Serial).await)
            {
                if found.unwrap() != Served::Serial(1) {
                    served(&bind, zone.name(), Served::Serial(1)).await;
                }
            }
        }
        println!(
            "{provision}: {} new zones: written and told in {applied:.1?}, all served after {:.1?}",
            first.len(),
            start.elapsed()
        );
        let times = match provision {
            Provision::Include if present > 1_000 => TIMES / 4,
            _ => TIMES,
        };
        let new = zones(100_000 + present, times, 1);
        all(
            &bind,
            &format!("{provision}: a new zone, {present} present"),
            &new,
        )
        .await;
        let changed = zones(from, TIMES, 2);
        all(
            &bind,
            &format!("{provision}: a changed zone, {present} present"),
            &changed,
        )
        .await;
        from = present;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures and prints; nothing to check"]
async fn speed_of_ways() {
    for provision in [Provision::Addzone, Provision::Include] {
        measured(provision, [1_000, 11_000]).await;
    }
}
