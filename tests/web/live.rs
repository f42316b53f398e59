//! Pages that keep themselves up to date.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::browser::{Browser, gateway, push, token};
use crate::http::{Answer, send};

/// A request as the script of a page sends it.
async fn watched(browser: &Browser, path: &str, headers: &str) -> Answer {
    let request = format!(
        "GET {path} HTTP/1.0\r\nHost: {}\r\nCookie: {}\r\n{headers}\r\n",
        browser.address, browser.cookie
    );
    let address = browser.address;
    let answer = tokio::task::spawn_blocking(move || send(address, request.as_bytes()));
    answer.await.unwrap()
}

/// A stream of events, read as far as it has come.
struct Events {
    stream: TcpStream,
    read: String,
}

impl Events {
    fn open(browser: &Browser) -> Self {
        let mut stream = TcpStream::connect(browser.address).unwrap();
        let limit = Some(Duration::from_secs(20));
        stream.set_read_timeout(limit).unwrap();
        let request = format!(
            "GET /web/events HTTP/1.0\r\nHost: {}\r\nCookie: {}\r\n\r\n",
            browser.address, browser.cookie
        );
        stream.write_all(request.as_bytes()).unwrap();
        let read = String::new();
        Self { stream, read }
    }

    /// Reads until it has `text`; the end of the stream is a failure, unless it is `None`.
    fn until(&mut self, text: Option<&str>) {
        let mut piece = [0; 4_096];
        while text.is_none_or(|text| !self.read.contains(text)) {
            let octets = self.stream.read(&mut piece).unwrap();
            if octets == 0 {
                assert_eq!(text, None, "the stream has ended: {}", self.read);
                return;
            }
            self.read
                .push_str(&String::from_utf8_lossy(&piece[..octets]));
        }
    }
}

async fn read(mut events: Events, until: Option<&'static str>) -> Events {
    let reading = tokio::task::spawn_blocking(move || {
        events.until(until);
        events
    });
    reading.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_to_a_page_that_is_open_and_end_with_its_session() {
    let (gateway, _kept) = gateway("").await;
    let mut browser = Browser::new(&gateway);
    assert_eq!(watched(&browser, "/web/events", "").await.status, 401);
    browser.log_in().await;
    let events = read(Events::open(&browser), Some("retry: ")).await;
    assert!(events.read.contains("text/event-stream"), "{}", events.read);
    push(&gateway, "a.example", "192.0.2.1").await;
    let events = read(events, Some("\"result\":\"applied\"")).await;
    assert!(events.read.contains("a.example"), "{}", events.read);
    browser.send("/web/logout", &[]).await;
    push(&gateway, "b.example", "192.0.2.1").await;
    let events = read(events, None).await;
    assert!(!events.read.contains("b.example"), "{}", events.read);
    assert_eq!(watched(&browser, "/web/events", "").await.status, 401);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_shows_only_the_zones_of_the_token_that_it_was_opened_with() {
    let (gateway, _kept) = gateway("").await;
    let body = r#"{"name":"limited","actions":["read"],"zones":["a.example"]}"#;
    let token = token(&gateway, body).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in_at("/web/login", "", &token).await;
    let events = read(Events::open(&browser), Some("retry: ")).await;
    push(&gateway, "b.example", "192.0.2.1").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let events = read(events, Some("a.example")).await;
    assert!(!events.read.contains("b.example"), "{}", events.read);
    crate::browser::revoke(&gateway, "limited").await;
    push(&gateway, "a.example", "192.0.2.2").await;
    let events = read(events, None).await;
    assert!(!events.read.contains("\"revision\":2"), "{}", events.read);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_looks_again_gets_the_page_or_is_told_that_the_session_is_over() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let header = "X-Dadns-Live: 1\r\n";
    for path in ["/web", "/web/zones"] {
        let page = watched(&browser, path, header).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains(" data-live"), "{path}: {}", page.body);
        assert!(
            page.body.contains("data-extend=\"yes\""),
            "{path}: {}",
            page.body
        );
        assert!(page.body.contains("/web/assets/live.js"), "{path}");
    }
    let script = browser.get("/web/assets/live.js").await;
    assert!(script.head.contains("text/javascript"), "{}", script.head);
    let lasts = browser.get("/web/session").await;
    let lasts: serde_json::Value = serde_json::from_str(&lasts.body).unwrap();
    assert_eq!(lasts["extend"], true);
    assert!(lasts["left"].as_u64().unwrap() > 1_700, "{lasts}");
    browser.send("/web/logout", &[]).await;
    for path in ["/web", "/web/zones", "/web/session"] {
        let page = watched(&browser, path, header).await;
        assert_eq!((page.status, &*page.body), (401, ""), "{path}");
    }
    // A person is led to the login all the same.
    let page = watched(&browser, "/web?again=1", "").await;
    assert_eq!(page.location(), "/web/login?next=%2Fweb");
    gateway.stop().await;
}
