//! Somebody else's name cannot be taken: other addresses, other tokens, probes at the gateway, and masses.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use super::consul::{get, put};
use super::http::{Answer, basic, parse};
use super::world::{PASSWORD, World};

/// A request from another address of this machine.
async fn from(address: &str, world: &World, method: &str, target: &str, body: &str) -> Answer {
    let address: IpAddr = address.parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(address, 0)).unwrap();
    let mut stream = socket.connect(world.registry()).await.unwrap();
    let length = body.len();
    let request = format!("{method} {target} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    parse(&answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_sends_no_heartbeat_reports_nothing_and_replaces_and_removes_nothing() {
    let world = World::start("").await;
    let own = json!({"server": "oauth", "instance_id": 1, "host": "192.0.2.1", "port": 5001});
    world.json("POST", "/register", own, 200).await;
    let web = r#"{"ID": "web", "Name": "web", "Port": 80, "Check": {"TTL": "60s"}}"#;
    put(&world, "/v1/agent/service/register", "", web).await;
    let before = world.get("/services", 200).await;
    let thief = r#"{"server": "oauth", "service_type": "oauth", "instance_id": 1, "host": "192.0.2.66", "port": 66, "busy": true, "status": "dead", "enable": true}"#;
    for (method, target) in [
        ("POST", "/register"),
        ("POST", "/heartbeat"),
        ("POST", "/heartbeat/oauth/1"),
        ("POST", "/status"),
        ("POST", "/status/oauth/1"),
        ("POST", "/deregister"),
        ("DELETE", "/services/oauth/instances/1"),
        ("POST", "/services/oauth/instances/1/maintenance"),
        ("DELETE", "/services/web/instances/web"),
        ("POST", "/services/web/instances/web/maintenance"),
        ("POST", "/services/oauth/believe"),
    ] {
        let answer = from("127.0.0.2", &world, method, target, thief).await;
        assert_eq!(answer.status, 403, "{method} {target}: {answer:?}");
    }
    // Its ids are its own: those of another agent are unknown to it.
    for target in [
        "/v1/agent/check/pass/service:web",
        "/v1/agent/check/fail/service:web",
        "/v1/agent/service/deregister/web",
        "/v1/agent/service/maintenance/web?enable=true",
    ] {
        let answer = from("127.0.0.2", &world, "PUT", target, "").await;
        assert_eq!(answer.status, 404, "{target}: {answer:?}");
    }
    let cleaned = from("127.0.0.2", &world, "POST", "/cleanup", "").await;
    assert_eq!(cleaned.body, r#"{"cleaned_instances":0}"#);
    assert_eq!(world.get("/services", 200).await, before);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_token_registered_another_with_the_same_rights_does_not_replace() {
    let world = World::start("").await;
    let mut tokens = Vec::new();
    for name in ["one", "other"] {
        let grant = json!({
            "name": name, "zones": ["svc.example"], "names": ["web.service"], "actions": ["read", "edit"],
        });
        let login = basic("anna", PASSWORD);
        let head = format!("Authorization: {login}\r\nContent-Type: application/json\r\n");
        let address = world.gateway.address();
        let made = world
            .raw_at(address, "POST", "/api/v1/tokens", &head, &grant.to_string())
            .await;
        let made: Value = serde_json::from_str(&made.body).unwrap();
        let token = made["token"].as_str().unwrap();
        tokens.push(format!("X-Consul-Token: {token}\r\n"));
    }
    let (one, other) = (tokens[0].as_str(), tokens[1].as_str());
    let web = r#"{"Name": "web", "Port": 80, "Check": {"TTL": "60s"}}"#;
    put(&world, "/v1/agent/service/register", one, web).await;
    let new = r#"{"server": "web", "instance_id": 7, "port": 7, "host": "192.0.2.7"}"#;
    assert_eq!(world.raw("POST", "/register", one, new).await.status, 200);
    let thief = new.replace("192.0.2.7", "192.0.2.66");
    for (method, target, body) in [
        ("PUT", "/v1/agent/service/register", web),
        ("PUT", "/v1/agent/check/fail/service:web", ""),
        ("PUT", "/v1/agent/service/deregister/web", ""),
        ("POST", "/register", thief.as_str()),
        ("POST", "/heartbeat", thief.as_str()),
        ("POST", "/deregister", thief.as_str()),
    ] {
        let answer = world.raw(method, target, other, body).await;
        assert_eq!(answer.status, 403, "{method} {target}: {answer:?}");
    }
    let found = world.get("/services/web", 200).await;
    assert_eq!(found["instances"].as_array().unwrap().len(), 2);
    assert_eq!(found["instances"][0]["address"], "192.0.2.7", "{found}");
    // Its own service it may register beside.
    let beside = new.replace('7', "8");
    let answer = world.raw("POST", "/register", other, &beside).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_probe_reaches_the_gateway_by_whatever_name_and_address() {
    let world = World::start("  probe_networks: [\"0.0.0.0/0\", \"::/0\"]\n").await;
    let api = world.gateway.address().port();
    let (registry, dns) = (
        world.registry().port(),
        world.gateway.dns_addresses()[0].port(),
    );
    let mut count = 0;
    for (field, target) in [
        ("HTTP", format!("http://127.0.0.1:{api}/health")),
        ("HTTP", format!("http://localhost:{api}/health")),
        ("HTTP", format!("http://127.9.9.9:{registry}/health")),
        (
            "HTTP",
            format!("http://[::ffff:127.0.0.1]:{registry}/health"),
        ),
        ("HTTP", format!("http://0.0.0.0:{registry}/health")),
        ("TCP", format!("127.0.0.1:{dns}")),
        ("HTTP", "http://169.254.169.254/latest/meta-data/".into()),
    ] {
        let mut check = json!({"Interval": "1s", "Timeout": "5s"});
        check[field] = json!(target);
        let body = json!({"Name": "a", "ID": count.to_string(), "Port": 1, "Check": check});
        put(&world, "/v1/agent/service/register", "", &body.to_string()).await;
        count += 1;
    }
    let began = Instant::now();
    loop {
        let (_, checks) = get(&world, "/v1/health/state/critical").await;
        let outputs = checks.as_array().unwrap().iter();
        let refused = outputs.filter(|check| {
            let output = check["Output"].as_str().unwrap_or_default();
            output.contains("is not asked")
        });
        if refused.count() == count {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{checks:#}");
        tokio::task::yield_now().await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_megabyte_of_metadata_and_very_many_services_of_one_client_are_refused() {
    let world = World::start("  instances_per_client: 50\n  max_body_bytes: 1048576\n").await;
    let large = "x".repeat(1_000_000);
    let body = json!({"Name": "web", "Port": 80, "Meta": {"m": large}}).to_string();
    let refused = world
        .raw("PUT", "/v1/agent/service/register", "", &body)
        .await;
    assert_eq!(refused.status, 413, "{:.200}", refused.body);
    let tags: Vec<_> = (0..10_000).map(|tag| tag.to_string()).collect();
    let body = json!({"Name": "web", "Port": 80, "Tags": tags}).to_string();
    let refused = world
        .raw("PUT", "/v1/agent/service/register", "", &body)
        .await;
    assert_eq!(refused.status, 413, "{:.200}", refused.body);
    // By both faces together.
    for number in 0..60 {
        let (status, answer) = match number % 2 {
            0 => {
                let body = json!({"Name": format!("s{number}"), "Port": 80}).to_string();
                let target = "/v1/agent/service/register";
                let answer = world.raw("PUT", target, "", &body).await;
                (answer.status, answer.body)
            }
            _ => {
                let new = json!({"server": "s", "instance_id": number, "port": 80}).to_string();
                let answer = world.raw("POST", "/register", "", &new).await;
                (answer.status, answer.body)
            }
        };
        let wanted = if number < 50 { 200 } else { 429 };
        assert_eq!(status, wanted, "{number}: {answer}");
    }
    assert_eq!(world.get("/health", 200).await["total_instances"], 50);
    world.stop().await;
}
