//! Zones of masters that are gone: who owns what, and releasing it.

use serde_json::{Value, json};

use crate::support::gateway::Gateway;
use crate::support::zone_text;

const DEAD: &str = "dead.example.net";
const ALIVE: &str = "alive.example.net";

/// A gateway with three zones of a master that is gone and one of another.
fn gateway() -> Gateway {
    let gateway = Gateway::start(&[]);
    for (master, zone) in [
        (DEAD, "a.example"),
        (DEAD, "b.example"),
        (DEAD, "c.example"),
        (ALIVE, "d.example"),
    ] {
        let answer = gateway.push_from(master, zone, &zone_text(zone, 1, "192.0.2.1"));
        assert_eq!(answer, "error=0");
    }
    gateway
}

fn is_here(gateway: &Gateway, zone: &str) -> bool {
    gateway.json(&format!("/api/v1/zones/{zone}"))["present"] == true
}

#[test]
fn a_zone_is_removed_by_hand_only_with_the_name_of_its_owner() {
    let mut gateway = gateway();
    for (arguments, reason) in [
        (&["--owner", ALIVE][..], "alice on dead.example.net"),
        (&["--owner", "a b"], "host name"),
        (&["--no-owner"], "alice on dead.example.net"),
    ] {
        let command = [&["zones", "remove", "a.example"], arguments].concat();
        let (status, shown, error) = gateway.command(&command);
        assert_eq!(status.code(), Some(1), "{arguments:?}: {shown}");
        assert!(error.contains(reason), "{arguments:?}: {error}");
    }
    let (status, ..) = gateway.command(&["zones", "remove", "a.example"]);
    assert_eq!(status.code(), Some(2), "somebody has to be named");
    assert!(is_here(&gateway, "a.example"));

    let command = [
        "zones",
        "remove",
        "a.example",
        "--owner",
        "Dead.Example.net:2222",
    ];
    let (status, shown, error) = gateway.command(&command);
    assert!(status.success(), "{error}");
    assert!(shown.contains("dadns rollback a.example 1"), "{shown}");
    assert!(!is_here(&gateway, "a.example"));
    let line = gateway.logs("zone a.example: removed");
    assert!(line.contains("operator"), "{line}");

    let (status, _, error) = gateway.command(&command);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("is removed already"), "{error}");
    let (_, _, error) = gateway.command(&["zones", "remove", "never.example", "--owner", DEAD]);
    assert!(error.contains("never been pushed"), "{error}");

    let (status, _, error) = gateway.command(&["rollback", "a.example", "1"]);
    assert!(status.success(), "{error}");
    assert!(is_here(&gateway, "a.example"));
}

#[test]
fn a_zone_without_an_owner_is_removed_by_hand_when_that_is_said() {
    let gateway = gateway();
    let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=nobody.example";
    let text = zone_text("nobody.example", 1, "192.0.2.1");
    gateway.ask("POST", target, text.as_bytes());
    let (status, _, error) =
        gateway.command(&["zones", "remove", "nobody.example", "--owner", DEAD]);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("has no owner"), "{error}");
    let (status, shown, error) =
        gateway.command(&["zones", "remove", "nobody.example", "--no-owner", "--json"]);
    assert!(status.success(), "{error}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["zone"], "nobody.example");
    assert!(!is_here(&gateway, "nobody.example"));
}

#[test]
fn a_master_is_forgotten_after_a_look_and_a_confirmation() {
    let mut gateway = gateway();
    let (status, shown, error) = gateway.command(&["masters", "forget", DEAD, "--dry-run"]);
    assert!(status.success(), "{error}");
    for part in ["a.example", "b.example", "c.example", "3 zones"] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    assert!(!shown.contains("alive"), "{shown}");
    assert!(!shown.contains("\nd.example"), "{shown}");

    let (status, _, error) = gateway.command(&["masters", "forget", DEAD]);
    assert_eq!(status.code(), Some(1));
    for part in ["3 zones", "--confirm"] {
        assert!(error.contains(part), "{error}");
    }
    for zone in ["a.example", "b.example", "c.example", "d.example"] {
        assert!(is_here(&gateway, zone), "{zone}");
    }

    let (status, shown, error) =
        gateway.command(&["masters", "forget", DEAD, "--confirm", "--json"]);
    assert!(status.success(), "{error}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["summary"]["counts"], json!({"removed": 3}));
    for (zone, here) in [
        ("a.example", false),
        ("b.example", false),
        ("c.example", false),
        ("d.example", true),
    ] {
        assert_eq!(is_here(&gateway, zone), here, "{zone}");
    }
    let line = gateway.logs("forgotten");
    assert!(line.contains(DEAD), "{line}");
    let (_, shown, _) = gateway.command(&["history", "a.example"]);
    assert!(shown.contains("removed by operator"), "{shown}");
    let (status, ..) = gateway.command(&["rollback", "a.example", "1"]);
    assert!(status.success());
}

#[test]
fn a_master_that_owns_nothing_or_is_configured_is_not_forgotten() {
    let mut gateway = gateway();
    let (status, _, error) =
        gateway.command(&["masters", "forget", "typo.example.net", "--confirm"]);
    assert_eq!(status.code(), Some(1));
    for part in ["typo.example.net owns no zone", DEAD, ALIVE] {
        assert!(error.contains(part), "{part} is missing in {error}");
    }
    gateway.kill();
    let mut config = std::fs::read_to_string(gateway.config()).unwrap();
    config.push_str(
        "reconciliation:\n  enabled: false\n  directadmin_servers:\n  - hostname: dead.example.net\n    \
         username: admin\n    password: secret\n",
    );
    std::fs::write(gateway.config(), config).unwrap();
    gateway.run();
    for last in ["--confirm", "--dry-run"] {
        let (status, _, error) = gateway.command(&["masters", "forget", DEAD, last]);
        assert_eq!(status.code(), Some(1), "{last}");
        assert!(
            error.contains("reconciliation.directadmin_servers"),
            "{error}"
        );
    }
    assert!(is_here(&gateway, "a.example"));
}

#[test]
fn masters_are_listed_with_their_zones() {
    let gateway = gateway();
    gateway.delete_from(DEAD, "c.example");
    let (status, shown, error) = gateway.command(&["masters"]);
    assert!(status.success(), "{error}");
    let line = |master: &str| {
        let line = shown.lines().find(|line| line.starts_with(master));
        line.unwrap_or_default().to_owned()
    };
    assert!(line(DEAD).contains("2 zones"), "{shown}");
    assert!(line(ALIVE).contains("1 zone,"), "{shown}");
    let masters = gateway.json("/api/v1/masters");
    assert_eq!(masters[0]["master"], ALIVE);
    assert_eq!(masters[1]["zones"], 2);
}

#[test]
fn only_an_operator_removes_zones_by_hand() {
    let app = "  operators: [\"root:another-secret\"]\n";
    let gateway = Gateway::start_with(app, &[]);
    gateway.push_from(DEAD, "a.example", &zone_text("a.example", 1, "192.0.2.1"));
    let post = |target: &str, body: Value| {
        let request = format!(
            "POST {target} HTTP/1.0\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            crate::support::http::basic(
                crate::support::gateway::USER,
                crate::support::gateway::PASSWORD
            ),
            body.to_string().len()
        );
        crate::support::http::send(gateway.address, request.as_bytes()).status
    };
    assert_eq!(
        post("/api/v1/zones/a.example/remove", json!({"owner": DEAD})),
        403
    );
    let body = json!({"dry_run": false, "confirm": true});
    assert_eq!(post("/api/v1/masters/dead.example.net/forget", body), 403);
    assert!(is_here(&gateway, "a.example"));
    let (status, _, error) = gateway.command(&["masters", "forget", DEAD, "--confirm"]);
    assert!(status.success(), "{error}");
    assert!(!is_here(&gateway, "a.example"));
}

#[test]
fn a_zone_of_which_another_master_has_a_push_held_is_left_until_that_is_decided() {
    let guard = "guard:\n  removed_percent: 20\n";
    let gateway = Gateway::start_with(guard, &[]);
    let (a, b) = ("a.example", "b.example");
    for zone in [a, b] {
        gateway.push_from(DEAD, zone, &zone_text(zone, 1, "192.0.2.1"));
    }
    let less = "$TTL 300\n@ SOA ns1 host 2 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n";
    assert!(gateway.push_from(ALIVE, a, less).starts_with("error=1&"));
    let (status, _, error) = gateway.command(&["zones", "remove", a, "--owner", DEAD]);
    assert_eq!(status.code(), Some(1));
    assert!(
        error.contains("alice on alive.example.net is held"),
        "{error}"
    );
    let (status, shown, _) = gateway.command(&["masters", "forget", DEAD, "--confirm"]);
    assert_eq!(status.code(), Some(1), "not all is done: {shown}");
    for part in [
        "a.example  dead.example.net  skipped",
        "1 zone of",
        "1 zone skipped",
    ] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    assert!(is_here(&gateway, a) && !is_here(&gateway, b));
    // One of its own goes with its zone.
    gateway.command(&["reject", a]);
    assert!(gateway.push_from(DEAD, a, less).starts_with("error=1&"));
    let (status, _, error) = gateway.command(&["zones", "remove", a, "--owner", DEAD]);
    assert!(status.success(), "{error}");
    assert_eq!(gateway.json("/api/v1/held"), json!([]));
}
