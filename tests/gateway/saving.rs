//! `action=rawsave` in every shape, and what is refused of it. No name server is needed.

use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{basic, send};
use crate::support::{sample, zone_text};

fn gateway() -> Gateway {
    Gateway::start(&[])
}

#[test]
fn a_captured_save_is_accepted_byte_for_byte() {
    let gateway = gateway();
    let text = sample("plain.example.zone");
    let request = format!(
        "POST /CMD_API_DNS_ADMIN?action=rawsave&domain=plain.example&username=alice&\
         hostname=da1.example.net&named_reload=yes HTTP/1.0\r\nHost: 127.0.0.1:2222\r\n\
         User-Agent: \r\nAuthorization: {}\r\nAccept: */*\r\nConnection: close\r\n\
         Content-length: {}\r\n\r\n{text}",
        basic(USER, PASSWORD),
        text.len()
    );
    let answer = send(gateway.address, request.as_bytes());
    assert_eq!((answer.status, answer.body.as_str()), (200, "error=0"));
    let zone = gateway.json("/api/v1/zones/plain.example");
    assert_eq!(zone["records"], 10);
    assert_eq!(zone["serial"], 2_024_010_100);
    assert_eq!(zone["master"], "da1.example.net");
    assert_eq!(zone["user"], "alice");
}

#[test]
fn a_save_is_understood_in_every_shape_that_clients_use() {
    let gateway = gateway();
    let authorization = basic(USER, PASSWORD);
    let post = |target: &str, headers: &str, body: &str| {
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Authorization: {authorization}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        send(gateway.address, request.as_bytes()).body
    };
    let form = |zone: &str, field: &str| {
        let text = zone_text(zone, 1, "192.0.2.1");
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        format!("{field}={text}")
    };
    const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
    let query = |zone: &str| format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");

    for (zone, answer) in [
        (
            "plain-text.example",
            post(
                &query("plain-text.example"),
                "Content-Type: text/plain\r\n",
                &zone_text("plain-text.example", 1, "192.0.2.1"),
            ),
        ),
        (
            "mislabelled.example",
            post(
                &query("mislabelled.example"),
                FORM,
                &zone_text("mislabelled.example", 1, "192.0.2.1"),
            ),
        ),
        (
            "form.example",
            post(
                "/CMD_API_DNS_ADMIN",
                FORM,
                &format!(
                    "action=rawsave&domain=form.example&{}",
                    form("form.example", "zone_file")
                ),
            ),
        ),
        (
            "bare-form.example",
            post(
                "/CMD_API_DNS_ADMIN",
                "",
                &format!(
                    "{}&domain=bare-form.example&action=rawsave",
                    form("bare-form.example", "zonefile")
                ),
            ),
        ),
        (
            "mixed.example",
            post(
                &query("mixed.example"),
                FORM,
                &form("mixed.example", "zonefile"),
            ),
        ),
    ] {
        assert_eq!(answer, "error=0", "{zone}");
        assert_eq!(
            gateway.json(&format!("/api/v1/zones/{zone}"))["records"],
            6,
            "{zone}"
        );
    }
}

#[test]
fn a_zone_with_bytes_beyond_utf_8_is_the_same_by_form_and_raw() {
    let gateway = gateway();
    let zone = "latin.example";
    let mut text = zone_text(zone, 1, "192.0.2.1").into_bytes();
    text.extend(b"t\t14400\tIN\tTXT\t\"caf\xe9+1%\"\n");
    let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
    assert_eq!(gateway.ask("POST", &target, &text).body, "error=0");
    let encoded: String = form_urlencoded::byte_serialize(&text).collect();
    for field in ["zone_file", "zonefile"] {
        let form = format!("action=rawsave&domain={zone}&{field}={encoded}");
        let answer = gateway.ask("POST", "/CMD_API_DNS_ADMIN", form.as_bytes());
        assert_eq!(answer.body, "error=0");
        // The same content is no new revision.
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert_eq!(
            (&found["revision"], &found["records"]),
            (&1.into(), &7.into())
        );
    }
}

#[test]
fn a_save_without_text_is_an_error_and_changes_nothing() {
    let gateway = gateway();
    gateway.push("a.example", &zone_text("a.example", 5, "192.0.2.1"));
    for body in ["", "\n\n \n"] {
        let answer = gateway.push("a.example", body);
        assert!(answer.starts_with("error=1&"), "{answer}");
    }
    let form = gateway.ask(
        "POST",
        "/CMD_API_DNS_ADMIN",
        b"action=rawsave&domain=a.example",
    );
    assert!(form.body.starts_with("error=1&"), "{}", form.body);
    assert_eq!(gateway.json("/api/v1/zones/a.example")["revision"], 1);
}

#[test]
fn what_cannot_be_accepted_is_refused_with_line_and_reason() {
    let gateway = gateway();
    for (zone, hints) in [
        ("cut", &["line"][..]),
        ("nosoa", &["SOA"]),
        ("include", &["line+25", "INCLUDE"]),
        ("generate", &["line+25", "GENERATE"]),
        ("clash", &["CNAME", "mail.clash.example"]),
        ("type", &["line+25", "not-an-address", "IPv4"]),
    ] {
        let answer = gateway.push(
            &format!("{zone}.example"),
            &sample(&format!("refused/{zone}.example.zone")),
        );
        assert!(answer.starts_with("error=1&"), "{zone}: {answer}");
        for hint in hints {
            assert!(answer.contains(hint), "{zone} lacks {hint}: {answer}");
        }
        let answer = gateway.get(&format!(
            "/CMD_API_DNS_ADMIN?action=exists&domain={zone}.example"
        ));
        assert_eq!(answer, "error=0&exists=0");
    }
}

#[test]
fn what_is_let_pass_with_a_note_is_in_the_log_and_the_receipt() {
    let mut gateway = gateway();
    for (zone, hint) in [
        ("longtxt.example", "255"),
        ("outside.example", "www.other.example"),
    ] {
        let answer = gateway.push(zone, &sample(&format!("warned/{zone}.zone")));
        assert_eq!(answer, "error=0");
        let receipt = gateway.json(&format!("/api/v1/zones/{zone}"));
        let note = receipt["notes"][0].as_str().unwrap().to_owned();
        assert!(note.contains(hint), "{note}");
        gateway.logs(&note);
    }
}

#[test]
fn notes_are_logged_once_until_they_change() {
    let mut gateway = gateway();
    let head = "$TTL 60\n@ SOA ns.x. h.x. 1 2 3 4 5\n@ NS ns.x.\n";
    let cut = format!("{head}_dmarc TXT v=DMARC1; p=none\n");
    let comment = format!("{head}_dmarc TXT \"v=DMARC1\"\n");
    let notes = |gateway: &Gateway| {
        let zone = gateway.json("/api/v1/zones/a.example");
        (zone["notes"].to_string(), zone["revision"].clone())
    };
    for _ in 0..3 {
        assert_eq!(gateway.push("a.example", &cut), "error=0");
    }
    let (shown, revision) = notes(&gateway);
    assert!(shown.contains("p=none"), "{shown}");
    let (_, zone, _) = gateway.command(&["zones", "a.example"]);
    assert!(zone.contains("note: line 4, column 20: "), "{zone}");
    // The same records, written so that nothing is noted, are no new revision.
    assert_eq!(gateway.push("a.example", &comment), "error=0");
    assert_eq!(notes(&gateway), ("[]".to_owned(), revision));
    assert_eq!(gateway.push("b.example", &cut), "error=0");
    gateway.logs("zone b.example from");
    let logged = gateway.log();
    assert_eq!(logged.matches("zone a.example from").count(), 1, "{logged}");
}

#[test]
fn all_errors_of_a_text_are_in_one_reply_and_one_line_of_the_log() {
    let mut gateway = gateway();
    let text = zone_text("a.example", 1, "192.0.2.1") + "x A 192.0.2\ny MX 10\n";
    let answer = gateway.push("a.example", &text);
    assert!(answer.starts_with("error=1&"), "{answer}");
    assert!(
        answer.contains("2+errors") && answer.contains("IPv4") && answer.contains("mail+server")
    );
    let line = gateway.logs("2 errors: ");
    assert!(
        line.contains("192.0.2") && line.contains("mail server"),
        "{line}"
    );
}

#[test]
fn blanks_around_a_domain_change_nothing_and_what_is_within_it_is_never_guessed() {
    let gateway = gateway();
    let text = zone_text("a.example", 1, "192.0.2.1");
    for domain in ["%20a.example", "A.Example.%0D%0A", "a.example%09"] {
        assert_eq!(gateway.push(domain, &text), "error=0", "{domain}");
        let exists = format!("/CMD_API_DNS_ADMIN?action=exists&domain={domain}");
        assert!(gateway.get(&exists).contains("exists=1"), "{domain}");
    }
    assert_eq!(gateway.json("/api/v1/zones/a.example")["revision"], 1);
    for (domain, reason) in [
        ("b%C3%BCcher.example", "xn--"),
        ("a.example:2222", "character"),
        ("http://a.example/", "character"),
        ("a%20.example", "character"),
        ("a.example..", "empty+label"),
    ] {
        let answer = gateway.push(domain, &text);
        assert!(answer.starts_with("error=1&"), "{domain}: {answer}");
        assert!(answer.contains(reason), "{domain}: {answer}");
    }
    assert_eq!(
        gateway.delete_from("da1.example.net", "%20A.example.%20"),
        "error=0"
    );
    assert_eq!(gateway.json("/api/v1/zones/a.example")["present"], false);
}

#[test]
fn more_than_a_hundred_records_of_a_type_are_no_matter_of_the_door() {
    let gateway = gateway();
    let many: String = (0..300)
        .map(|index| format!("many A 10.0.{}.{}\n", index / 200, index % 200))
        .collect();
    let text = zone_text("a.example", 1, "192.0.2.1") + &many;
    assert_eq!(gateway.push("a.example", &text), "error=0");
}
