//! `/metrics`, as Prometheus reads it.

use std::net::TcpListener;

use super::builtin::{ask, query};
use crate::support::builtin::Builtin;
use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{basic, master_request, send};
use crate::support::prometheus::Scrape;
use crate::support::{eventually, zone_text};

const TSIG_SECRET: &str = "c2VjcmV0LW9mLXRlc3RzLXNlY3JldC1vZi10ZXN0cw==";
const SOA: u8 = 6;

/// What Prometheus gets from `gateway`.
fn scrape(gateway: &Gateway) -> Scrape {
    let answer = gateway.ask("GET", "/metrics", b"");
    assert_eq!(answer.status, 200);
    let head = answer.head.to_ascii_lowercase();
    assert!(
        head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{head}"
    );
    Scrape::read(&answer.body)
}

#[test]
fn metrics_are_for_those_who_have_the_login() {
    let gateway = Gateway::start(&[]);
    let anonymous = send(gateway.address, b"GET /metrics HTTP/1.0\r\n\r\n");
    let wrong = master_request("GET", "/metrics", &basic(USER, "wr0ng-guess"), b"");
    for answer in [anonymous, send(gateway.address, &wrong)] {
        assert_eq!(answer.status, 401);
        assert!(!answer.body.contains("dadns_"), "{}", answer.body);
    }
}

#[test]
fn what_became_of_pushes_removals_zones_and_questions_is_counted() {
    let builtin = Builtin::new();
    let keys = format!("      tsig_keys: [\"hmac-sha256:transfer:{TSIG_SECRET}\"]\n");
    let gateway = Gateway::start(&[builtin.backend(&keys)]);
    let text = |name: &str, serial| zone_text(name, serial, "192.0.2.1");
    for zone in ["a.example", "b.example"] {
        gateway.push(zone, &text(zone, 1));
        gateway.until(zone, "served");
    }
    gateway.push("a.example", &text("a.example", 1));
    gateway.until("a.example", "served");
    gateway.push("c.example", "this is no zone");
    gateway.push("c.example", "");
    gateway.ask(
        "GET",
        "/CMD_API_DNS_ADMIN?action=rawsave&domain=c.example",
        b"",
    );
    gateway.ask(
        "GET",
        "/CMD_API_DNS_ADMIN?action=exists&domain=c.example",
        b"",
    );
    gateway.delete_from("da1.example.net", "b.example");
    gateway.until("b.example", "removed");
    gateway.delete_from("da1.example.net", "never.example");
    gateway.delete_from("da2.example.net", "a.example");
    gateway.delete_from("da1.example.net", "..%2F..%2Fetc");
    gateway.ask("POST", "/CMD_API_DNS_ADMIN?action=delete", b"");

    let before = scrape(&gateway);
    // NOERROR, NXDOMAIN, REFUSED, a version of EDNS that there is not, and what is no request.
    let mut bad_version = query("a.example", SOA);
    bad_version[11] = 1;
    bad_version.extend([0, 0, 41, 4, 208, 0, 1, 0, 0, 0, 0]);
    ask(builtin.dns, &query("a.example", SOA)).unwrap();
    ask(builtin.dns, &query("none.a.example", SOA)).unwrap();
    ask(builtin.dns, &query("b.example", SOA)).unwrap();
    ask(builtin.dns, &bad_version).unwrap();
    assert!(ask(builtin.dns, b"no").is_none());
    let found = eventually("zones are counted anew", || {
        let found = scrape(&gateway);
        (found.series.get("dadns_zones") == Some(&1.0)).then_some(found)
    });

    for (result, count) in [
        ("stored", 2.0),
        ("unchanged", 1.0),
        ("refused", 3.0),
        ("held", 0.0),
        ("failed", 0.0),
    ] {
        found.has(&format!("dadns_pushes_total{{result=\"{result}\"}}"), count);
    }
    for (result, count) in [
        ("removed", 1.0),
        ("not_present", 1.0),
        ("not_owner", 1.0),
        ("refused", 2.0),
        ("failed", 0.0),
    ] {
        found.has(
            &format!("dadns_removals_total{{result=\"{result}\"}}"),
            count,
        );
    }
    for (result, count) in [("applied", 3.0), ("unchanged", 1.0), ("refused", 0.0)] {
        let labels = format!("backend=\"builtin\",result=\"{result}\"");
        found.has(&format!("dadns_zone_results_total{{{labels}}}"), count);
    }
    let timed = |what| format!("dadns_{what}_seconds_count{{backend=\"builtin\"}}");
    found.has(&timed("verified_after"), 4.0);
    // A busy machine may need a second try.
    assert!(found.series[&timed("apply")] >= 4.0);
    assert!(found.series[&timed("verify")] >= 4.0);
    for (rcode, more) in [
        ("NXDOMAIN", 1.0),
        ("REFUSED", 1.0),
        ("BADVERS", 1.0),
        ("FORMERR", 0.0),
        ("other", 0.0),
    ] {
        let series = format!("dadns_dns_answers_total{{backend=\"builtin\",rcode=\"{rcode}\"}}");
        found.has(&series, before.series[&series] + more);
    }
    // The gateway may have asked whether the server is there.
    let noerror = "dadns_dns_answers_total{backend=\"builtin\",rcode=\"NOERROR\"}";
    assert!(found.series[noerror] > before.series[noerror]);
    for (series, value) in [
        ("dadns_records", 6.0),
        ("dadns_store_up", 1.0),
        ("dadns_backend_up{backend=\"builtin\"}", 1.0),
        ("dadns_pending_zones{backend=\"builtin\"}", 0.0),
        ("dadns_oldest_pending_seconds{backend=\"builtin\"}", 0.0),
        (
            "dadns_dns_truncated_answers_total{backend=\"builtin\"}",
            0.0,
        ),
    ] {
        found.has(series, value);
    }
    let version = concat!(
        "dadns_build_info{version=\"",
        env!("CARGO_PKG_VERSION"),
        "\"}"
    );
    found.has(version, 1.0);
    assert!(found.series["dadns_store_bytes"] > 0.0);
    for secret in [PASSWORD, TSIG_SECRET, "a.example", "alice"] {
        assert!(!found.text.contains(secret), "{}", found.text);
    }
}

#[test]
fn a_zone_that_a_backend_cannot_hold_is_counted_as_refused() {
    let builtin = Builtin::new();
    let keys = "      allow_transfer: [127.0.0.1]\n      catalog_zone: catalog.example\n";
    let gateway = Gateway::start(&[builtin.backend(keys)]);
    gateway.push(
        "catalog.example",
        &zone_text("catalog.example", 1, "192.0.2.1"),
    );
    gateway.until("catalog.example", "failed");
    let found = scrape(&gateway);
    for (result, count) in [("refused", 1.0), ("failed", 0.0), ("applied", 0.0)] {
        let labels = format!("backend=\"builtin\",result=\"{result}\"");
        found.has(&format!("dadns_zone_results_total{{{labels}}}"), count);
    }
    found.has(
        "dadns_verified_after_seconds_count{backend=\"builtin\"}",
        0.0,
    );
}

#[test]
fn an_unavailable_backend_is_down_and_what_is_pending_for_it_is_counted() {
    let builtin = Builtin::new();
    let taken = TcpListener::bind(builtin.dns).unwrap();
    let mut gateway = Gateway::start(&[builtin.backend("")]);
    gateway.logs("builtin: unavailable:");
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    let up = "dadns_backend_up{backend=\"builtin\"}";
    let found = scrape(&gateway);
    found.has(up, 0.0);
    found.has("dadns_pending_zones{backend=\"builtin\"}", 1.0);
    eventually("it has waited for a second", || {
        let waits = scrape(&gateway).series["dadns_oldest_pending_seconds{backend=\"builtin\"}"];
        (waits >= 1.0).then_some(())
    });
    drop(taken);
    gateway.until("a.example", "served");
    gateway.logs("builtin: available again after");
    let found = scrape(&gateway);
    found.has(up, 1.0);
    found.has("dadns_pending_zones{backend=\"builtin\"}", 0.0);
    let series = "dadns_verified_after_seconds_sum{backend=\"builtin\"}";
    assert!(found.series[series] >= 1.0, "{}", found.text);
}

#[test]
fn answers_that_are_cut_or_over_the_rate_limit_are_counted() {
    let builtin = Builtin::new();
    let keys = "      rate_limit: 20\n      rate_limit_slip: 2\n      rate_limit_exempt: []\n";
    let gateway = Gateway::start(&[builtin.backend(keys)]);
    let many: String = (0..100)
        .map(|n| format!("many\t300\tIN\tA\t192.0.2.{n}\n"))
        .collect();
    let text = zone_text("a.example", 1, "192.0.2.1") + &many;
    gateway.push("a.example", &text);
    gateway.until("a.example", "served");
    let cut = "dadns_dns_truncated_answers_total{backend=\"builtin\"}";
    // The gateway's own question has been cut too, and asked again over TCP.
    let own = scrape(&gateway).series[cut];
    ask(builtin.dns, &query("many.a.example", 1)).unwrap();
    scrape(&gateway).has(cut, own + 1.0);
    // The server's own address is never limited.
    let socket = std::net::UdpSocket::bind("127.0.0.2:0").unwrap();
    for _ in 0..200 {
        let question = query("www.a.example", 1);
        socket.send_to(&question, builtin.dns).unwrap();
    }
    let limited = |action| {
        format!("dadns_dns_rate_limited_answers_total{{backend=\"builtin\",action=\"{action}\"}}")
    };
    let mut before = 0.0;
    let found = eventually("all questions have been taken", || {
        let found = scrape(&gateway);
        let dropped = found.series[&limited("dropped")];
        let last = std::mem::replace(&mut before, dropped);
        (dropped >= 50.0 && dropped == last).then_some(found)
    });
    let (slipped, dropped) = (
        found.series[&limited("slipped")],
        found.series[&limited("dropped")],
    );
    assert!((slipped - dropped).abs() <= 1.0, "{}", found.text);
    found.has(cut, own + 1.0);
}

#[test]
fn the_example_alerts_ask_for_what_is_there() {
    let builtin = Builtin::new();
    let gateway = Gateway::start(&[builtin.backend("")]);
    let found = scrape(&gateway);
    let alerts = concat!(env!("CARGO_MANIFEST_DIR"), "/docker/prometheus/alerts.yml");
    let alerts = std::fs::read_to_string(alerts).unwrap();
    let rules = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "));
    let mut asked = 0;
    for rule in rules {
        let words = rule.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        // Nothing is shown of masters, of a cluster and of a registry where there are none.
        let absent = |word: &str| {
            ["_reconcile_", "_cluster_", "_registry_"]
                .iter()
                .any(|of| word.contains(of))
        };
        let shown = |word: &&str| word.starts_with("dadns_") && !absent(word);
        for name in words.filter(shown) {
            assert!(found.types.contains_key(name), "{name}: {rule}");
            asked += 1;
        }
    }
    assert!(asked >= 5, "{alerts}");
}
