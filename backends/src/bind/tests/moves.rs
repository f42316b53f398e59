//! Zones move between both ways under queries, and a crash at any moment leaves each in one of them.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::addzone::prepared;
use super::daemon::Named;
use super::*;
use crate::bind::Provision;
use crate::bind::addzone::{Kept, kept};
use crate::dns::{self, Authority};

const ZONES: u32 = 300;

fn zones() -> Vec<Zone> {
    (0..ZONES)
        .map(|n| zone(&format!("z{n}.example"), 1, ""))
        .collect()
}

fn open(named: &mut Named, provision: Provision) -> Bind {
    named.provision = provision;
    named.open().unwrap()
}

async fn put_all(bind: &Bind, zones: &[Zone]) {
    let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    for result in bind.apply(&batch).await {
        assert!(result.written().is_some(), "{result:?}");
    }
}

async fn all_are(bind: &Bind, zones: &[Zone], wanted: Kept) {
    let rndc = bind.rndc.as_ref().unwrap();
    for zone in zones {
        assert_eq!(kept(bind, rndc, zone.name()).await.unwrap(), wanted);
        served(bind, zone.name(), Served::Serial(1)).await;
    }
}

/// Asks for one zone without a pause until told to stop; the longest time without a right answer.
async fn asked(named: &Named, zone: &Zone, stop: Arc<AtomicBool>) -> Duration {
    let server = named.settings().dns_address.unwrap();
    let (mut right, mut longest) = (Instant::now(), Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        if dns::served(server, zone.name(), Authority::Required).await == Ok(Served::Serial(1)) {
            longest = longest.max(right.elapsed());
            right = Instant::now();
        }
    }
    longest
}

async fn under_queries(named: &Named, zone: &Zone, work: impl Future<Output = ()>) -> Duration {
    let stop = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&stop);
    let work = async {
        work.await;
        ended.store(true, Ordering::Relaxed);
    };
    tokio::join!(asked(named, zone, stop), work).0
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_move_into_the_database_and_back_and_are_hardly_missed() {
    let Some(mut named) = prepared() else { return };
    let zones = zones();
    named.run().await;
    let include = open(&mut named, Provision::Include);
    include.probe().await.unwrap();
    put_all(&include, &zones).await;
    all_are(&include, &zones, Kept::InConfiguration { ours: true }).await;

    let added = open(&mut named, Provision::Addzone);
    assert_ne!(include.fingerprint(), added.fingerprint());
    let missed = under_queries(&named, &zones[150], put_all(&added, &zones)).await;
    println!("into the database: without a right answer for {missed:?}");
    assert!(missed < Duration::from_millis(500), "{missed:?}");
    all_are(&added, &zones, Kept::Saved).await;
    let text = fs::read_to_string(named.path("zones.conf")).unwrap();
    assert!(!text.contains("zone \""), "{text}");
    named.kill();
    named.run().await;
    all_are(&added, &zones, Kept::Saved).await;

    let include = open(&mut named, Provision::Include);
    let missed = under_queries(&named, &zones[150], put_all(&include, &zones)).await;
    println!("back: without a right answer for {missed:?}");
    assert!(missed < Duration::from_secs(2), "{missed:?}");
    all_are(&include, &zones, Kept::InConfiguration { ours: true }).await;
    named.kill();
    named.run().await;
    all_are(&include, &zones, Kept::InConfiguration { ours: true }).await;
    // Nothing is left behind.
    include.probe().await.unwrap();
    assert!(!named.path("zones/dadns.added").exists());
}

#[tokio::test]
async fn zones_with_a_stanza_are_moved_while_there_is_nothing_else_to_do() {
    let Some(mut named) = prepared() else { return };
    named.run().await;
    let include = open(&mut named, Provision::Include);
    include.probe().await.unwrap();
    let zones = &zones()[..20];
    put_all(&include, zones).await;
    let added = open(&mut named, Provision::Addzone);
    added.probe().await.unwrap();
    all_are(&added, zones, Kept::Saved).await;
}

#[tokio::test]
async fn a_zone_that_was_removed_in_between_does_not_come_back_with_the_other_way() {
    let Some(mut named) = prepared() else { return };
    named.run().await;
    let added = open(&mut named, Provision::Addzone);
    let (gone, kept_zone) = (zone("gone.example", 1, ""), zone("kept.example", 1, ""));
    put_all(&added, &[gone.clone(), kept_zone.clone()]).await;
    let include = open(&mut named, Provision::Include);
    applied(remove(&include, gone.name()).await);
    applied(put(&include, &zone("kept.example", 2, "")).await);
    for _ in 0..2 {
        served(&include, gone.name(), Served::Absent).await;
        served(&include, kept_zone.name(), Served::Serial(2)).await;
        named.kill();
        named.run().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_named_at_any_moment_of_a_move_leaves_each_zone_in_one_place() {
    let Some(mut named) = prepared() else { return };
    let zones = &zones()[..120];
    named.run().await;
    let first = open(&mut named, Provision::Include);
    first.probe().await.unwrap();
    put_all(&first, zones).await;
    let ways = [Provision::Addzone, Provision::Include];
    for (round, way) in ways.into_iter().cycle().take(8).enumerate() {
        let bind = open(&mut named, way);
        let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
        let moment = Duration::from_millis(15 + 25 * round as u64);
        let crash = async {
            tokio::time::sleep(moment).await;
            named.kill();
            // It starts: no zone is in both places.
            named.run().await;
        };
        tokio::join!(bind.apply(&batch), crash);
        // The lane puts again what was not acknowledged, and the check what it finds.
        let batch: Vec<_> = zones.iter().map(ZoneChange::Rewrite).collect();
        for result in bind.apply(&batch).await {
            assert!(result.written().is_some(), "{result:?}");
        }
        let wanted = match way {
            Provision::Include => Kept::InConfiguration { ours: true },
            _ => Kept::Saved,
        };
        all_are(&bind, zones, wanted).await;
        named.kill();
        named.run().await;
        all_are(&bind, zones, wanted).await;
    }
}
