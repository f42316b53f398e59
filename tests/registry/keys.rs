//! The key-value face, as the client of that store speaks to it: every answer is JSON.

use serde_json::{Value, json};

use super::http::{Answer, basic};
use super::world::{PASSWORD, World};

/// What python-requests sends beside what a request is about.
const CLIENT: &str = "User-Agent: python-requests/2.32.3\r\nAccept: */*\r\n";

fn zone(records: &str) -> String {
    format!(
        "$TTL 300\n@ IN SOA ns1.example.net. hostmaster.example.net. 1 3600 600 86400 60\n@ IN NS ns1.example.net.\n{records}"
    )
}

fn value(answer: &Answer) -> Value {
    let kind = answer.head.to_ascii_lowercase();
    assert!(
        kind.contains("content-type: application/json"),
        "{answer:?}"
    );
    serde_json::from_str(&answer.body).unwrap()
}

/// Logs in, and returns the header that clients send from then on.
async fn token(world: &World, account: &str, password: &str) -> Option<String> {
    let head = format!("{CLIENT}Authorization: {}\r\n", basic(account, password));
    let answer = world.raw("POST", "/token", &head, "").await;
    let token = value(&answer)["token"].as_str().map(str::to_owned);
    assert_eq!(token.is_some(), answer.status == 200, "{answer:?}");
    token.map(|token| format!("{CLIENT}token: {token}\r\nContent-Type: application/json\r\n"))
}

async fn put(world: &World, head: &str, key: &str, text: &str) -> Answer {
    let body = json!({ "value": text }).to_string();
    world.raw("POST", &format!("/key/{key}"), head, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_store_logs_in_puts_gets_and_deletes_a_zone() {
    let world = World::start("").await;
    let alive = world.raw("GET", "/heartbeat", CLIENT, "").await;
    assert_eq!((alive.status, value(&alive)), (200, json!({"alive": true})));
    assert_eq!(token(&world, "anna", "guessed").await, None);
    let nobody = world.raw("POST", "/token", CLIENT, "").await;
    assert_eq!(nobody.status, 401);
    assert_eq!(value(&nobody)["message"], "Could not verify");
    let head = token(&world, "anna", PASSWORD).await.unwrap();

    let missing = world.raw("GET", "/key/example.com", &head, "").await;
    assert_eq!(missing.status, 404);
    assert_eq!(value(&missing), json!({"error": "No updated data found"}));
    let made = put(&world, &head, "example.com", &zone("www A 192.0.2.1\n")).await;
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(
        value(&made)[0]["message"],
        "Replication successful at builtin"
    );
    assert_eq!(value(&made).as_array().unwrap().len(), 1);
    assert_eq!(world.resolve("www.example.com", "A"), ["192.0.2.1"]);

    let other = put(&world, &head, "example.com", &zone("mail A 192.0.2.2\n")).await;
    assert_eq!(other.status, 200, "{other:?}");
    assert_eq!(world.resolve("www.example.com", "A"), [""; 0]);
    assert_eq!(world.resolve("mail.example.com", "A"), ["192.0.2.2"]);
    let again = put(&world, &head, "example.com", &zone("mail A 192.0.2.2\n")).await;
    assert_eq!(value(&again)[0]["revision"], value(&other)[0]["revision"]);

    let got = world.raw("GET", "/key/example.com", &head, "").await;
    assert_eq!(got.status, 200);
    let got = value(&got);
    let text = got[0][0].as_str().unwrap();
    assert!(text.contains("192.0.2.2"), "{text}");
    // What was got can be put.
    let back = put(&world, &head, "example.com", text).await;
    assert_eq!(value(&back)[0]["revision"], value(&other)[0]["revision"]);

    let gone = world.raw("DELETE", "/key/example.com", &head, "").await;
    assert_eq!(gone.status, 200, "{gone:?}");
    let gone = world.raw("GET", "/key/example.com", &head, "").await;
    assert_eq!(gone.status, 404);
    let gone = world.raw("DELETE", "/key/example.com", &head, "").await;
    assert_eq!(gone.status, 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_no_key_is_read_or_written_wherever_the_client_is() {
    let world = World::start("").await;
    let text = zone("");
    for (method, body) in [("GET", ""), ("POST", text.as_str()), ("DELETE", "")] {
        for head in [CLIENT, "token: guessed\r\n"] {
            let body = json!({ "value": body }).to_string();
            let answer = world.raw(method, "/key/example.com", head, &body).await;
            assert_eq!(answer.status, 401, "{method} {head}: {answer:?}");
            assert!(value(&answer)["error"].is_string(), "{answer:?}");
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_zone_or_beyond_a_token_is_refused_in_json_with_a_true_status() {
    let world = World::start("").await;
    let head = token(&world, "anna", PASSWORD).await.unwrap();
    for (key, body, status, why) in [
        ("example.com", "{", 400, "no JSON"),
        ("example.com", "[]", 400, "\"value\""),
        ("example.com", r#"{"value": 1}"#, 400, "\"value\""),
        (
            "example.com",
            r#"{"value": "$TTL 60\nwww A 192.0.2.1\n"}"#,
            400,
            "SOA",
        ),
        (
            "example.com",
            r#"{"value": "$TTL 60\nwww A 192.0.2\n"}"#,
            400,
            "line 2",
        ),
        ("a..b", r#"{"value": ""}"#, 400, "a..b"),
    ] {
        let answer = world.raw("POST", &format!("/key/{key}"), &head, body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        let error = value(&answer)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(why), "{body}: {error}");
    }
    // A zone of more than a registration may have.
    let many: String = (0..2_000)
        .map(|n| format!("h{n} TXT \"{}\"\n", "x".repeat(60)))
        .collect();
    let large = put(&world, &head, "example.com", &zone(&many)).await;
    assert_eq!(large.status, 200, "{large:?}");

    let grant = json!({"name": "reader", "zones": ["example.com"], "actions": ["read"]});
    let reader = format!("token: {}\r\n", world.token(grant).await);
    let got = world.raw("GET", "/key/example.com", &reader, "").await;
    assert_eq!(got.status, 200);
    let refused = put(&world, &reader, "example.com", &zone("")).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let refused = world.raw("DELETE", "/key/example.com", &reader, "").await;
    assert_eq!(refused.status, 403);
    let hidden = world.raw("GET", "/key/svc.example", &reader, "").await;
    assert_eq!(hidden.status, 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_services_have_published_in_a_zone_stays_when_its_text_is_replaced() {
    let world = World::start("").await;
    let web = json!({"server": "web", "instance_id": 1, "host": "192.0.2.7", "port": 80});
    world.json("POST", "/register", web, 200).await;
    world
        .until("web.service.svc.example", "A", &["192.0.2.7"])
        .await;
    let head = token(&world, "anna", PASSWORD).await.unwrap();
    let put = put(&world, &head, "svc.example", &zone("www A 192.0.2.1\n")).await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(world.resolve("www.svc.example", "A"), ["192.0.2.1"]);
    assert_eq!(world.resolve("web.service.svc.example", "A"), ["192.0.2.7"]);
    world.stop().await;
}
