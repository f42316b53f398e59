//! Hosts whose `named` has views, settings of its own, or files from before.

use std::fs;

use crate::needs;
use crate::support::dns::NameServer;
use crate::support::eventually;
use crate::support::gateway::Gateway;
use crate::support::named::Named;
use crate::support::zone_text;

/// A `named` whose configuration is the usual one, but for these views in place of the include file.
fn with_views(views: &str) -> Named {
    let mut named = Named::prepare();
    let config = named.path("named.conf");
    let include = format!("include \"{}\";", named.include().display());
    let text = fs::read_to_string(&config).unwrap();
    let views = views.replace("OURS", &include);
    fs::write(&config, text.replace(&include, &views)).unwrap();
    named.run();
    named
}

#[test]
fn a_change_is_served_in_every_view_before_it_counts_as_served() {
    needs!("named", "dig");
    let named = with_views(
        "view inside { match-clients { 127.0.0.1; }; OURS };\n\
         view outside { match-clients { 127.0.0.2; }; OURS };\n",
    );
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    gateway.logs("bind: zones are reloaded and verified in these views: inside, outside");
    for serial in 1..4 {
        let address = format!("192.0.2.{serial}");
        gateway.push("a.example", &zone_text("a.example", serial, &address));
        eventually("it is verified", || {
            let found = gateway.json("/api/v1/zones/a.example");
            (found["state"] == "served" && found["serial"] == serial).then_some(())
        });
        for client in ["127.0.0.1", "127.0.0.2"] {
            let answer = named.dig(&["-b", client, "+short", "www.a.example", "A"]);
            assert_eq!(answer.trim(), address, "{client}");
        }
    }
    gateway.delete_from("da1.example.net", "a.example");
    gateway.until("a.example", "removed");
    let gone = named.dig(&["-b", "127.0.0.2", "+short", "www.a.example", "A"]);
    assert_eq!(gone.trim(), "");
}

#[test]
fn the_status_says_which_way_zones_are_given_to_named() {
    needs!("named");
    for (options, way) in [
        ("", "1 zone stanza(s) in"),
        (
            "allow-new-zones yes;\n",
            "named keeps 1 zone(s) of dadns in its own database",
        ),
    ] {
        let mut named = Named::prepare();
        fs::write(named.path("options.conf"), options).unwrap();
        named.run();
        let backend = named.backend("bind") + "      provision: auto\n";
        let mut gateway = Gateway::start(std::slice::from_ref(&backend));
        gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
        gateway.until("a.example", "served");
        gateway.kill();
        gateway.run();
        eventually(&format!("the status says: {way}"), || {
            let status = gateway.json("/status");
            let notes = status["backends"][0]["notes"].to_string();
            notes.contains(way).then_some(())
        });
        let (_, shown, _) = gateway.command(&["status"]);
        assert!(shown.contains(way), "{shown}");
    }
}

#[test]
fn why_a_zone_is_not_served_stands_in_the_log_at_once_and_in_its_receipt() {
    needs!("named");
    let named = with_views(
        "view mine { match-clients { 127.0.0.1; }; };\n\
         view others { match-clients { any; }; OURS };\n",
    );
    let mut gateway = Gateway::prepare("", &[named.backend("bind")]);
    let config = fs::read_to_string(gateway.config()).unwrap();
    let quick = "lanes: {verify_timeout_ms: 1500}\n".to_owned() + &config;
    fs::write(gateway.config(), quick).unwrap();
    gateway.run();
    gateway.push("a.example", &zone_text("a.example", 7, "192.0.2.1"));
    let reason = "named has loaded serial 7, so another view or server answers at";
    let line = gateway.logs("zone a.example is not served yet");
    assert!(line.contains(reason), "{line}");
    let line = gateway.logs("Batch complete");
    assert!(line.contains("1 not served yet: a.example"), "{line}");
    gateway.until("a.example", "failed");
    let (_, told, _) = gateway.command(&["zones", "a.example"]);
    assert!(told.contains(reason), "{told}");
}

#[test]
fn a_journal_that_keeps_named_from_loading_a_zone_is_found_and_removed() {
    needs!("named", "dig");
    let mut named = Named::start();
    let check = "check:\n  every_seconds: 1\n  zones_per_second: 1000\n";
    let mut gateway = Gateway::start_with(check, &[named.backend("bind")]);
    gateway.push("a.example", &zone_text("a.example", 5, "192.0.2.5"));
    gateway.until("a.example", "served");
    let journal = named.zones_dir().join("a.example.db.jnl");
    // Found while named still serves the zone, which it would not after its next start.
    fs::write(&journal, "of another zone").unwrap();
    gateway.logs("a.example.db.jnl stands beside it");
    gateway.logs("zone a.example is repaired and verified");
    assert!(!journal.exists());
    // And where named has met it first.
    named.kill();
    fs::write(&journal, "of another zone").unwrap();
    named.run();
    eventually("it is served again", || {
        (named.serial("a.example") == Some(5)).then_some(())
    });
    assert!(!journal.exists());
}

#[test]
fn more_records_than_named_takes_are_refused_by_that_backend_alone() {
    needs!("named", "dig");
    let named = Named::start();
    let builtin = crate::support::builtin::Builtin::new();
    let mut gateway = Gateway::start(&[named.backend("bind"), builtin.backend("")]);
    let many: String = (1..=101)
        .map(|at| format!("many A 10.0.0.{at}\n"))
        .collect();
    let text = zone_text("a.example", 1, "192.0.2.1") + &many;
    assert_eq!(gateway.push("a.example", &text), "error=0");
    let line = gateway.logs("bind: zone a.example failed");
    assert!(
        line.contains("dns.backends.bind.max_records_per_type"),
        "{line}"
    );
    eventually("the other backend serves it", || {
        (builtin.serial("a.example") == Some(1)).then_some(())
    });
    assert_eq!(named.serial("a.example"), None);
}

#[test]
fn a_removal_is_done_though_named_makes_up_an_empty_zone_of_the_same_name() {
    needs!("named", "dig");
    let named = with_views("view all { recursion yes; OURS };\n");
    let gateway = Gateway::start(&[named.backend("bind")]);
    let zone = "2.0.192.in-addr.arpa";
    gateway.push(zone, &zone_text(zone, 5, "192.0.2.5"));
    gateway.until(zone, "served");
    gateway.delete_from("da1.example.net", zone);
    gateway.until(zone, "removed");
    assert_eq!(named.serial(zone), Some(0));
}
