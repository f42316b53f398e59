//! History, the way back, and waiting until it is served.

use crate::needs;
use crate::support::builtin::Builtin;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::named::Named;
use crate::support::zone_text;

const ZONE: &str = "a.example";

#[test]
fn a_rollback_reaches_every_backend_with_a_higher_serial() {
    needs!("named", "dig");
    let (named, server) = (Named::start(), Builtin::new());
    let gateway = Gateway::start(&[named.backend("bind"), server.backend("")]);
    gateway.push(ZONE, &zone_text(ZONE, 10, "192.0.2.1"));
    gateway.push_from("da2.example.net", ZONE, &zone_text(ZONE, 20, "192.0.2.2"));
    let (status, shown, _) = gateway.command(&["wait", ZONE, "--revision", "2"]);
    assert!(status.success(), "{shown}");

    let (_, shown, _) = gateway.command(&["history", ZONE]);
    let lines: Vec<_> = shown.lines().collect();
    let [second, first] = lines.as_slice() else {
        panic!("{shown}");
    };
    assert!(second.contains("alice on da2.example.net") && second.contains("serial         20"));
    assert!(first.contains("alice on da1.example.net") && first.contains("serial         10"));
    let (_, shown, _) = gateway.command(&["diff", ZONE]);
    assert!(
        shown.contains("- www.a.example. 14400 A 192.0.2.1"),
        "{shown}"
    );
    assert!(
        shown.contains("+ www.a.example. 14400 A 192.0.2.2"),
        "{shown}"
    );
    let (_, turned, _) = gateway.command(&["diff", ZONE, "2", "1"]);
    assert!(
        turned.contains("+ www.a.example. 14400 A 192.0.2.1"),
        "{turned}"
    );

    let (status, shown, error) = gateway.command(&["rollback", ZONE, "1"]);
    assert!(
        status.success() && shown.contains("revision 3, serial 21"),
        "{shown}{error}"
    );
    let (status, shown, _) = gateway.command(&["wait", ZONE]);
    assert!(status.success(), "{shown}");
    for found in [
        named.dig(&["+short", "www.a.example", "A"]),
        server.dig(&["+short", "www.a.example", "A"]),
    ] {
        assert_eq!(found.trim(), "192.0.2.1");
    }
    assert_eq!(
        (named.serial(ZONE), server.serial(ZONE)),
        (Some(21), Some(21))
    );
    let (status, _, error) = gateway.command(&["rollback", ZONE, "17"]);
    assert_eq!(status.code(), Some(1));
    assert!(
        error.contains("revision 17 of zone a.example is not in its history"),
        "{error}"
    );
    let (status, _, error) = gateway.command(&["history", "b.example"]);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("never been pushed"), "{error}");
}

#[test]
fn a_removed_zone_comes_back() {
    needs!("dig");
    let server = Builtin::new();
    let gateway = Gateway::start(&[server.backend("")]);
    gateway.push(ZONE, &zone_text(ZONE, 10, "192.0.2.1"));
    gateway.until(ZONE, "served");
    gateway.delete_from("da1.example.net", ZONE);
    gateway.until(ZONE, "removed");
    assert_eq!(server.serial(ZONE), None);
    let (status, ..) = gateway.command(&["rollback", ZONE, "1"]);
    assert!(status.success());
    let (status, ..) = gateway.command(&["wait", ZONE]);
    assert!(status.success());
    assert_eq!(
        server.dig(&["+short", "www.a.example", "A"]).trim(),
        "192.0.2.1"
    );
}

#[test]
fn waiting_in_vain_ends_with_1_and_says_for_what() {
    needs!("named");
    let mut named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    named.kill();
    gateway.push(ZONE, &zone_text(ZONE, 1, "192.0.2.1"));
    gateway.logs("bind: unavailable:");
    let (status, shown, _) = gateway.command(&["wait", ZONE, "--timeout", "0.2"]);
    assert_eq!(status.code(), Some(1));
    assert!(shown.contains("bind: it is unavailable"), "{shown}");
    let (status, json, _) = gateway.command(&["wait", ZONE, "--timeout", "0", "--json"]);
    assert_eq!(status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["missing"][0]["backend"], "bind");
    named.run();
    let (status, shown, _) = gateway.command(&["wait", ZONE]);
    assert!(status.success(), "{shown}");
    let (status, shown, _) = gateway.command(&["wait", ZONE, "--revision", "2", "--timeout", "0"]);
    assert_eq!(status.code(), Some(1));
    assert!(
        shown.contains("revision 2 is not verified everywhere"),
        "{shown}"
    );
}

#[test]
fn a_receipt_has_digest_serial_revision_and_time_of_the_last_verification() {
    needs!("named");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    gateway.push(ZONE, &zone_text(ZONE, 1, "192.0.2.1"));
    let found = gateway.until(ZONE, "served");
    let receipt = &found["backends"][0];
    assert_eq!(receipt["desired_revision"], 1);
    assert_eq!(receipt["verified_revision"], 1);
    assert_eq!(receipt["verified_serial"], 1);
    assert_eq!(receipt["verified_digest"].as_str().map(str::len), Some(64));
    let at: jiff::Timestamp = receipt["verified_at"].as_str().unwrap().parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(at);
    assert!(age.as_secs() < 30, "{age}");
    let (status, ..) = gateway.command(&["verify", ZONE]);
    assert!(status.success());
    let again = gateway.json("/api/v1/zones/a.example");
    let later: jiff::Timestamp = again["backends"][0]["verified_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(later > at, "verifying counts too");
}

#[test]
fn the_serial_that_is_served_goes_on_across_the_wrap_around_and_never_back() {
    needs!("named", "dig");
    let (named, server) = (Named::start(), Builtin::new());
    let gateway = Gateway::start(&[named.backend("bind"), server.backend("")]);
    // Pushed, and what is served then (RFC 1982): ahead, the same for other content, behind, ahead.
    for (step, (pushed, served)) in [(u32::MAX, u32::MAX), (u32::MAX, 0), (7, 7), (5, 8), (9, 9)]
        .into_iter()
        .enumerate()
    {
        gateway.push(ZONE, &zone_text(ZONE, pushed, &format!("192.0.2.{step}")));
        let (status, shown, _) = gateway.command(&["wait", ZONE]);
        assert!(status.success(), "{shown}");
        let both = (named.serial(ZONE), server.serial(ZONE));
        assert_eq!(both, (Some(served), Some(served)), "after {pushed}");
    }
}
