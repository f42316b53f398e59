//! That the daemons of tests/support are what they say: a secondary that does not follow a primary
//! it should follow would make a mistake of the gateway out of its own.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::needs;
use crate::support::dns::{Key, NameServer, Primary};
use crate::support::eventually;
use crate::support::knot::Knot;
use crate::support::named::Named;
use crate::support::nsd::Nsd;
use crate::support::zone_text;

const ZONES: [&str; 2] = ["one.example", "two.example"];

fn key() -> Key {
    Key {
        name: "transfer".into(),
        algorithm: "hmac-sha256".into(),
        secret: "c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyE=".into(),
    }
}

#[test]
fn secondaries_follow_a_primary_at_once() {
    needs!("named", "nsd", "knotd", "dig");
    let named = Named::prepare();
    let primary = Primary::open(named.dns);
    let (bind, nsd, knot) = (
        Named::secondary(&primary, &ZONES),
        Nsd::secondary(&primary, &ZONES),
        Knot::secondary(&primary, &ZONES),
    );
    let all = [bind.dns, nsd.dns, knot.dns];
    follow(named, "127.0.0.1;", &all, &ZONES);
}

#[test]
fn secondaries_follow_a_primary_that_wants_a_key() {
    needs!("named", "nsd", "knotd", "dig");
    let named = Named::prepare();
    let primary = Primary::with_key(named.dns, &key());
    let (bind, nsd, knot) = (
        Named::secondary(&primary, &ZONES),
        Nsd::secondary(&primary, &ZONES),
        Knot::secondary(&primary, &ZONES),
    );
    let all = [bind.dns, nsd.dns, knot.dns];
    follow(named, "key transfer;", &all, &ZONES);
}

#[test]
fn secondaries_follow_a_catalog() {
    needs!("named", "knotd", "dig");
    let named = Named::prepare();
    let primary = Primary::with_key(named.dns, &key());
    let (bind, knot) = (
        Named::catalog_consumer(&primary, "catalog.example"),
        Knot::catalog_consumer(&primary, "catalog.example"),
    );
    let all = [bind.dns, knot.dns];
    follow(
        named,
        "key transfer;",
        &all,
        &[ZONES[0], ZONES[1], "catalog.example"],
    );
}

/// Starts the primary and changes its zones; the secondaries learn of it by NOTIFY.
fn follow(mut named: Named, allowed: &str, secondaries: &[SocketAddr], zones: &[&str]) {
    let mut notified = String::new();
    for secondary in secondaries {
        write!(notified, "127.0.0.1 port {}; ", secondary.port()).unwrap();
    }
    let key = key();
    let mut include = format!(
        "key {} {{ algorithm {}; secret \"{}\"; }};\n",
        key.name, key.algorithm, key.secret
    );
    for zone in zones {
        writeln!(
            include,
            "zone \"{zone}\" {{ type primary; file \"{zone}.zone\"; notify explicit; \
             also-notify {{ {notified}}}; notify-delay 0; allow-transfer {{ {allowed} }}; }};"
        )
        .unwrap();
    }
    std::fs::write(named.include(), include).unwrap();
    write_zones(&named, zones, 1);
    named.run();
    served(secondaries, 1);
    write_zones(&named, zones, 2);
    named.signal("-HUP");
    served(secondaries, 2);
}

fn served(secondaries: &[SocketAddr], wanted: u32) {
    for &secondary in secondaries {
        for zone in ZONES {
            eventually(&format!("{secondary} serves {zone} at {wanted}"), || {
                (secondary.serial(zone) == Some(wanted)).then_some(())
            });
        }
    }
}

fn write_zones(named: &Named, zones: &[&str], serial: u32) {
    for zone in zones {
        let text = match *zone {
            "catalog.example" => catalog_text(serial),
            _ => zone_text(zone, serial, "192.0.2.1"),
        };
        std::fs::write(named.path(&format!("{zone}.zone")), text).unwrap();
    }
}

fn catalog_text(serial: u32) -> String {
    let mut text = format!(
        "$TTL 60\n@ SOA invalid. invalid. {serial} 60 60 86400 60\n@ NS invalid.\nversion TXT 2\n"
    );
    for (n, member) in ZONES.iter().enumerate() {
        writeln!(text, "m{n}.zones PTR {member}.").unwrap();
    }
    text
}
