//! Services that register with several nodes: one node publishes at a time.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::alone;
use crate::needs;
use crate::support::dns::NameServer;
use crate::support::eventually;
use crate::support::http::send;
use crate::world::{Plan, World};

const REGISTRY: &str = "records:\n  nameservers: [ns1.example.net]\nregistry:\n  enabled: true\n  \
                        listen: [\"127.0.0.1:0\"]\n  domain: svc.example\n";

fn ask(at: SocketAddr, method: &str, path: &str, body: &Value) -> Value {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let answer = send(at, request.as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn one_node_publishes_services_and_another_that_has_some_takes_over_when_it_is_killed() {
    needs!("go", "dig");
    let _alone = alone();
    let plan = Plan {
        config: REGISTRY.to_owned(),
        ..Plan::default()
    };
    let mut world = World::start(&plan);
    let registries: Vec<SocketAddr> = world
        .nodes
        .iter_mut()
        .map(|node| {
            let line = node
                .gateway
                .logs("The registry takes services at http://127");
            let rest = line.split("http://").nth(1).unwrap();
            rest.split(' ').next().unwrap().parse().unwrap()
        })
        .collect();
    let [left, middle, right] = registries[..] else {
        panic!()
    };
    let web = |number: u8| json!({"server": "web", "instance_id": number, "port": 80, "host": format!("192.0.2.{number}")});
    let served = |world: &World, nodes: &[usize], wanted: &str| {
        for node in nodes {
            eventually(&format!("{wanted} is served by node {node}"), || {
                let answer =
                    world.nodes[*node]
                        .builtin
                        .dig(&["+short", "web.service.svc.example", "A"]);
                (answer.trim() == wanted).then_some(())
            });
        }
    };
    let publisher = |at, wanted: Value| {
        eventually(&format!("{wanted} is who publishes"), || {
            let health = ask(at, "GET", "/health", &Value::Null);
            (json!([health["publishes"], health["published_by"]]) == wanted).then_some(())
        });
    };
    // Nobody has anything to publish.
    publisher(left, json!([false, null]));
    ask(left, "POST", "/register", &web(1));
    served(&world, &[0, 1, 2], "192.0.2.1");
    ask(middle, "POST", "/register", &web(2));
    publisher(left, json!([true, null]));
    publisher(middle, json!([false, "left"]));
    publisher(right, json!([false, "left"]));
    served(&world, &[0, 1, 2], "192.0.2.1");
    world.kill(0);
    served(&world, &[1, 2], "192.0.2.2");
    publisher(right, json!([false, "middle"]));
    // It begins anew with what it has, and waits for its turn.
    world.run(0);
    served(&world, &[0, 1, 2], "192.0.2.2");
}
