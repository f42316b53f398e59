//! Who gets in: credentials, guesses, proxies, sizes, TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::certificate::Certificate;
use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{basic, master_request, parse, send};
use crate::support::zone_text;

fn login(gateway: &Gateway, password: &str, forwarded_for: Option<&str>) -> u16 {
    let forwarded = forwarded_for
        .map(|addresses| format!("X-Forwarded-For: {addresses}\r\n"))
        .unwrap_or_default();
    let request = format!(
        "GET /CMD_API_LOGIN_TEST HTTP/1.0\r\n{forwarded}Authorization: {}\r\n\r\n",
        basic(USER, password)
    );
    send(gateway.address, request.as_bytes()).status
}

#[test]
fn health_needs_no_login_and_everything_else_does() {
    let gateway = Gateway::start(&[]);
    let anonymous = |target: &str| {
        let request = format!("GET {target} HTTP/1.0\r\n\r\n");
        send(gateway.address, request.as_bytes())
    };
    let health = anonymous("/health");
    assert_eq!(
        (health.status, health.body.as_str()),
        (200, r#"{"status":"ok"}"#)
    );
    let head = send(gateway.address, b"HEAD /health HTTP/1.0\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    // What is at `/` only leads to the web page, which tests/web is about.
    for target in [
        "/status",
        "/metrics",
        "/queue_status",
        "/api/v1/zones",
        "/api/v1/zones/a.example",
        "/CMD_API_LOGIN_TEST",
        "/CMD_API_DNS_ADMIN",
        "/nowhere",
        "//health",
    ] {
        let answer = anonymous(target);
        assert_eq!(answer.status, 401, "{target}");
        assert!(
            answer
                .head
                .to_ascii_lowercase()
                .contains("www-authenticate: basic"),
            "{target}"
        );
    }
}

#[test]
fn a_wrong_user_or_password_is_refused_and_never_logged() {
    let mut gateway = Gateway::start(&[]);
    for (user, password) in [(USER, "wr0ng-guess"), ("admin", PASSWORD), (USER, "")] {
        let request = master_request("GET", "/CMD_API_LOGIN_TEST", &basic(user, password), b"");
        assert_eq!(send(gateway.address, &request).status, 401);
    }
    gateway.logs("wrong user name or password");
    let log = gateway.log();
    assert!(
        !log.contains("wr0ng-guess") && !log.contains(PASSWORD),
        "{log}"
    );
}

#[test]
fn guessing_is_slowed_down_and_does_not_keep_others_out() {
    let app = "  auth_failures_per_minute: 3\n  proxy_support: true\n  \
               trusted_proxies: [127.0.0.1]\n";
    let mut gateway = Gateway::start_with(app, &[]);
    let guesser = Some("2001:db8:1:2::1");
    let answers: Vec<_> = (0..6).map(|_| login(&gateway, "guess", guesser)).collect();
    assert_eq!(answers[0], 401);
    assert_eq!(answers[5], 429);
    // The right password is not told apart from a wrong one while the address has to wait, …
    assert_eq!(login(&gateway, PASSWORD, guesser), 429);
    // … its whole /64 has to, …
    assert_eq!(login(&gateway, PASSWORD, Some("2001:db8:1:2:ffff::9")), 429);
    // … which the log tells, once for each, …
    gateway.logs("requests from 2001:db8:1:2:: are refused for now");
    gateway.logs("from 2001:db8:1:2::1 is refused though its user name and password are right");
    let log = gateway.log();
    for said in ["are refused for now", "user name and password are right"] {
        assert_eq!(log.matches(said).count(), 1, "{log}");
    }
    // … and nobody else.
    assert_eq!(login(&gateway, PASSWORD, Some("2001:db8:1:3::1")), 200);
    assert_eq!(login(&gateway, PASSWORD, None), 200);
}

#[test]
fn a_client_cannot_choose_its_own_address_unless_a_trusted_proxy_says_so() {
    let gateway = Gateway::start_with("  auth_failures_per_minute: 3\n", &[]);
    let mut answers = Vec::new();
    for host in 0..6 {
        answers.push(login(
            &gateway,
            "guess",
            Some(&format!("198.51.100.{host}")),
        ));
    }
    assert_eq!(answers[5], 429, "the header was believed: {answers:?}");
}

#[test]
fn whoever_is_refused_cannot_hold_a_connection_open_with_a_body_that_never_ends() {
    let gateway = Gateway::start(&[]);
    let wrong = format!("Authorization: {}\r\n", basic(USER, "wrong"));
    for (target, authorization, status) in [
        ("POST /CMD_API_DNS_ADMIN", "", 401),
        ("POST /CMD_API_DNS_ADMIN", wrong.as_str(), 401),
        ("GET /health", "", 200),
    ] {
        let mut stream = TcpStream::connect(gateway.address).unwrap();
        let timeout = std::time::Duration::from_secs(15);
        stream.set_read_timeout(Some(timeout)).unwrap();
        let request = format!(
            "{target} HTTP/1.1\r\nHost: x\r\n{authorization}\
             Transfer-Encoding: chunked\r\n\r\n4\r\nwhat\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream
            .read_to_end(&mut bytes)
            .expect("the connection is closed");
        assert_eq!(parse(&bytes).status, status, "{target}");
    }
}

#[test]
fn a_body_over_the_limit_is_refused_and_the_gateway_goes_on() {
    let mut gateway = Gateway::start_with("  max_body_bytes: 2048\n", &[]);
    let text = zone_text("a.example", 1, "192.0.2.1");
    let big = format!("{text}{}", "; filler\n".repeat(500));
    let answer = gateway.ask(
        "POST",
        "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example",
        big.as_bytes(),
    );
    assert_eq!(answer.status, 413);
    assert!(answer.body.starts_with("error=1&"), "{}", answer.body);
    let line = gateway.logs("could not be read");
    for part in ["WARNING", "127.0.0.1", "zone=a.example"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert_eq!(gateway.push("a.example", &text), "error=0");
}

#[test]
fn with_a_certificate_the_same_calls_work_over_tls_and_none_without() {
    let certificate = Certificate::new();
    let gateway = Gateway::start_with(&certificate.keys(), &[]);

    let mut roots = RootCertStore::empty();
    roots.add(certificate.der.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(gateway.address).unwrap();
    let mut tls = StreamOwned::new(connection, stream);
    let text = zone_text("a.example", 1, "192.0.2.1");
    let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example";
    tls.write_all(&master_request(
        "POST",
        target,
        &basic(USER, PASSWORD),
        text.as_bytes(),
    ))
    .unwrap();
    let mut bytes = Vec::new();
    tls.read_to_end(&mut bytes).unwrap();
    assert_eq!(parse(&bytes).body, "error=0");

    let (status, shown, error) = gateway.command(&["zones"]);
    assert!(status.success(), "{error}");
    assert!(shown.contains("a.example"), "{shown}");

    let mut plain = TcpStream::connect(gateway.address).unwrap();
    plain.write_all(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    let _ = plain.read_to_end(&mut bytes);
    assert!(!String::from_utf8_lossy(&bytes).contains("200 OK"));
}
