//! A client that sends masses of registrations fills neither the book nor its timers.

use super::{Limits, Terms, at, client, new, terms};
use crate::registry::rules::{Book, Check, Key, Kind, Refused, Renewal, Status};

#[test]
fn a_hundred_thousand_registrations_of_one_client_leave_what_it_may_have_and_others_register_still()
{
    let limits = Limits {
        instances: 1_000_000,
        per_client: 50,
    };
    let mut book = Book::new(Terms { limits, ..terms() });
    let mut one = new("a", 1);
    let mut refused = 0;
    for number in 0..100_000 {
        one.key = Key::of("a", &number.to_string());
        let registered = book.register(at(1), &client(1), one.clone(), Renewal::default());
        match registered {
            Ok(()) => {}
            Err(Refused::TooMany { most: 50, .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((book.len(), refused), (50, 99_950));
    let other = book.register(at(1), &client(2), new("b", 1), Renewal::default());
    assert!(other.is_ok());
    // What is left of them to write and to publish is of those that are there.
    assert!(book.take_effects().groups.len() < 200);
}

#[test]
fn an_instance_that_is_registered_again_and_again_with_other_checks_leaves_no_timers_behind() {
    let mut book = Book::new(terms());
    let mut one = new("a", 1);
    for number in 0..50_000 {
        let kind = Kind::Lease {
            ttl: std::time::Duration::from_secs(3_600),
            grows: false,
        };
        one.checks = vec![Check::new(&number.to_string(), kind, Status::Passing)];
        let registered = book.register(at(1), &client(1), one.clone(), Renewal::default());
        registered.unwrap();
        book.take_effects();
    }
    assert!(book.timers.len() < 20_000, "{}", book.timers.len());
}
