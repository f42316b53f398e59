//! What a push says of its master and user: `hostname` and `username`.

use crate::support::gateway::Gateway;
use crate::support::zone_text;

fn gateway() -> Gateway {
    Gateway::start(&[])
}

#[test]
fn a_save_without_user_or_master_keeps_the_owner_that_is_known() {
    let gateway = gateway();
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    let save = |query: &str, serial: u32| {
        let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example{query}");
        let text = zone_text("a.example", serial, "192.0.2.1");
        assert_eq!(
            gateway.ask("POST", &target, text.as_bytes()).body,
            "error=0"
        );
        let zone = gateway.json("/api/v1/zones/a.example");
        (zone["master"].clone(), zone["user"].clone())
    };
    assert_eq!(
        save("&hostname=da1.example.net", 2),
        ("da1.example.net".into(), "alice".into())
    );
    assert_eq!(save("", 3), ("da1.example.net".into(), "alice".into()));
    let moved = save("&hostname=DA9.example.net&username=zoe", 4);
    assert_eq!(moved, ("da9.example.net".into(), "zoe".into()));
}

#[test]
fn an_odd_host_name_is_read_as_far_as_it_makes_sense_and_noted() {
    let mut gateway = gateway();
    for (number, (sent, master)) in (1..).zip([
        ("da1.example.net:2222", "da1.example.net"),
        ("da1.example.net:", "da1.example.net"),
        ("da1.example.net%20", "da1.example.net"),
        ("%20%09da1.example.net%0D%0A", "da1.example.net"),
        ("https://da1.example.net", "da1.example.net"),
        (
            "HTTPS://DA1.Example.net.:2222/CMD_API?x=1%23y",
            "da1.example.net",
        ),
        ("//da1.example.net/", "da1.example.net"),
        ("admin:secret@da1.example.net", "da1.example.net"),
        ("[da1.example.net]:2222", "da1.example.net"),
        ("da1.example.net..", "da1.example.net"),
        ("2001:db8::9", "2001:db8::9"),
        ("[2001:DB8:0:0::9]:2222", "2001:db8::9"),
        ("https://[2001:db8::9]:2222/", "2001:db8::9"),
        ("fe80::1%25eth0", "fe80::1"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("192.0.2.9", "192.0.2.9"),
        ("192.0.2.9:2222", "192.0.2.9"),
    ]) {
        let zone = format!("h{number}.example");
        let text = zone_text(&zone, 1, "192.0.2.1");
        assert_eq!(gateway.push_from(sent, &zone, &text), "error=0", "{sent}");
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert_eq!(found["master"], master, "{sent}");
        let warning = found["notes"][0].as_str().unwrap_or_default().to_owned();
        for part in ["hostname \"", master] {
            assert!(warning.contains(part), "{sent}: {warning}");
        }
        let line = gateway.logs(&warning);
        assert!(line.contains("WARNING"), "{line}");
    }
}

#[test]
fn a_plain_host_name_leaves_no_warning() {
    let gateway = gateway();
    for (number, sent) in [
        "da1.example.net",
        "DA1.Example.NET.",
        "my_host",
        "localhost",
    ]
    .into_iter()
    .enumerate()
    {
        let zone = format!("p{number}.example");
        gateway.push_from(sent, &zone, &zone_text(&zone, 1, "192.0.2.1"));
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        let plain = sent.trim_end_matches('.').to_lowercase();
        assert_eq!(found["master"], plain);
        assert_eq!(found["notes"], serde_json::json!([]), "{sent}");
    }
}

#[test]
fn a_host_name_that_cannot_be_read_leaves_the_owner_as_it_was_and_the_push_is_made() {
    let mut gateway = gateway();
    let long = format!("{}.example", "a.".repeat(150));
    for (number, sent) in [
        "-_*",
        "%20",
        ".",
        "%C3%BCber.example.net",
        "a%E9.example",
        "da1%00.example.net",
        "da1.example.net%20da2.example.net",
        "a..b",
        "1:2:x",
        "[::1",
        "https://",
        "@",
        long.as_str(),
    ]
    .into_iter()
    .enumerate()
    {
        let zone = format!("u{number}.example");
        let text = zone_text(&zone, 1, "192.0.2.1");
        assert_eq!(gateway.push_from(sent, &zone, &text), "error=0", "{sent}");
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert_eq!(found["master"], serde_json::Value::Null, "{sent}");
        let warning = found["notes"][0].as_str().unwrap_or_default().to_owned();
        assert!(
            warning.contains("cannot be read as a host name"),
            "{sent}: {warning}"
        );
        gateway.logs(&warning);
    }
    let zone = "kept.example";
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    gateway.push_from("-_*", zone, &zone_text(zone, 2, "192.0.2.2"));
    let found = gateway.json("/api/v1/zones/kept.example");
    assert_eq!(found["revision"], 2);
    assert_eq!(
        (&found["master"], &found["user"]),
        (&"da1.example.net".into(), &"alice".into())
    );
}

#[test]
fn a_user_name_that_cannot_be_one_is_left_out_and_the_push_is_made() {
    let mut gateway = gateway();
    let long = "a".repeat(65);
    for (number, (sent, user)) in [
        ("%20bob%20", Some("bob")),
        ("a%20b", None),
        ("%C3%BC", None),
        ("%00", None),
        ("%20", None),
        (long.as_str(), None),
    ]
    .into_iter()
    .enumerate()
    {
        let zone = format!("u{number}.example");
        let target = format!(
            "/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&username={sent}&hostname=da1.example.net"
        );
        let text = zone_text(&zone, 1, "192.0.2.1");
        let answer = gateway.ask("POST", &target, text.as_bytes()).body;
        assert_eq!(answer, "error=0", "{sent}");
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert_eq!(found["master"], "da1.example.net", "{sent}");
        assert_eq!(found["user"].as_str(), user, "{sent}");
        if user.is_none() {
            let warning = found["notes"][0].as_str().unwrap_or_default().to_owned();
            assert!(warning.contains("username \""), "{sent}: {warning}");
            gateway.logs(&warning);
        }
    }
}
