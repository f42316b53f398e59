//! Every input is hostile: names, texts, headers, whatever arrives at the port.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::needs;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::http::{basic, send};
use crate::support::named::Named;
use crate::support::zone_text;

/// Names that have broken such systems, percent-encoded as they would be sent.
const NAMES: [&str; 16] = [
    "/etc/cron.d/x",
    "..%2F..%2Fetc%2Fcron.d%2Fx",
    "%2E%2E",
    "a.example%00.zone",
    "a.example%22%20%7B%20type%20primary%3B%20%7D%3B",
    "a%0Ab.example",
    "a.example%0D%0AX-Evil%3A%201",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E.example",
    "a%27%20OR%201%3D1--.example",
    "%F0%9F%92%A9.example",
    "b%C3%BCcher.example",
    "a..example",
    ".example",
    "a%20b.example",
    "$INCLUDE",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
];

#[test]
fn hostile_zone_names_are_refused_and_leave_no_trace() {
    needs!("named", "dig");
    let named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    let include = std::fs::read_to_string(named.include()).unwrap();
    for name in NAMES {
        let text = zone_text("a.example", 1, "192.0.2.1");
        for target in [
            format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={name}"),
            format!("/CMD_API_DNS_ADMIN?action=delete&domain={name}"),
        ] {
            let answer = gateway.ask("POST", &target, text.as_bytes());
            assert!(
                answer.body.starts_with("error=1&"),
                "{name}: {}",
                answer.body
            );
            assert!(!answer.head.contains("X-Evil"), "{name}");
        }
    }
    // A well-behaved zone afterwards: what came before it is done.
    gateway.push("good.example", &zone_text("good.example", 1, "192.0.2.1"));
    gateway.until("good.example", "served");
    let written = std::fs::read_to_string(named.include()).unwrap();
    assert_eq!(
        written.matches("zone \"").count(),
        include.matches("zone \"").count() + 1
    );
    let files: Vec<_> = std::fs::read_dir(named.zones_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        files.iter().filter(|file| !file.starts_with('.')).count(),
        1,
        "{files:?}"
    );
    let log = {
        gateway.logs("good.example");
        gateway.log()
    };
    assert!(!log.contains("\r") && !log.lines().any(|line| line.starts_with("b.example")));
}

#[test]
fn a_hostile_master_or_user_name_reaches_neither_log_nor_state() {
    let mut gateway = Gateway::start(&[]);
    let text = zone_text("a.example", 1, "192.0.2.1");
    let push = |query: &str| {
        let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example&{query}");
        let answer = gateway.ask("POST", &target, text.as_bytes());
        assert_eq!(answer.body, "error=0", "{query}");
        assert!(!answer.head.contains("X-Evil"), "{query}");
    };
    for host in [
        "x%0A2026-01-01%20forged",
        "%3Cb%3E",
        "a%22b",
        "%C2%85",
        "a%0D%0AX-Evil:%201",
    ] {
        push(&format!("hostname={host}"));
    }
    for user in ["a%0Ab", "%3Cb%20x%3E", "%00"] {
        push(&format!("username={user}"));
    }
    let zone = gateway.json("/api/v1/zones/a.example");
    for field in ["master", "user"] {
        assert_eq!(zone[field], serde_json::Value::Null);
    }
    gateway.logs(r#"hostname "x\0102026-01-01 forged" cannot be read"#);
    // The last of them: what came before it is in the log.
    gateway.logs(r#"username "\000""#);
    let log = gateway.log();
    assert!(
        !log.lines().any(|line| line.starts_with("2026-01-01")),
        "{log}"
    );
}

#[test]
fn record_data_full_of_quotes_and_braces_is_served_as_it_is() {
    needs!("named", "dig");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    let zone = "odd.example";
    let text = format!(
        "{}t\tIN\tTXT\t\"\\\"}}; zone \\\"evil.example\\\" {{ type primary; }}; \\\\\" \
         \"<script>\" \"\\200\\007\"\nmy_host\tIN\tA\t192.0.2.3\n*\tIN\tA\t192.0.2.4\n",
        zone_text(zone, 1, "192.0.2.1")
    );
    assert_eq!(gateway.push(zone, &text), "error=0");
    gateway.until(zone, "served");
    assert_eq!(
        named.dig(&["+short", "t.odd.example", "TXT"]).trim(),
        r#""\"}; zone \"evil.example\" { type primary; }; \\" "<script>" "\200\007""#
    );
    assert_eq!(
        named.dig(&["+short", "my_host.odd.example", "A"]).trim(),
        "192.0.2.3"
    );
}

#[test]
fn garbage_at_the_port_is_no_more_than_garbage() {
    let gateway = Gateway::start(&[]);
    let flood = vec![b'A'; 1 << 20];
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"POST /CMD_API_DNS_ADMIN HTTP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"POST /CMD_API_DNS_ADMIN HTTP/1.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"\0\0\0\0\0\0",
        &flood,
    ] {
        let mut stream = TcpStream::connect(gateway.address).unwrap();
        // It may be cut off while we still write.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let header = format!(
        "GET /CMD_API_LOGIN_TEST HTTP/1.0\r\nAuthorization: Basic {}\r\n\r\n",
        "!".repeat(4_000)
    );
    assert_eq!(send(gateway.address, header.as_bytes()).status, 401);
    let good = format!(
        "GET /CMD_API_LOGIN_TEST HTTP/1.0\r\nAuthorization: {}\r\n\r\n",
        basic(
            crate::support::gateway::USER,
            crate::support::gateway::PASSWORD
        )
    );
    assert_eq!(send(gateway.address, good.as_bytes()).status, 200);
}
