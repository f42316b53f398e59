//! Calls of Consul that balancers, scripts and operators use, and pools of addresses.

use serde_json::{Value, json};

use super::consul::{get, put};
use super::http::basic;
use super::world::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread")]
async fn reads_answer_what_the_filter_selects_and_refuse_what_they_cannot_read() {
    let world = World::start("").await;
    for (id, version, port) in [("a", "1", 80), ("b", "2", 81)] {
        let web = json!({
            "ID": id, "Name": "web", "Port": port, "Tags": [id], "Meta": {"version": version},
        });
        put(&world, "/v1/agent/service/register", "", &web.to_string()).await;
    }
    let only = |target: &'static str, pointer: &'static str| {
        let world = &world;
        async move {
            let (_, found) = get(world, target).await;
            let all = found.as_array().unwrap();
            assert_eq!(all.len(), 1, "{target}: {found}");
            assert_eq!(all[0].pointer(pointer).unwrap(), "b", "{target}");
        }
    };
    only(
        "/v1/health/service/web?filter=Service.Meta.version==%222%22",
        "/Service/ID",
    )
    .await;
    only(
        "/v1/catalog/service/web?filter=ServicePort+!=+80+and+b+in+ServiceTags",
        "/ServiceID",
    )
    .await;
    let (_, own) = get(&world, "/v1/agent/services?filter=not+(Port==80)").await;
    assert_eq!(own.as_object().unwrap().keys().collect::<Vec<_>>(), ["b"]);
    let (_, services) = get(&world, "/v1/catalog/services?filter=ServiceTags+contains+b").await;
    assert_eq!(services, json!({"web": ["b"]}));
    let (_, none) = get(&world, "/v1/catalog/nodes?filter=Node+matches+%22^x%22").await;
    assert_eq!(none, json!([]));
    for wrong in ["x", "Nothing==1", "ServicePort==80"] {
        let target = format!("/v1/health/service/web?filter={wrong}");
        let answer = world.raw("GET", &target, "", "").await;
        assert_eq!(answer.status, 400, "{wrong}: {answer:?}");
        assert!(
            answer.body.contains("failed to create filter"),
            "{answer:?}"
        );
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_the_answer_says_how_a_service_of_the_machine_is() {
    let world = World::start("").await;
    let web = json!({"ID": "web-1", "Name": "web", "Check": {"TTL": "1h"}}).to_string();
    put(&world, "/v1/agent/service/register", "", &web).await;
    let one = world.get("/v1/agent/service/web-1", 200).await;
    assert_eq!(
        (&one["ID"], &one["Service"]),
        (&json!("web-1"), &json!("web"))
    );
    world.get("/v1/agent/service/none", 404).await;
    for (call, code, word) in [
        ("fail", 503, "critical"),
        ("warn", 429, "warning"),
        ("pass", 200, "passing"),
    ] {
        put(
            &world,
            &format!("/v1/agent/check/{call}/service:web-1"),
            "",
            "",
        )
        .await;
        for target in ["id/web-1", "name/web"] {
            let target = format!("/v1/agent/health/service/{target}?format=text");
            let answer = world.raw("GET", &target, "", "").await;
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (code, word),
                "{target}"
            );
        }
    }
    let info = world.get("/v1/agent/health/service/id/web-1", 200).await;
    assert_eq!(info["AggregatedStatus"], "passing");
    assert_eq!(info["Checks"][0]["CheckID"], "service:web-1");
    let missing = world.get("/v1/agent/health/service/id/none", 404).await;
    assert_eq!(missing["AggregatedStatus"], "critical");
    assert_eq!(
        world.get("/v1/agent/health/service/name/none", 404).await,
        json!([])
    );
    let target = "/v1/agent/service/maintenance/web-1?enable=true";
    put(&world, target, "", "").await;
    let out = world.get("/v1/agent/health/service/name/web", 503).await;
    assert_eq!(out[0]["AggregatedStatus"], "maintenance");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_node_is_registered_with_its_services_and_goes_with_all_of_them() {
    let world = World::start("  reverse: [2.0.192.in-addr.arpa]\n").await;
    let body = |id: &str| {
        json!({
            "Node": "router", "Address": "192.0.2.1", "NodeMeta": {"rack": "a \"7\""},
            "Service": {"ID": id, "Service": "bgp", "Port": 179},
            "Check": {"CheckID": format!("c-{id}"), "Name": "up", "Status": "passing"},
        })
    };
    let register = "/v1/catalog/register";
    for id in ["one", "two"] {
        let done = world.json("PUT", register, body(id), 200).await;
        assert_eq!(done, json!(true));
    }
    world
        .until("router.node.svc.example", "A", &["192.0.2.1"])
        .await;
    let text = world.resolve("router.node.svc.example", "TXT");
    assert_eq!(text, [r#""rack=a \"7\"""#]);
    world
        .until(
            "1.2.0.192.in-addr.arpa",
            "PTR",
            &["router.node.svc.example"],
        )
        .await;
    let (_, health) = get(&world, "/v1/health/service/bgp?node-meta=rack:a+%227%22").await;
    assert_eq!(health[0]["Node"]["Address"], "192.0.2.1");
    assert_eq!(health[0]["Node"]["Meta"], json!({"rack": "a \"7\""}));
    let (_, none) = get(&world, "/v1/health/service/bgp?node-meta=rack:b").await;
    assert_eq!(none, json!([]));
    // Somebody else may neither replace it nor use its name; operators are somebody else too, but may.
    let login = format!("Authorization: {}\r\n", basic("anna", PASSWORD));
    let other = body("three").to_string();
    let taken = world.raw("PUT", register, &login, &other).await;
    assert_eq!(taken.status, 200, "{taken:?}");
    let mine = world
        .raw("PUT", register, "", &body("four").to_string())
        .await;
    assert_eq!(mine.status, 403, "{mine:?}");
    for wrong in [
        json!({"Address": "192.0.2.1"}),
        json!({"Node": "a", "Address": "192.0.2.1"}),
        json!({"Node": "ip-192-0-2-9", "Address": "192.0.2.1", "Service": {"Service": "a"}}),
    ] {
        world.json("PUT", register, wrong, 400).await;
    }
    let gone = json!({"Node": "router"}).to_string();
    let gone = world
        .raw("PUT", "/v1/catalog/deregister", &login, &gone)
        .await;
    assert_eq!((gone.status, gone.body.as_str()), (200, "true"));
    world.until("router.node.svc.example", "A", &[]).await;
    world.until("1.2.0.192.in-addr.arpa", "PTR", &[]).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_gives_each_name_an_address_of_its_own_with_ptr_until_it_is_released() {
    let config = "  reverse: [2.0.192.in-addr.arpa]\n  pools:\n    - name: vms\n      \
                  networks: [192.0.2.0/30]\n";
    let world = World::start(config).await;
    let give = |name: &'static str, status: u16| {
        let world = &world;
        async move {
            let body = json!({"name": name});
            let given = world.json("POST", "/v1/pools/vms", body, status).await;
            given["address"].as_str().unwrap_or_default().to_owned()
        }
    };
    let (one, two) = (give("vm1", 200).await, give("vm2", 200).await);
    let mut both = vec![one.as_str(), two.as_str()];
    both.sort_unstable();
    assert_eq!(both, ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(give("vm1", 200).await, one, "the same again");
    give("vm3", 409).await;
    world.until("vms.service.svc.example", "A", &both).await;
    world.until("vm1.node.svc.example", "A", &[&one]).await;
    let pointer = |ip: &str| format!("{}.2.0.192.in-addr.arpa", ip.rsplit('.').next().unwrap());
    world
        .until(&pointer(&one), "PTR", &["vm1.node.svc.example"])
        .await;
    world
        .json("POST", "/v1/pools/none", json!({"name": "vm1"}), 404)
        .await;
    let released = world.json("DELETE", "/v1/pools/vms/vm1", Value::Null, 200);
    released.await;
    world.until(&pointer(&one), "PTR", &[]).await;
    // By the other faces, in place of an address.
    let jarvis = json!({"server": "oauth", "instance_id": 1, "port": 80, "pool": "vms"});
    let jarvis = world.json("POST", "/register", jarvis, 200).await;
    assert_eq!(jarvis["instance"]["host"], one.as_str());
    let pool = world.get("/v1/pools/vms", 200).await;
    assert_eq!(pool["given"].as_array().unwrap().len(), 2, "{pool}");
    let key = json!({"server": "oauth", "instance_id": 1});
    world.json("POST", "/deregister", key, 200).await;
    let web = json!({"Name": "web", "Port": 80, "Pool": "vms"}).to_string();
    put(&world, "/v1/agent/service/register", "", &web).await;
    let web = world.get("/v1/agent/service/web", 200).await;
    assert_eq!(web["Address"], one.as_str());
    // Who has which is on disk.
    let world = world.restart(config).await;
    let again = world
        .json("POST", "/v1/pools/vms", json!({"name": "vm2"}), 200)
        .await;
    assert_eq!(again["address"], two.as_str());
    world.stop().await;
}
