//! The rules with a clock of their own.

mod many;
mod steps;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::change::REMEMBERED;
use super::*;

fn terms() -> Terms {
    Terms {
        lease: Duration::from_secs(60),
        deregister_after: Some(Duration::from_secs(600)),
        guard: GuardRule {
            percent: 50,
            from: 3,
            within: Duration::from_secs(60),
        },
        limits: Limits {
            instances: 100,
            per_client: 50,
        },
        pools: vec![Pool {
            name: "vms".to_owned(),
            networks: vec!["10.0.0.0/30".parse().unwrap()],
            excluded: Vec::new(),
        }],
    }
}

fn at(seconds: u64) -> Now {
    Now {
        since: Duration::from_secs(seconds),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn client(number: u8) -> Client {
    Client {
        account: None,
        address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, number)),
        is_operator: false,
    }
}

fn with_token(name: &str, number: u8) -> Client {
    Client {
        account: Some(format!("token {name}")),
        ..client(number)
    }
}

fn new(service: &str, number: u8) -> Registration {
    let kind = Kind::Lease {
        ttl: Duration::from_secs(60),
        grows: true,
    };
    let address = Address::Ip(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)));
    Registration {
        checks: vec![Check::new("heartbeat", kind, Status::Passing)],
        ..Registration::new(Key::of(service, &number.to_string()), service, address)
    }
}

fn register(book: &mut Book, now: u64, number: u8) {
    let registered = book.register(at(now), &client(1), new("a", number), Renewal::default());
    registered.unwrap();
}

fn beat(book: &mut Book, now: u64, number: u8) {
    let key = Key::of("a", &number.to_string());
    book.heartbeat(at(now), &client(1), &key, Beat::default())
        .unwrap();
}

/// The last octets of what is published of service `a`.
fn published(book: &Book) -> Vec<u8> {
    let all = book.published(&Group::service("a"));
    let last = |instance: &&Instance| match instance.registered.address {
        Address::Ip(IpAddr::V4(ip)) => ip.octets()[3],
        _ => 0,
    };
    all.iter().map(last).collect()
}

fn tick(book: &mut Book, now: u64) {
    while book.tick(at(now)) {}
}

#[test]
fn an_instance_leaves_when_its_lease_ends_and_is_removed_when_it_stays_critical() {
    let mut book = Book::new(terms());
    register(&mut book, 0, 1);
    tick(&mut book, 59);
    assert_eq!(published(&book), [1]);
    tick(&mut book, 60);
    assert_eq!(published(&book), [0; 0]);
    assert_eq!(book.len(), 1);
    tick(&mut book, 659);
    assert_eq!(book.len(), 1);
    tick(&mut book, 660);
    assert!(book.is_empty());
    assert_eq!(book.services().count(), 0);
}

#[test]
fn one_that_comes_back_before_it_is_removed_stays_and_its_time_begins_anew() {
    let mut book = Book::new(terms());
    register(&mut book, 0, 1);
    tick(&mut book, 60);
    beat(&mut book, 650, 1);
    tick(&mut book, 660);
    assert_eq!(published(&book), [1]);
    tick(&mut book, 100_000);
    assert!(
        book.get(&Key::of("a", "1")).is_some(),
        "critical only since now"
    );
    tick(&mut book, 100_600);
    assert!(book.is_empty());
}

#[test]
fn a_heartbeat_that_changes_nothing_writes_nothing() {
    let mut book = Book::new(terms());
    register(&mut book, 0, 1);
    let effects = book.take_effects();
    // The service, and its address.
    assert_eq!((effects.writes.len(), effects.groups.len()), (2, 2));
    let index = book.index();
    for now in 1..1_000 {
        beat(&mut book, now, 1);
        tick(&mut book, now);
    }
    // Registered the same again: nothing either.
    register(&mut book, 1_000, 1);
    let effects = book.take_effects();
    assert!(effects.writes.is_empty() && effects.groups.is_empty() && effects.news.is_empty());
    assert_eq!(book.index(), index);
}

#[test]
fn when_most_vanish_at_once_the_last_good_set_stays_until_most_are_back() {
    let mut book = Book::new(terms());
    for number in 1..=4 {
        register(&mut book, 0, number);
    }
    for now in (0..=50).step_by(10) {
        beat(&mut book, now, 4);
    }
    book.take_effects();
    tick(&mut book, 60);
    assert_eq!(published(&book), [1, 2, 3, 4]);
    assert!(book.is_stale("a"));
    let stale = book.take_effects().news;
    let stale = stale
        .iter()
        .filter(|news| matches!(news, News::Stale { .. }));
    assert_eq!(stale.count(), 1, "it is said once");
    // What is stale is not removed however long it lasts.
    for now in (60..5_000).step_by(20) {
        beat(&mut book, now, 4);
        tick(&mut book, now);
    }
    assert_eq!(book.len(), 4);
    assert_eq!(published(&book), [1, 2, 3, 4]);
    beat(&mut book, 5_000, 1);
    assert!(!book.is_stale("a"), "half of them is not most of them");
    assert_eq!(published(&book), [1, 4]);
    let news = book.take_effects().news;
    assert!(
        news.contains(&News::Fresh {
            service: "a".into()
        }),
        "{news:?}"
    );
}

#[test]
fn an_operator_can_believe_the_loss() {
    let mut book = Book::new(terms());
    for number in 1..=3 {
        register(&mut book, 0, number);
    }
    tick(&mut book, 60);
    assert_eq!(published(&book), [1, 2, 3]);
    book.take_effects();
    assert!(book.believe("a"));
    assert_eq!(published(&book), [0; 0]);
    assert!(book.take_effects().groups.contains(&Group::service("a")));
    assert!(!book.believe("a"));
}

#[test]
fn who_says_that_they_are_gone_is_believed_however_many_they_are() {
    let mut book = Book::new(terms());
    for number in 1..=4 {
        register(&mut book, 0, number);
    }
    for number in 1..=4 {
        let key = Key::of("a", &number.to_string());
        let dead = Status::Critical;
        book.report(at(1), &client(1), &key, None, dead, "")
            .unwrap();
    }
    assert_eq!(published(&book), [0; 0]);
    assert!(!book.is_stale("a"));
}

#[test]
fn what_one_client_registered_no_other_may_touch() {
    let mut book = Book::new(terms());
    let token = with_token("web", 1);
    let renewal = Renewal::default();
    book.register(at(0), &token, new("a", 1), renewal).unwrap();
    let key = Key::of("a", "1");
    let taken = |result: Result<(), Refused>| matches!(result, Err(Refused::Taken { .. }));
    for other in [client(2), with_token("other", 1)] {
        assert!(taken(book.heartbeat(at(1), &other, &key, Beat::default())));
        assert!(taken(book.report(
            at(1),
            &other,
            &key,
            None,
            Status::Critical,
            ""
        )));
        assert!(taken(book.maintain(at(1), &other, &key, Some(""))));
        assert!(taken(book.deregister(&other, &key)));
        assert!(taken(book.register(at(1), &other, new("a", 1), renewal)));
    }
    // From its own address without the token: reports, and no more.
    let own = client(1);
    book.heartbeat(at(1), &own, &key, Beat::default()).unwrap();
    assert!(taken(book.register(at(1), &own, new("a", 1), renewal)));
    assert_eq!(
        book.register(at(1), &own, new("a", 2), renewal),
        Err(Refused::NeedsToken("a".into()))
    );
    let mut cased = new("a", 2);
    cased.service = "A".into();
    assert_eq!(
        book.register(at(1), &own, cased, renewal),
        Err(Refused::NeedsToken("A".into())),
        "in DNS it is the same name"
    );
    // Another token may join the service: its scope says so.
    book.register(at(1), &with_token("other", 9), new("a", 2), renewal)
        .unwrap();
    let operator = Client {
        is_operator: true,
        ..with_token("operator", 7)
    };
    book.deregister(&operator, &key).unwrap();
}

#[test]
fn one_client_can_fill_its_share_and_not_that_of_others() {
    let mut book = Book::new(terms());
    let renewal = Renewal::default();
    for number in 0..=60 {
        let registered = book.register(at(0), &client(1), new("a", number), renewal);
        assert_eq!(registered.is_ok(), number < 50, "{number}");
    }
    // What it has it may register again.
    book.register(at(0), &client(1), new("a", 1), renewal)
        .unwrap();
    for number in 100..150 {
        book.register(at(0), &client(2), new("b", number), renewal)
            .unwrap();
    }
    let full = book.register(at(0), &client(3), new("c", 1), renewal);
    assert!(matches!(full, Err(Refused::TooMany { most: 100, .. })));
    book.deregister(&client(1), &Key::of("a", "1")).unwrap();
    book.register(at(0), &client(1), new("a", 60), renewal)
        .unwrap();
}

#[test]
fn the_last_hundred_changes_are_remembered_and_what_is_forgotten_is_written() {
    let mut book = Book::new(terms());
    register(&mut book, 0, 1);
    let key = Key::of("a", "1");
    for round in 0..150 {
        let status = if round % 2 == 0 {
            Status::Critical
        } else {
            Status::Passing
        };
        book.report(at(1), &client(1), &key, None, status, "x")
            .unwrap();
    }
    let history = book.history(&key).unwrap();
    assert_eq!(history.len(), REMEMBERED);
    let kept: Vec<u64> = history.iter().map(|change| change.index).collect();
    let mut disk = steps::Disk::new();
    steps::apply(&mut disk, &book.take_effects().writes);
    let on_disk: Vec<u64> = disk[&key].1.iter().map(|change| change.index).collect();
    assert_eq!(on_disk, kept);
}

#[test]
fn registered_again_a_check_keeps_its_status_where_that_is_asked_for() {
    let mut book = Book::new(terms());
    let told = |id: &str, status| Check::new(id, Kind::Told, status);
    let with = |checks| Registration {
        checks,
        ..new("a", 1)
    };
    let key = Key::of("a", "1");
    let renewal = Renewal {
        keeps_status: true,
        keeps_checks: true,
    };
    let first = with(vec![
        told("x", Status::Critical),
        told("y", Status::Critical),
    ]);
    book.register(at(0), &client(1), first, renewal).unwrap();
    for id in ["x", "y"] {
        let passing = Status::Passing;
        book.report(at(1), &client(1), &key, Some(id), passing, "")
            .unwrap();
    }
    let again = with(vec![told("x", Status::Critical)]);
    book.register(at(2), &client(1), again.clone(), renewal)
        .unwrap();
    let instance = book.get(&key).unwrap();
    assert_eq!(instance.registered.checks.len(), 2);
    assert_eq!(instance.status(), Status::Passing);
    book.register(at(3), &client(1), again, Renewal::default())
        .unwrap();
    assert_eq!(book.get(&key).unwrap().status(), Status::Critical);
}

#[test]
fn requirements_compare_scalars_and_look_into_lists() {
    let instance = |meta: serde_json::Value| Instance {
        registered: Registration {
            meta: meta.as_object().unwrap().clone(),
            ..new("a", 1)
        },
        owner: client(1),
        maintenance: None,
        created: 1,
        modified: 1,
        critical_since: None,
    };
    let has =
        json!({"version": "1.0", "capabilities": ["oauth", "chat"], "n": 1, "deep": {"a": [1]}});
    for (required, suits) in [
        (json!({}), true),
        (json!({"version": "1.0"}), true),
        (json!({"version": 1.0}), false),
        (json!({"version": "1.1"}), false),
        (json!({"capabilities": ["oauth"]}), true),
        (json!({"capabilities": []}), true),
        (json!({"capabilities": ["chat", "oauth"]}), true),
        (json!({"capabilities": ["oauth", "admin"]}), false),
        (json!({"capabilities": "oauth"}), true),
        (json!({"n": 1.0}), true),
        (json!({"deep": {"a": [1]}}), true),
        (json!({"deep": {"b": 1}}), false),
        (json!({"missing": null}), false),
    ] {
        let wish = Wish {
            service: "a".into(),
            requirements: required.as_object().unwrap().clone(),
            ..Wish::default()
        };
        assert_eq!(wish.suits(&instance(has.clone())), suits, "{required}");
    }
}
