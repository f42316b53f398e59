//! What goes wrong around the gateway, and whom it does not hold up.

use crate::needs;
use crate::support::dns::NameServer;
use crate::support::eventually;
use crate::support::gateway::Gateway;
use crate::support::named::Named;
use crate::support::relay::Relay;
use crate::support::zone_text;

/// A backend that is `named`, but is asked what it serves through `relay`.
fn behind(named: &Named, relay: &Relay) -> String {
    named
        .backend("bind")
        .replace(&named.dns.to_string(), &relay.address.to_string())
}

#[test]
fn a_zone_that_cannot_be_verified_does_not_hold_up_the_others() {
    needs!("named", "dig");
    let named = Named::start();
    let relay = Relay::start(named.dns);
    relay.swallow("stuck");
    let gateway = Gateway::start(&[behind(&named, &relay)]);
    gateway.push("stuck.example", &zone_text("stuck.example", 1, "192.0.2.1"));
    for n in 0..5 {
        let zone = format!("fine{n}.example");
        gateway.push(&zone, &zone_text(&zone, 1, "192.0.2.1"));
        gateway.until(&zone, "served");
        let stuck = gateway.json("/api/v1/zones/stuck.example");
        assert_eq!(stuck["state"], "pending", "{stuck}");
    }
    // When its time is over it has failed; the next push of it is a new chance.
    let failed = gateway.until("stuck.example", "failed");
    assert_eq!(failed["backends"][0]["attempts"], 1);
    relay.pass();
    gateway.push("stuck.example", &zone_text("stuck.example", 2, "192.0.2.1"));
    gateway.until("stuck.example", "served");
}

#[test]
fn a_dns_port_that_is_silent_is_an_unavailable_backend_and_counts_against_no_zone() {
    needs!("named", "dig");
    let named = Named::start();
    let relay = Relay::start(named.dns);
    relay.swallow("");
    let mut gateway = Gateway::start(&[behind(&named, &relay)]);
    for n in 0..20 {
        let zone = format!("z{n}.example");
        gateway.push(&zone, &zone_text(&zone, 1, "192.0.2.1"));
    }
    let line = gateway.logs("bind: unavailable:");
    assert!(line.contains(&relay.address.to_string()), "{line}");
    assert_eq!(gateway.json("/queue_status")[0]["state"], "unavailable");
    relay.pass();
    for n in 0..20 {
        let served = gateway.until(&format!("z{n}.example"), "served");
        let results = served["backends"][0]["history"].as_array().unwrap();
        assert!(
            results.iter().all(|event| event["result"] != "failed"),
            "{served}"
        );
    }
    gateway.logs("bind: available again after");
}

#[test]
fn a_named_conf_that_is_broken_elsewhere_is_said_once_and_gone_on_with_when_it_is_repaired() {
    needs!("named", "dig");
    let named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    gateway.until("a.example", "served");
    let config = std::fs::read_to_string(named.path("named.conf")).unwrap();
    std::fs::write(named.path("named.conf"), format!("{config}\nnonsense;\n")).unwrap();
    gateway.push("b.example", &zone_text("b.example", 1, "192.0.2.1"));
    gateway.logs("bind: unavailable:");
    // Long enough for several probes.
    let zones = gateway.json("/queue_status")[0]["unavailable"]["since"].clone();
    eventually("some probes have passed", || {
        let log = gateway.log();
        assert_eq!(log.matches("bind: unavailable:").count(), 1, "{log}");
        let status = gateway.json("/queue_status");
        assert_eq!(status[0]["unavailable"]["since"], zones, "{status}");
        (status[0]["oldest_pending_s"].as_i64()? >= 4).then_some(())
    });
    // A zone that named knows can be changed meanwhile.
    gateway.push("a.example", &zone_text("a.example", 2, "192.0.2.2"));
    gateway.until("a.example", "served");
    assert_eq!(named.serial("a.example"), Some(2));
    assert_eq!(gateway.json("/api/v1/zones/b.example")["state"], "pending");
    std::fs::write(named.path("named.conf"), config).unwrap();
    gateway.until("b.example", "served");
    gateway.logs("bind: available again after");
    assert_eq!(named.serial("b.example"), Some(1));
}

#[test]
fn a_named_that_is_unavailable_is_logged_before_a_push_has_to_wait_for_it() {
    needs!("named", "dig");
    let mut named = Named::prepare();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    gateway.logs("bind: unavailable:");
    assert_eq!(gateway.json("/status")["state"], "degraded");
    named.run();
    gateway.logs("bind: available again after");
    assert_eq!(gateway.json("/status")["state"], "ok");
}

#[test]
fn without_a_backend_a_zone_is_kept_not_served() {
    let gateway = Gateway::start(&[]);
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    assert_eq!(gateway.json("/api/v1/zones/a.example")["state"], "kept");
}

#[test]
fn error_0_is_said_only_after_the_store_has_been_synced() {
    needs!("strace");
    let mut gateway = Gateway::start(&[]);
    let trace = gateway.run_traced();
    let before = std::fs::read_to_string(&trace).unwrap().len();
    let answer = gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    assert_eq!(answer, "error=0");
    let calls = eventually("the answer is in the trace", || {
        let calls = std::fs::read_to_string(&trace).ok()?.split_off(before);
        calls.contains("error=0").then_some(calls)
    });
    let (earlier, _) = calls.split_once("error=0").unwrap();
    let synced = |line: &str| line.contains("fdatasync") && line.contains("store/journal.");
    assert!(earlier.lines().any(synced), "{earlier}");
}

#[test]
fn a_backend_that_has_become_another_place_gets_every_zone_again() {
    needs!("named", "dig");
    let (old, new) = (Named::start(), Named::start());
    let mut gateway = Gateway::start(&[old.backend("bind")]);
    gateway.push("a.example", &zone_text("a.example", 8, "192.0.2.1"));
    gateway.until("a.example", "served");
    let config = std::fs::read_to_string(gateway.config()).unwrap();
    let (status, _) = gateway.terminate();
    assert!(status.success());
    let moved = config.replace(&old.backend("bind"), &new.backend("bind"));
    assert_ne!(moved, config);
    std::fs::write(gateway.config(), moved).unwrap();
    gateway.run();
    gateway.until("a.example", "served");
    assert_eq!(new.serial("a.example"), Some(8));
}
