//! Pushes that look like accidents wait for an operator.

use crate::needs;
use crate::support::dns::NameServer;
use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{basic, send};
use crate::support::named::Named;
use crate::support::{sample, zone_text};

const STRICT: &str = "guard:\n  removed_percent: 20\n  apex_mx: true\n";
const ZONE: &str = "a.example";

/// Without `www`, and with an address that is never pushed.
fn emptied(serial: u32) -> String {
    let text = zone_text(ZONE, serial, "192.0.2.99");
    let kept = text
        .lines()
        .filter(|line| !line.starts_with("www") && !line.contains("ns2"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn a_push_that_removes_too_much_is_held_until_it_is_approved() {
    needs!("named", "dig");
    let named = Named::start();
    let gateway = Gateway::start_with(STRICT, &[named.backend("bind")]);
    gateway.push(ZONE, &zone_text(ZONE, 1, "192.0.2.1"));
    gateway.until(ZONE, "served");
    let answer = gateway.push(ZONE, &emptied(2));
    assert!(answer.starts_with("error=1&text=Zone+held"), "{answer}");
    assert!(answer.contains("removes+3+of+5+records"), "{answer}");
    let (_, shown, _) = gateway.command(&["held"]);
    for part in [
        ZONE,
        "removes 3 of 5 records",
        "- www.a.example. 14400 A 192.0.2.1",
    ] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }
    let (_, shown, _) = gateway.command(&["diff", ZONE, "--held"]);
    assert!(
        shown.contains("- www.a.example. 14400 A 192.0.2.1"),
        "{shown}"
    );
    assert_eq!(named.serial(ZONE), Some(1), "what was served stays");
    let (_, shown, _) = gateway.command(&["status"]);
    assert!(shown.contains("pushes held for an operator: 1"), "{shown}");
    let (_, shown, _) = gateway.command(&["zones", ZONE]);
    assert!(
        shown.contains("a newer push is held: it removes 3 of 5"),
        "{shown}"
    );
    assert!(gateway.get("/metrics").contains("dadns_held_pushes 1"));

    let (status, shown, error) = gateway.command(&["approve", ZONE]);
    assert!(
        status.success() && shown.contains("revision 2, serial 2"),
        "{shown}{error}"
    );
    let (status, ..) = gateway.command(&["wait", ZONE]);
    assert!(status.success());
    assert_eq!(named.serial(ZONE), Some(2));
    assert_eq!(named.dig(&["+short", "www.a.example", "A"]).trim(), "");
    let (_, shown, _) = gateway.command(&["history", ZONE]);
    assert!(
        shown.contains("approved by directdnsonly from 127.0.0.1, approved by operator directdnsonly from 127.0.0.1, alice on da1"),
        "{shown}"
    );
    let metrics = gateway.get("/metrics");
    assert!(
        metrics.contains("dadns_pushes_total{result=\"held\"} 1"),
        "{metrics}"
    );
}

#[test]
fn a_rejected_push_leaves_everything_as_it_is() {
    let gateway = Gateway::start_with(STRICT, &[]);
    gateway.push(ZONE, &zone_text(ZONE, 1, "192.0.2.1"));
    gateway.push(ZONE, &emptied(2));
    let (status, ..) = gateway.command(&["reject", ZONE]);
    assert!(status.success());
    let (_, shown, _) = gateway.command(&["held"]);
    assert!(shown.contains("pushes held: 0"), "{shown}");
    let (status, _, error) = gateway.command(&["reject", ZONE]);
    assert_eq!(status.code(), Some(1));
    assert!(
        error.contains("no push of zone a.example is held"),
        "{error}"
    );
    assert_eq!(gateway.json("/api/v1/zones/a.example")["revision"], 1);
}

#[test]
fn signatures_that_have_expired_are_held_by_default_and_nothing_else_is() {
    let gateway = Gateway::start(&[]);
    gateway.push(ZONE, &zone_text(ZONE, 1, "192.0.2.1"));
    assert_eq!(gateway.push(ZONE, &emptied(2)), "error=0");
    let signature = "www RRSIG A 13 3 300 20200201000000 20200101000000 1 a.example. AAAA\n";
    let signed = zone_text(ZONE, 3, "192.0.2.3") + signature;
    let answer = gateway.push(ZONE, &signed);
    assert!(answer.starts_with("error=1&text=Zone+held"), "{answer}");
    assert!(
        answer.contains("1+of+1+signatures+have+expired"),
        "{answer}"
    );
    assert_eq!(gateway.json("/api/v1/zones/a.example")["serial"], 2);
    // The samples, none of which has expired, go through.
    let text = sample("plain.example.zone");
    assert_eq!(gateway.push("plain.example", &text), "error=0");
}

#[test]
fn what_decides_over_held_pushes_is_not_reached_by_forms_of_other_pages() {
    let gateway = Gateway::start_with(STRICT, &[]);
    gateway.push(ZONE, &zone_text(ZONE, 1, "192.0.2.1"));
    gateway.push(ZONE, &emptied(2));
    // A form of another page would come with the operator's credentials, but not as JSON.
    let answer = gateway.ask("POST", "/api/v1/zones/a.example/approve", b"{}");
    assert_eq!(answer.status, 400, "{answer:?}");
    let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(problem["code"], "invalid_request", "{answer:?}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("invalid request: "), "{answer:?}");
    assert_eq!(gateway.json("/api/v1/zones/a.example")["revision"], 1);
}

#[test]
fn where_operators_have_accounts_of_their_own_a_master_cannot_approve_its_own_push() {
    let operators = "  operators: [\"anna:geheim-of-anna\"]\n";
    let mut gateway = Gateway::start_with(&format!("{operators}{STRICT}"), &[]);
    gateway.push(ZONE, &zone_text(ZONE, 1, "192.0.2.1"));
    gateway.push(ZONE, &emptied(2));
    let approve = |account: &str| {
        let request = format!(
            "POST /api/v1/zones/{ZONE}/approve HTTP/1.0\r\nAuthorization: {account}\r\n\
             Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        send(gateway.address, request.as_bytes())
    };
    let refused = approve(&basic(USER, PASSWORD));
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.body.contains("app.operators"), "{refused:?}");
    assert_eq!(gateway.json("/api/v1/zones/a.example")["revision"], 1);
    let (status, _, error) = gateway.command(&["approve", ZONE]);
    assert!(status.success(), "{error}");
    let history = gateway.json("/api/v1/zones/a.example/history");
    let by = history[0]["by"].as_str().unwrap();
    assert!(
        by.contains("approved by operator anna from 127.0.0.1"),
        "{by}"
    );
    gateway.logs("the held push was approved by operator anna");
    let log = gateway.log();
    let (_, shown, _) = gateway.command(&["config", "check"]);
    assert!(!(log + &shown).contains("geheim-of-anna"));
}
