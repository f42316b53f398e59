//! The registry with a gateway in this process: registered over HTTP, asked for over DNS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod client;
mod consul;
mod counted;
mod hostile;
mod jarvis;
mod keys;
mod killed;
mod line;
mod load;
mod more;
mod refused;
mod sources;
mod taken;
mod webhook;
mod world;

use std::time::{Duration, Instant};

use serde_json::json;
use support::http;
use world::World;

fn instance(number: u32) -> serde_json::Value {
    json!({
        "server": "oauth",
        "instance_id": number,
        "host": format!("192.0.2.{number}"),
        "port": 5000 + number,
        "metadata": {"version": "1.0"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_registered_is_answered_within_a_second_and_leaves_dns_when_its_heartbeat_ends() {
    let world = World::start("  lease_seconds: 1\n").await;
    let registered = world.json("POST", "/register", instance(1), 200).await;
    let began = Instant::now();
    assert_eq!(registered["status"], "registered");
    world
        .until("oauth.service.svc.example", "A", &["192.0.2.1"])
        .await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    let srv = world.resolve("_oauth._tcp.svc.example", "SRV");
    assert_eq!(srv, ["1 1 5001 c0000201.addr.dc1.svc.example"]);
    world.until("oauth.service.svc.example", "A", &[]).await;
    let took = began.elapsed();
    assert!(took > Duration::from_millis(900), "it took {took:?} only");
    assert_eq!(world.resolve("_oauth._tcp.svc.example", "SRV"), [""; 0]);
    // It is known all the same, and comes back with its next heartbeat.
    world
        .json("POST", "/heartbeat/oauth/1", json!({}), 200)
        .await;
    world
        .until("oauth.service.svc.example", "A", &["192.0.2.1"])
        .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_all_are_there_again_with_their_full_lease_and_who_left_is_not() {
    let world = World::start("  lease_seconds: 3600\n").await;
    for number in 1..=3 {
        world.json("POST", "/register", instance(number), 200).await;
    }
    let gone = json!({"server": "oauth", "instance_id": 3});
    world.json("POST", "/deregister", gone, 200).await;
    let dead = json!({"server": "oauth", "instance_id": 2, "status": "dead"});
    world.json("POST", "/status", dead, 200).await;
    let both = ["192.0.2.1"];
    world.until("oauth.service.svc.example", "A", &both).await;
    let world = world.restart("  lease_seconds: 3600\n").await;
    world.until("oauth.service.svc.example", "A", &both).await;
    let status = world.get("/status/oauth", 200).await;
    let instances = status["instances"].as_object().unwrap();
    assert_eq!(instances.keys().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(instances["2"]["status"], "dead");
    let history = world.get("/history/oauth/2", 200).await;
    assert_eq!(history[1]["new_status"], "dead", "{history}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_shows_each_service_and_why_an_instance_is_not_in_dns() {
    let world = World::start("").await;
    for number in 1..=2 {
        world.json("POST", "/register", instance(number), 200).await;
    }
    let dead = json!({"server": "oauth", "instance_id": 2, "status": "dead", "error": "disk full"});
    world.json("POST", "/status", dead, 200).await;
    let list = world.command(&["services"]).await;
    assert_eq!(list, "oauth  2 instances, 1 published\n1 service\n");
    let one = world.command(&["services", "oauth"]).await;
    let lines: Vec<&str> = one.lines().collect();
    assert!(
        lines[0].starts_with("1  passing, published  192.0.2.1 port 5001  registered by"),
        "{one}"
    );
    assert!(one.contains("2  critical, not published"), "{one}");
    assert!(
        one.contains("127.0.0.1 reported it critical: disk full"),
        "{one}"
    );
    let believed = world.command(&["services", "believe", "oauth"]).await;
    assert!(believed.contains("it is not stale"), "{believed}");
    let unknown = world.command(&["services", "a b"]).await;
    assert!(unknown.contains("there is no such service"), "{unknown}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn most_of_a_service_that_vanishes_at_once_stays_published_and_is_marked_stale() {
    let world = World::start("  lease_seconds: 2\n").await;
    for number in 1..=4 {
        world.json("POST", "/register", instance(number), 200).await;
    }
    let all = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"];
    world.until("oauth.service.svc.example", "A", &all).await;
    let stale = || async {
        let shown = world.get("/servers/status", 200).await;
        let oauth = &shown["services"]["oauth"];
        (oauth["stale"] == true) && oauth["healthy_instances"] == 0
    };
    let began = Instant::now();
    while !stale().await {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    world.until("oauth.service.svc.example", "A", &all).await;
    let found = json!({"service_type": "oauth", "requirements": {"busy": false}});
    let found = world.json("POST", "/discover", found, 200).await;
    assert_eq!(found["stale"], true);
    // Who is known to be gone goes, and one that comes back does not end it yet.
    let gone = json!({"server": "oauth", "instance_id": 4});
    world.json("POST", "/deregister", gone, 200).await;
    world
        .until("oauth.service.svc.example", "A", &all[..3])
        .await;
    // A restart believes it no more than before.
    let world = world.restart("  lease_seconds: 2\n").await;
    world
        .until("oauth.service.svc.example", "A", &all[..3])
        .await;
    world
        .json("POST", "/services/oauth/believe", json!({}), 403)
        .await;
    let login = format!(
        "Authorization: {}\r\n",
        http::basic("anna", world::PASSWORD)
    );
    let believed = world
        .raw("POST", "/services/oauth/believe", &login, "")
        .await;
    assert_eq!(believed.status, 200, "{believed:?}");
    world.until("oauth.service.svc.example", "A", &[]).await;
    world.stop().await;
}
