//! `/api/openapi.json` of a whole gateway in this process: it is valid, and says what is really answered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "../support/http.rs"]
mod http;

use boon::{Compiler, Schemas};
use dadns::app::Gateway;
use dadns::config::Config;
use http::{Answer, basic, master_request, send};
use serde_json::Value;
use tempfile::TempDir;

const USER: &str = "directdnsonly";
const PASSWORD: &str = "a-secret-of-tests";

/// The schema of OpenAPI 3.1 documents, as the OpenAPI Initiative publishes it.
const META: &str = include_str!("oas-3.1.schema.json");

async fn start() -> (Gateway, TempDir) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("app.yml");
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  listen_host: 127.0.0.1\n  \
         listen_port: 0\ndns:\n  backends:\n    builtin:\n      type: builtin\n      enabled: true\n      \
         listen: [\"127.0.0.1:0\"]\n",
        directory.path().join("queues").display()
    );
    std::fs::write(&file, text).unwrap();
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    (Gateway::start(&loaded.config).await.unwrap(), directory)
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
    tokio::task::spawn_blocking(move || send(address, &request))
        .await
        .unwrap()
}

async fn document(gateway: &Gateway) -> Value {
    let answer = ask(gateway, "GET", "/api/openapi.json", "").await;
    assert_eq!(answer.status, 200);
    serde_json::from_str(&answer.body).unwrap()
}

/// What the schema at `place` in `root` says of a value; nothing if it is good.
fn said(root: &Value, place: &str, value: &Value) -> String {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler
        .add_resource("http://test/root.json", root.clone())
        .unwrap();
    let place = format!("http://test/root.json{place}");
    let compiled = compiler.compile(&place, &mut schemas);
    let compiled = compiled.unwrap_or_else(|error| panic!("{place}: {error:#}"));
    match schemas.validate(value, compiled) {
        Ok(()) => String::new(),
        Err(error) => format!("{error:#}"),
    }
}

/// Where the schema of an answer stands.
fn answer_schema(method: &str, path: &str, status: u16) -> String {
    let path = path
        .replace('/', "~1")
        .replace('{', "%7B")
        .replace('}', "%7D");
    format!(
        "#/paths/{path}/{}/responses/{status}/content/application~1json/schema",
        method.to_lowercase()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_valid_and_the_check_of_it_finds_mistakes() {
    let (gateway, _directory) = start().await;
    let document = document(&gateway).await;
    let meta: Value = serde_json::from_str(META).unwrap();
    assert_eq!(said(&meta, "", &document), "");
    let mut wrong = document.clone();
    wrong["paths"]["/api/v1/zones"]["get"]["parameters"][0]["in"] = "nowhere".into();
    assert_ne!(said(&meta, "", &wrong), "");
    // All that is referred to is there.
    for reference in references(&document) {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{reference}");
    }
    gateway.stop().await;
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            own.into_iter()
                .chain(members.values().flat_map(references))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_really_answered_keeps_to_the_document() {
    let (gateway, _directory) = start().await;
    let document = document(&gateway).await;
    for address in ["192.0.2.7", "192.0.2.8"] {
        let text = format!(
            "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\nwww A {address}\n"
        );
        let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example";
        assert_eq!(ask(&gateway, "POST", target, &text).await.body, "error=0");
    }
    let token = r#"{"name": "ci", "zones": ["*"], "actions": ["read"]}"#;
    let rollback = r#"{"revision": 1}"#;
    for (method, path, query, body, status) in [
        ("GET", "/api/v1/zones/{zone}/wait", "", "", 200),
        ("GET", "/api/v1/zones", "?removed=true", "", 200),
        ("GET", "/api/v1/zones/{zone}", "", "", 200),
        ("GET", "/api/v1/zones/{zone}/history", "", "", 200),
        ("GET", "/api/v1/zones/{zone}/diff", "?from=1&to=2", "", 200),
        ("POST", "/api/v1/zones/{zone}/rollback", "", rollback, 200),
        // Pushes that the guard holds.
        ("GET", "/api/v1/held", "", "", 200),
        ("GET", "/api/v1/refused", "", "", 200),
        ("GET", "/api/v1/masters", "", "", 200),
        ("POST", "/api/v1/tokens", "", token, 201),
        ("GET", "/api/v1/tokens", "", "", 200),
        ("DELETE", "/api/v1/tokens/{token}", "", "", 200),
        ("POST", "/api/v1/zones/{zone}/remove", "", "{}", 200),
    ] {
        let target = path.replace("{zone}", "a.example").replace("{token}", "ci");
        let answer = ask(&gateway, method, &format!("{target}{query}"), body).await;
        assert_eq!(answer.status, status, "{target}: {}", answer.body);
        let value: Value = serde_json::from_str(&answer.body).unwrap();
        let place = answer_schema(method, path, status);
        assert_eq!(said(&document, &place, &value), "", "{target}: {value}");
    }
    let answer = ask(&gateway, "GET", "/api/v1/zones/missing.example", "").await;
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    let place = "#/components/schemas/ProblemDetails";
    assert_eq!(said(&document, place, &problem), "");
    // The schemas do find what is not so.
    let place = answer_schema("GET", "/api/v1/zones", 200);
    assert_ne!(said(&document, &place, &problem), "");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_there_for_who_may_read() {
    let (gateway, _directory) = start().await;
    let answer = ask(&gateway, "GET", "/api/openapi", "").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .head
            .to_lowercase()
            .contains("content-security-policy: default-src 'none'")
    );
    assert!(answer.body.contains("<code>GET /api/v1/events</code>"));
    gateway.stop().await;
}
