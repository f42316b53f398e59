//! Records by the native API, with a gateway in this process: edited, shown with their layers, created, deleted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "../support/http.rs"]
mod http;

mod lists;

use dadns::app::Gateway;
use dadns::config::Config;
use http::{Answer, basic, send};
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "a-secret-of-tests";
const RRSETS: &str = "/api/v1/zones/a.example/rrsets";

struct World {
    gateway: Gateway,
    _directory: TempDir,
}

async fn start() -> World {
    start_with("").await
}

/// With further keys below `app`.
async fn start_with(app: &str) -> World {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("app.yml");
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  operators: [\"anna:{PASSWORD}\"]\n  \
         listen_host: 127.0.0.1\n  listen_port: 0\n{app}records:\n  nameservers: [ns1.example.net, ns2.example.net]\n\
         dns:\n  backends:\n    builtin:\n      enabled: true\n      listen: [\"127.0.0.1:0\"]\n",
        directory.path().join("queues").display()
    );
    std::fs::write(&file, text).unwrap();
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    World {
        gateway: Gateway::start(&loaded.config).await.unwrap(),
        _directory: directory,
    }
}

impl World {
    async fn send(&self, method: &str, target: &str, head: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = format!(
            "{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\n{head}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            basic("anna", PASSWORD),
            body.len()
        );
        let address = self.gateway.address();
        tokio::task::spawn_blocking(move || send(address, request.as_bytes()))
            .await
            .unwrap()
    }

    async fn json(&self, method: &str, target: &str, body: Option<Value>, status: u16) -> Value {
        let answer = self.send(method, target, "", body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn push(&self, serial: u32, records: &str) {
        let text = format!(
            "$TTL 300\n@ SOA ns1 host {serial} 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n{records}"
        );
        let request = format!(
            "POST /CMD_API_DNS_ADMIN?action=rawsave&domain=a.example&hostname=da1.example.net HTTP/1.0\r\n\
             Authorization: {}\r\nContent-Length: {}\r\n\r\n{text}",
            basic("directdnsonly", PASSWORD),
            text.len()
        );
        let address = self.gateway.address();
        let pushed = tokio::task::spawn_blocking(move || send(address, request.as_bytes()));
        assert_eq!(pushed.await.unwrap().body, "error=0");
    }

    async fn edit(&self, changes: Value) -> Value {
        self.json("PATCH", RRSETS, Some(json!({"changes": changes})), 200)
            .await
    }

    /// The RRsets at an owner name.
    async fn at(&self, name: &str) -> Vec<Value> {
        let page = self
            .json("GET", &format!("{RRSETS}?name={name}"), None, 200)
            .await;
        page["rrsets"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_shown_with_its_layer_and_author_and_outlives_a_push() {
    let world = start().await;
    world.push(1, "www A 192.0.2.7\n").await;
    let made = world
        .edit(json!([
            {"op": "replace", "name": "www", "type": "A", "ttl": 60, "records": ["192.0.2.9"]},
            {"op": "add", "name": "_acme-challenge", "type": "TXT", "records": ["\"one\"", "\"two\""]},
        ]))
        .await;
    assert_eq!(
        (&made["revision"], &made["changed"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(made["diff"].as_array().unwrap().len(), 4, "{made}");
    world.push(2, "www A 192.0.2.8\n").await;
    let www = world.at("www").await;
    assert_eq!(www.len(), 1, "{www:?}");
    assert_eq!(www[0]["records"], json!(["192.0.2.9"]));
    assert_eq!(
        (&www[0]["layer"], &www[0]["rule"]),
        (&json!("records"), &json!("replace"))
    );
    assert_eq!(www[0]["by"], "operator anna from 127.0.0.1");
    assert_eq!(www[0]["below"]["records"], json!(["192.0.2.8"]));
    assert_eq!(www[0]["pushed"]["by"], "directdnsonly from 127.0.0.1");
    let challenge = world.at("_acme-challenge").await;
    assert_eq!(challenge[0]["records"], json!(["\"one\"", "\"two\""]));
    let zone = world
        .json("GET", "/api/v1/zones/a.example", None, 200)
        .await;
    assert_eq!(zone["edited_rrsets"], 2);
    assert_eq!(zone["overridden"][0]["name"], "www.a.example.");

    world
        .edit(json!([{"op": "release", "name": "www.a.example.", "type": "A"}]))
        .await;
    let www = world.at("www").await;
    assert_eq!(
        (&www[0]["layer"], &www[0]["records"]),
        (&json!("push"), &json!(["192.0.2.8"]))
    );
    let history = world
        .json("GET", "/api/v1/zones/a.example/history", None, 200)
        .await;
    assert_eq!(
        (&history[0]["how"], &history[0]["layer"]),
        (&json!("edited"), &json!("records"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_or_shadowed_is_listed_with_the_reason() {
    let world = start().await;
    world.push(1, "www A 192.0.2.7\nmail A 192.0.2.8\n").await;
    world
        .edit(json!([
            {"op": "delete", "name": "mail", "type": "A"},
            {"op": "replace", "name": "www", "type": "CNAME", "records": ["host.example.net."]},
        ]))
        .await;
    let mail = world.at("mail").await;
    assert_eq!(
        (&mail[0]["served"], &mail[0]["rule"]),
        (&json!(false), &json!("absent"))
    );
    assert_eq!(mail[0]["below"]["records"], json!(["192.0.2.8"]));
    let www = world.at("www").await;
    let lost = www.iter().find(|set| set["type"] == "A").unwrap();
    assert_eq!(
        (&lost["served"], &lost["layer"]),
        (&json!(false), &json!("push"))
    );
    let reason = lost["shadowed"].as_str().unwrap();
    assert!(
        reason.contains("CNAME") && reason.contains("operator anna"),
        "{reason}"
    );
    let zone = world
        .json("GET", "/api/v1/zones/a.example", None, 200)
        .await;
    assert_eq!(zone["shadowed"][0]["name"], "www.a.example.");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_errors_of_a_request_are_told_at_once_and_nothing_is_changed() {
    let world = start().await;
    world.push(1, "www A 192.0.2.7\n").await;
    let changes = json!({"changes": [
        {"op": "add", "name": "x", "type": "A", "records": ["192.0.2.256", "192.0.2.5", "nonsense"]},
        {"op": "add", "name": "y", "type": "NOTYPE", "records": ["z"]},
        {"op": "delete", "name": "www", "type": "A", "records": ["192.0.2.7"]},
    ]});
    let problem = world.json("PATCH", RRSETS, Some(changes), 422).await;
    assert_eq!(problem["code"], "invalid_records");
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 4, "{problem}");
    assert_eq!(
        (&errors[1]["index"], &errors[1]["record"]),
        (&json!(0), &json!(2))
    );
    // Rules of the zone as a whole, too.
    let changes = json!({"changes": [
        {"op": "add", "name": "@", "type": "CNAME", "records": ["x.example.net."]},
        {"op": "delete", "name": "ns1", "type": "A"},
    ]});
    let problem = world.json("PATCH", RRSETS, Some(changes), 422).await;
    assert!(
        problem["errors"].as_array().unwrap().len() >= 2,
        "{problem}"
    );
    let zone = world
        .json("GET", "/api/v1/zones/a.example", None, 200)
        .await;
    assert_eq!(zone["revision"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_the_revision_that_it_was_made_for_and_is_refused_at_another() {
    let world = start().await;
    world.push(1, "www A 192.0.2.7\n").await;
    let body = || {
        Some(
            json!({"changes": [{"op": "add", "name": "x", "type": "A", "records": ["192.0.2.5"]}]}),
        )
    };
    let answer = world
        .send("PATCH", RRSETS, "If-Match: \"7\"\r\n", body())
        .await;
    assert_eq!(answer.status, 412, "{answer:?}");
    assert!(answer.body.contains("\"revision\":1"), "{answer:?}");
    let answer = world
        .send("PATCH", RRSETS, "If-Match: \"1\"\r\n", body())
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = world
        .send("GET", RRSETS, "If-None-Match: \"2\"\r\n", None)
        .await;
    assert_eq!(answer.status, 304, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_diff_and_a_wait_ends_when_every_backend_has_verified_it() {
    let world = start().await;
    world.push(1, "www A 192.0.2.7\n").await;
    let body = || {
        Some(
            json!({"changes": [{"op": "add", "name": "x", "type": "A", "ttl": 60, "records": ["192.0.2.5"]}]}),
        )
    };
    let tried = world
        .json("PATCH", &format!("{RRSETS}?dry_run=true"), body(), 200)
        .await;
    assert_eq!(tried["diff"], json!(["+ x.a.example. 60 A 192.0.2.5"]));
    assert_eq!(tried["dry_run"], true);
    assert!(world.at("x").await.is_empty());
    let answer = world
        .send("PATCH", RRSETS, "Prefer: wait=20\r\n", body())
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let waited = world
        .json(
            "GET",
            "/api/v1/zones/a.example/wait?timeout_ms=1",
            None,
            200,
        )
        .await;
    assert_eq!(waited["verified"], true, "it was before the answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_repeated_with_its_key_is_answered_again_and_made_once() {
    let world = start().await;
    world.push(1, "www A 192.0.2.7\n").await;
    let body = |address: &str| {
        Some(
            json!({"changes": [{"op": "replace", "name": "x", "type": "A", "ttl": 60, "records": [address]}]}),
        )
    };
    let key = "Idempotency-Key: one\r\n";
    let first = world.send("PATCH", RRSETS, key, body("192.0.2.5")).await;
    world.send("PATCH", RRSETS, "", body("192.0.2.6")).await;
    let again = world.send("PATCH", RRSETS, key, body("192.0.2.5")).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(world.at("x").await[0]["records"], json!(["192.0.2.6"]));
    let other = world.send("PATCH", RRSETS, key, body("192.0.2.7")).await;
    assert_eq!(other.status, 422, "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_created_with_defaults_edited_and_deleted_and_a_pushed_one_only_if_that_is_said()
{
    let world = start().await;
    let new = json!({"zone": "new.example", "rrsets": [{"name": "www", "type": "A", "records": ["192.0.2.1"]}]});
    let made = world
        .json("POST", "/api/v1/zones", Some(new.clone()), 201)
        .await;
    assert_eq!(made["revision"], 1);
    let page = world
        .json("GET", "/api/v1/zones/new.example/rrsets?type=NS", None, 200)
        .await;
    assert_eq!(
        page["rrsets"][0]["records"],
        json!(["ns1.example.net.", "ns2.example.net."])
    );
    let problem = world.json("POST", "/api/v1/zones", Some(new), 409).await;
    assert_eq!(problem["code"], "zone_exists");
    let gone = world
        .json("DELETE", "/api/v1/zones/new.example", None, 200)
        .await;
    assert_eq!(gone["revision"], 2);

    world.push(1, "").await;
    let problem = world
        .json("DELETE", "/api/v1/zones/a.example", None, 409)
        .await;
    assert_eq!(problem["code"], "zone_pushed");
    world
        .json("DELETE", "/api/v1/zones/a.example?pushed=true", None, 200)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_would_have_too_many_records_is_neither_created_nor_edited() {
    let world = start_with("  max_records: 6\n").await;
    let set = |count: u8| {
        let records: Vec<_> = (1..=count).map(|host| format!("192.0.2.{host}")).collect();
        json!({"name": "www", "type": "A", "records": records})
    };
    let new = |count| Some(json!({"zone": "a.example", "rrsets": [set(count)]}));
    let refused = world.json("POST", "/api/v1/zones", new(4), 422).await;
    assert_eq!(refused["code"], "too_many_records");
    let detail = "the zone would have 7 records, more than the 6 that app.max_records allows";
    assert_eq!(refused["detail"], detail);
    world.json("POST", "/api/v1/zones", new(3), 201).await;
    let replaced = |count| {
        let mut change = set(count);
        change["op"] = json!("replace");
        Some(json!({"changes": [change]}))
    };
    for target in [RRSETS.to_owned(), format!("{RRSETS}?dry_run=true")] {
        let refused = world.json("PATCH", &target, replaced(4), 422).await;
        assert_eq!(refused["code"], "too_many_records");
    }
    world.json("PATCH", RRSETS, replaced(2), 200).await;
}
