//! Plain REST and the API of acme-dns, with a gateway in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "support/http.rs"]
mod http;

use dadns::app::Gateway;
use dadns::config::Config;
use http::{Answer, basic, send};
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "a-secret-of-tests";

/// 43 characters of base64url.
const ONE: &str = "LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM";
const TWO: &str = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo";
const THREE: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

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
    let gateway = Gateway::start(&config(&directory, more)).await.unwrap();
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
    for target in ["/", "/a", "/a/www"] {
        assert_eq!(
            world.call("GET", target, "", "").await.status,
            404,
            "{target}"
        );
    }
    assert_eq!(world.call("POST", "/register", "", "").await.status, 404);
}

const ACME: &str = "acme_dns:\n  zone: a.example\n";

/// What acme.sh and others cut out of an answer: they know no JSON.
fn cut<'a>(body: &'a str, key: &str) -> &'a str {
    let (_, rest) = body.split_once(&format!("\"{key}\":\"")).unwrap();
    rest.split('"').next().unwrap()
}

struct Account {
    head: String,
    subdomain: String,
}

impl World {
    async fn register(&self, body: &str) -> Account {
        let answer = self.raw("POST", "/register", "", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.body.lines().count(), 1);
        let (user, key) = (cut(&answer.body, "username"), cut(&answer.body, "password"));
        let subdomain = cut(&answer.body, "subdomain").to_owned();
        assert_eq!(
            cut(&answer.body, "fulldomain"),
            format!("{subdomain}.a.example")
        );
        Account {
            head: format!("X-Api-User: {user}\r\nX-Api-Key: {key}\r\n"),
            subdomain,
        }
    }

    async fn update(&self, account: &Account, txt: &str) -> Answer {
        let body = json!({"subdomain": account.subdomain, "txt": txt}).to_string();
        self.raw("POST", "/update", &account.head, &body).await
    }

    async fn challenges(&self, account: &Account) -> Value {
        let target = format!("/api/v1/zones/a.example/rrsets?name={}", account.subdomain);
        let page = self.json("GET", &target, Value::Null, 200).await;
        page["rrsets"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_serves_its_last_two_values_and_outlives_a_restart() {
    let mut world = start(ACME).await;
    let account = world.register("").await;
    for txt in [ONE, TWO, THREE] {
        let answer = world.update(&account, txt).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, format!("{{\"txt\":\"{txt}\"}}"))
        );
    }
    let served = world.challenges(&account).await;
    assert_eq!(
        served[0]["records"],
        json!([format!("\"{TWO}\""), format!("\"{THREE}\"")])
    );
    assert_eq!(served[0]["ttl"], 1);
    let by = format!("token acme-dns {} from 127.0.0.1", account.subdomain);
    assert_eq!(served[0]["by"], by);

    let config = config(&world.directory, ACME);
    world.gateway.stop().await;
    world.gateway = Gateway::start(&config).await.unwrap();
    assert_eq!(world.update(&account, ONE).await.status, 200);
    let served = world.challenges(&account).await;
    assert_eq!(
        served[0]["records"],
        json!([format!("\"{ONE}\""), format!("\"{THREE}\"")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_the_codes_of_acme_dns() {
    let world = start(ACME).await;
    let (account, other) = (world.register("null").await, world.register("{}").await);
    let elsewhere = world.register(r#"{"allowfrom":["192.0.2.0/24"]}"#).await;
    let before = world.revision().await;
    let of = |account: &Account, txt: &str| {
        json!({"subdomain": account.subdomain, "txt": txt}).to_string()
    };
    for (head, body, status, error) in [
        ("", of(&account, ONE), 401, "forbidden"),
        (&account.head, of(&other, ONE), 401, "forbidden"),
        (&elsewhere.head, of(&elsewhere, ONE), 401, "forbidden"),
        (&account.head, of(&account, "short"), 400, "bad_txt"),
        (
            &account.head,
            of(&account, &ONE.replace('L', "\\\"")),
            400,
            "bad_txt",
        ),
        (
            &account.head,
            json!({"subdomain": "www", "txt": ONE}).to_string(),
            400,
            "bad_subdomain",
        ),
        (&account.head, "{".to_owned(), 400, "malformed_json_payload"),
        (&account.head, "x".repeat(20_000), 413, "body_too_large"),
    ] {
        let answer = world.raw("POST", "/update", head, &body).await;
        let expected = format!("{{\"error\":\"{error}\"}}");
        assert_eq!(
            (answer.status, answer.body),
            (status, expected),
            "{head} {body}"
        );
    }
    for (body, error) in [
        ("{", "malformed_json_payload"),
        (r#"{"allowfrom":["here"]}"#, "invalid_allowfrom_cidr"),
    ] {
        let answer = world.raw("POST", "/register", "", body).await;
        let expected = format!("{{\"error\":\"{error}\"}}");
        assert_eq!((answer.status, answer.body), (400, expected));
    }
    assert_eq!(world.revision().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_is_limited_by_network_by_rate_and_by_number() {
    let world = start(&format!("{ACME}  allow: [192.0.2.0/24]\n")).await;
    let answer = world.raw("POST", "/register", "", "").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (401, "{\"error\":\"forbidden\"}")
    );
    for key in ["registrations_per_minute", "accounts"] {
        let world = start(&format!("{ACME}  {key}: 1\n")).await;
        world.register("").await;
        assert_eq!(
            world.raw("POST", "/register", "", "").await.status,
            429,
            "{key}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_kept_nowhere() {
    let world = start(ACME).await;
    let account = world.register("").await;
    let secrets: Vec<_> = account
        .head
        .lines()
        .map(|line| line.split(' ').nth(1).unwrap())
        .collect();
    world.gateway.stop().await;
    let mut folders = vec![world.directory.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(
                secrets.iter().all(|secret| !text.contains(secret)),
                "{}",
                path.display()
            );
        }
    }
}
