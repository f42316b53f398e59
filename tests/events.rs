//! `GET /api/v1/events` of a whole gateway in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "support/http.rs"]
mod http;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use dadns::app::Gateway;
use dadns::config::Config;
use http::{Answer, api_request, basic, master_request, send};
use serde_json::Value;
use tempfile::TempDir;

const USER: &str = "directdnsonly";
const PASSWORD: &str = "a-secret-of-tests";

/// A gateway with the built-in server, and a guard that holds what loses most records of a zone.
async fn start() -> (Gateway, TempDir) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("app.yml");
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  listen_host: 127.0.0.1\n  \
         listen_port: 0\nguard:\n  apex_ns: true\ndns:\n  backends:\n    builtin:\n      type: builtin\n      \
         enabled: true\n      listen: [\"127.0.0.1:0\"]\n",
        directory.path().join("queues").display()
    );
    std::fs::write(&file, text).unwrap();
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    (Gateway::start(&loaded.config).await.unwrap(), directory)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn ask(gateway: &Gateway, method: &str, target: &str, body: &str) -> Answer {
    let address = gateway.address();
    let request = match target.starts_with("/CMD_") {
        true => master_request(method, target, &basic(USER, PASSWORD), body.as_bytes()),
        false => format!(
            "{method} {target} HTTP/1.0\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            basic(USER, PASSWORD),
            body.len()
        )
        .into_bytes(),
    };
    blocking(move || send(address, &request)).await
}

async fn push(gateway: &Gateway, zone: &str, records: &str) {
    let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
    let text = format!(
        "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n{records}"
    );
    let answer = ask(gateway, "POST", &target, &text).await;
    assert_eq!(answer.body, "error=0");
}

async fn token(gateway: &Gateway, name: &str, zones: &str) -> String {
    let body = format!("{{\"name\":\"{name}\",\"zones\":[\"{zones}\"],\"actions\":[\"read\"]}}");
    let answer = ask(gateway, "POST", "/api/v1/tokens", &body).await;
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// An open stream of events.
struct Events {
    lines: BufReader<TcpStream>,
    id: String,
}

impl Events {
    /// Opens it, and waits until the gateway has it.
    async fn open(address: SocketAddr, credentials: &str, after: &str) -> Self {
        let request = format!(
            "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n{credentials}\r\nLast-Event-ID: {after}\r\n\r\n"
        );
        blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut events = Self {
                lines: BufReader::new(stream),
                id: String::new(),
            };
            let head = events.line().unwrap();
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            while events.id.is_empty() {
                events.line().unwrap();
            }
            events
        })
        .await
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap();
        if let Some(id) = line.strip_prefix("id: ") {
            id.trim().clone_into(&mut self.id);
        }
        (read > 0).then_some(line)
    }

    /// Reads on to an event of this name; `None`: the stream ended.
    async fn next(mut self, name: &'static str) -> (Self, Option<Value>) {
        blocking(move || {
            while let Some(line) = self.line() {
                let data = line.strip_prefix("data: ");
                let data = data.map(|data| serde_json::from_str::<Value>(data).unwrap());
                if let Some(data) = data.filter(|data| data["event"] == name) {
                    return (self, Some(data));
                }
            }
            (self, None)
        })
        .await
    }
}

fn operator() -> String {
    format!("Authorization: {}", basic(USER, PASSWORD))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_its_result_and_a_held_push_are_told_and_a_client_that_comes_back_misses_nothing() {
    let (gateway, _directory) = start().await;
    let events = Events::open(gateway.address(), &operator(), "").await;
    push(&gateway, "a.example", "www A 192.0.2.7\n").await;
    let (events, changed) = events.next("zone_changed").await;
    let changed = changed.unwrap();
    assert_eq!(changed["zone"], "a.example");
    assert_eq!(
        (&changed["revision"], &changed["present"]),
        (&1.into(), &true.into())
    );
    let (events, result) = events.next("zone_result").await;
    let result = result.unwrap();
    assert_eq!(
        (&result["backend"], &result["revision"], &result["verified"]),
        (&"builtin".into(), &1.into(), &true.into())
    );
    let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example";
    let other = "$TTL 300\n@ SOA ns1 host 9 3600 600 86400 300\n@ NS ns.example.net.\n";
    let answer = ask(&gateway, "POST", target, other).await;
    assert!(answer.body.starts_with("error=1"), "{answer:?}");
    let (events, held) = events.next("push_held").await;
    assert_eq!(held.unwrap()["zone"], "a.example");
    let id = events.id.clone();
    drop(events);
    // While nobody listens.
    push(&gateway, "b.example", "").await;
    let events = Events::open(gateway.address(), &operator(), &id).await;
    let (events, changed) = events.next("zone_changed").await;
    assert_eq!(changed.unwrap()["zone"], "b.example");
    // Of an earlier start of the gateway.
    let events = drop_and_open(events, &gateway, "0000000000000000-1").await;
    let (events, lagged) = events.next("lagged").await;
    assert_eq!(lagged.unwrap()["missed"], Value::Null);
    let (_events, changed) = events.next("zone_changed").await;
    assert_eq!(changed.unwrap()["zone"], "a.example");
    gateway.stop().await;
}

async fn drop_and_open(events: Events, gateway: &Gateway, after: &str) -> Events {
    drop(events);
    Events::open(gateway.address(), &operator(), after).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_hears_of_its_zones_only_until_it_is_revoked() {
    let (gateway, _directory) = start().await;
    let token = token(&gateway, "ci", "b.example").await;
    let events = Events::open(gateway.address(), &format!("X-API-Key: {token}"), "").await;
    push(&gateway, "a.example", "").await;
    push(&gateway, "b.example", "").await;
    let (events, changed) = events.next("zone_changed").await;
    assert_eq!(
        changed.unwrap()["zone"],
        "b.example",
        "the first it hears of"
    );
    let revoked = ask(&gateway, "DELETE", "/api/v1/tokens/ci", "").await;
    assert_eq!(revoked.status, 200);
    push(&gateway, "b.example", "www A 192.0.2.7\n").await;
    let (_, none) = events.next("push_held").await;
    assert_eq!(none, None, "the stream ended");
    let again = api_request("GET", "/api/v1/events", &token, "");
    let address = gateway.address();
    assert_eq!(blocking(move || send(address, &again)).await.status, 401);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_do_not_hold_up_the_stop_of_the_gateway() {
    let (gateway, _directory) = start().await;
    let events = Events::open(gateway.address(), &operator(), "").await;
    let began = Instant::now();
    gateway.stop().await;
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    let (_, none) = events.next("zone_changed").await;
    assert_eq!(none, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_and_a_stream_too_many_are_refused() {
    let (gateway, _directory) = start().await;
    let address = gateway.address();
    let odd = format!(
        "GET /api/v1/events HTTP/1.0\r\n{}\r\nLast-Event-ID: odd\r\n\r\n",
        operator()
    );
    let answer = blocking(move || send(address, odd.as_bytes())).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("\"code\":\"invalid_request\""),
        "{answer:?}"
    );
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(Events::open(address, &operator(), "").await);
    }
    let answer = ask(&gateway, "GET", "/api/v1/events", "").await;
    assert_eq!(answer.status, 429);
    assert!(
        answer.body.contains("\"code\":\"too_many_streams\""),
        "{answer:?}"
    );
    drop(open);
    gateway.stop().await;
}
