//! Calls of Consul's API, as its clients send them: the heads and bodies are theirs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::Answer;
use super::world::World;

/// The value of a header.
fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
}

pub async fn put(world: &World, target: &str, head: &str, body: &str) -> Answer {
    let answer = world.raw("PUT", target, head, body).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, ""),
        "{target}: {answer:?}"
    );
    answer
}

pub async fn get(world: &World, target: &str) -> (u64, Value) {
    let answer = world.raw("GET", target, "", "").await;
    assert_eq!(answer.status, 200, "{target}: {answer:?}");
    assert_eq!(header(&answer, "X-Consul-KnownLeader"), Some("true"));
    assert_eq!(header(&answer, "X-Consul-LastContact"), Some("0"));
    let index = header(&answer, "X-Consul-Index").unwrap().parse().unwrap();
    assert!(index > 0);
    (index, serde_json::from_str(&answer.body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn python_consul_registers_with_a_ttl_passes_discovers_and_deregisters() {
    let world = World::start("").await;
    // Lower-case keys, no Content-Type.
    let body = r#"{"name": "web", "id": "web-1", "address": "192.0.2.1", "port": 80, "tags": ["v1", "blue"], "check": {"ttl": "10s"}}"#;
    let head = "User-Agent: python-requests/2.31.0\r\n";
    put(&world, "/v1/agent/service/register?token=", head, body).await;
    let (_, passing) = get(&world, "/v1/health/service/web?passing=1").await;
    assert_eq!(passing, json!([]), "a check is critical to begin with");
    put(
        &world,
        "/v1/agent/check/pass/service:web-1?note=fine",
        head,
        "",
    )
    .await;
    world
        .until("web.service.svc.example", "A", &["192.0.2.1"])
        .await;
    for name in ["blue.web.service.svc.example", "v1.web.service.svc.example"] {
        assert_eq!(world.resolve(name, "A"), ["192.0.2.1"], "{name}");
    }
    let target = "1 1 80 c0000201.addr.dc1.svc.example";
    for name in [
        "_web._tcp",
        "_web._blue",
        "_web._tcp.service",
        "web.service",
    ] {
        assert_eq!(
            world.resolve(&format!("{name}.svc.example"), "SRV"),
            [target],
            "{name}"
        );
    }
    let node = world.resolve("ip-127-0-0-1.node.svc.example", "A");
    assert_eq!(node, ["192.0.2.1"]);
    let (_, found) = get(&world, "/v1/health/service/web?passing=1&tag=blue&tag=v1").await;
    let entry = &found[0];
    assert_eq!(entry["Node"]["Node"], "ip-127-0-0-1");
    assert_eq!(entry["Service"]["ID"], "web-1");
    assert_eq!(entry["Service"]["Address"], "192.0.2.1");
    assert_eq!(entry["Service"]["Tags"], json!(["v1", "blue"]));
    assert_eq!(
        entry["Service"]["Weights"],
        json!({"Passing": 1, "Warning": 1})
    );
    let checks = entry["Checks"].as_array().unwrap();
    assert_eq!(checks[0]["CheckID"], "serfHealth");
    assert_eq!(checks[1]["CheckID"], "service:web-1");
    assert_eq!(checks[1]["Name"], "Service 'web' check");
    assert_eq!(
        (&checks[1]["Status"], &checks[1]["Output"]),
        (&json!("passing"), &json!("fine"))
    );
    assert_eq!(
        get(&world, "/v1/health/service/web?tag=green").await.1,
        json!([])
    );
    put(&world, "/v1/agent/service/deregister/web-1", head, "").await;
    world.until("web.service.svc.example", "A", &[]).await;
    assert_eq!(get(&world, "/v1/health/service/web").await.1, json!([]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registrator_asks_for_a_leader_registers_cleans_up_and_sees_its_own_ids() {
    let world = World::start("").await;
    assert_eq!(
        get(&world, "/v1/status/leader").await.1,
        json!("127.0.0.1:8300")
    );
    let head = "User-Agent: Go-http-client/1.1\r\nAccept-Encoding: identity\r\n";
    let body = r#"{"ID":"host:stoic_tesla:8080:udp","Name":"dns","Tags":[],"Port":8080,"Address":"","EnableTagOverride":false,"Check":null,"Checks":null,"Meta":{"a":"b"}}"#;
    put(&world, "/v1/agent/service/register", head, body).await;
    let (_, services) = get(&world, "/v1/agent/services").await;
    let own = &services["host:stoic_tesla:8080:udp"];
    // As it was sent: Nomad compares.
    assert_eq!(own["Address"], "");
    assert_eq!(
        (&own["Port"], &own["Meta"]),
        (&json!(8080), &json!({"a": "b"}))
    );
    assert_eq!(
        (&own["Tags"], &own["TaggedAddresses"]),
        (&json!([]), &json!({}))
    );
    // Without an address it is where it comes from; without checks it is passing.
    world
        .until("dns.service.svc.example", "A", &["127.0.0.1"])
        .await;
    let (_, catalog) = get(&world, "/v1/catalog/service/dns").await;
    assert_eq!(catalog[0]["ServiceAddress"], "");
    assert_eq!(catalog[0]["Address"], "127.0.0.1");
    put(
        &world,
        "/v1/agent/service/deregister/host:stoic_tesla:8080:udp",
        head,
        "",
    )
    .await;
    assert_eq!(get(&world, "/v1/agent/services").await.1, json!({}));
    let unknown = world
        .raw("PUT", "/v1/agent/service/deregister/x", head, "")
        .await;
    assert_eq!(unknown.status, 404);
    assert!(
        unknown.body.starts_with("Unknown service ID \"x\"."),
        "{unknown:?}"
    );
    let unknown = world
        .raw("PUT", "/v1/agent/check/pass/service:x", head, "")
        .await;
    assert_eq!(unknown.status, 404);
    assert!(
        unknown.body.starts_with("Unknown check ID \"service:x\"."),
        "{unknown:?}"
    );
    assert!(
        header(&unknown, "Content-Type")
            .unwrap()
            .starts_with("text/plain")
    );
    assert!(header(&unknown, "X-Consul-Index").is_some());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_waits_is_answered_by_the_change_and_not_by_another_services() {
    let world = World::start("").await;
    let body = |name: &str| json!({"Name": name, "Port": 1, "Check": {"TTL": "60s"}}).to_string();
    put(&world, "/v1/agent/service/register", "", &body("a")).await;
    put(&world, "/v1/agent/service/register", "", &body("b")).await;
    let (index, _) = get(&world, "/v1/health/service/a").await;
    let target = format!("/v1/health/service/a?index={index}&wait=60s");
    let waiting = async {
        let began = Instant::now();
        (get(&world, &target).await, began.elapsed())
    };
    let changing = async {
        put(&world, "/v1/agent/check/pass/service:b", "", "").await;
        put(
            &world,
            "/v1/agent/check/update/service:a",
            "",
            r#"{"Status": "warning", "Output": "slow"}"#,
        )
        .await;
    };
    let (((next, found), took), ()) = tokio::join!(waiting, changing);
    assert!(next > index && took < Duration::from_secs(10));
    assert_eq!(found[0]["Checks"][1]["Status"], "warning");
    // A warning is published, and no `passing`.
    assert_eq!(
        get(&world, "/v1/health/service/a?passing").await.1,
        json!([])
    );
    world
        .until("a.service.svc.example", "A", &["127.0.0.1"])
        .await;
    // Nothing happens: the same index after the time.
    let began = Instant::now();
    let (same, _) = get(
        &world,
        &format!("/v1/health/service/a?index={next}&wait=300ms"),
    )
    .await;
    assert_eq!(same, next);
    assert!(began.elapsed() >= Duration::from_millis(300));
    // An index that there never was is no reason to wait.
    let (now, _) = get(&world, "/v1/health/service/a?index=999999&wait=60s").await;
    assert_eq!(now, next);
    let world = world.restart("").await;
    let (after, _) = get(&world, "/v1/health/service/a").await;
    assert!(after > next, "the index survives a restart");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_again_keeps_the_status_of_a_check_and_maintenance_takes_a_service_out() {
    let world = World::start("").await;
    let body = r#"{"ID":"web","Name":"web","Port":80,"Check":{"CheckID":"service:web","TTL":"30s","DeregisterCriticalServiceAfter":"90m"}}"#;
    put(&world, "/v1/agent/service/register", "", body).await;
    put(&world, "/v1/agent/check/pass/service:web", "", "").await;
    put(&world, "/v1/agent/service/register", "", body).await;
    let (_, found) = get(&world, "/v1/health/service/web?passing=true").await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    put(
        &world,
        "/v1/agent/service/maintenance/web?enable=True&reason=disk",
        "",
        "",
    )
    .await;
    world.until("web.service.svc.example", "A", &[]).await;
    let (_, checks) = get(&world, "/v1/health/checks/web").await;
    assert_eq!(checks[1]["Name"], "Service Maintenance Mode");
    assert_eq!(
        (&checks[1]["Status"], &checks[1]["Notes"]),
        (&json!("critical"), &json!("disk"))
    );
    let missing = world
        .raw("PUT", "/v1/agent/service/maintenance/web", "", "")
        .await;
    assert_eq!(missing.status, 400);
    put(
        &world,
        "/v1/agent/service/maintenance/web?enable=false",
        "",
        "",
    )
    .await;
    world
        .until("web.service.svc.example", "A", &["127.0.0.1"])
        .await;
    // One more check, which is critical until it is reported.
    let check = r#"{"Name": "disk", "ServiceID": "web", "TTL": "1m"}"#;
    put(&world, "/v1/agent/check/register", "", check).await;
    world.until("web.service.svc.example", "A", &[]).await;
    put(&world, "/v1/agent/check/warn/disk?note=90%25", "", "").await;
    world
        .until("web.service.svc.example", "A", &["127.0.0.1"])
        .await;
    let (_, warnings) = get(&world, "/v1/health/state/warning").await;
    assert_eq!(
        (&warnings[0]["CheckID"], &warnings[0]["Output"]),
        (&json!("disk"), &json!("90%"))
    );
    put(&world, "/v1/agent/check/deregister/disk", "", "").await;
    assert_eq!(
        get(&world, "/v1/agent/checks")
            .await
            .1
            .as_object()
            .unwrap()
            .len(),
        1
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_finds_the_datacenter_the_services_and_their_targets() {
    let world = World::start("  datacenter: fra1\n").await;
    put(
        &world,
        "/v1/agent/service/register",
        "",
        r#"{"Name":"node","Port":9100,"Tags":["a"]}"#,
    )
    .await;
    put(
        &world,
        "/v1/agent/service/register",
        "",
        r#"{"ID":"node2","Name":"node","Port":9101,"Tags":["b"]}"#,
    )
    .await;
    let (_, own) = get(&world, "/v1/agent/self").await;
    assert!(
        own.as_object().unwrap().values().all(Value::is_object),
        "{own}"
    );
    assert_eq!(own["Config"]["Datacenter"], "fra1");
    let (_, services) = get(&world, "/v1/catalog/services?stale=&wait=120000ms").await;
    assert_eq!(services, json!({"node": ["a", "b"]}));
    // Both lists in the same order.
    let (_, health) = get(&world, "/v1/health/service/node").await;
    let (_, catalog) = get(&world, "/v1/catalog/service/node").await;
    for at in 0..2 {
        assert_eq!(health[at]["Service"]["ID"], catalog[at]["ServiceID"]);
    }
    let (_, nodes) = get(&world, "/v1/catalog/nodes").await;
    assert_eq!(nodes.as_array().unwrap().len(), 1);
    let (_, node) = get(&world, "/v1/catalog/node/ip-127-0-0-1").await;
    assert_eq!(node["Services"].as_object().unwrap().len(), 2);
    assert_eq!(
        get(&world, "/v1/catalog/datacenters").await.1,
        json!(["fra1"])
    );
    // Metadata of other faces is text here, whatever it is there: clients in Go read nothing else.
    let new = json!({"server": "jarvis", "instance_id": 1, "port": 80, "metadata": {"list": [1, "a"], "text": "b"}});
    world.json("POST", "/register", new, 200).await;
    let (_, health) = get(&world, "/v1/health/service/jarvis").await;
    let texts = json!({"list": "[1,\"a\"]", "text": "b"});
    assert_eq!(health[0]["Service"]["Meta"], texts);
    let (_, catalog) = get(&world, "/v1/catalog/service/jarvis").await;
    assert_eq!(catalog[0]["ServiceMeta"], texts);
    world
        .until("node.service.fra1.svc.example", "A", &["127.0.0.1"])
        .await;
    world.stop().await;
}
