//! The calls of JARVIS DNS, as its clients send them.

use serde_json::{Value, json};

use super::http::{basic, try_send};
use super::world::{PASSWORD, World};

const JSON: &str =
    "Accept: */*\r\nUser-Agent: python-httpx/0.27.0\r\nContent-Type: application/json\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_registers_beats_reports_discovers_and_closes() {
    let world = World::start("").await;
    let register = r#"{"server": "llm", "instance_id": 1, "port": 5001, "host": "localhost", "metadata": {"version": "1.0", "capabilities": ["oauth", "chat"]}}"#;
    let answer = world.raw("POST", "/register", JSON, register).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // localhost is where the client comes from.
    world
        .until("llm.service.svc.example", "A", &["127.0.0.1"])
        .await;
    let beat = r#"{"service_type": "llm", "instance_id": 1, "host": "localhost", "port": 5001, "busy": false, "metrics": {"timestamp": 1732888800.12, "status": "active"}}"#;
    assert_eq!(
        world.raw("POST", "/heartbeat", JSON, beat).await.status,
        200
    );
    let discover = r#"{"service_type": "llm", "requirements": {"capabilities": ["oauth"], "version": "1.0", "busy": false}}"#;
    let found = world.raw("POST", "/discover", JSON, discover).await;
    assert_eq!(found.status, 200, "{found:?}");
    let found: Value = serde_json::from_str(&found.body).unwrap();
    for (name, value) in [
        ("service_type", json!("llm")),
        ("instance_id", json!(1)),
        ("host", json!("127.0.0.1")),
        ("port", json!(5001)),
        ("status", json!("active")),
        ("busy", json!(false)),
        ("url", json!("http://127.0.0.1:5001")),
    ] {
        assert_eq!(found[name], value, "{name}");
    }
    let busy = r#"{"server": "llm", "instance_id": 1, "status": "active", "busy": true}"#;
    assert_eq!(world.raw("POST", "/status", JSON, busy).await.status, 200);
    assert_eq!(
        world.raw("POST", "/discover", JSON, discover).await.status,
        404
    );
    let close = r#"{"server": "llm", "instance_id": 1, "status": "dead"}"#;
    assert_eq!(world.raw("POST", "/status", JSON, close).await.status, 200);
    world.until("llm.service.svc.example", "A", &[]).await;
    let gone = world.get("/service/llm", 503).await;
    assert_eq!(gone["detail"], "No healthy llm service available");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_with_an_address_registers_what_was_forgotten_and_one_without_gets_404() {
    let world = World::start("").await;
    world
        .json("POST", "/heartbeat/llm/1", json!({"cpu": 1}), 404)
        .await;
    let named = json!({"service_type": "llm", "instance_id": 1, "busy": false});
    world.json("POST", "/heartbeat", named, 404).await;
    let beat = json!({"service_type": "llm", "instance_id": 1, "host": "192.0.2.9", "port": 5001});
    world.json("POST", "/heartbeat", beat, 200).await;
    let found = world.get("/service/llm", 200).await;
    assert_eq!(found["url"], "http://192.0.2.9:5001");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_orchestrator_asks_by_path_with_a_dictionary_of_python_in_the_query() {
    let world = World::start("").await;
    let metadata = json!({"version": "2", "capabilities": ["chat", "oauth"]});
    let new = json!({"server": "functional", "instance_id": "0b5c-uuid", "port": 5002, "metadata": metadata});
    world.json("POST", "/register", new, 200).await;
    let asked = "/service/functional?requirements=%7B%27capabilities%27%3A+%5B%27oauth%27%5D%2C+%27busy%27%3A+False%7D";
    let found = world.get(asked, 200).await;
    assert_eq!(found["instance_id"], "0b5c-uuid");
    assert_eq!(
        (&found["name"], &found["health"]),
        (&json!("functional"), &json!(true))
    );
    // What does not fit is nothing, and not anything.
    let other = "/service/functional?requirements=%7B%27version%27%3A+%271%27%7D";
    world.get(other, 404).await;
    world
        .get("/service/functional?requirements=%7B%27", 400)
        .await;
    assert_eq!(
        world.get("/service/nobody", 404).await["detail"],
        "No nobody service available"
    );
    let beat = json!({"metrics": {"load": 0.5}});
    world
        .json("POST", "/heartbeat/functional/0b5c-uuid", beat, 200)
        .await;
    let shown = world.get("/servers/status", 200).await;
    let one = &shown["services"]["functional"]["instances"][0];
    assert_eq!(one["performance_metrics"], json!({"load": 0.5}));
    let dead = json!({"status": "dead"});
    world
        .json("POST", "/status/functional/0b5c-uuid", dead, 200)
        .await;
    let cleaned = world.json("POST", "/cleanup", Value::Null, 200).await;
    assert_eq!(cleaned, json!({"cleaned_instances": 1}));
    world.get("/history/functional/0b5c-uuid", 404).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strategies_give_out_each_instance_in_turn_and_the_least_busy_first() {
    let world = World::start("").await;
    for number in 1..=3 {
        let new = json!({"server": "a", "instance_id": number, "port": 1000 + number});
        world.json("POST", "/register", new, 200).await;
        let load = json!({"load": 10 - number});
        world
            .json("POST", &format!("/heartbeat/a/{number}"), load, 200)
            .await;
    }
    let mut seen = Vec::new();
    for _ in 0..6 {
        let asked = json!({"service_type": "a", "strategy": "round_robin"});
        let found = world.json("POST", "/discover", asked, 200).await;
        seen.push(found["instance_id"].as_i64().unwrap());
        assert_eq!(found["failover"].as_array().unwrap().len(), 2);
    }
    assert_eq!(seen, [1, 2, 3, 1, 2, 3]);
    let asked = json!({"service_type": "a", "strategy": "least_busy"});
    let found = world.json("POST", "/discover", asked.clone(), 200).await;
    assert_eq!(found["instance_id"], 3);
    let busy = json!({"server": "a", "instance_id": 3, "status": "active", "busy": true});
    world.json("POST", "/status", busy, 200).await;
    let found = world.json("POST", "/discover", asked, 200).await;
    assert_eq!(found["instance_id"], 2);
    let unknown = json!({"service_type": "a", "strategy": "best"});
    world.json("POST", "/discover", unknown, 400).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_or_is_too_large_is_refused_and_changes_nothing() {
    let world = World::start("  instances_per_client: 3\n").await;
    let large = "x".repeat(1_000_000);
    let named = format!(
        r#"{{"server": "{}", "instance_id": 1, "port": 1}}"#,
        &large[..300]
    );
    let wordy =
        json!({"server": "a", "instance_id": 1, "port": 1, "metadata": {"m": large[..20_000]}});
    let (wordy, deep) = (wordy.to_string(), "[".repeat(10_000));
    for (body, status) in [
        ("", 400),
        ("[1]", 400),
        ("{\"server\": \"a\"}", 400),
        (r#"{"server": "a", "instance_id": 1, "port": 70000}"#, 400),
        (r#"{"server": "a", "instance_id": 1, "port": 0}"#, 400),
        (r#"{"server": "a", "instance_id": {}, "port": 1}"#, 400),
        (
            r#"{"server": "a\u0000b", "instance_id": 1, "port": 1}"#,
            400,
        ),
        (
            r#"{"server": "a", "instance_id": 1, "port": 1, "host": "224.0.0.1"}"#,
            400,
        ),
        (
            r#"{"server": "a", "instance_id": 1, "port": 1, "host": "a b; rm"}"#,
            400,
        ),
        (
            r#"{"server": "a", "instance_id": 1, "port": 1, "tags": [1]}"#,
            400,
        ),
        (named.as_str(), 413),
        (wordy.as_str(), 413),
        (deep.as_str(), 400),
    ] {
        let answer = world.raw("POST", "/register", JSON, body).await;
        assert_eq!(answer.status, status, "{:.80}: {answer:?}", body);
        assert!(answer.body.starts_with("{\"detail\":"), "{answer:?}");
    }
    // A megabyte: the connection may be closed before all of it is sent.
    let body = format!(
        r#"{{"server": "a", "instance_id": 1, "port": 1, "metadata": {{"m": "{large}"}}}}"#
    );
    let request = format!(
        "POST /register HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let address = world.registry();
    let sent = tokio::task::spawn_blocking(move || try_send(address, request.as_bytes()));
    let answer = sent.await.unwrap();
    assert!(answer.is_none_or(|answer| answer.status == 413));
    let origin = format!("{JSON}Origin: https://evil.example\r\n");
    let new = r#"{"server": "a", "instance_id": 1, "port": 1}"#;
    assert_eq!(
        world.raw("POST", "/register", &origin, new).await.status,
        403
    );
    let shown = world.get("/health", 200).await;
    assert_eq!(shown["total_instances"], 0);
    for number in 1..=4 {
        let new = json!({"server": "a", "instance_id": number, "port": 1});
        let status = if number < 4 { 200 } else { 429 };
        world.json("POST", "/register", new, status).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_somebody_registered_with_a_login_cannot_be_taken_without_one() {
    let world = World::start("").await;
    let new =
        json!({"server": "oauth", "instance_id": 1, "host": "192.0.2.1", "port": 1}).to_string();
    let login = format!("Authorization: {}\r\n", basic("anna", PASSWORD));
    assert_eq!(
        world.raw("POST", "/register", &login, &new).await.status,
        200
    );
    // Neither the instance nor one beside it.
    let taken = world.raw("POST", "/register", JSON, &new).await;
    assert_eq!(taken.status, 403, "{taken:?}");
    let beside = new.replace("\"instance_id\":1", "\"instance_id\":2");
    assert_eq!(
        world.raw("POST", "/register", JSON, &beside).await.status,
        403
    );
    let wrong = format!("Authorization: {}\r\n", basic("anna", "guessed"));
    assert_eq!(
        world.raw("POST", "/register", &wrong, &new).await.status,
        401
    );
    let wrong = "X-Consul-Token: dadns_guessed\r\n";
    let guessed = world.raw("POST", "/register", wrong, &new).await;
    assert!(matches!(guessed.status, 401 | 429), "{guessed:?}");
    let shown = world.get("/status/oauth", 200).await;
    assert_eq!(shown["instances"].as_object().unwrap().len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_in_allow_needs_a_login() {
    let world = World::start("  allow: [192.0.2.0/24]\n").await;
    let new = json!({"server": "a", "instance_id": 1, "port": 1}).to_string();
    assert_eq!(world.raw("POST", "/register", JSON, &new).await.status, 401);
    assert_eq!(world.raw("GET", "/status", "", "").await.status, 401);
    let login = format!("Authorization: {}\r\n", basic("anna", PASSWORD));
    assert_eq!(
        world.raw("POST", "/register", &login, &new).await.status,
        200
    );
    // The account of masters may look, and not register.
    let master = format!("Authorization: {}\r\n", basic("directdnsonly", PASSWORD));
    assert_eq!(world.raw("GET", "/status", &master, "").await.status, 200);
    assert_eq!(
        world.raw("POST", "/register", &master, &new).await.status,
        403
    );
    world.stop().await;
}
