//! `action=delete` in every shape, and by whom. No name server is needed.

use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{basic, send};
use crate::support::zone_text;

fn gateway() -> Gateway {
    Gateway::start(&[])
}

#[test]
fn a_captured_delete_is_accepted_byte_for_byte() {
    let gateway = gateway();
    for zone in ["a.example", "b.example", "c.example"] {
        assert_eq!(
            gateway.push(zone, &zone_text(zone, 1, "192.0.2.1")),
            "error=0"
        );
    }
    let body =
        "action=delete&cluster=yes&hostname=da1.example.net&select0=a.example&select1=b.example";
    let request = format!(
        "POST /CMD_API_DNS_ADMIN HTTP/1.0\r\nHost: 127.0.0.1:2222\r\nUser-Agent: \r\n\
         Authorization: {}\r\nAccept: */*\r\nConnection: close\r\nContent-length: {}\r\n\r\n{body}",
        basic(USER, PASSWORD),
        body.len()
    );
    let answer = send(gateway.address, request.as_bytes());
    assert_eq!((answer.status, answer.body.as_str()), (200, "error=0"));
    let exists = |zone| gateway.get(&format!("/CMD_API_DNS_ADMIN?action=exists&domain={zone}"));
    assert_eq!(exists("a.example"), "error=0&exists=0");
    assert_eq!(exists("b.example"), "error=0&exists=0");
    assert_eq!(
        exists("c.example"),
        "error=0&exists=1&details=Domain+exists+on+da1.example.net"
    );
}

#[test]
fn a_delete_is_understood_in_every_shape_that_clients_use() {
    let gateway = gateway();
    for (zone, target, body) in [
        (
            "query.example",
            "/CMD_API_DNS_ADMIN?action=delete&domain=query.example",
            "",
        ),
        (
            "query-select.example",
            "/CMD_API_DNS_ADMIN?action=delete&select0=query-select.example&hostname=da1.example.net",
            "",
        ),
        (
            "form.example",
            "/CMD_API_DNS_ADMIN",
            "action=delete&domain=form.example",
        ),
        (
            "split.example",
            "/CMD_API_DNS_ADMIN?domain=split.example",
            "action=delete",
        ),
        (
            "upper.example",
            "/CMD_API_DNS_ADMIN",
            "action=delete&select0=UPPER.Example.",
        ),
    ] {
        assert_eq!(
            gateway.push(zone, &zone_text(zone, 1, "192.0.2.1")),
            "error=0"
        );
        assert_eq!(
            gateway.ask("POST", target, body.as_bytes()).body,
            "error=0",
            "{zone}"
        );
        assert_eq!(
            gateway.json(&format!("/api/v1/zones/{zone}"))["present"],
            false,
            "{zone}"
        );
    }
    assert_eq!(
        gateway.delete_from("da1.example.net", "never.example"),
        "error=0"
    );
}

#[test]
fn a_delete_that_is_not_posted_removes_nothing() {
    let mut gateway = gateway();
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    for method in ["GET", "HEAD"] {
        let target = "/CMD_API_DNS_ADMIN?action=delete&domain=a.example&hostname=da1.example.net";
        let answer = gateway.ask(method, target, b"");
        assert_eq!(answer.status, 405, "{method}");
        assert!(
            answer.head.to_ascii_lowercase().contains("allow: post"),
            "{method}: {}",
            answer.head
        );
    }
    assert_eq!(gateway.json("/api/v1/zones/a.example")["present"], true);
    let line = gateway.logs("delete has to be sent with POST");
    assert!(
        line.contains("WARNING") && line.contains("zone=a.example"),
        "{line}"
    );
}

#[test]
fn one_bad_name_in_a_delete_does_not_keep_the_others() {
    let mut gateway = gateway();
    for zone in ["a.example", "b.example"] {
        gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    }
    let other = "theirs.example";
    gateway.push_from("da2.example.net", other, &zone_text(other, 1, "192.0.2.1"));
    let answer = gateway.ask(
        "POST",
        "/CMD_API_DNS_ADMIN",
        b"action=delete&hostname=da1.example.net&select0=a.example&select1=not%20one.example\
          &select2=theirs.example&select3=b.example",
    );
    assert!(answer.body.starts_with("error=1&"), "{}", answer.body);
    for kept in ["not+one.example", "theirs.example"] {
        assert!(answer.body.contains(kept), "{}", answer.body);
    }
    for (zone, present) in [("a.example", false), ("b.example", false), (other, true)] {
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert_eq!(found["present"], present, "{zone}");
    }
    gateway.logs("zone a.example removed by da1.example.net");
    gateway.logs("zone b.example removed by da1.example.net");
    let line = gateway.logs("not one.example");
    assert!(line.contains("WARNING"), "{line}");
}

#[test]
fn a_delete_of_what_is_not_here_tells_the_unknown_from_the_removed() {
    let mut gateway = gateway();
    let zone = "gone.example";
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    for zone in [zone, zone, "never.example"] {
        assert_eq!(gateway.delete_from("da1.example.net", zone), "error=0");
    }
    let removed = gateway.logs("asked to remove zone gone.example, which is removed already");
    assert!(removed.contains("DEBUG"), "{removed}");
    let unknown = gateway.logs("asked to remove zone never.example, which was never pushed here");
    assert!(unknown.contains("WARNING"), "{unknown}");
}

#[test]
fn a_late_delete_from_the_old_master_changes_nothing_and_says_so() {
    let mut gateway = gateway();
    let zone = "moved.example";
    gateway.push_from("old.example.net", zone, &zone_text(zone, 1, "192.0.2.1"));
    gateway.push_from("new.example.net", zone, &zone_text(zone, 2, "192.0.2.2"));
    gateway.logs("has moved: it belonged to alice on old.example.net");
    let answer = gateway.delete_from("old.example.net", zone);
    assert!(answer.starts_with("error=1&"), "{answer}");
    assert!(answer.contains("new.example.net"), "{answer}");
    assert_eq!(gateway.json("/api/v1/zones/moved.example")["present"], true);
    assert_eq!(gateway.delete_from("new.example.net", zone), "error=0");
    assert_eq!(
        gateway.json("/api/v1/zones/moved.example")["present"],
        false
    );
}

#[test]
fn a_delete_means_the_same_master_as_a_push_however_oddly_both_are_written() {
    let gateway = gateway();
    for (number, (pushed, deleted)) in [
        ("da1.example.net", "da1.example.net:2222"),
        ("https://DA1.example.net/", "da1.example.net%20"),
        ("[2001:DB8:0::9]:2222", "2001:db8::9"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        // Nobody can be read from either, so that the zone has no owner.
        ("-_*", "-_*"),
        ("%20", "-_*"),
    ]
    .into_iter()
    .enumerate()
    {
        let zone = format!("z{number}.example");
        gateway.push_from(pushed, &zone, &zone_text(&zone, 1, "192.0.2.1"));
        let answer = gateway.delete_from(deleted, &zone);
        assert_eq!(answer, "error=0", "{pushed} and {deleted}");
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert_eq!(found["present"], false, "{pushed} and {deleted}");
    }
}

#[test]
fn a_delete_whose_host_name_cannot_be_read_removes_nothing_that_has_an_owner() {
    let mut gateway = gateway();
    let zone = "a.example";
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    for sent in ["-_*", "%20", "%C3%BC", "%00", "https://", ".", "a%20b"] {
        let answer = gateway.delete_from(sent, zone);
        assert!(answer.starts_with("error=1&"), "{sent}: {answer}");
        for part in ["alice+on+da1.example.net", "cannot+be+read+as+a+host+name"] {
            assert!(answer.contains(part), "{sent}: {answer}");
        }
    }
    assert_eq!(gateway.json("/api/v1/zones/a.example")["present"], true);
    let line = gateway.logs("zone a.example is kept");
    for part in ["WARNING", r#""-_*""#, "alice on da1.example.net"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
}

#[test]
fn a_delete_without_a_host_name_says_whose_zone_it_removed() {
    let mut gateway = gateway();
    let zone = "a.example";
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    let target = "/CMD_API_DNS_ADMIN?action=delete&domain=a.example&username=a%20b";
    assert_eq!(gateway.ask("POST", target, b"").body, "error=0");
    let line = gateway.logs("zone a.example removed");
    for part in [
        "WARNING",
        "127.0.0.1",
        "no hostname",
        "alice on da1.example.net",
    ] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
}
