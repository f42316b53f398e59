//! Plain REST and the API of acme-dns, with a gateway in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "../support/http.rs"]
mod http;

mod acme_dns;

use dadns::app::Gateway;
use dadns::config::Config;
use http::{Answer, basic, send};
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "a-secret-of-tests";

struct World {
    gateway: Gateway,
    directory: TempDir,
}

fn config(directory: &TempDir, more: &str) -> Config {
    let file = directory.path().join("app.yml");
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  operators: [\"anna:{PASSWORD}\"]\n  \
         listen_host: 127.0.0.1\n  listen_port: 0\nrecords:\n  nameservers: [ns1.example.net]\n{more}",
        directory.path().join("queues").display()
    );
    std::fs::write(&file, text).unwrap();
    Config::load::<&str>(Some(&file), std::iter::empty())
        .unwrap()
        .config
}

/// A gateway with zone `a.example`.
async fn start(more: &str) -> World {
    let directory = TempDir::new().unwrap();
    let config = config(&directory, more);
    start_as(directory, &config).await
}

async fn start_as(directory: TempDir, config: &Config) -> World {
    let gateway = Gateway::start(config).await.unwrap();
    let world = World { gateway, directory };
    let zone = json!({"zone": "a.example"}).to_string();
    let made = world.call(
        "POST",
        "/api/v1/zones",
        "Content-Type: application/json\r\n",
        &zone,
    );
    assert_eq!(made.await.status, 201);
    world
}

impl World {
    /// A request with exactly this head.
    async fn raw(&self, method: &str, target: &str, head: &str, body: &str) -> Answer {
        let request = format!(
            "{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n{head}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let address = self.gateway.address();
        tokio::task::spawn_blocking(move || send(address, request.as_bytes()))
            .await
            .unwrap()
    }

    /// The same, by operator anna.
    async fn call(&self, method: &str, target: &str, head: &str, body: &str) -> Answer {
        let head = format!("Authorization: {}\r\n{head}", basic("anna", PASSWORD));
        self.raw(method, target, &head, body).await
    }

    async fn json(&self, method: &str, target: &str, body: Value, status: u16) -> Value {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = self.call(method, target, "", &body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    async fn text(&self, target: &str) -> String {
        let answer = self.call("GET", target, "Accept: text/plain\r\n", "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    async fn revision(&self) -> Value {
        let zone = self.json("GET", "/api/v1/zones/a.example", Value::Null, 200);
        zone.await["revision"].clone()
    }
}

const REST: &str = "rest:\n  enabled: true\n  zone: a.example\n";

fn record(name: &str, rtype: &str, value: &str) -> Value {
    json!({"name": name, "class": "IN", "record_type": rtype, "value": value})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_added_read_replaced_renamed_and_removed() {
    let world = start(REST).await;
    let made = world
        .json("POST", "/a", record("www", "A", "192.0.2.1"), 201)
        .await;
    assert_eq!(
        made,
        json!({"name": "www.a.example.", "class": "IN", "record_type": "A", "ttl": 3600,
               "value": "192.0.2.1", "values": ["192.0.2.1"]})
    );
    // What is there already is no change.
    let before = world.revision().await;
    world
        .json("POST", "/a", record("www", "A", "192.0.2.1"), 200)
        .await;
    assert_eq!(world.revision().await, before);
    // A second value stands beside the first, whichever way the name is written.
    let full = record("www.a.example.", "A", "192.0.2.2");
    let made = world.json("POST", "/a", full, 201).await;
    assert_eq!(made["values"], json!(["192.0.2.1", "192.0.2.2"]));
    let lines = "www.a.example. IN A 192.0.2.1\nwww.a.example. IN A 192.0.2.2\n";
    assert_eq!(world.text("/a/www").await, lines);
    assert_eq!(world.text("/a/www.a.example.").await, lines);
    assert_eq!(world.text("/a").await, lines);

    let mut renamed = record("web", "A", "192.0.2.9");
    renamed["ttl"] = json!(60);
    let put = world.json("PUT", "/a/www", renamed, 200).await;
    assert_eq!(
        (&put["name"], &put["ttl"], &put["values"]),
        (&json!("web.a.example."), &json!(60), &json!(["192.0.2.9"]))
    );
    world.json("GET", "/a/www", Value::Null, 404).await;
    world.json("DELETE", "/a/web", Value::Null, 204).await;
    let gone = world.json("DELETE", "/a/web", Value::Null, 404).await;
    assert_eq!(gone["code"], "not_found");
    assert_eq!(world.text("/a").await, "");
    world
        .json("PUT", "/a/web", record("web", "A", "192.0.2.9"), 404)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_zone_is_text_that_a_server_reads_or_json() {
    let world = start(REST).await;
    world
        .json("POST", "/txt", record("@", "TXT", "\"one two\""), 201)
        .await;
    let text = world.text("/").await;
    assert!(
        text.contains("a.example.\t3600\tIN\tTXT\t\"one two\"\n"),
        "{text}"
    );
    let zone = world.json("GET", "/", Value::Null, 200).await;
    assert_eq!(
        (&zone["zone"], &zone["revision"]),
        (&json!("a.example"), &json!(2))
    );
    assert_eq!(zone["records"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_with_its_status_and_changes_nothing() {
    let world = start(REST).await;
    world
        .json("POST", "/a", record("www", "A", "192.0.2.1"), 201)
        .await;
    let before = world.revision().await;
    for (method, target, body, status, code) in [
        ("POST", "/a", "{".to_owned(), 400, "invalid_request"),
        ("POST", "/a", "{}".to_owned(), 422, "invalid_records"),
        (
            "POST",
            "/a",
            record("x", "A", "no").to_string(),
            422,
            "invalid_records",
        ),
        (
            "POST",
            "/a",
            record("x", "TXT", "192.0.2.1").to_string(),
            422,
            "invalid_records",
        ),
        // A line end would be a second record in a zone file.
        (
            "POST",
            "/a",
            record("x", "A", "192.0.2.1\nevil IN A 192.0.2.6").to_string(),
            422,
            "invalid_records",
        ),
        (
            "POST",
            "/a",
            record("x\nevil", "A", "192.0.2.1").to_string(),
            422,
            "invalid_records",
        ),
        (
            "POST",
            "/cname",
            record("www", "CNAME", "host.example.net.").to_string(),
            409,
            "rrset_conflicts",
        ),
        (
            "POST",
            "/a",
            record("www.b.example.", "A", "192.0.2.1").to_string(),
            404,
            "unknown_zone",
        ),
        ("GET", "/nonsense", String::new(), 404, "not_found"),
        (
            "GET",
            "/?zone=b.example",
            String::new(),
            404,
            "unknown_zone",
        ),
        ("DELETE", "/ns/@", String::new(), 422, "invalid_records"),
        ("PATCH", "/a", String::new(), 405, "method_not_allowed"),
    ] {
        let answer = world.call(method, target, "", &body).await;
        assert_eq!(
            answer.status, status,
            "{method} {target} {body}: {answer:?}"
        );
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["code"], code, "{method} {target} {body}");
    }
    assert_eq!(world.revision().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_default_zone_a_name_is_in_the_longest_zone_that_it_ends_in() {
    let world = start("rest:\n  enabled: true\n").await;
    let zone = json!({"zone": "sub.a.example"}).to_string();
    let json_type = "Content-Type: application/json\r\n";
    world.call("POST", "/api/v1/zones", json_type, &zone).await;
    world
        .json(
            "POST",
            "/aaaa",
            record("h.sub.a.example", "AAAA", "2001:db8::1"),
            201,
        )
        .await;
    let line = "h.sub.a.example. IN AAAA 2001:db8::1\n";
    assert_eq!(world.text("/aaaa?zone=sub.a.example").await, line);
    assert_eq!(world.text("/aaaa?zone=a.example").await, "");
    world.json("GET", "/aaaa", Value::Null, 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_edits_what_its_scope_covers_and_nobody_does_without_a_login() {
    let world = start(REST).await;
    let grant = json!({"name": "web", "zones": ["a.example"], "names": ["www"], "types": ["A"],
                       "actions": ["read", "edit"]});
    let head = "Content-Type: application/json\r\n";
    let token = world
        .call("POST", "/api/v1/tokens", head, &grant.to_string())
        .await;
    let token: Value = serde_json::from_str(&token.body).unwrap();
    let head = format!(
        "Authorization: Bearer {}\r\n",
        token["token"].as_str().unwrap()
    );
    let post = |name: &str| record(name, "A", "192.0.2.1").to_string();
    let made = world.raw("POST", "/a", &head, &post("www")).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(
        world.raw("POST", "/a", &head, &post("mail")).await.status,
        403
    );
    let moved = world.raw("PUT", "/a/www", &head, &post("mail")).await;
    assert_eq!(moved.status, 403, "{moved:?}");
    let stranger = world.raw("GET", "/a", "", "").await;
    assert_eq!(stranger.status, 401);
    let problem: Value = serde_json::from_str(&stranger.body).unwrap();
    assert_eq!(problem["code"], "not_logged_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_faces_are_off_unless_they_are_switched_on() {
    let world = start("").await;
    // Without this face, the web page is at `/`.
    for (target, status) in [("/", 303), ("/a", 404), ("/a/www", 404)] {
        assert_eq!(
            world.call("GET", target, "", "").await.status,
            status,
            "{target}"
        );
    }
    assert_eq!(world.call("POST", "/register", "", "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_beyond_the_most_of_a_zone_is_refused() {
    let directory = TempDir::new().unwrap();
    let mut config = config(&directory, REST);
    config.app.max_records = 3;
    let world = start_as(directory, &config).await;
    world
        .json("POST", "/a", record("www", "A", "192.0.2.1"), 201)
        .await;
    let before = world.revision().await;
    let refused = world
        .json("POST", "/a", record("www", "A", "192.0.2.2"), 422)
        .await;
    assert_eq!(refused["code"], "too_many_records");
    assert_eq!(world.revision().await, before);
    // In the place of another there is room for it.
    world
        .json("PUT", "/a/www", record("www", "A", "192.0.2.2"), 200)
        .await;
}
