//! A client that sends masses of registrations fills neither the book nor its timers.

use super::{Limits, Terms, at, client, new, terms};
use crate::registry::rules::{
    Address, Book, Check, Key, Kind, Refused, Registration, Renewal, Status,
};

#[test]
fn registrations_beyond_what_a_client_may_have_leave_nothing_behind_however_many() {
    let limits = Limits {
        instances: 1_000_000,
        per_client: 50,
    };
    let mut book = Book::new(Terms { limits, ..terms() });
    let one = Registration::new(Key::of("", ""), "a", Address::Host("a.example".to_owned()));
    let mut refused = 0;
    // Each of them leaves the book as it was, so that a million leave no more.
    for number in 0..50_000 {
        let new = Registration {
            key: Key::of("a", &number.to_string()),
            ..one.clone()
        };
        match book.register(at(1), &client(1), new, Renewal::default()) {
            Ok(()) => {}
            Err(Refused::TooMany { most: 50, .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((book.len(), refused), (50, 49_950));
    let other = book.register(at(1), &client(2), new("b", 1), Renewal::default());
    assert!(other.is_ok());
    // What is left of them to write, to publish and to say is of those that are there.
    let effects = book.take_effects();
    assert!(effects.groups.len() < 200, "{}", effects.groups.len());
    assert_eq!((effects.writes.len(), effects.news.len()), (102, 51));
    assert!(book.timers.len() <= 51, "{}", book.timers.len());
}

#[test]
fn an_instance_that_is_registered_again_and_again_with_other_checks_leaves_no_timers_behind() {
    let mut book = Book::new(terms());
    let mut one = new("a", 1);
    for number in 0..20_000 {
        let kind = Kind::Lease {
            ttl: std::time::Duration::from_secs(3_600),
            grows: false,
        };
        one.checks = vec![Check::new(number.to_string(), kind, Status::Passing)];
        let registered = book.register(at(1), &client(1), one.clone(), Renewal::default());
        registered.unwrap();
        book.take_effects();
    }
    assert!(book.timers.len() < 10_100, "{}", book.timers.len());
}
