//! A gateway that starts with a store of yesterday, such as a restored backup.

use std::fs;

use crate::drift::{address, verified};
use crate::needs;
use crate::support::builtin::Builtin;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::named::Named;
use crate::support::{eventually, zone_text};

const ZONE: &str = "a.example";

#[test]
fn a_store_of_yesterday_is_found_out_by_the_serials_that_are_served_and_named_never_goes_back() {
    needs!("named", "dig");
    let (named, server) = (Named::start(), Builtin::new());
    let mut gateway = verified(&[named.backend("bind"), server.backend("")]);
    gateway.terminate();
    let (store, yesterday) = (gateway.store(), gateway.store().with_extension("yesterday"));
    copy(&store, &yesterday);
    gateway.run();
    gateway.push(ZONE, &zone_text(ZONE, 9, "192.0.2.9"));
    gateway.push("new.example", &zone_text("new.example", 1, "192.0.2.1"));
    gateway.until(ZONE, "served");
    gateway.until("new.example", "served");
    assert_eq!(
        (named.serial(ZONE), server.serial(ZONE)),
        (Some(9), Some(9))
    );

    gateway.terminate();
    fs::remove_dir_all(&store).unwrap();
    copy(&yesterday, &store);
    gateway.run();
    eventually(
        "both serve what the store holds, with a serial ahead",
        || {
            let both = (named.serial(ZONE), server.serial(ZONE));
            (both == (Some(10), Some(10))).then_some(())
        },
    );
    assert_eq!(
        (address(&named), address(&server)),
        ("192.0.2.5".into(), "192.0.2.5".into())
    );
    gateway.logs("was ahead with serial 9; serving it as 10");
    // Of this one the store knows nothing: that is said, and it is left unchanged.
    gateway.logs("of which the store knows nothing: new.example");
    assert_eq!(named.serial("new.example"), Some(1));
}

#[test]
fn a_push_to_a_store_of_yesterday_does_not_take_the_serial_back_either() {
    needs!("named", "dig");
    let named = Named::start();
    let quiet = "check:\n  enabled: false\n";
    let mut gateway = Gateway::start_with(quiet, &[named.backend("bind")]);
    gateway.push(ZONE, &zone_text(ZONE, 5, "192.0.2.5"));
    gateway.until(ZONE, "served");
    gateway.terminate();
    let (store, yesterday) = (gateway.store(), gateway.store().with_extension("yesterday"));
    copy(&store, &yesterday);
    gateway.run();
    gateway.push(ZONE, &zone_text(ZONE, 9, "192.0.2.9"));
    gateway.until(ZONE, "served");
    gateway.terminate();
    fs::remove_dir_all(&store).unwrap();
    copy(&yesterday, &store);
    gateway.run();
    gateway.push(ZONE, &zone_text(ZONE, 6, "192.0.2.6"));
    eventually("the push is served with a serial ahead", || {
        let serial = named.serial(ZONE);
        assert!(matches!(serial, Some(9 | 10)), "{serial:?}");
        (serial == Some(10)).then_some(())
    });
    assert_eq!(address(&named), "192.0.2.6");
    gateway.logs("was there with serial 9, ahead of ours; serving it as 10");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
