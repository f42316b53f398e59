//! Signed zones whose serial does not advance: it cannot be raised here, so it is said.

use std::fmt::Write;

use crate::needs;
use crate::support::builtin::Builtin;
use crate::support::dns::NameServer;
use crate::support::eventually;
use crate::support::gateway::Gateway;
use crate::support::knot::Knot;
use crate::support::named::Named;
use crate::support::nsd::Nsd;
use crate::support::zone_text;

const ZONE: &str = "a.example";

/// A zone with a signature: which does not matter, nobody here validates.
fn signed(serial: u32, address: &str) -> String {
    let signature = "www RRSIG A 13 3 300 20400101000000 20200101000000 1 a.example. AAAA\n";
    zone_text(ZONE, serial, address) + signature
}

/// The same with so many RRsets that not each of them is asked for after every push, and that a change is small.
fn large(serial: u32, address: &str, more: &str) -> String {
    let mut text = signed(serial, address) + more;
    for number in 0..300 {
        writeln!(text, "h{number} TXT \"some text to fill it\"").unwrap();
    }
    text
}

fn notifying(servers: &[std::net::SocketAddr]) -> String {
    let servers: Vec<_> = servers.iter().map(|at| format!("\"{at}\"")).collect();
    format!("      notify: [{}]\n", servers.join(", "))
}

fn www(server: &impl NameServer) -> String {
    server
        .dig(&["+short", "www.a.example", "A"])
        .trim()
        .to_owned()
}

/// Waits until a server answers so for `www`.
fn answers(server: &impl NameServer, address: &str) {
    eventually(&format!("{address} is answered"), || {
        (www(server) == address).then_some(())
    });
}

#[test]
fn the_log_the_zone_and_the_metrics_say_so_until_the_serial_is_ahead() {
    let mut gateway = Gateway::start(&[]);
    gateway.push(ZONE, &signed(10, "192.0.2.1"));
    for (serial, address, relation) in [
        (
            10,
            "192.0.2.2",
            "has serial 10, as it had before with other records",
        ),
        (9, "192.0.2.3", "has serial 9, which is behind serial 10"),
    ] {
        assert_eq!(gateway.push(ZONE, &signed(serial, address)), "error=0");
        let line = gateway.logs(relation);
        for part in [
            "WARNING",
            "zone a.example from da1.example.net (127.0.0.1)",
            "Secondaries that have serial 10 keep their old records",
            "sign the zone with a serial ahead of 10 and push it again",
        ] {
            assert!(line.contains(part), "{part} is not in: {line}");
        }
        let (_, shown, _) = gateway.command(&["zones", ZONE]);
        assert!(shown.contains("note: the zone is signed"), "{shown}");
        assert!(shown.contains(relation), "{shown}");
        let found = gateway.json("/api/v1/zones/a.example");
        assert_eq!(found["serial_not_ahead_of"], 10);
    }
    let (_, shown, _) = gateway.command(&["status"]);
    assert!(
        shown.contains("1 signed zone with a serial that did not advance"),
        "{shown}"
    );
    let metrics = gateway.get("/metrics");
    for line in [
        "dadns_signed_serial_not_ahead_zones 1",
        "dadns_signed_serial_not_ahead_total 2",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}\n{metrics}"
        );
    }
    gateway.push(ZONE, &signed(11, "192.0.2.4"));
    let found = gateway.json("/api/v1/zones/a.example");
    assert_eq!(
        found["serial_not_ahead_of"],
        serde_json::Value::Null,
        "{found}"
    );
    assert!(found["notes"].as_array().unwrap().is_empty(), "{found}");
    assert!(
        gateway
            .get("/metrics")
            .contains("dadns_signed_serial_not_ahead_zones 0")
    );
}

#[test]
fn what_comes_again_as_it_is_and_what_is_ahead_is_not_warned_of() {
    let mut gateway = Gateway::start(&[]);
    for (serial, address) in [(10, "192.0.2.1"), (10, "192.0.2.1"), (11, "192.0.2.1")] {
        assert_eq!(gateway.push(ZONE, &signed(serial, address)), "error=0");
    }
    gateway.push("other.example", &zone_text("other.example", 1, "192.0.2.1"));
    gateway.push("other.example", &zone_text("other.example", 1, "192.0.2.2"));
    let (_, log) = gateway.terminate();
    assert!(!log.contains("is signed"), "{log}");
}

#[test]
fn secondaries_of_three_makes_that_keep_old_records_are_named_until_they_have_the_new_ones() {
    needs!("named", "nsd", "knotd", "dig");
    let builtin = Builtin::new().open();
    let primary = builtin.primary();
    let (named, nsd, knot) = (
        Named::secondary(&primary, &[ZONE]),
        Nsd::secondary(&primary, &[ZONE]),
        Knot::secondary(&primary, &[ZONE]),
    );
    let all = [named.dns, nsd.dns, knot.dns];
    let mut gateway = Gateway::start(&[builtin.backend(&notifying(&all))]);
    gateway.push(ZONE, &large(10, "192.0.2.1", ""));
    for server in &all {
        answers(server, "192.0.2.1");
    }
    gateway.push(ZONE, &large(10, "192.0.2.2", ""));
    for at in &all {
        let line = gateway.logs(&format!(
            "secondary {at} keeps its old records of zone a.example"
        ));
        assert!(
            line.contains("WARNING") && line.contains("it has serial 10 too"),
            "{line}"
        );
    }
    let found = gateway.json("/api/v1/zones/a.example");
    assert_eq!(found["left_behind"].as_array().unwrap().len(), 3, "{found}");
    let metrics = gateway.get("/metrics");
    let count = "dadns_secondary_zones_left_behind{backend=\"builtin\"} 3";
    assert!(metrics.contains(count), "{metrics}");

    gateway.push(ZONE, &large(9, "192.0.2.3", ""));
    for at in &all {
        let line = gateway.logs(&format!("secondary {at} keeps its old records of zone a.example: it has serial 10, and our serial 9"));
        assert!(line.contains("WARNING"), "{line}");
    }
    for server in &all {
        assert_eq!(www(server), "192.0.2.1");
    }
    // What is told of this change would not fit the records that they have.
    gateway.push(ZONE, &large(11, "192.0.2.3", "new A 192.0.2.9\n"));
    for server in &all {
        answers(server, "192.0.2.3");
        let new = server.dig(&["+short", "new.a.example", "A"]);
        assert_eq!(new.trim(), "192.0.2.9");
    }
    eventually("nobody is left behind", || {
        let found = gateway.json("/api/v1/zones/a.example");
        found["left_behind"].is_null().then_some(())
    });
    assert!(
        gateway
            .get("/metrics")
            .contains("left_behind{backend=\"builtin\"} 0")
    );
}

#[test]
fn who_was_left_behind_before_a_restart_is_named_after_it_and_gets_the_whole_zone() {
    needs!("named", "dig");
    let builtin = Builtin::new().open();
    let named = Named::secondary(&builtin.primary(), &[ZONE]);
    let mut gateway = Gateway::start(&[builtin.backend(&notifying(&[named.dns]))]);
    gateway.push(ZONE, &large(10, "192.0.2.1", ""));
    answers(&named, "192.0.2.1");
    gateway.push(ZONE, &large(10, "192.0.2.2", ""));
    gateway.until(ZONE, "served");
    gateway.terminate();
    gateway.run();
    gateway.logs("keeps its old records of zone a.example: it has serial 10 too");
    gateway.push(ZONE, &large(11, "192.0.2.2", "new A 192.0.2.9\n"));
    answers(&named, "192.0.2.2");
    assert_eq!(named.records(ZONE), builtin.records(ZONE));
}

#[test]
fn a_removed_zone_that_comes_back_behind_what_its_secondary_has_is_told_of() {
    needs!("named", "dig");
    let builtin = Builtin::new().open();
    let named = Named::secondary(&builtin.primary(), &[ZONE]);
    let mut gateway = Gateway::start(&[builtin.backend(&notifying(&[named.dns]))]);
    gateway.push(ZONE, &signed(10, "192.0.2.1"));
    answers(&named, "192.0.2.1");
    gateway.delete_from("da1.example.net", ZONE);
    gateway.until(ZONE, "removed");
    gateway.push(ZONE, &signed(10, "192.0.2.2"));
    gateway.logs("has serial 10, as it had before with other records");
    gateway.logs("keeps its old records of zone a.example: it has serial 10 too");
}

#[test]
fn a_secondary_that_is_ahead_of_an_unsigned_zone_is_named_once() {
    needs!("named", "dig");
    let builtin = Builtin::new().open();
    let named = Named::secondary(&builtin.primary(), &[ZONE]);
    let mut before = Gateway::start(&[builtin.backend(&notifying(&[named.dns]))]);
    before.push(ZONE, &zone_text(ZONE, 20, "192.0.2.1"));
    answers(&named, "192.0.2.1");
    before.terminate();
    // One whose store knows nothing of that.
    let mut gateway = Gateway::start(&[builtin.backend(&notifying(&[named.dns]))]);
    gateway.push(ZONE, &zone_text(ZONE, 10, "192.0.2.2"));
    let line = gateway.logs("keeps its old records of zone a.example");
    assert!(
        line.contains("it has serial 20, and our serial 10 is not ahead"),
        "{line}"
    );
    gateway.push(ZONE, &zone_text(ZONE, 21, "192.0.2.3"));
    answers(&named, "192.0.2.3");
    let (_, log) = gateway.terminate();
    assert_eq!(log.matches("keeps its old records").count(), 1, "{log}");
}

#[test]
fn bind_that_is_told_to_go_by_serials_still_serves_other_records_under_the_same_serial() {
    needs!("named", "dig");
    let mut named = Named::prepare();
    std::fs::write(named.path("options.conf"), "ixfr-from-differences yes;\n").unwrap();
    named.run();
    let gateway = Gateway::start(&[named.backend("bind")]);
    for address in ["192.0.2.1", "192.0.2.2"] {
        gateway.push(ZONE, &large(10, address, ""));
        gateway.until(ZONE, "served");
        assert_eq!(www(&named), address);
    }
}

/// A gateway over a `named` that has the zone already, of others, with serial 50.
fn taking_over() -> (Gateway, Named) {
    let mut named = Named::prepare();
    let file = named.path("old.db");
    std::fs::write(&file, zone_text(ZONE, 50, "192.0.2.1")).unwrap();
    let stanza = format!(
        "zone \"{ZONE}\" {{ type primary; file \"{}\"; }};\n",
        file.display()
    );
    std::fs::write(named.include(), stanza).unwrap();
    named.run();
    (Gateway::start(&[named.backend("bind")]), named)
}

#[test]
fn a_signed_zone_that_is_put_over_one_that_is_ahead_is_told_of() {
    needs!("named", "dig");
    let (mut gateway, _named) = taking_over();
    gateway.push(ZONE, &signed(40, "192.0.2.2"));
    gateway.logs("has serial 40, which is behind serial 50");
    gateway.until(ZONE, "served");
    let found = gateway.json("/api/v1/zones/a.example");
    assert_eq!(found["serial_not_ahead_of"], 50, "{found}");
}

#[test]
fn a_zone_that_others_served_under_the_same_serial_gets_another_one() {
    needs!("named", "dig");
    let (mut gateway, named) = taking_over();
    gateway.push(ZONE, &zone_text(ZONE, 50, "192.0.2.2"));
    gateway.logs("was there with serial 50 and other records; serving it as 51");
    gateway.until(ZONE, "served");
    assert_eq!((named.serial(ZONE), &*www(&named)), (Some(51), "192.0.2.2"));
}

#[test]
fn the_guard_holds_such_a_push_where_it_is_told_to_and_the_master_hears_of_it() {
    let mut gateway = Gateway::start_with("guard:\n  signed_serial: true\n", &[]);
    gateway.push(ZONE, &signed(10, "192.0.2.1"));
    assert_eq!(gateway.push(ZONE, &signed(10, "192.0.2.1")), "error=0");
    let answer = gateway.push(ZONE, &signed(10, "192.0.2.2"));
    assert!(answer.starts_with("error=1&text=Zone+held"), "{answer}");
    assert!(
        answer.contains("sign+the+zone+with+a+serial+ahead+of+10"),
        "{answer}"
    );
    let answer = gateway.push(ZONE, &signed(9, "192.0.2.2"));
    assert!(answer.contains("which+is+behind+serial+10"), "{answer}");
    let (_, shown, _) = gateway.command(&["held"]);
    assert!(
        shown.contains("held because the zone is signed and has serial 9"),
        "{shown}"
    );
    let found = gateway.json("/api/v1/zones/a.example");
    assert_eq!(
        (&found["serial"], &found["serial_not_ahead_of"]),
        (&10.into(), &().into())
    );
    let (status, _, error) = gateway.command(&["approve", ZONE]);
    assert!(status.success(), "{error}");
    gateway.logs("zone a.example from da1.example.net: the zone is signed and has serial 9");
    let found = gateway.json("/api/v1/zones/a.example");
    assert_eq!(
        (&found["serial"], &found["serial_not_ahead_of"]),
        (&9.into(), &10.into())
    );
    assert_eq!(gateway.push(ZONE, &signed(11, "192.0.2.3")), "error=0");
}
