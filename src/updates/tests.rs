//! Updates against a store in memory.

use std::net::Ipv4Addr;

use dadns_backends::update::{Change, Prerequisite};
use dadns_zone::{Rdata, RrsetKey, Zone, ZoneName, record, testing::zone};

use super::*;
use crate::access::Part;
use crate::store::Options;

const ZONE: &str = "a.example";

fn key_and_data(owner: &str, rtype: &str, data: &str) -> (RrsetKey, Rdata) {
    let zone: ZoneName = ZONE.parse().unwrap();
    let (owner, rtype, rdata) = record(&zone, owner, rtype, data).unwrap();
    (RrsetKey::new(&owner, rtype), rdata)
}

fn add(owner: &str, rtype: &str, ttl: u32, data: &str) -> Change {
    let (key, rdata) = key_and_data(owner, rtype, data);
    Change::Add(key, ttl, rdata)
}

fn update(changes: Vec<Change>) -> Update {
    Update {
        zone: ZONE.parse().unwrap(),
        key: "ddns".to_owned(),
        client: Ipv4Addr::LOCALHOST.into(),
        prerequisites: Vec::new(),
        changes: Ok(changes),
    }
}

/// A store with a zone, and who updates it within these grants.
async fn with(zone: Zone, grants: Vec<KeyGrant>) -> (Store, Updater) {
    let (store, _committer) = Store::in_memory([], &Options::default());
    let master = Author::new(Part::Reconciliation);
    store.push(master, zone, Vec::new()).await.unwrap();
    let updater = updater(store.clone(), &Settings { grants });
    (store, updater)
}

fn grant(names: &[&str]) -> KeyGrant {
    KeyGrant {
        key: "DDNS.".to_owned(),
        zones: vec!["*".to_owned()],
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        types: Vec::new(),
        ttl_max: None,
    }
}

#[tokio::test]
async fn an_update_is_one_revision_by_the_key_and_what_changes_nothing_is_none() {
    let (store, updater) = with(zone(ZONE, 7, "www A 192.0.2.1\n"), Vec::new()).await;
    let changes = || {
        vec![
            add("www", "A", 60, "192.0.2.2"),
            add("new", "TXT", 60, "hello"),
        ]
    };
    let name: ZoneName = ZONE.parse().unwrap();
    let updated = updater(update(changes())).await;
    assert_eq!(
        updated,
        Updated {
            code: Code::NoError,
            serial: Some(8)
        }
    );
    let head = store.head(&name).unwrap().unwrap();
    assert_eq!((head.revision, head.serial), (2, 8));
    let again = updater(update(changes())).await;
    assert_eq!(again, Code::NoError.into());
    assert_eq!(store.head(&name).unwrap().unwrap().revision, 2);
    let layers = store.layers(&name).unwrap().unwrap();
    let (_, entries) = &layers.above[0];
    assert!(
        entries
            .values()
            .all(|entry| entry.by == "key ddns from 127.0.0.1")
    );
    assert_eq!(entries.len(), 2);
}

#[tokio::test]
async fn a_grant_that_does_not_cover_one_change_keeps_all_from_being_made() {
    let (store, updater) = with(zone(ZONE, 7, ""), vec![grant(&["allowed"])]).await;
    let both = vec![
        add("allowed", "A", 60, "192.0.2.1"),
        add("other", "A", 60, "192.0.2.1"),
    ];
    assert_eq!(updater(update(both)).await, Code::Refused.into());
    let name = ZONE.parse().unwrap();
    assert_eq!(store.head(&name).unwrap().unwrap().revision, 1);
    let one = vec![add("allowed", "A", 60, "192.0.2.1")];
    assert_eq!(updater(update(one)).await.serial, Some(8));
    // A grant that cannot be read allows nothing.
    let (_, updater) = with(zone(ZONE, 7, ""), vec![grant(&["a..b"])]).await;
    let one = vec![add("allowed", "A", 60, "192.0.2.1")];
    assert_eq!(updater(update(one)).await, Code::Refused.into());
}

#[tokio::test]
async fn what_would_be_no_zone_is_refused_and_a_zone_that_is_not_present_has_no_primary_here() {
    let (_, updater) = with(zone(ZONE, 7, "ns A 192.0.2.1\n@ NS ns\n"), Vec::new()).await;
    let (key, _) = key_and_data("ns", "A", "192.0.2.1");
    let orphan = vec![Change::RemoveSet(key)];
    assert_eq!(updater(update(orphan)).await, Code::Refused.into());
    let elsewhere = Update {
        zone: "b.example".parse().unwrap(),
        ..update(Vec::new())
    };
    assert_eq!(updater(elsewhere).await, Code::NotAuth.into());
}

#[tokio::test]
async fn prerequisites_of_a_signed_zone_come_before_its_refusal() {
    let records = "www A 192.0.2.1\n\
                   www RRSIG A 8 3 3600 20300101000000 20200101000000 1 a.example. AAAA\n";
    let (_, updater) = with(zone(ZONE, 7, records), Vec::new()).await;
    let new = || update(vec![add("new", "A", 60, "192.0.2.1")]);
    assert_eq!(updater(new()).await, Code::Refused.into());
    let (key, _) = key_and_data("gone", "A", "192.0.2.1");
    let unmet = Update {
        prerequisites: vec![Prerequisite::InUse(key)],
        ..new()
    };
    assert_eq!(updater(unmet).await, Code::NxDomain.into());
}

#[tokio::test]
async fn an_update_beyond_the_most_records_of_a_zone_is_refused() {
    let options = Options {
        max_records: 4,
        ..Options::default()
    };
    let (store, _committer) = Store::in_memory([], &options);
    let master = Author::new(Part::Reconciliation);
    let pushed = zone(ZONE, 7, "www A 192.0.2.1\n");
    store.push(master, pushed, Vec::new()).await.unwrap();
    let updater = updater(store.clone(), &Settings { grants: Vec::new() });
    let one = vec![add("www", "A", 60, "192.0.2.2")];
    assert_eq!(updater(update(one)).await.serial, Some(8));
    let beyond = vec![add("new", "A", 60, "192.0.2.3")];
    assert_eq!(updater(update(beyond)).await, Code::Refused.into());
    let name = ZONE.parse().unwrap();
    assert_eq!(store.head(&name).unwrap().unwrap().revision, 2);
}
