//! Crashes, disks that fail, and a second writer: what no real disk does when it is told to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dadns_backends::ZoneResult;
use dadns_zone::{Limits, Zone, ZoneName, read};
use futures_util::future::{FutureExt, join_all};
use jiff::Timestamp;

use crate::access::Part;
use crate::engine::{Engine, Memory};
use crate::store::{Author, CommitterHandle, Options, Pushed, Store, StoreError, Tried, keys};

fn open(memory: &Memory) -> (Store, CommitterHandle) {
    let backends = BTreeMap::from([("bind".parse().unwrap(), "here".to_owned())]);
    Store::open(Arc::new(memory.clone()), &backends, &Options::default()).unwrap()
}

fn name() -> ZoneName {
    ZoneName::parse("a.example").unwrap()
}

fn zone(serial: u32) -> Zone {
    zone_of(&name(), serial)
}

fn zone_of(name: &ZoneName, serial: u32) -> Zone {
    let text =
        format!("$TTL 300\n@ SOA ns1 host {serial} 3600 600 86400 300\n@ NS ns1.example.net.\n");
    let reading = read(name, text.as_bytes(), &Limits::default());
    reading.unwrap().zone
}

async fn push(store: &Store, serial: u32) -> Result<Pushed, StoreError> {
    let author = Author::new(Part::Reconciliation);
    store.push(author, zone(serial), Vec::new()).await
}

#[tokio::test]
async fn what_was_answered_survives_a_crash_in_the_same_moment() {
    let memory = Memory::default();
    let (store, _committer) = open(&memory);
    for serial in 1..=3 {
        push(&store, serial).await.unwrap();
        let (after, _committer) = open(&memory.crash());
        assert_eq!(after.desired(&name()).unwrap().zone, Some(zone(serial)));
        let bind = "bind".parse().unwrap();
        assert_eq!(
            after.pending_entry(&bind, &name()).unwrap().revision,
            u64::from(serial)
        );
    }
}

#[tokio::test]
async fn changes_that_wait_together_share_one_sync() {
    let memory = Memory::default();
    let (store, committer) = open(&memory);
    let before = memory.syncs();
    let pushes = (1..=200).map(|serial| push(&store, serial));
    let mut pushed = Box::pin(join_all(pushes));
    {
        let _disk = memory.pause_syncs();
        // All are sent by this: those that the first sync serves, and the rest.
        assert!(pushed.as_mut().now_or_never().is_none());
    }
    assert!(pushed.await.iter().all(Result::is_ok));
    let syncs = memory.syncs() - before;
    assert!(syncs <= 2, "{syncs}");
    committer.stop(store);
}

/// Tries `push` until the store takes it.
async fn pushed_in_the_end(store: &Store, serial: u32) -> Pushed {
    let began = Instant::now();
    loop {
        match push(store, serial).await {
            Ok(pushed) => return pushed,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_push_whose_sync_fails_is_not_accepted_and_nothing_is_until_the_disk_takes_writes_again()
{
    let memory = Memory::default();
    let (store, _committer) = open(&memory);
    push(&store, 1).await.unwrap();
    memory.break_disk(true);
    let failed = push(&store, 2).await.unwrap_err();
    assert!(matches!(failed, StoreError::Write { .. }), "{failed}");
    // What the disk has of that push nobody knows: the next are told of the same failure.
    let refused = push(&store, 3).await.unwrap_err();
    assert_eq!(refused.to_string(), failed.to_string());
    assert_eq!(
        store.failure().map(|cause| cause.to_string()),
        Some(failed.to_string())
    );
    let (after, _committer) = open(&memory.crash());
    assert_eq!(after.desired(&name()).unwrap().zone, Some(zone(1)));
    memory.break_disk(false);
    pushed_in_the_end(&store, 4).await;
    assert!(store.failure().is_none());
    // The second revision: of those that were refused nothing is left.
    assert_eq!(store.head(&name()).unwrap().unwrap().revision, 2);
    let (after, _committer) = open(&memory.crash());
    assert_eq!(after.desired(&name()).unwrap().zone, Some(zone(4)));
}

#[tokio::test]
async fn what_is_not_on_disk_for_certain_is_pending_for_no_lane_and_what_is_pending_comes_back() {
    let bind = "bind".parse().unwrap();
    let memory = Memory::default();
    let (store, _committer) = open(&memory);
    push(&store, 1).await.unwrap();
    memory.break_disk(true);
    push(&store, 2).await.unwrap_err();
    assert_eq!(store.pending_count(&bind), 0);
    memory.break_disk(false);
    let began = Instant::now();
    while store.pending_count(&bind) == 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(store.pending_entry(&bind, &name()).unwrap().revision, 1);
}

#[tokio::test]
async fn results_that_the_disk_does_not_take_are_noted_all_the_same() {
    let bind = "bind".parse().unwrap();
    let memory = Memory::default();
    let (store, _committer) = open(&memory);
    push(&store, 1).await.unwrap();
    memory.break_disk(true);
    let other = ZoneName::parse("b.example").unwrap();
    let author = Author::new(Part::Reconciliation);
    let pushed = store.push(author, zone_of(&other, 1), Vec::new()).await;
    pushed.unwrap_err();
    let tried = Tried {
        content: None,
        notes: Vec::new(),
        zone: name(),
        revision: 1,
        attempts: 0,
        result: ZoneResult::Verified {
            changed: true,
            repaired: None,
        },
        retry: Timestamp::now(),
    };
    store.record(&bind, vec![tried]).await.unwrap();
    assert_eq!(store.pending_count(&bind), 0);
    // It was not on disk: it is done once more.
    let (after, _committer) = open(&memory.crash());
    assert_eq!(after.pending_count(&bind), 1);
}

#[tokio::test]
async fn a_head_that_somebody_else_has_written_meanwhile_is_not_overwritten() {
    let memory = Memory::default();
    let (store, _committer) = open(&memory);
    push(&store, 1).await.unwrap();
    memory.change_before_next_apply(keys::head(&name()), b"another");
    let failed = push(&store, 2).await.unwrap_err();
    assert!(failed.to_string().contains("by another writer"), "{failed}");
    let head = memory.get(&keys::head(&name())).unwrap();
    assert_eq!(head.as_deref(), Some(&b"another"[..]));
}

#[tokio::test]
async fn a_store_is_not_created_where_somebody_else_just_did() {
    let memory = Memory::default();
    memory.change_before_next_apply(keys::SCHEMA.to_vec(), &7_u32.to_be_bytes());
    let opened = Store::open(Arc::new(memory), &BTreeMap::new(), &Options::default());
    let error = opened.unwrap_err();
    assert!(matches!(error, StoreError::Write { .. }), "{error}");
}
