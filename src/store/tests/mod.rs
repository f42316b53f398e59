//! The store as a whole: durability, ownership, revisions, pending, across reopening.

mod drifted;
mod holding;
mod past;
mod refused;
mod signed;

use std::net::Ipv4Addr;

use dadns_backends::ZoneResult;
use dadns_zone::{Limits, read};
use jiff::ToSpan;
use tempfile::TempDir;

use super::*;
use crate::access::{Login, Part, Principal, Rights};

fn zone(name: &str, serial: u32, address: &str) -> Zone {
    let text = format!(
        "$TTL 300\n@ SOA ns1 host {serial} 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n\
         www A {address}\n"
    );
    let name = ZoneName::parse(name).unwrap();
    read(&name, text.as_bytes(), &Limits::default())
        .unwrap()
        .zone
}

fn author(master: &str) -> Author {
    Author {
        master: (!master.is_empty()).then(|| master.into()),
        user: Some("alice".into()),
        ..Author::new(Principal::Master(login("test")))
    }
}

fn operator() -> Author {
    Author::new(Principal::Operator(login("anna")))
}

fn login(name: &str) -> Login {
    Login {
        name: name.into(),
        address: Ipv4Addr::LOCALHOST.into(),
        rights: Rights::ALL,
    }
}

fn push(zone: Zone, master: &str) -> Change {
    let edit = Edit::Push {
        zone,
        warnings: Vec::new(),
        kind: VersionKind::Pushed,
    };
    Change::new(author(master), edit)
}

fn removal(name: &str, master: &str) -> Change {
    Change::new(author(master), Edit::Remove(ZoneName::parse(name).unwrap()))
}

fn id(name: &str) -> BackendId {
    name.parse().unwrap()
}

fn options() -> Options {
    Options {
        min_free_bytes: 0,
        ..Options::default()
    }
}

fn open(path: &Path, backends: &[&str]) -> (Store, CommitterHandle) {
    let here = |name: &&str| (id(name), "here".to_owned());
    let backends = backends.iter().map(here).collect();
    open_with(path, &backends, &options())
}

/// Opens a store; where it was open before, waits until sled has let go of it, which is some time after
/// it was dropped.
fn open_with(
    path: &Path,
    backends: &BTreeMap<BackendId, String>,
    options: &Options,
) -> (Store, CommitterHandle) {
    loop {
        match Store::open(path, backends, options) {
            Err(StoreError::InUse { .. }) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

/// A new store with a backend `bind`.
fn fresh() -> (TempDir, Store, CommitterHandle) {
    let directory = TempDir::new().unwrap();
    let (store, committer) = open(directory.path(), &["bind"]);
    (directory, store, committer)
}

/// Pushes `name` from the master da1.
async fn pushed(store: &Store, name: &str, serial: u32, address: &str) -> Accepted {
    let change = push(zone(name, serial, address), "da1");
    store.accept(change).await.unwrap()
}

async fn recorded(store: &Store, tried: Tried) {
    store.record(&id("bind"), vec![tried]).await.unwrap();
}

fn verified(name: &str, revision: u64, serial: u32) -> Tried {
    Tried {
        zone: ZoneName::parse(name).unwrap(),
        revision,
        attempts: 0,
        content: Some((serial, [7; 32])),
        notes: Vec::new(),
        result: ZoneResult::Verified {
            changed: true,
            repaired: None,
        },
        retry: Timestamp::now(),
    }
}

/// The first failure of the first revision of a.example.
fn failed(cause: &str, retry: Timestamp) -> Tried {
    Tried {
        result: ZoneResult::Failed(cause.into()),
        retry,
        ..verified("a.example", 1, 1)
    }
}

fn name(text: &str) -> ZoneName {
    ZoneName::parse(text).unwrap()
}

fn due_names(store: &Store, backend: &str) -> Vec<String> {
    store
        .due(&id(backend), Timestamp::now(), 100)
        .into_iter()
        .map(|due| due.zone.to_string())
        .collect()
}

#[tokio::test]
async fn what_was_accepted_is_there_after_reopening_and_still_pending_everywhere() {
    let directory = TempDir::new().unwrap();
    let (store, committer) = open(directory.path(), &["bind", "memory"]);
    let pushed = zone("a.example", 7, "192.0.2.9");
    let accepted = store.accept(push(pushed.clone(), "da1")).await.unwrap();
    assert!(matches!(
        accepted,
        Accepted::Stored {
            revision: 1,
            serial: 7,
            ..
        }
    ));
    committer.stop(store);

    let (store, _committer) = open(directory.path(), &["bind", "memory"]);
    let desired = store.desired(&name("a.example")).unwrap();
    assert_eq!((desired.revision, desired.zone), (1, Some(pushed)));
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    assert_eq!(due_names(&store, "memory"), ["a.example"]);
}

#[tokio::test]
async fn settling_an_older_revision_leaves_the_newer_one_pending() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    recorded(&store, verified("a.example", 2, 2)).await;
    assert!(due_names(&store, "bind").is_empty());
    assert_eq!(store.next_due(&id("bind")), None);
}

#[tokio::test]
async fn many_pushes_of_one_zone_at_once_end_with_one_entry_and_the_last_revision() {
    let (_directory, store, _committer) = fresh();
    let pushes = (1..=50_u8).map(|n| {
        let pushed = zone("a.example", n.into(), &format!("192.0.2.{n}"));
        store.accept(push(pushed, "da1"))
    });
    futures_util::future::join_all(pushes).await;
    let desired = store.desired(&name("a.example")).unwrap();
    assert_eq!(desired.revision, 50);
    assert_eq!(desired.zone, Some(zone("a.example", 50, "192.0.2.50")));
    assert_eq!(store.pending_count(&id("bind")), 1);
    let entry = store
        .pending_entry(&id("bind"), &name("a.example"))
        .unwrap();
    assert_eq!(entry.revision, 50);
}

#[tokio::test]
async fn a_failure_is_kept_with_its_cause_and_next_try_across_reopening() {
    let (directory, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let retry = Timestamp::now() + 30.seconds();
    let failed = failed("disk on fire", retry);
    recorded(&store, failed).await;
    committer.stop(store);

    let (store, _committer) = open(directory.path(), &["bind"]);
    assert!(due_names(&store, "bind").is_empty());
    let entry = store
        .pending_entry(&id("bind"), &name("a.example"))
        .unwrap();
    assert_eq!(
        (entry.attempts, entry.cause.as_deref()),
        (1, Some("disk on fire"))
    );
    assert_eq!(entry.due.as_millisecond(), retry.as_millisecond());
    let receipts = store.receipts(&name("a.example")).unwrap();
    let history = &receipts[&id("bind")].history;
    assert_eq!(history[0].result, ZoneResult::Failed("disk on fire".into()));
}

#[tokio::test]
async fn a_new_push_makes_a_failed_zone_due_at_once() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let failed = failed("no", Timestamp::now() + 30.minutes());
    recorded(&store, failed).await;
    assert!(due_names(&store, "bind").is_empty());
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
}

#[tokio::test]
async fn a_removal_is_a_tombstone_that_outlives_reopening_and_is_pending_too() {
    let (directory, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    let removed = store.accept(removal("a.example", "da1")).await.unwrap();
    assert_eq!(removed, Accepted::Removed { revision: 2 });
    committer.stop(store);

    let (store, _committer) = open(directory.path(), &["bind"]);
    let desired = store.desired(&name("a.example")).unwrap();
    assert_eq!((desired.revision, desired.zone), (2, None));
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    let again = store.accept(removal("a.example", "da1")).await.unwrap();
    assert_eq!(again, Accepted::NotPresent { known: true });
}

#[tokio::test]
async fn a_removal_by_a_master_that_does_not_own_the_zone_changes_nothing() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let kept = store.accept(removal("a.example", "da2")).await.unwrap();
    assert!(matches!(kept, Accepted::NotOwner { owner } if owner.master == "da1"));
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 1);
}

#[tokio::test]
async fn a_push_from_another_master_takes_the_zone_over() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let moved = store
        .accept(push(zone("a.example", 1, "192.0.2.1"), "da2"))
        .await
        .unwrap();
    assert!(
        matches!(&moved, Accepted::Same { moved_from: Some(old), .. } if old.master == "da1"),
        "{moved:?}"
    );
    let late = store.accept(removal("a.example", "da1")).await.unwrap();
    assert!(matches!(late, Accepted::NotOwner { owner } if owner.master == "da2"));
}

#[tokio::test]
async fn the_serial_never_goes_back_and_never_stands_for_two_contents() {
    let (_directory, store, _committer) = fresh();
    let mut served = Vec::new();
    for (serial, address) in [
        (10, "192.0.2.1"),
        (10, "192.0.2.2"),
        (9, "192.0.2.3"),
        (20, "192.0.2.3"),
        (20, "192.0.2.3"),
    ] {
        pushed(&store, "a.example", serial, address).await;
        let desired = store.desired(&name("a.example")).unwrap();
        served.push(desired.zone.unwrap().serial());
    }
    assert_eq!(served, [10, 11, 12, 20, 20]);
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 4);
}

#[tokio::test]
async fn the_serial_goes_on_through_the_wrap_around_and_a_removal() {
    let (_directory, store, _committer) = fresh();
    let serial = || {
        store
            .desired(&name("a.example"))
            .unwrap()
            .zone
            .unwrap()
            .serial()
    };
    pushed(&store, "a.example", u32::MAX, "192.0.2.1").await;
    pushed(&store, "a.example", u32::MAX, "192.0.2.2").await;
    assert_eq!(serial(), 0);
    store.accept(removal("a.example", "da1")).await.unwrap();
    pushed(&store, "a.example", u32::MAX - 5, "192.0.2.3").await;
    assert_eq!(serial(), 1);
}

#[tokio::test]
async fn a_backend_that_was_not_enabled_before_gets_every_zone() {
    let (directory, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    pushed(&store, "b.example", 1, "192.0.2.1").await;
    let all = vec![verified("a.example", 1, 1), verified("b.example", 1, 1)];
    store.record(&id("bind"), all).await.unwrap();
    committer.stop(store);

    let (store, committer) = open(directory.path(), &["bind", "late"]);
    assert!(due_names(&store, "bind").is_empty());
    assert_eq!(due_names(&store, "late"), ["a.example", "b.example"]);
    committer.stop(store);

    // Switched off and on again: it may have missed anything meanwhile.
    let (store, committer) = open(directory.path(), &["late"]);
    committer.stop(store);
    let (store, _committer) = open(directory.path(), &["bind", "late"]);
    assert_eq!(due_names(&store, "bind"), ["a.example", "b.example"]);
}

#[tokio::test]
async fn changes_are_refused_while_the_disk_is_nearly_full() {
    let directory = TempDir::new().unwrap();
    let full = Options {
        min_free_bytes: u64::MAX,
        ..Options::default()
    };
    let (store, _committer) = Store::open(directory.path(), &BTreeMap::new(), &full).unwrap();
    let refused = store
        .accept(push(zone("a.example", 1, "192.0.2.1"), "da1"))
        .await;
    assert!(
        matches!(refused, Err(StoreError::NoRoom { .. })),
        "{refused:?}"
    );
    assert!(store.failure().is_none());
    assert!(store.head(&name("a.example")).unwrap().is_none());
}

/// Why a directory that sled had open before is not taken for a store.
fn refused(path: &Path) -> StoreError {
    loop {
        match Store::open(path, &BTreeMap::new(), &options()).unwrap_err() {
            StoreError::InUse { .. } => std::thread::yield_now(),
            error => return error,
        }
    }
}

#[test]
fn a_store_of_a_newer_version_is_left_alone_with_a_message_that_says_what_to_do() {
    let directory = TempDir::new().unwrap();
    {
        let db = sled::open(directory.path()).unwrap();
        db.insert(keys::SCHEMA, &99_u32.to_be_bytes()).unwrap();
    }
    let error = refused(directory.path());
    assert!(
        matches!(error, StoreError::Newer { found: 99, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("install that version again"));
}

#[test]
fn a_directory_of_somebody_elses_database_is_not_taken_for_a_store() {
    let directory = TempDir::new().unwrap();
    {
        let db = sled::open(directory.path()).unwrap();
        db.insert("zfoo", "bar").unwrap();
    }
    let error = refused(directory.path());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_store_that_is_open_already_is_not_opened_again() {
    let directory = TempDir::new().unwrap();
    let (_store, _committer) = open(directory.path(), &[]);
    let error = Store::open(directory.path(), &BTreeMap::new(), &options()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

#[test]
fn a_store_whose_path_is_a_file_says_so() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("file");
    std::fs::write(&path, "x").unwrap();
    let error = Store::open(&path, &BTreeMap::new(), &options()).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
}

#[tokio::test]
async fn what_is_pending_is_due_whatever_the_clock_said_when_it_came() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let yesterday = Timestamp::now() - 24.hours();
    assert_eq!(store.due(&id("bind"), yesterday, 10).len(), 1);
}

#[tokio::test]
async fn a_failure_under_a_clock_that_was_ahead_does_not_wait_for_that_date_after_a_restart() {
    let (directory, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let failed = failed("no", Timestamp::now() + 2400.hours());
    recorded(&store, failed).await;
    committer.stop(store);
    let (store, _committer) = open(directory.path(), &["bind"]);
    let next = store.next_due(&id("bind")).unwrap();
    assert!(next < Timestamp::now() + 34.minutes(), "{next}");
}

#[tokio::test]
async fn a_backend_that_is_another_place_than_before_gets_every_zone() {
    let (directory, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    committer.stop(store);
    let moved = BTreeMap::from([(id("bind"), "elsewhere".to_owned())]);
    let (store, _committer) = open_with(directory.path(), &moved, &options());
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
}

#[tokio::test]
async fn a_store_that_was_stopped_refuses_changes_and_says_why() {
    let (_directory, store, committer) = fresh();
    committer.stop(store.clone());
    let late = store.accept(removal("a.example", "da1")).await;
    assert!(matches!(late, Err(StoreError::Stopped)), "{late:?}");
}
