//! Other name servers as secondaries of the built-in one: BIND, NSD and Knot.

use crate::needs;
use crate::support::builtin::Builtin;
use crate::support::dns::{Key, NameServer, Primary};
use crate::support::gateway::Gateway;
use crate::support::knot::Knot;
use crate::support::named::{Named, compiled};
use crate::support::nsd::Nsd;
use crate::support::{eventually, sample, samples, zone_text};

fn key() -> Key {
    Key {
        name: "transfer.example".into(),
        algorithm: "hmac-sha256".into(),
        secret: "c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyE=".into(),
    }
}

/// Keys of the built-in server that has these secondaries.
fn notifying(addresses: &[std::net::SocketAddr], key: &str) -> String {
    let items: Vec<_> = addresses
        .iter()
        .map(|address| format!("\"{address}{key}\""))
        .collect();
    format!("      notify: [{}]\n", items.join(", "))
}

/// Waits until a server has this version of a zone.
fn has(server: &str, zone: &str, serial: u32, asked: impl Fn(&str) -> Option<u32>) {
    eventually(&format!("{server} has serial {serial} of {zone}"), || {
        (asked(zone) == Some(serial)).then_some(())
    });
}

#[test]
fn every_sample_is_transferred_as_bind_reads_it() {
    needs!("dig", "named-compilezone");
    let builtin = Builtin::new().open();
    let gateway = Gateway::start(&[builtin.backend("")]);
    for zone in samples("") {
        // dig does not print one of its records.
        if zone == "types.example" {
            continue;
        }
        let text = sample(&format!("{zone}.zone"));
        assert_eq!(gateway.push(&zone, &text), "error=0", "{zone}");
        gateway.until(&zone, "served");
        assert_eq!(builtin.records(&zone), compiled(&zone, &text), "{zone}");
    }
}

#[test]
fn secondaries_of_three_makes_get_each_change_at_once_with_a_key() {
    needs!("named", "nsd", "knotd", "dig");
    let zone = "a.example";
    let builtin = Builtin::new().with_key(&key());
    let primary = Primary::with_key(builtin.dns, &key());
    let (named, nsd, knot) = (
        Named::secondary(&primary, &[zone]),
        Nsd::secondary(&primary, &[zone]),
        Knot::secondary(&primary, &[zone]),
    );
    let notify = notifying(&[named.dns, nsd.dns, knot.dns], " transfer.example");
    let gateway = Gateway::start(&[builtin.backend(&notify)]);
    for (serial, address) in [(1, "192.0.2.1"), (2, "192.0.2.2"), (7, "192.0.2.7")] {
        gateway.push(zone, &zone_text(zone, serial, address));
        gateway.until(zone, "served");
        has("BIND", zone, serial, |zone| named.serial(zone));
        has("NSD", zone, serial, |zone| nsd.serial(zone));
        has("Knot", zone, serial, |zone| knot.serial(zone));
        for answer in [
            named.dig(&["+short", "www.a.example", "A"]),
            nsd.dig(&["+short", "www.a.example", "A"]),
            knot.dig(&["+short", "www.a.example", "A"]),
        ] {
            assert_eq!(answer.trim(), address);
        }
    }
    assert!(knot.log().contains("IXFR, incoming"), "{}", knot.log());
    let refused = builtin.dig(&["AXFR", zone]);
    assert!(
        refused.contains("Transfer failed"),
        "without a key: {refused}"
    );
    let other = builtin.dig(&["-y", "hmac-sha256:transfer.example:b3RoZXI=", "AXFR", zone]);
    assert!(!other.contains("SOA"), "with another key: {other}");
    let signed = builtin.dig(&[
        "-y",
        &format!("hmac-sha256:{}:{}", key().name, key().secret),
        zone,
        "SOA",
    ]);
    assert!(
        signed.contains("NOERROR") && !signed.contains("verify failure"),
        "{signed}"
    );
}

#[test]
fn a_catalog_brings_new_zones_to_secondaries_and_takes_removed_ones_away() {
    needs!("named", "knotd", "dig");
    let builtin = Builtin::new().open();
    let catalog = "catalog.example";
    let (named, knot) = (
        Named::catalog_consumer(&builtin.primary(), catalog),
        Knot::catalog_consumer(&builtin.primary(), catalog),
    );
    let keys = format!(
        "{}      catalog_zone: {catalog}\n",
        notifying(&[named.dns, knot.dns], "")
    );
    let gateway = Gateway::start(&[builtin.backend(&keys)]);
    for n in 0..20 {
        let zone = format!("z{n}.example");
        gateway.push(&zone, &zone_text(&zone, n + 1, "192.0.2.1"));
    }
    for n in 0..20 {
        let zone = format!("z{n}.example");
        has("BIND", &zone, n + 1, |zone| named.serial(zone));
        has("Knot", &zone, n + 1, |zone| knot.serial(zone));
    }
    gateway.push("z3.example", &zone_text("z3.example", 99, "192.0.2.9"));
    has("BIND", "z3.example", 99, |zone| named.serial(zone));
    has("Knot", "z3.example", 99, |zone| knot.serial(zone));
    gateway.delete_from("da1.example.net", "z4.example");
    gateway.until("z4.example", "removed");
    for (server, asked) in [
        (
            "BIND",
            &(|| named.serial("z4.example")) as &dyn Fn() -> Option<u32>,
        ),
        ("Knot", &|| knot.serial("z4.example")),
    ] {
        eventually(&format!("{server} has dropped z4.example"), || {
            asked().is_none().then_some(())
        });
    }
    assert_eq!(named.serial("z5.example"), Some(6));
    // It is no zone of anybody's: not listed, and not for strangers.
    assert_eq!(
        gateway.json("/api/v1/zones/catalog.example")["state"],
        serde_json::Value::Null
    );
}

#[test]
fn a_secondary_that_was_down_hears_all_it_missed() {
    needs!("knotd", "dig");
    let zones = ["a.example", "b.example"];
    let builtin = Builtin::new().open();
    let mut knot = Knot::secondary(&builtin.primary(), &zones);
    let mut gateway = Gateway::start(&[builtin.backend(&notifying(&[knot.dns], ""))]);
    for zone in zones {
        gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
        has("Knot", zone, 1, |zone| knot.serial(zone));
    }
    knot.kill();
    for zone in zones {
        gateway.push(zone, &zone_text(zone, 2, "192.0.2.2"));
        gateway.until(zone, "served");
    }
    let line = gateway.logs("cannot be notified of changes");
    assert!(line.contains(&knot.dns.to_string()), "{line}");
    knot.run();
    for zone in zones {
        has("Knot", zone, 2, |zone| knot.serial(zone));
    }
    gateway.logs("answers again");
}

#[test]
fn what_a_secondary_missed_before_a_restart_it_hears_of_after_it() {
    needs!("knotd", "dig");
    let zone = "a.example";
    let builtin = Builtin::new().open();
    let mut knot = Knot::secondary(&builtin.primary(), &[zone]);
    let mut gateway = Gateway::start(&[builtin.backend(&notifying(&[knot.dns], ""))]);
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    has("Knot", zone, 1, |zone| knot.serial(zone));
    knot.kill();
    gateway.push(zone, &zone_text(zone, 2, "192.0.2.2"));
    gateway.until(zone, "served");
    // In order, so that nothing is left to be put again.
    gateway.terminate();
    knot.run();
    // Nobody is there to ask; by itself it asks again in an hour.
    eventually("Knot has asked in vain", || {
        knot.log().contains("refresh, failed").then_some(())
    });
    gateway.run();
    has("Knot", zone, 2, |zone| knot.serial(zone));
}

#[test]
fn a_transfer_that_is_refused_is_told_of_in_the_log() {
    needs!("dig");
    let builtin = Builtin::new().with_key(&key());
    let mut gateway = Gateway::start(&[builtin.backend("")]);
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    gateway.until("a.example", "served");
    builtin.dig(&["AXFR", "a.example"]);
    let line = gateway.logs("a transfer of a.example. to 127.0.0.1 was refused");
    assert!(
        line.contains("WARNING") && line.contains("allow_transfer"),
        "{line}"
    );
}
