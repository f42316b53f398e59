//! The store as a whole: durability, ownership, revisions, pending, across reopening.

mod drifted;
mod holding;
mod kept;
mod layers;
mod owners;
mod past;
mod placing;
mod records;
mod refused;
mod roster;
mod signed;
mod tokens;

use std::net::Ipv4Addr;

use dadns_backends::ZoneResult;
use dadns_zone::{Limits, read};
use jiff::ToSpan;

use super::Home;
use crate::access::{Login, Part, Principal, Rights};
use crate::engine::Batch;
use crate::store::edits::{At, Import};
use crate::store::*;

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

fn login(name: &str) -> Login {
    Login {
        name: name.into(),
        address: Ipv4Addr::LOCALHOST.into(),
        rights: Rights::ALL,
        scope: None,
    }
}

async fn push(store: &Store, zone: Zone, master: &str) -> Pushed {
    let pushed = store.push(author(master), zone, Vec::new());
    pushed.await.unwrap()
}

async fn remove(store: &Store, zone: &str, master: &str) -> Removed {
    store.remove(author(master), name(zone)).await.unwrap()
}

/// Whether it is the zone's new revision.
fn is_new(pushed: &Pushed) -> bool {
    matches!(pushed, Pushed::Stored(stored) if stored.changed)
}

fn operator() -> Author {
    Author::new(Principal::Operator(login("anna")))
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

fn open(home: &Home, backends: &[&str]) -> (Store, CommitterHandle) {
    let here = |name: &&str| (id(name), "here".to_owned());
    let backends = backends.iter().map(here).collect();
    open_with(home, &backends, &options())
}

fn open_with(
    home: &Home,
    backends: &BTreeMap<BackendId, String>,
    options: &Options,
) -> (Store, CommitterHandle) {
    Store::open(home.engine(), backends, options).unwrap()
}

/// A new store with a backend `bind`.
fn fresh() -> (Home, Store, CommitterHandle) {
    let home = Home::new();
    let (store, committer) = open(&home, &["bind"]);
    (home, store, committer)
}

/// Pushes `name` from the master da1.
async fn pushed(store: &Store, name: &str, serial: u32, address: &str) -> Pushed {
    push(store, zone(name, serial, address), "da1").await
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
    let home = Home::new();
    let (store, committer) = open(&home, &["bind", "memory"]);
    let pushed = zone("a.example", 7, "192.0.2.9");
    let accepted = push(&store, pushed.clone(), "da1").await;
    let stored = Stored {
        revision: 1,
        serial: 7,
        changed: true,
        moved_from: None,
    };
    assert_eq!(accepted, Pushed::Stored(stored));
    committer.stop(store);

    let (store, _committer) = open(&home, &["bind", "memory"]);
    let desired = store.desired(&name("a.example")).unwrap();
    assert_eq!((desired.revision, desired.zone), (1, Some(pushed)));
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    assert_eq!(due_names(&store, "memory"), ["a.example"]);
}

#[tokio::test]
async fn recording_an_older_revision_leaves_the_newer_one_pending() {
    let (_home, store, _committer) = fresh();
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
    let (_home, store, _committer) = fresh();
    let pushes = (1..=50_u8).map(|n| {
        let pushed = zone("a.example", n.into(), &format!("192.0.2.{n}"));
        push(&store, pushed, "da1")
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
    let (home, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let retry = Timestamp::now() + 30.seconds();
    let failed = failed("disk on fire", retry);
    recorded(&store, failed).await;
    committer.stop(store);

    let (store, _committer) = open(&home, &["bind"]);
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
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let failed = failed("no", Timestamp::now() + 30.minutes());
    recorded(&store, failed).await;
    assert!(due_names(&store, "bind").is_empty());
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
}

#[tokio::test]
async fn a_removal_is_a_tombstone_that_outlives_reopening_and_is_pending_too() {
    let (home, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    let removed = remove(&store, "a.example", "da1").await;
    assert_eq!(removed, Removed::Removed { revision: 2 });
    committer.stop(store);

    let (store, _committer) = open(&home, &["bind"]);
    let desired = store.desired(&name("a.example")).unwrap();
    assert_eq!((desired.revision, desired.zone), (2, None));
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    let again = remove(&store, "a.example", "da1").await;
    assert_eq!(again, Removed::NotPresent { known: true });
}

#[tokio::test]
async fn a_backend_that_was_not_enabled_before_gets_every_zone() {
    let (home, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    pushed(&store, "b.example", 1, "192.0.2.1").await;
    let all = vec![verified("a.example", 1, 1), verified("b.example", 1, 1)];
    store.record(&id("bind"), all).await.unwrap();
    committer.stop(store);

    let (store, committer) = open(&home, &["bind", "late"]);
    assert!(due_names(&store, "bind").is_empty());
    assert_eq!(due_names(&store, "late"), ["a.example", "b.example"]);
    committer.stop(store);

    // Switched off and on again: it may have missed anything meanwhile.
    let (store, committer) = open(&home, &["late"]);
    committer.stop(store);
    let (store, _committer) = open(&home, &["bind", "late"]);
    assert_eq!(due_names(&store, "bind"), ["a.example", "b.example"]);
}

#[tokio::test]
async fn changes_are_refused_while_the_disk_is_nearly_full() {
    let home = Home::new();
    let full = Options {
        min_free_bytes: u64::MAX,
        ..Options::default()
    };
    let (store, _committer) = open_with(&home, &BTreeMap::new(), &full);
    let refused = store
        .push(author("da1"), zone("a.example", 1, "192.0.2.1"), Vec::new())
        .await;
    assert!(
        matches!(refused, Err(StoreError::NoRoom { .. })),
        "{refused:?}"
    );
    assert!(store.failure().is_none());
    assert!(store.head(&name("a.example")).unwrap().is_none());
}

/// Why a database with one entry is not taken for a store.
fn refused(key: &[u8], value: &[u8]) -> StoreError {
    let home = Home::new();
    let mut batch = Batch::default();
    batch.insert(key, value);
    home.engine().apply(batch).unwrap();
    Store::open(home.engine(), &BTreeMap::new(), &options()).unwrap_err()
}

#[test]
fn a_store_of_a_newer_version_is_left_alone_with_a_message_that_says_what_to_do() {
    let error = refused(keys::SCHEMA, &99_u32.to_be_bytes());
    assert!(
        matches!(error, StoreError::Newer { found: 99, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("install that version again"));
}

#[test]
fn a_directory_of_somebody_elses_database_is_not_taken_for_a_store() {
    let error = refused(b"zfoo", b"bar");
    assert!(
        matches!(error, StoreError::Open(OpenError::Damaged { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_pending_is_due_whatever_the_clock_said_when_it_came() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let yesterday = Timestamp::now() - 24.hours();
    assert_eq!(store.due(&id("bind"), yesterday, 10).len(), 1);
}

#[tokio::test]
async fn a_failure_under_a_clock_that_was_ahead_does_not_wait_for_that_date_after_a_restart() {
    let (home, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let failed = failed("no", Timestamp::now() + 2400.hours());
    recorded(&store, failed).await;
    committer.stop(store);
    let (store, _committer) = open(&home, &["bind"]);
    let next = store.next_due(&id("bind")).unwrap();
    assert!(next < Timestamp::now() + 34.minutes(), "{next}");
}

#[tokio::test]
async fn a_backend_that_is_another_target_than_before_gets_every_zone() {
    let (home, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    committer.stop(store);
    let moved = BTreeMap::from([(id("bind"), "elsewhere".to_owned())]);
    let (store, _committer) = open_with(&home, &moved, &options());
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
}

#[tokio::test]
async fn a_store_that_was_stopped_refuses_changes_and_says_why() {
    let (_home, store, committer) = fresh();
    committer.stop(store.clone());
    let late = store.remove(author("da1"), name("a.example")).await;
    assert!(matches!(late, Err(StoreError::Stopped)), "{late:?}");
}
