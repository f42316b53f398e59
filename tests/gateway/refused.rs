//! Pushes that were refused, as those see them who have no log.

use serde_json::Value;

use crate::support::eventually;
use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{basic, send};
use crate::support::zone_text;

/// A zone text whose sixth line has an address that is none.
fn bad_text(zone: &str) -> String {
    format!("{}bad\tIN\tA\t192.0.2.\n", zone_text(zone, 9, "192.0.2.9"))
}

/// What the gateway tells of the last push of a zone that was refused.
fn refused(gateway: &Gateway, zone: &str) -> Value {
    gateway.json(&format!("/api/v1/zones/{zone}"))["last_refused"].clone()
}

#[test]
fn a_refused_push_is_shown_until_a_later_one_is_accepted() {
    let gateway = Gateway::start(&[]);
    let zone = "a.example";
    let good = zone_text(zone, 1, "192.0.2.1");
    gateway.push(zone, &good);
    assert_eq!(refused(&gateway, zone), Value::Null);
    for _ in 0..3 {
        assert!(gateway.push(zone, &bad_text(zone)).starts_with("error=1&"));
    }
    let found = refused(&gateway, zone);
    assert_eq!(found["zone"], zone);
    assert_eq!(found["times"], 3);
    assert_eq!(found["master"], "da1.example.net");
    assert_eq!(found["by"], format!("{USER} from 127.0.0.1"));
    let reason = found["reason"].as_str().unwrap();
    assert!(
        reason.contains("line ") && reason.contains("IPv4"),
        "{reason}"
    );

    let (status, shown, _) = gateway.command(&["zones", zone]);
    assert!(status.success());
    for part in ["IPv4", "da1.example.net", "127.0.0.1", "3 times", USER] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    let (status, shown, _) = gateway.command(&["status"]);
    assert!(status.success(), "as with pushes that are held: {shown}");
    for part in ["the last push of 1 zone was refused", "a.example", "IPv4"] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    let (status, shown, _) = gateway.command(&["refused"]);
    assert!(status.success());
    assert!(
        shown.contains("a.example") && shown.contains("IPv4"),
        "{shown}"
    );
    let (_, shown, _) = gateway.command(&["zones"]);
    let line = shown.lines().find(|line| line.contains(zone)).unwrap();
    assert!(line.contains("last push refused"), "{line}");
    assert!(
        gateway
            .get("/metrics")
            .contains("\ndadns_refused_zones 1\n"),
        "{}",
        gateway.get("/metrics")
    );

    // Also one that changes nothing.
    assert_eq!(gateway.push(zone, &good), "error=0");
    assert_eq!(refused(&gateway, zone), Value::Null);
    assert!(
        gateway
            .get("/metrics")
            .contains("\ndadns_refused_zones 0\n")
    );
    assert_eq!(gateway.json("/api/v1/refused"), serde_json::json!([]));
    let (_, shown, _) = gateway.command(&["status"]);
    assert!(!shown.contains("refused"), "{shown}");
}

#[test]
fn of_a_zone_that_is_not_here_the_refused_push_is_told() {
    let gateway = Gateway::start(&[]);
    let zone = "n.example";
    assert!(gateway.push(zone, &bad_text(zone)).starts_with("error=1&"));
    for command in [
        &["zones", zone][..],
        &["history", zone],
        &["wait", zone, "--timeout", "0"],
        &["verify", zone],
    ] {
        let (status, shown, error) = gateway.command(command);
        assert_eq!(status.code(), Some(1), "{command:?}: {shown}");
        for part in ["no push of it was accepted", "IPv4", "da1.example.net"] {
            assert!(
                error.contains(part),
                "{command:?}: {part} is missing in {error}"
            );
        }
        assert!(!error.contains("never been pushed"), "{command:?}: {error}");
    }
    let answer = gateway.ask("GET", "/api/v1/zones/n.example", b"");
    assert_eq!(answer.status, 404);
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    assert!(answer["detail"].as_str().unwrap().contains("IPv4"));
    assert_eq!(answer["code"], "push_refused");
    assert_eq!(answer["last_refused"]["zone"], zone);
    let (_, shown, _) = gateway.command(&["refused"]);
    assert!(shown.contains("n.example"), "{shown}");
    // Its removal ends the matter.
    assert_eq!(gateway.delete_from("da1.example.net", zone), "error=0");
    let (_, _, error) = gateway.command(&["zones", zone]);
    assert!(error.contains("never been pushed"), "{error}");
}

#[test]
fn every_way_to_lose_a_push_is_told() {
    let gateway = Gateway::start_with("  max_body_bytes: 2048\n", &[]);
    let big = format!(
        "{}{}",
        zone_text("big.example", 1, "192.0.2.1"),
        "; filler\n".repeat(500)
    );
    let target = |zone: &str| format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
    gateway.ask("POST", &target("big.example"), big.as_bytes());
    gateway.ask("POST", &target("empty.example"), b"");
    gateway.ask("GET", &target("get.example"), b"");
    gateway.ask("PUT", &target("put.example"), b"");
    gateway.ask("POST", &target("html.example"), b"<html></html>");
    // The body is cut off.
    let cut = format!(
        "POST {} HTTP/1.0\r\nAuthorization: {}\r\nContent-Length: 900\r\n\r\n$TTL 300\n",
        target("cut.example"),
        basic(USER, PASSWORD)
    );
    {
        use std::io::Write;
        let mut stream = std::net::TcpStream::connect(gateway.address).unwrap();
        stream.write_all(cut.as_bytes()).unwrap();
    }
    let zones = eventually("all are told of", || {
        let refused = gateway.json("/api/v1/refused");
        let all = refused.as_array().unwrap();
        let zones: std::collections::BTreeMap<String, String> = all
            .iter()
            .map(|one| {
                let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
                (text("zone"), text("reason"))
            })
            .collect();
        (zones.len() == 6).then_some(zones)
    });
    for (zone, reason) in [
        ("big.example", "app.max_body_bytes"),
        ("empty.example", "is empty"),
        ("get.example", "POST"),
        ("html.example", "web page"),
        ("put.example", "POST"),
        ("cut.example", "closed before its body was whole"),
    ] {
        assert!(zones[zone].contains(reason), "{zone}: {}", zones[zone]);
    }
    // Who has no credentials is no master.
    let anonymous = format!(
        "POST {} HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
        target("nobody.example")
    );
    assert_eq!(send(gateway.address, anonymous.as_bytes()).status, 401);
    assert_eq!(gateway.json("/api/v1/refused").as_array().unwrap().len(), 6);
}

#[test]
fn refusals_outlive_a_restart_and_a_removal_by_a_stranger() {
    let mut gateway = Gateway::start(&[]);
    for zone in ["a.example", "b.example"] {
        gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
        gateway.push(zone, &bad_text(zone));
    }
    gateway.push("n.example", &bad_text("n.example"));
    gateway.push("b.example", &zone_text("b.example", 2, "192.0.2.1"));
    let before = gateway.json("/api/v1/refused");
    gateway.terminate();
    gateway.run();
    assert_eq!(gateway.json("/api/v1/refused"), before);
    let zones: Vec<_> = before
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["zone"])
        .collect();
    assert_eq!(zones, ["n.example", "a.example"], "newest first");
    gateway.delete_from("da9.example.net", "a.example");
    assert_eq!(refused(&gateway, "a.example")["times"], 1);
    gateway.delete_from("da1.example.net", "a.example");
    assert_eq!(refused(&gateway, "a.example"), Value::Null);
}

#[test]
fn a_flood_of_refused_names_is_forgotten_from_the_oldest_on() {
    let gateway = Gateway::start(&[]);
    gateway.push("kept.example", &zone_text("kept.example", 1, "192.0.2.1"));
    gateway.push("kept.example", &bad_text("kept.example"));
    let junk = "j".repeat(5_000);
    for number in 0..1_005 {
        gateway.push(&format!("flood{number}.example"), &junk);
    }
    let refused = gateway.json("/api/v1/refused");
    let refused = refused.as_array().unwrap();
    // Those of zones that are here are not crowded out.
    assert_eq!(refused.len(), 1_001);
    assert_eq!(refused[0]["zone"], "flood1004.example");
    assert_eq!(refused[999]["zone"], "flood5.example");
    assert_eq!(refused[1_000]["zone"], "kept.example");
    assert!(
        refused
            .iter()
            .all(|one| one["reason"].as_str().unwrap().len() <= 2_100)
    );
}
