//! The contract of [`Backend`] as checks that run against any of them.
//!
//! A backend calls [`all`] in a test with an empty place. What a check finds wrong it panics with, as
//! tests do. A new rule of the contract becomes a check here, and every backend has to keep it.

#![allow(clippy::panic, clippy::expect_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use dadns_zone::{Limits, Zone, ZoneName};

use crate::{Backend, Outcome, Served, ZoneChange};

/// How often what a place serves is asked again, and how often at most.
const POLL: (Duration, usize) = (Duration::from_millis(20), 500);

/// Records of types that readers and printers get wrong.
const TYPES: &str = r#"
a CAA 0 issue "ca.example;x=\"y\""
_443._tcp TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
h SSHFP 4 1 0123456789abcdef0123456789abcdef01234567
n NAPTR 10 20 "S" "SIP+D2U" "!^.*$!sip:x@y!" .
s SVCB 1 . alpn="h2,h3" port=8443
u TYPE65400 \# 4 0a0b0c0d
e TYPE65401 \# 0
l LOC 52 22 23 N 4 53 32 E -2m 1m 10000m 10m
d NS ns.example.net.
d DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
www A 192.0.2.1
www RRSIG A 13 3 3600 20380101000000 20200101000000 1 types.example. AAAA
dn DNAME other.example.
t TXT "a" "\000\255;"
esc\.aped A 192.0.2.9
"#;

/// Runs every check, one after the other, against a place that holds no zones.
///
/// # Panics
/// With the first rule of the contract that `backend` breaks.
pub async fn all(backend: &dyn Backend) {
    holds_nothing_at_first(backend).await;
    put_is_read_back_and_listed(backend).await;
    the_same_again_is_unchanged(backend).await;
    a_replacement_is_whole(backend).await;
    an_older_serial_is_put_all_the_same(backend).await;
    remove_is_idempotent(backend).await;
    a_removed_zone_can_come_back(backend).await;
    a_batch_gives_one_outcome_per_change_in_order(backend).await;
    one_bad_zone_spoils_no_other(backend).await;
    odd_names_and_owners_are_held(backend).await;
    types_of_every_kind_come_back_as_they_went_in(backend).await;
}

async fn holds_nothing_at_first(backend: &dyn Backend) {
    backend.probe().await.expect("the place can be worked with");
    assert_eq!(
        list(backend).await,
        BTreeSet::new(),
        "the checks need an empty place"
    );
    assert_eq!(
        backend
            .read(&name("absent.example"))
            .await
            .expect("reading works"),
        None
    );
    assert!(
        backend.apply(&[]).await.is_empty(),
        "nothing to do gives no outcomes"
    );
    assert!(!backend.describe().is_empty());
}

async fn put_is_read_back_and_listed(backend: &dyn Backend) {
    let zone = zone("plain.example", 1, "www A 192.0.2.1\n");
    assert!(fatal(backend, &zone).is_empty(), "a plain zone can be held");
    applied(&put(backend, &zone).await);
    holds(backend, &zone).await;
    assert_eq!(list(backend).await, BTreeSet::from([name("plain.example")]));
}

async fn the_same_again_is_unchanged(backend: &dyn Backend) {
    // `named` takes what it is still loading for changed, rightly: so this comes after `holds`.
    let zone = zone("plain.example", 1, "www A 192.0.2.1\n");
    let outcome = put(backend, &zone).await;
    assert!(
        matches!(outcome, Outcome::Unchanged),
        "the same zone again: {outcome:?}"
    );
    holds(backend, &zone).await;
}

async fn a_replacement_is_whole(backend: &dyn Backend) {
    let zone = zone("plain.example", 2, "mail A 192.0.2.2\n");
    applied(&put(backend, &zone).await);
    holds(backend, &zone).await;
}

async fn an_older_serial_is_put_all_the_same(backend: &dyn Backend) {
    // Which serial is right is decided by the gateway, before.
    let zone = zone("plain.example", 1, "mail A 192.0.2.3\n");
    applied(&put(backend, &zone).await);
    holds(backend, &zone).await;
}

async fn remove_is_idempotent(backend: &dyn Backend) {
    let name = name("plain.example");
    applied(&remove(backend, &name).await);
    lacks(backend, &name).await;
    let outcome = remove(backend, &name).await;
    assert!(
        matches!(outcome, Outcome::Unchanged),
        "removing it again: {outcome:?}"
    );
    let outcome = remove(backend, &self::name("never.example")).await;
    assert!(
        matches!(outcome, Outcome::Unchanged),
        "removing what never was: {outcome:?}"
    );
}

async fn a_removed_zone_can_come_back(backend: &dyn Backend) {
    let zone = zone("plain.example", 1, "");
    for _ in 0..2 {
        applied(&put(backend, &zone).await);
        holds(backend, &zone).await;
        applied(&remove(backend, zone.name()).await);
        lacks(backend, zone.name()).await;
    }
}

async fn a_batch_gives_one_outcome_per_change_in_order(backend: &dyn Backend) {
    let kept = zone("kept.example", 1, "");
    let gone = zone("gone.example", 1, "");
    let outcomes = backend
        .apply(&[ZoneChange::Put(&kept), ZoneChange::Put(&gone)])
        .await;
    assert_eq!(outcomes.len(), 2);
    outcomes.iter().for_each(applied);
    holds(backend, &kept).await;
    holds(backend, &gone).await;

    let new = zone("new.example", 1, "");
    let never = name("never.example");
    let batch = [
        ZoneChange::Remove(&never),
        ZoneChange::Put(&new),
        ZoneChange::Put(&kept),
        ZoneChange::Remove(gone.name()),
    ];
    let outcomes = backend.apply(&batch).await;
    let in_order = matches!(
        outcomes.as_slice(),
        [
            Outcome::Unchanged,
            Outcome::Applied,
            Outcome::Unchanged,
            Outcome::Applied
        ]
    );
    assert!(in_order, "{outcomes:?}");
    lacks(backend, gone.name()).await;
    holds(backend, &new).await;
    clear(backend).await;
}

async fn one_bad_zone_spoils_no_other(backend: &dyn Backend) {
    // The longest name there is: places that make a file or a key of it may not hold it.
    let label = "a".repeat(63);
    let longest = zone(
        &format!("{label}.{label}.{label}.{}", "a".repeat(61)),
        1,
        "",
    );
    let good = zone("good.example", 1, "");
    let outcomes = backend
        .apply(&[ZoneChange::Put(&longest), ZoneChange::Put(&good)])
        .await;
    match outcomes.as_slice() {
        [bad, outcome] => {
            applied(outcome);
            let announced = !fatal(backend, &longest).is_empty();
            match bad {
                Outcome::Applied => assert!(!announced, "audit refused what apply then took"),
                Outcome::Failed(error) if !announced || error.is_unreachable() => {
                    panic!("not the zone's fault: {error}")
                }
                _ => assert!(announced, "audit had nothing against it: {bad:?}"),
            }
        }
        other => panic!("two changes, other outcomes: {other:?}"),
    }
    holds(backend, &good).await;
    clear(backend).await;
}

async fn types_of_every_kind_come_back_as_they_went_in(backend: &dyn Backend) {
    let zone = zone("types.example", 1, TYPES);
    applied(&put(backend, &zone).await);
    holds(backend, &zone).await;
    clear(backend).await;
}

async fn odd_names_and_owners_are_held(backend: &dyn Backend) {
    for (apex, records) in [
        (
            "under_score.example",
            "my_host A 192.0.2.1\n_sip._tcp SRV 1 1 5060 sip\n* A 192.0.2.2\n",
        ),
        ("-redirect", ""),
        ("0/25.2.0.192.in-addr.arpa", "1 PTR a.example.\n"),
        ("xn--bcher-kva.example", "@ TXT \"a;b\" \"\\\"\"\n"),
        ("txt.example", "@ MX 10 nowhere\n"),
    ] {
        let zone = zone(apex, 1, records);
        applied(&put(backend, &zone).await);
        holds(backend, &zone).await;
    }
    clear(backend).await;
}

/// The place holds exactly `zone`, and serves it where it can be asked.
async fn holds(backend: &dyn Backend, zone: &Zone) {
    let held = backend.read(zone.name()).await.expect("reading works");
    assert_eq!(held.as_ref(), Some(zone), "read equals put");
    serves(backend, zone.name(), Served::Serial(zone.serial())).await;
}

async fn lacks(backend: &dyn Backend, name: &ZoneName) {
    assert_eq!(
        backend.read(name).await.expect("reading works"),
        None,
        "{name} is gone"
    );
    assert!(!list(backend).await.contains(name), "{name} is not listed");
    serves(backend, name, Served::Absent).await;
}

/// Waits until the place answers `wanted`; places may take a change on and do it soon after.
async fn serves(backend: &dyn Backend, name: &ZoneName, wanted: Served) {
    let mut served = None;
    for _ in 0..POLL.1 {
        let now = backend.serves(name).await.expect("asking works");
        if now == wanted || now == Served::NotAsked {
            return;
        }
        served = Some(now);
        tokio::time::sleep(POLL.0).await;
    }
    panic!("{name}: {wanted:?} was expected, {served:?} is served");
}

async fn put(backend: &dyn Backend, zone: &Zone) -> Outcome {
    only(backend.apply(&[ZoneChange::Put(zone)]).await)
}

async fn remove(backend: &dyn Backend, name: &ZoneName) -> Outcome {
    only(backend.apply(&[ZoneChange::Remove(name)]).await)
}

fn only(mut outcomes: Vec<Outcome>) -> Outcome {
    assert_eq!(outcomes.len(), 1, "one change, one outcome");
    outcomes.remove(0)
}

fn applied(outcome: &Outcome) {
    assert!(
        matches!(outcome, Outcome::Applied),
        "applied was expected: {outcome:?}"
    );
}

fn fatal(backend: &dyn Backend, zone: &Zone) -> Vec<String> {
    backend
        .audit(zone)
        .iter()
        .filter(|found| found.fatal)
        .map(ToString::to_string)
        .collect()
}

async fn list(backend: &dyn Backend) -> BTreeSet<ZoneName> {
    backend.list().await.expect("listing works")
}

async fn clear(backend: &dyn Backend) {
    for name in list(backend).await {
        applied(&remove(backend, &name).await);
        lacks(backend, &name).await;
    }
}

fn name(text: &str) -> ZoneName {
    text.parse().expect("a zone name")
}

/// A zone with an SOA of this serial, one NS, and `records` relative to the apex.
///
/// # Panics
/// When that is not a zone.
pub fn zone(apex: &str, serial: u32, records: &str) -> Zone {
    let head = format!(
        "@ SOA ns.example.net. host.example.net. {serial} 7200 3600 1209600 300\n@ NS ns.example.net.\n"
    );
    let text = format!("$TTL 3600\n$ORIGIN {apex}.\n{head}{records}");
    match dadns_zone::read(&name(apex), text.as_bytes(), &Limits::default()) {
        Ok(reading) => reading.zone,
        Err(error) => panic!("{apex}: {error}\n{text}"),
    }
}
