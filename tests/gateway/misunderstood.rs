//! Requests that the gateway cannot understand: each leaves a line that says what to change.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use crate::support::certificate::Certificate;
use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{basic, parse, send};
use crate::support::zone_text;

/// How a client of TLS begins: a record with a ClientHello.
const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

/// Sends `bytes`, says that nothing more comes, and reads all that comes back.
fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    // It may be cut off while we still write.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A gateway that speaks TLS, with its certificate.
fn gateway_with_tls() -> (Gateway, Certificate) {
    let certificate = Certificate::new();
    let gateway = Gateway::start_with(&certificate.keys(), &[]);
    (gateway, certificate)
}

#[test]
fn tls_to_the_port_without_tls_is_named_once_with_the_setting_to_change() {
    let mut gateway = Gateway::start(&[]);
    for _ in 0..5 {
        exchange(gateway.address, CLIENT_HELLO);
    }
    let line = gateway.logs("speaks TLS");
    for part in ["WARNING", "127.0.0.1", "app.ssl_enable", "Use SSL"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    // Another kind has a line of its own, and with it all the others are in the log.
    exchange(gateway.address, b"SSH-2.0-OpenSSH_9.2\r\n");
    gateway.logs("SSH");
    assert_eq!(gateway.log().matches("speaks TLS").count(), 1);
}

#[test]
fn plain_http_to_the_port_with_tls_is_answered_and_named() {
    let (mut gateway, _certificate) = gateway_with_tls();
    let request = format!(
        "POST /CMD_API_DNS_ADMIN HTTP/1.0\r\nAuthorization: {}\r\nContent-Length: 3\r\n\r\nabc",
        basic(USER, PASSWORD)
    );
    let answer = send(gateway.address, request.as_bytes());
    assert_eq!(answer.status, 400);
    assert!(answer.body.starts_with("error=1&"), "{}", answer.body);
    assert!(answer.body.contains("Use+SSL"), "{}", answer.body);
    let line = gateway.logs("speaks plain HTTP");
    for part in ["WARNING", "127.0.0.1", "app.ssl_enable", "Use SSL"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert!(!gateway.log().contains(&basic(USER, PASSWORD)));
    exchange(gateway.address, b"SSH-2.0-OpenSSH_9.2\r\n");
    gateway.logs("SSH");
}

#[test]
fn a_client_that_does_not_trust_the_certificate_is_told_of() {
    use std::sync::Arc;
    let (mut gateway, _certificate) = gateway_with_tls();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(gateway.address).unwrap();
    let mut tls = rustls::StreamOwned::new(connection, stream);
    assert!(tls.write_all(b"GET / HTTP/1.0\r\n\r\n").is_err());
    let line = gateway.logs("does not accept the certificate");
    for part in ["WARNING", "127.0.0.1", "app.ssl_bundle"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
}

#[test]
fn a_tls_handshake_that_fails_is_told_of_and_a_connection_that_is_only_opened_is_not() {
    let (mut gateway, _certificate) = gateway_with_tls();
    drop(TcpStream::connect(gateway.address).unwrap());
    exchange(gateway.address, b"");
    exchange(gateway.address, &CLIENT_HELLO[..6]);
    let line = gateway.logs("closed the connection within the TLS handshake");
    assert!(line.contains("a client at 127.0.0.1"), "{line}");
    exchange(gateway.address, b"hello\n");
    exchange(gateway.address, b"SSH-2.0-OpenSSH_9.2\r\n");
    gateway.logs("SSH");
    let log = gateway.log();
    assert_eq!(log.matches("a client at").count(), 2, "{log}");
}

#[test]
fn what_is_no_request_is_named_by_what_it_seems_to_be() {
    let long = format!("GET /{} HTTP/1.0\r\n\r\n", "a".repeat(200_000));
    for (bytes, said) in [
        (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], "HTTP/2"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
        (
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.0\r\n\r\n",
            "PROXY protocol",
        ),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", "PROXY protocol"),
        (b"GET\r\n\r\n", "\"GET\""),
        (b"GET /status HTTP/7.7\r\n\r\n", "HTTP/7.7"),
        (b"\0\0\0\0\0\0", "\\000"),
        (b"\r\n\r\n", "empty"),
        (b"GET /status HT", "before its request was whole"),
        (long.as_bytes(), "too large"),
        (
            b"POST /CMD_API_DNS_ADMIN HTTP/1.0\r\nContent-Length: -1\r\n\r\n",
            "cannot be read",
        ),
        (
            b"POST /CMD_API_DNS_ADMIN?action=delete HTTP/1.0\r\n\r\n",
            "Content-Length",
        ),
    ] {
        let mut gateway = Gateway::start(&[]);
        exchange(gateway.address, bytes);
        let line = gateway.logs("a client at 127.0.0.1");
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        assert!(line.contains("WARNING"), "{shown}: {line}");
        assert!(line.contains(said), "{shown}: {line}");
        assert!(line.len() < 700, "{line}");
    }
}

#[test]
fn what_is_quoted_of_a_request_has_no_credentials_and_no_line_ends() {
    let mut gateway = Gateway::start(&[]);
    let secret = basic(USER, PASSWORD);
    exchange(
        gateway.address,
        format!("Authorization: {secret}\r\nGET / HTTP/1.0\r\n\r\n").as_bytes(),
    );
    exchange(
        gateway.address,
        format!("GET http://{USER}:{PASSWORD}@gw.example/ HTTP/9.0\r\n\r\n").as_bytes(),
    );
    exchange(gateway.address, b"GET /\x1b[31m2026 HTTP/7.7\x0b\r\n\r\n");
    // Kinds that come later are in the log after them.
    exchange(gateway.address, CLIENT_HELLO);
    gateway.logs("speaks TLS");
    let log = gateway.log();
    assert!(!log.contains(secret.trim_start_matches("Basic ")), "{log}");
    assert!(!log.contains(PASSWORD), "{log}");
    assert!(!log.contains("\x1b[31m2026"), "{log}");
}

#[test]
fn who_only_connects_or_asks_for_health_leaves_no_line() {
    let mut gateway = Gateway::start(&[]);
    for _ in 0..3 {
        drop(TcpStream::connect(gateway.address).unwrap());
        exchange(gateway.address, b"");
        assert_eq!(
            send(gateway.address, b"GET /health HTTP/1.0\r\n\r\n").status,
            200
        );
        let keep = exchange(gateway.address, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(keep.starts_with("HTTP/1.1 200"), "{keep}");
        // Refused before its body is read.
        let body = format!(
            "POST /CMD_API_DNS_ADMIN HTTP/1.0\r\nContent-Length: 9000\r\n\r\n{}",
            "x".repeat(9_000)
        );
        exchange(gateway.address, body.as_bytes());
    }
    exchange(gateway.address, CLIENT_HELLO);
    gateway.logs("speaks TLS");
    let log = gateway.log();
    let warned: Vec<_> = log
        .lines()
        .filter(|line| line.contains("WARNING"))
        .collect();
    // The other is that no backend is enabled.
    assert_eq!(warned.len(), 2, "{log}");
}

#[test]
fn a_path_that_is_nothing_here_is_named_with_the_one_to_use() {
    let mut gateway = Gateway::start(&[]);
    for _ in 0..3 {
        let text = zone_text("s.example", 1, "192.0.2.1");
        let target = "/dns/CMD_API_DNS_ADMIN?action=rawsave&domain=s.example";
        assert_eq!(gateway.ask("POST", target, text.as_bytes()).status, 404);
    }
    let line = gateway.logs("/dns/CMD_API_DNS_ADMIN");
    for part in ["WARNING", "127.0.0.1", "s.example", "/CMD_API_DNS_ADMIN"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    gateway.ask("PUT", "/CMD_API_DNS_ADMIN", b"");
    gateway.logs("PUT");
    gateway.ask(
        "POST",
        "/CMD_API_DNS_ADMIN?action=rawsav&domain=t.example",
        b"x",
    );
    gateway.logs("rawsav");
    gateway.ask("POST", "/CMD_API_REBOOT", b"x");
    gateway.logs("CMD_API_REBOOT");
    assert_eq!(gateway.log().matches("/dns/CMD_API_DNS_ADMIN").count(), 1);
}

#[test]
fn slashes_too_many_are_as_good_as_one_behind_the_login() {
    let gateway = Gateway::start(&[]);
    let text = zone_text("s.example", 1, "192.0.2.1");
    for path in [
        "//CMD_API_DNS_ADMIN",
        "///CMD_API_DNS_ADMIN",
        "/CMD_API_DNS_ADMIN/",
        "//CMD_API_DNS_ADMIN//",
        "http://gw.example//CMD_API_DNS_ADMIN",
        "https://gw.example:2222/CMD_API_DNS_ADMIN",
    ] {
        let target = format!("{path}?action=rawsave&domain=s.example&hostname=da1.example.net");
        let answer = gateway.ask("POST", &target, text.as_bytes());
        assert_eq!(answer.body, "error=0", "{path}");
        let anonymous = format!("POST {target} HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(
            send(gateway.address, anonymous.as_bytes()).status,
            401,
            "{path}"
        );
    }
    assert_eq!(
        gateway.json("//api/v1//zones/s.example/")["zone"],
        "s.example"
    );
    for path in [
        "//health",
        "/health/",
        "/health//",
        "/health/../status",
        "/health//status",
        "//status",
        "/%2Fstatus",
        "//metrics",
        "/./status",
        "/health%2F..%2Fstatus",
        "/health/CMD_API_DNS_ADMIN",
    ] {
        let anonymous = format!("GET {path} HTTP/1.0\r\n\r\n");
        let answer = send(gateway.address, anonymous.as_bytes());
        assert_eq!(answer.status, 401, "{path}: {}", answer.body);
    }
}

#[test]
fn a_head_that_does_not_come_whole_in_time_is_told_of_and_holds_up_nobody() {
    let mut gateway = Gateway::start(&[]);
    let mut slow = TcpStream::connect(gateway.address).unwrap();
    slow.write_all(b"POST /CMD_API_DNS_ADMIN HTTP/1.0\r\n")
        .unwrap();
    let mut silent = TcpStream::connect(gateway.address).unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(
        send(gateway.address, b"GET /health HTTP/1.0\r\n\r\n").status,
        200
    );
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).unwrap();
    assert_eq!(parse(&answer).status, 408);
    silent.read_to_end(&mut answer).unwrap();
    let took = begun.elapsed().as_secs();
    assert!((8..16).contains(&took), "{took} s");
    let line = gateway.logs("was not whole after 10 s");
    assert!(line.contains("127.0.0.1"), "{line}");
}
