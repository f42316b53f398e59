//! Tokens and scopes over HTTP, with a gateway in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "support/http.rs"]
mod http;

use std::net::SocketAddr;
use std::time::Instant;

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

/// A gateway with an operator, on free ports; `more` are further lines of its configuration.
async fn start(more: &str) -> World {
    let directory = TempDir::new().unwrap();
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  operators: [\"anna:{PASSWORD}\"]\n  \
         listen_host: 127.0.0.1\n  listen_port: 0\ndns:\n  backends:\n    builtin:\n      \
         enabled: false\n{more}",
        directory.path().join("queues").display()
    );
    std::fs::write(directory.path().join("app.yml"), text).unwrap();
    let gateway = run(&directory).await;
    World { gateway, directory }
}

async fn run(directory: &TempDir) -> Gateway {
    let file = directory.path().join("app.yml");
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    let began = Instant::now();
    loop {
        match Gateway::start(&loaded.config).await {
            Ok(gateway) => return gateway,
            // The threads that served requests let go of the store a moment after the stop.
            Err(error) if error.to_string().contains("in use") => {
                assert!(began.elapsed().as_secs() < 20, "{error}");
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn ask_at(
    address: SocketAddr,
    login: &str,
    method: &str,
    target: &str,
    body: Option<&Value>,
) -> Answer {
    let body = body.map(Value::to_string);
    let body = match &body {
        Some(body) => format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
        None => "Content-Length: 0\r\n\r\n".to_owned(),
    };
    let request = format!("{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n{login}{body}");
    tokio::task::spawn_blocking(move || send(address, request.as_bytes()))
        .await
        .unwrap()
}

impl World {
    async fn ask(&self, login: &str, method: &str, target: &str) -> Answer {
        ask_at(self.gateway.address(), login, method, target, None).await
    }

    /// Creates a token.
    async fn create(&self, body: Value) -> String {
        let address = self.gateway.address();
        let answer = ask_at(address, &operator(), "POST", "/api/v1/tokens", Some(&body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let made: Value = serde_json::from_str(&answer.body).unwrap();
        made["token"].as_str().unwrap().to_owned()
    }

    async fn push(&self, zone: &str) {
        let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
        let text = "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n";
        let login = authorization(&basic("directdnsonly", PASSWORD));
        let request = format!(
            "POST {target} HTTP/1.0\r\n{login}Content-Length: {}\r\n\r\n{text}",
            text.len()
        );
        let address = self.gateway.address();
        let pushed = tokio::task::spawn_blocking(move || send(address, request.as_bytes()));
        assert_eq!(pushed.await.unwrap().body, "error=0");
    }

    /// A JWT for whoever logs in like this.
    async fn jwt(&self, login: &str) -> Value {
        let answer = self.ask(login, "POST", "/token").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    }
}

fn authorization(value: &str) -> String {
    format!("Authorization: {value}\r\n")
}

fn operator() -> String {
    authorization(&basic("anna", PASSWORD))
}

fn key(token: &str) -> String {
    format!("X-API-Key: {token}\r\n")
}

fn bearer(token: &str) -> String {
    authorization(&format!("Bearer {token}"))
}

fn detail(answer: &Answer) -> String {
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    problem["detail"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_in_every_way_that_clients_send_one_until_it_is_revoked() {
    let world = start("").await;
    let token = world
        .create(json!({"name": "octodns", "zones": ["*"]}))
        .await;
    let ways = [
        key(&token),
        bearer(&token),
        authorization(&basic("octodns", &token)),
        authorization(&basic("", &token)),
        format!(
            "x-api-key: {token}\r\n{}",
            authorization(&basic("proxy", "its own"))
        ),
    ];
    for way in &ways {
        let answer = world.ask(way, "GET", "/api/v1/zones").await;
        assert_eq!(answer.status, 200, "{way} {answer:?}");
    }
    let list = world.ask(&operator(), "GET", "/api/v1/tokens").await;
    let list: Value = serde_json::from_str(&list.body).unwrap();
    assert_eq!(list[0]["name"], "octodns");
    assert_eq!(list[0]["last_used_from"], "127.0.0.1");
    assert!(
        list[0].get("token").is_none() && list[0].get("hash").is_none(),
        "{list}"
    );

    let revoked = world
        .ask(&operator(), "DELETE", "/api/v1/tokens/octodns")
        .await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    for way in &ways[..1] {
        let answer = world.ask(way, "GET", "/api/v1/zones").await;
        assert_eq!(answer.status, 401, "{way} {answer:?}");
        let head = answer.head.to_ascii_lowercase();
        assert!(head.contains("www-authenticate: basic realm"), "{head}");
        assert!(head.contains("www-authenticate: x-api-key realm"), "{head}");
        assert!(!answer.body.contains(&token), "{answer:?}");
    }
    let again = world
        .ask(&operator(), "DELETE", "/api/v1/tokens/octodns")
        .await;
    assert_eq!(again.status, 404, "{again:?}");
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_sees_its_zones_only_and_a_refusal_says_what_it_lacks() {
    let world = start("").await;
    for zone in ["a.example", "b.example", "sub.a.example"] {
        world.push(zone).await;
    }
    let token = world
        .create(json!({"name": "t", "zones": ["a.example", "*.a.example"], "actions": ["read"]}))
        .await;
    let token = key(&token);
    let list = world.ask(&token, "GET", "/api/v1/zones").await;
    let list: Value = serde_json::from_str(&list.body).unwrap();
    let zones = list["zones"].as_array().unwrap().iter();
    let zones: Vec<_> = zones.map(|zone| zone["zone"].as_str().unwrap()).collect();
    assert_eq!(zones, ["a.example", "sub.a.example"]);
    for (target, status, says) in [
        ("/api/v1/zones/a.example", 200, ""),
        ("/api/v1/zones/A.Example.", 200, ""),
        ("/api/v1/zones/a.example/history", 200, ""),
        ("/api/v1/held", 200, ""),
        ("/api/v1/refused", 200, ""),
        (
            "/api/v1/zones/b.example",
            403,
            "zone b.example is not among its zones",
        ),
        (
            "/api/v1/zones/B%2Eexample/history",
            403,
            "zone b.example is not among its zones",
        ),
        (
            "/api/v1/zones/missing.example",
            403,
            "zone missing.example is not among",
        ),
        ("/api/v1/masters", 403, "that takes all zones"),
        ("/api/v1/tokens", 403, "it lacks the right \"operate\""),
    ] {
        let answer = world.ask(&token, "GET", target).await;
        assert_eq!(answer.status, status, "{target} {answer:?}");
        if status == 403 {
            let detail = detail(&answer);
            assert!(detail.starts_with("this token may not "), "{detail}");
            assert!(detail.contains(says), "{detail}");
        }
    }
    // These have the words of DirectAdmin.
    for target in [
        "/status",
        "/metrics",
        "/CMD_API_DNS_ADMIN?action=exists&domain=a.example",
    ] {
        let answer = world.ask(&token, "GET", target).await;
        assert_eq!(answer.status, 403, "{target} {answer:?}");
        assert!(answer.body.starts_with("error=1&"), "{target} {answer:?}");
    }
    let rollback = world
        .ask(&token, "POST", "/api/v1/zones/a.example/rollback")
        .await;
    assert_eq!(rollback.status, 403, "{rollback:?}");
    assert!(detail(&rollback).contains("it lacks the right \"decide\""));
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_makes_tokens_or_pushes_whatever_its_actions() {
    let world = start("").await;
    let all = json!(["read", "edit", "create", "delete", "operate"]);
    let token = world
        .create(json!({"name": "all", "zones": ["*"], "actions": all}))
        .await;
    let jwt = world.jwt(&authorization(&basic("all", &token))).await;
    for login in [key(&token), bearer(jwt["token"].as_str().unwrap())] {
        let wider = json!({"name": "wider", "zones": ["*"]});
        let address = world.gateway.address();
        let answer = ask_at(address, &login, "POST", "/api/v1/tokens", Some(&wider)).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(
            detail(&answer).contains("only the accounts of operators"),
            "{answer:?}"
        );
        let push = "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example";
        assert_eq!(world.ask(&login, "POST", push).await.status, 403);
        assert_eq!(world.ask(&login, "GET", "/status").await.status, 200);
        assert_eq!(world.ask(&login, "GET", "/metrics").await.status, 200);
    }
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_from_its_networks_and_until_it_expires() {
    let world = start("").await;
    let elsewhere =
        json!({"name": "far", "zones": ["*"], "from": ["192.0.2.0/24", "2001:db8::/32"]});
    let far = world.create(elsewhere).await;
    let answer = world.ask(&key(&far), "GET", "/api/v1/zones").await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        detail(&answer),
        "token far cannot be used: it may not be used from 127.0.0.1"
    );
    let near = world
        .create(json!({"name": "near", "zones": ["*"], "from": ["127.0.0.0/8"]}))
        .await;
    assert_eq!(
        world.ask(&key(&near), "GET", "/api/v1/zones").await.status,
        200
    );

    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_millis(300)).to_string();
    let short = world
        .create(json!({"name": "short", "zones": ["*"], "expires": soon}))
        .await;
    let login = authorization(&basic("short", &short));
    let jwt = world.jwt(&login).await;
    assert!(jwt["expires_in"].as_i64().unwrap() <= 1, "{jwt}");
    let began = Instant::now();
    loop {
        let answer = world.ask(&key(&short), "GET", "/api/v1/zones").await;
        if answer.status == 401 {
            assert!(detail(&answer).starts_with("token short cannot be used: it expired at"));
            break;
        }
        assert!(began.elapsed().as_secs() < 10, "{answer:?}");
    }
    let answer = world
        .ask(
            &bearer(jwt["token"].as_str().unwrap()),
            "GET",
            "/api/v1/zones",
        )
        .await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(world.ask(&login, "POST", "/token").await.status, 401);
    // None of that was a guess.
    assert_eq!(
        world.ask(&key(&near), "GET", "/api/v1/zones").await.status,
        200
    );
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jwt_has_the_scope_of_its_token_and_ends_with_it() {
    let world = start("").await;
    world.push("a.example").await;
    world.push("b.example").await;
    let create = || json!({"name": "machine", "zones": ["a.example"]});
    let token = world.create(create()).await;
    let jwt = world.jwt(&authorization(&basic("machine", &token))).await;
    assert_eq!(jwt["token_type"], "Bearer");
    assert_eq!(jwt["expires_in"], 900);
    assert_eq!(jwt["username"], "machine");
    assert_eq!(jwt["message"], "Token created");
    let login = bearer(jwt["token"].as_str().unwrap());
    assert_eq!(
        world
            .ask(&login, "GET", "/api/v1/zones/a.example")
            .await
            .status,
        200
    );
    assert_eq!(
        world
            .ask(&login, "GET", "/api/v1/zones/b.example")
            .await
            .status,
        403
    );
    // It cannot be exchanged for another one.
    let answer = world.ask(&login, "POST", "/token").await;
    assert_eq!(answer.status, 401);
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(said["message"], "Could not verify");

    world
        .ask(&operator(), "DELETE", "/api/v1/tokens/machine")
        .await;
    assert_eq!(
        world
            .ask(&login, "GET", "/api/v1/zones/a.example")
            .await
            .status,
        401
    );
    world.create(create()).await;
    let answer = world.ask(&login, "GET", "/api/v1/zones/a.example").await;
    assert_eq!(
        answer.status, 401,
        "another token of that name does not bring it back"
    );

    let admin = world.jwt(&operator()).await;
    assert_eq!(admin["message"], "Token created, admin access granted");
    let login = bearer(admin["token"].as_str().unwrap());
    assert_eq!(world.ask(&login, "GET", "/status").await.status, 200);
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_get_no_jwt_and_whoever_guesses_tokens_has_to_wait() {
    let world = start("").await;
    let answer = world.ask("", "POST", "/token").await;
    assert_eq!(answer.status, 401);
    assert!(
        answer
            .head
            .to_ascii_lowercase()
            .contains("www-authenticate: basic"),
        "{answer:?}"
    );
    let mut statuses = Vec::new();
    for attempt in 0..12 {
        let login = match attempt % 3 {
            0 => authorization(&basic("anna", "wrong")),
            1 => key("dadns_wrong"),
            _ => bearer("a.b.c"),
        };
        let target = if attempt % 3 == 0 {
            "/token"
        } else {
            "/api/v1/zones"
        };
        let method = if attempt % 3 == 0 { "POST" } else { "GET" };
        let answer = world.ask(&login, method, target).await;
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(said.is_object(), "{answer:?}");
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..3], [401, 401, 401]);
    assert_eq!(statuses.last(), Some(&429));
    // Right or wrong: a guess must not be told from the others.
    assert_eq!(world.ask(&operator(), "POST", "/token").await.status, 429);
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_token_is_refused_with_all_reasons() {
    let world = start("").await;
    for (body, status, says) in [
        (
            json!({"name": "a/b", "zones": ["*"]}),
            400,
            "the name of a token",
        ),
        (json!({"name": "x"}), 400, "zones: there have to be some"),
        (
            json!({"name": "x", "zones": ["a..b"], "types": ["NOPE"]}),
            400,
            "types: ",
        ),
        (
            json!({"name": "x", "zones": ["*"], "rights": ["read"]}),
            400,
            "unknown field",
        ),
        (
            json!({"name": "x", "zones": ["*"], "expires": "2001-01-01T00:00:00Z"}),
            400,
            "past",
        ),
        (json!({"name": "x", "zones": ["*"]}), 201, ""),
        (json!({"name": "x", "zones": ["*"]}), 409, "already"),
    ] {
        let address = world.gateway.address();
        let answer = ask_at(address, &operator(), "POST", "/api/v1/tokens", Some(&body)).await;
        assert_eq!(answer.status, status, "{body} {answer:?}");
        assert!(answer.body.contains(says), "{body} {answer:?}");
    }
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_jwts_are_good_after_a_restart() {
    let world = start("").await;
    let token = world.create(json!({"name": "t", "acme": true})).await;
    let jwt = world.jwt(&authorization(&basic("t", &token))).await;
    let World { gateway, directory } = world;
    gateway.stop().await;
    let world = World {
        gateway: run(&directory).await,
        directory,
    };
    for login in [key(&token), bearer(jwt["token"].as_str().unwrap())] {
        let answer = world.ask(&login, "GET", "/api/v1/zones").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_listens_apart_and_then_no_longer_where_masters_push() {
    let world = start("api:\n  listen: [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n").await;
    let masters = world.gateway.address();
    let api = world.gateway.api_addresses().to_vec();
    assert_eq!(api.len(), 2);
    world.push("a.example").await;
    for (target, on_masters, on_api) in [
        ("/api/v1/zones/a.example", 404, 200),
        ("/status", 200, 200),
        ("/health", 200, 200),
        ("/CMD_API_LOGIN_TEST", 200, 404),
    ] {
        for (address, expected) in [(masters, on_masters), (api[0], on_api), (api[1], on_api)] {
            let answer = ask_at(address, &operator(), "GET", target, None).await;
            assert_eq!(answer.status, expected, "{target} at {address}: {answer:?}");
        }
    }
    for (address, expected) in [(masters, 404), (api[0], 200)] {
        let answer = ask_at(address, &operator(), "POST", "/token", None).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    world.gateway.stop().await;
    for address in api {
        assert!(
            std::net::TcpStream::connect(address).is_err(),
            "{address} is still open"
        );
    }
}
