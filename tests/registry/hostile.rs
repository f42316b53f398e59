//! What hostile clients try: to stop others, to take names and addresses, and to come by way of a browser.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::consul::{get, put};
use super::http::{Answer, basic, send};
use super::world::{PASSWORD, World};

/// The login of an operator, as a header.
fn operator() -> String {
    format!("Authorization: {}\r\n", basic("anna", PASSWORD))
}

/// A header that sends such a token.
async fn token(world: &World, grant: Value) -> String {
    format!("X-Consul-Token: {}\r\n", world.token(grant).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_takes_long_keeps_nobody_waiting() {
    let world = World::start("").await;
    let large = "a".repeat(1_000);
    let mut registering = Vec::new();
    for number in 0..100 {
        let web = json!({
            "ID": number.to_string(), "Name": "web", "Port": 80, "Meta": {"m": large},
        });
        registering.push(web.to_string());
    }
    for web in &registering {
        put(&world, "/v1/agent/service/register", "", web).await;
    }
    let pattern = "ServiceMeta.m+matches+%22(a*)*(a*)*(a*)*(a*)*b%22";
    let target = format!("/v1/catalog/service/web?filter={pattern}");
    let judging = async {
        let began = Instant::now();
        let answer = world.raw("GET", &target, "", "").await;
        (answer.status, began.elapsed())
    };
    let mut others: Vec<Duration> = Vec::new();
    let asking = async {
        loop {
            let began = Instant::now();
            get(&world, "/v1/catalog/services").await;
            others.push(began.elapsed());
        }
    };
    let (status, took) = tokio::select! {
        done = judging => done,
        never = asking => never,
    };
    // It is given up where it takes too long.
    assert!([200, 503].contains(&status), "{status}");
    let slowest = others.iter().max().copied().unwrap_or(took);
    assert!(
        others.len() >= 10 && slowest < took / 2,
        "{} others, the slowest in {slowest:?}, while the filter took {took:?}",
        others.len()
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_somebody_elses_gets_no_ptr_by_a_token_for_a_service() {
    let config = "  reverse: [2.0.192.in-addr.arpa]\n  pools:\n    - name: vms\n      \
                  networks: [192.0.2.64/30]\n";
    let world = World::start(config).await;
    let only = json!({
        "name": "web", "zones": ["svc.example"], "names": ["web.service", "*.node"],
        "actions": ["read", "edit"],
    });
    let both = json!({
        "name": "dns", "zones": ["svc.example", "2.0.192.in-addr.arpa"], "actions": ["read", "edit"],
    });
    let (only, both) = (token(&world, only).await, token(&world, both).await);
    let new = |service: &str, last: u8| {
        json!({"server": service, "instance_id": last, "port": 80, "host": format!("192.0.2.{last}")})
            .to_string()
    };
    let register = |head: String, body: String| {
        let world = &world;
        async move {
            let answer = world.raw("POST", "/register", &head, &body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    };
    register(only.clone(), new("web", 7)).await;
    let node = json!({"Node": "gate", "Address": "192.0.2.8", "Service": {"Service": "web"}});
    let node = world
        .raw("PUT", "/v1/catalog/register", &only, &node.to_string())
        .await;
    assert_eq!(node.status, 200, "{node:?}");
    let given = json!({"name": "vm1", "service": "web"}).to_string();
    let given = world.raw("POST", "/v1/pools/vms", &only, &given).await;
    let given: Value = serde_json::from_str(&given.body).unwrap();
    let given = given["address"].as_str().unwrap().to_owned();
    let last = given.rsplit('.').next().unwrap();
    // The zone of the names is published before that of the addresses.
    register(both, new("dns", 9)).await;
    register(String::new(), new("local", 10)).await;
    let pointer = |last: &str| format!("{last}.2.0.192.in-addr.arpa");
    for (last, to) in [
        ("9", "dns.service.svc.example"),
        ("10", "local.service.svc.example"),
        (last, "vm1.node.svc.example"),
    ] {
        world.until(&pointer(last), "PTR", &[to]).await;
    }
    world
        .until("gate.node.svc.example", "A", &["192.0.2.8"])
        .await;
    for last in ["7", "8"] {
        let found = world.resolve(&pointer(last), "PTR");
        assert_eq!(found, [""; 0], "{last}");
    }
    // Who has it is on disk.
    let world = world.restart(config).await;
    world
        .until(&pointer("9"), "PTR", &["dns.service.svc.example"])
        .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_put_back_keeps_no_service_that_has_gone_meanwhile() {
    let world = World::start("").await;
    let web = json!({"server": "web", "instance_id": 1, "host": "192.0.2.7", "port": 80});
    world.json("POST", "/register", web, 200).await;
    world
        .until("web.service.svc.example", "A", &["192.0.2.7"])
        .await;
    let head = operator();
    let got = world.raw("GET", "/key/svc.example", &head, "").await;
    let got: Value = serde_json::from_str(&got.body).unwrap();
    let gone = json!({"server": "web", "instance_id": 1});
    world.json("POST", "/deregister", gone, 200).await;
    world.until("web.service.svc.example", "A", &[]).await;
    let text = got[0][0].as_str().unwrap();
    let back = json!({"value": format!("{text}\nwww 60 A 192.0.2.1\n")}).to_string();
    let back = world.raw("POST", "/key/svc.example", &head, &back).await;
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(world.resolve("www.svc.example", "A"), ["192.0.2.1"]);
    assert_eq!(world.resolve("web.service.svc.example", "A"), [""; 0]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_removes_or_adds_a_check_does_not_become_the_owner() {
    let world = World::start("").await;
    let web = json!({"Name": "web", "Port": 80, "Checks": [
        {"CheckID": "a", "TTL": "1h"}, {"CheckID": "b", "TTL": "1h"},
    ]});
    put(&world, "/v1/agent/service/register", "", &web.to_string()).await;
    let router = json!({
        "Node": "router", "Address": "192.0.2.1", "Service": {"ID": "bgp", "Service": "bgp"},
        "Checks": [{"CheckID": "a", "Status": "passing"}, {"CheckID": "b", "Status": "critical"}],
    });
    world.json("PUT", "/v1/catalog/register", router, 200).await;
    let head = operator();
    let removed = "/v1/agent/check/deregister/a";
    assert_eq!(world.raw("PUT", removed, &head, "").await.status, 200);
    let added = json!({"Name": "c", "ServiceID": "web", "TTL": "1h"}).to_string();
    put(&world, "/v1/agent/check/register", &head, &added).await;
    let removed = json!({"Node": "router", "ServiceID": "bgp", "CheckID": "b"}).to_string();
    let answer = world
        .raw("PUT", "/v1/catalog/deregister", &head, &removed)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for (service, checks) in [("web", "bc"), ("bgp", "a")] {
        let shown = world.get(&format!("/services/{service}"), 200).await;
        let shown = &shown["instances"][0];
        assert_eq!(shown["owner"], "127.0.0.1", "{shown}");
        let left = shown["checks"].as_array().unwrap().iter();
        let left: String = left.map(|check| check["id"].as_str().unwrap()).collect();
        assert_eq!(left, checks, "{shown}");
        assert!(
            shown["changes"][0]["why"]
                .as_str()
                .unwrap()
                .contains("anna"),
            "{shown}"
        );
    }
    // So it may do with them what it could before.
    put(&world, "/v1/agent/service/register", "", &web.to_string()).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_that_is_made_of_an_address_is_taken_by_nobody_else_however_it_is_written() {
    let config = "  pools:\n    - name: vms\n      networks: [192.0.2.64/29]\n";
    let world = World::start(config).await;
    for name in [
        "ip-192-0-2-9",
        "IP-192-0-2-9",
        "Ip-20010DB8000000000000000000000001",
    ] {
        let node = json!({"Node": name, "Address": "192.0.2.1", "Service": {"Service": "a"}});
        world.json("PUT", "/v1/catalog/register", node, 400).await;
        let given = json!({"name": name});
        world.json("POST", "/v1/pools/vms", given, 400).await;
    }
    for name in ["IP-127-0-0-1", "ip-vm"] {
        let given = json!({"name": name});
        world.json("POST", "/v1/pools/vms", given, 200).await;
    }
    world.stop().await;
}

/// A request with this head, whose `Host` is a part of it.
async fn with_head(world: &World, head: &str) -> Answer {
    let address = world.registry();
    let request = format!("GET /v1/catalog/services HTTP/1.1\r\nConnection: close\r\n{head}\r\n");
    tokio::task::spawn_blocking(move || send(address, request.as_bytes()))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_a_browser_was_led_here_by_reads_nothing() {
    let world = World::start("  host_names: [Registry.example.net]\n").await;
    for (host, status) in [
        ("evil.example", 403),
        ("evil.example:8500", 403),
        ("127.0.0.1.evil.example:8500", 403),
        ("localhost.evil.example", 403),
        ("evil.example.:8500", 403),
        ("127.0.0.1:8500", 200),
        ("[::1]:8500", 200),
        ("localhost:8500", 200),
        ("consul:8500", 200),
        ("registry.example.net:8500", 200),
        ("REGISTRY.example.net.", 200),
    ] {
        let answer = with_head(&world, &format!("Host: {host}\r\n")).await;
        assert_eq!(answer.status, status, "{host}: {answer:?}");
        let says = answer.body.contains("registry.host_names");
        assert_eq!(says, status == 403, "{host}: {answer:?}");
    }
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("same-origin", 403),
        ("none", 200),
    ] {
        let head = format!("Host: 127.0.0.1:8500\r\nSec-Fetch-Site: {site}\r\n");
        let answer = with_head(&world, &head).await;
        assert_eq!(answer.status, status, "{site}: {answer:?}");
    }
    // Who sends a token is known by that.
    let grant = json!({"name": "reader", "zones": ["svc.example"], "actions": ["read"]});
    let head = token(&world, grant).await;
    let answer = with_head(&world, &format!("Host: dns.example.net\r\n{head}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    world.stop().await;
}
