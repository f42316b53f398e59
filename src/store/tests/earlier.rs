//! Stores that earlier versions wrote open as what they were. `tests/store/README.md` says what was done to
//! each of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use dadns_backends::BackendId;
use dadns_zone::{Limits, Zone, ZoneName, read};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::access::Part;
use crate::engine::{self, Engine, KeyRange, OpenError, Reopen};
use crate::store::{
    Author, CommitterHandle, Guard, Options, Pushed, Removed, Store, VersionKind, keys,
};

/// The store as the release binary of 0.1.0 left it.
struct Earlier(TempDir);

impl Earlier {
    fn unpacked() -> Self {
        let directory = TempDir::new().unwrap();
        let packed =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/0.1.0-schema-2.tar.gz");
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(packed).arg("-C").arg(directory.path());
        assert!(tar.status().unwrap().success());
        Self(directory)
    }

    fn engine(&self) -> Arc<dyn Reopen> {
        loop {
            match engine::open(&self.0.path().join("store"), 8 << 20) {
                Err(OpenError::InUse { .. }) => std::thread::yield_now(),
                opened => return opened.unwrap(),
            }
        }
    }

    /// Opens it for the backends that it was open for.
    fn open(&self) -> (Store, CommitterHandle) {
        let engine = self.engine();
        let backends = backends(&*engine);
        Store::open(engine, &backends, &Options::default()).unwrap()
    }
}

/// The backends that a store was last open for, each with its fingerprint.
fn backends(engine: &dyn Engine) -> BTreeMap<BackendId, String> {
    let entries = engine.scan(KeyRange::prefix(keys::BACKENDS));
    let backends = entries.map(|entry| {
        let (key, fingerprint) = entry.unwrap();
        let id = keys::tail(&key, keys::BACKENDS).unwrap().parse().unwrap();
        (id, postcard::from_bytes(&fingerprint).unwrap())
    });
    backends.collect()
}

fn name(label: &str) -> ZoneName {
    ZoneName::parse(&format!("{label}.example")).unwrap()
}

/// The zone that was pushed, with what was added to it.
fn sample(label: &str, added: &str, serial: u32) -> Zone {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("zone/tests/samples");
    let text = std::fs::read_to_string(samples.join(format!("{label}.example.zone"))).unwrap();
    let reading = read(&name(label), (text + added).as_bytes(), &Limits::default());
    reading.unwrap().zone.with_serial(serial)
}

fn desired(store: &Store, label: &str) -> Option<Zone> {
    store.desired(&name(label)).unwrap().zone
}

/// Of each revision its number, its serial, and how it came about, newest first.
fn history(store: &Store, label: &str) -> Vec<(u64, u32, VersionKind)> {
    let history = store.history(&name(label)).unwrap();
    let shown = |(revision, version): (u64, crate::store::Version)| {
        (revision, version.serial, version.kind)
    };
    history.into_iter().map(shown).collect()
}

#[test]
fn zones_owners_and_serials_of_an_earlier_store_are_as_they_were() {
    let earlier = Earlier::unpacked();
    let (store, committer) = earlier.open();
    let heads = store.heads().map(|found| {
        let (zone, head) = found.unwrap();
        let owner = head.owner.unwrap().to_string();
        let zone = zone.as_str().trim_end_matches(".example").to_owned();
        (zone, head.revision, head.serial, head.records, owner)
    });
    let (alice, bob) = ("alice on da1.example.net", "bob on da2.example.net");
    let expected = [
        ("big", 1, 7, 9_003, alice),
        ("caa", 1, 2024010100, 5, alice),
        ("dkim", 1, 2025112604, 5, alice),
        ("dup", 2, 2024010100, 0, alice),
        ("longtxt", 1, 2024010100, 4, bob),
        ("naptr", 3, 2024010102, 8, alice),
        ("plain", 2, 2024010101, 11, alice),
        ("signed", 2, 9, 5, alice),
        ("srv", 1, 2024010100, 7, bob),
        ("svcb", 1, 2024010100, 5, alice),
        ("units", 1, 2024010100, 7, alice),
        ("wild", 1, 2024010100, 8, alice),
    ];
    let expected = expected.map(|(zone, revision, serial, records, owner)| {
        (zone.to_owned(), revision, serial, records, owner.to_owned())
    });
    assert_eq!(heads.collect::<Vec<_>>(), expected);
    let dup = store.head(&name("dup")).unwrap().unwrap();
    assert!(!dup.present);
    let longtxt = store.head(&name("longtxt")).unwrap().unwrap();
    assert_eq!(longtxt.warnings.len(), 1);
    assert_eq!(longtxt.changed_by, "directdnsonly from 127.0.0.1");
    committer.stop(store);
}

#[test]
fn records_of_an_earlier_store_are_as_they_were() {
    let earlier = Earlier::unpacked();
    let (store, committer) = earlier.open();
    for (label, added, serial) in [
        ("caa", "", 2024010100),
        ("dkim", "", 2025112604),
        ("naptr", "", 2024010102),
        ("plain", "second A 192.0.2.77\n", 2024010101),
        ("srv", "", 2024010100),
        ("svcb", "", 2024010100),
        ("units", "", 2024010100),
        ("wild", "", 2024010100),
    ] {
        let zone = sample(label, added, serial);
        assert_eq!(desired(&store, label), Some(zone), "{label}");
    }
    assert_eq!(desired(&store, "dup"), None);
    let big = desired(&store, "big").unwrap();
    assert!(big.to_string().contains("host08999"));
    committer.stop(store);
}

#[test]
fn history_and_serials_that_were_not_ahead_of_an_earlier_store_are_as_they_were() {
    let earlier = Earlier::unpacked();
    let (store, committer) = earlier.open();
    let pushed = VersionKind::Pushed;
    assert_eq!(
        history(&store, "naptr"),
        [
            (3, 2024010102, VersionKind::RolledBack(1)),
            (2, 2024010101, pushed),
            (1, 2024010100, pushed),
        ]
    );
    assert_eq!(
        history(&store, "dup"),
        [
            (2, 2024010100, VersionKind::Removed),
            (1, 2024010100, pushed)
        ]
    );
    let content = store.content(&name("plain"), 1).unwrap().unwrap();
    assert_eq!(content, Some(sample("plain", "", 2024010100)));
    let not_ahead = store.not_ahead(&name("signed"), 9).unwrap();
    assert_eq!(not_ahead.before, 10);
    assert_eq!(store.zones_not_ahead(), 1);
    committer.stop(store);
}

#[test]
fn held_and_refused_pushes_of_an_earlier_store_are_as_they_were() {
    let earlier = Earlier::unpacked();
    let (store, committer) = earlier.open();
    assert_eq!(store.held_zones(), [name("wild")]);
    let held = store.held(&name("wild")).unwrap().unwrap();
    assert_eq!(held.reasons.len(), 2, "{:?}", held.reasons);
    assert_eq!(held.owner.as_ref().unwrap().master, "da1.example.net");
    let zone = held.zone(&name("wild")).unwrap();
    assert_eq!((zone.serial(), zone.record_count()), (99, 2));
    let refused = store.newest_refused(9);
    let zones: Vec<_> = refused.iter().map(|(zone, _)| zone.as_str()).collect();
    assert_eq!(zones, ["units.example", "nosoa.example"]);
    let why = "the zone has no SOA record";
    assert!(refused.iter().all(|(_, refused)| refused.reason == why));
    committer.stop(store);
}

#[test]
fn what_is_pending_and_what_was_verified_of_an_earlier_store_is_as_it_was() {
    let earlier = Earlier::unpacked();
    let (store, committer) = earlier.open();
    let (builtin, mysql): (BackendId, BackendId) =
        ("builtin".parse().unwrap(), "coredns_mysql".parse().unwrap());
    assert_eq!(store.pending_count(&builtin), 0);
    assert_eq!(store.pending_count(&mysql), 12);
    let entry = store.pending_entry(&mysql, &name("naptr")).unwrap();
    assert_eq!(entry.revision, 3);
    assert_eq!(store.due(&mysql, Timestamp::now(), 100).len(), 12);
    let receipt = store.receipt(&name("naptr"), &builtin).unwrap().unwrap();
    let verified = (receipt.revision, receipt.serial);
    assert_eq!(verified, (Some(3), Some(2024010102)));
    let revisions: Vec<_> = receipt.history.iter().map(|past| past.revision).collect();
    assert_eq!(revisions, [1, 1, 2, 3]);
    let receipt = store.receipt(&name("dup"), &builtin).unwrap().unwrap();
    assert_eq!((receipt.revision, receipt.serial), (Some(2), None));
    assert!(store.receipt(&name("dup"), &mysql).unwrap().is_none());
    committer.stop(store);
}

#[tokio::test]
async fn an_earlier_store_is_worked_with_as_with_one_of_ones_own() {
    let earlier = Earlier::unpacked();
    let guard = Guard {
        removed_percent: 50,
        ..Guard::default()
    };
    let options = Options {
        guard,
        ..Options::default()
    };
    let engine = earlier.engine();
    let backends = backends(&*engine);
    let (store, committer) = Store::open(engine, &backends, &options).unwrap();
    let da1 = || Author {
        master: Some("da1.example.net".into()),
        ..Author::new(Part::Reconciliation)
    };
    let operator = || Author::new(Part::Reconciliation);
    let push = store.push(da1(), sample("plain", "", 2024010100), Vec::new());
    let pushed = push.await.unwrap();
    assert!(
        matches!(&pushed, Pushed::Stored(stored) if (stored.revision, stored.serial) == (3, 2024010102)),
        "{pushed:?}"
    );
    let approved = store.approve(operator(), name("wild")).await.unwrap();
    assert_eq!(approved.unwrap().revision, 2);
    let back = store.rollback(operator(), name("dup"), 1).await.unwrap();
    assert_eq!(back.unwrap().revision, 3);
    let removed = store.remove(da1(), name("caa")).await.unwrap();
    assert_eq!(removed, Removed::Removed { revision: 2 });
    committer.stop(store);
    let (store, committer) = earlier.open();
    let plain = desired(&store, "plain");
    assert_eq!(plain, Some(sample("plain", "", 2024010102)));
    assert_eq!(desired(&store, "wild").unwrap().record_count(), 2);
    assert!(desired(&store, "dup").is_some());
    assert_eq!(desired(&store, "caa"), None);
    assert!(store.held_zones().is_empty());
    assert_eq!(store.pending_count(&"builtin".parse().unwrap()), 4);
    committer.stop(store);
}
