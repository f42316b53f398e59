//! The checks themselves: they see what they are there for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::Target;
use crate::alone;
use crate::clients::{Clients, Seen, judge};
use crate::support::eventually;

#[test]
fn a_client_that_was_not_served_fails_an_attack() {
    let seen = |lost: &[&str], served: usize| Seen {
        client: "a client",
        waits: vec![Duration::from_millis(1); served],
        lost: lost.iter().map(ToString::to_string).collect(),
    };
    let fails = |seen| catch_unwind(AssertUnwindSafe(|| judge("nothing", &[seen]))).is_err();
    assert!(!fails(seen(&[], 100)));
    assert!(fails(seen(&["no answer"], 100)));
    assert!(fails(seen(&[], 0)));
}

#[test]
fn clients_of_a_gateway_that_is_stopped_say_so() {
    let _alone = alone();
    let mut target = Target::start();
    let clients = Clients::start(target.gateway.address, target.dns);
    let process = target.gateway.process().unwrap();
    process.kill();
    eventually("it is gone", || {
        crate::clients::tcp(target.dns).is_err().then_some(())
    });
    // As long as a resolver by UDP asks again.
    std::thread::sleep(Duration::from_secs(5));
    for seen in clients.stop() {
        assert!(!seen.lost.is_empty(), "{} lost nothing", seen.client);
    }
}
