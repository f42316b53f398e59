//! Nodes that only follow and serve.

use crate::alone;
use crate::needs;
use crate::support::dns::NameServer;
use crate::support::{eventually, zone_text};
use crate::world::{Node, Plan, World};

/// One more node, as an edge, with further keys.
fn edge(world: &World, keys: &str) -> Node {
    let plan = Plan {
        keys: format!("  role: edge\n{keys}"),
        ..Plan::default()
    };
    let mut edge = Node::prepare("edge", &world.etcd, &plan);
    edge.run();
    eventually("the edge belongs to the cluster", || {
        edge.is_level().then_some(())
    });
    edge
}

#[test]
fn an_edge_serves_what_others_take_takes_nothing_itself_and_serves_on_when_it_is_cut_off() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::default());
    let zone = "a.example";
    let push = |serial: u32| {
        let text = zone_text(zone, serial, "192.0.2.1");
        assert_eq!(world.nodes[0].gateway.push(zone, &text), "error=0");
    };
    push(1);
    let mut edge = edge(&world, "");
    let serves = |edge: &Node, serial: u32| {
        eventually(&format!("the edge serves serial {serial}"), || {
            (edge.builtin.serial(zone) == Some(serial)).then_some(())
        });
    };
    serves(&edge, 1);
    let answer = edge.gateway.push(zone, &zone_text(zone, 99, "192.0.2.99"));
    assert!(!answer.contains("error=0"), "{answer}");
    let hold = crate::support::proxy::Passing::Waits;
    edge.links.iter().for_each(|link| link.set(hold, hold));
    eventually("the edge knows that it is cut off", || {
        edge.status()?["outage_since"].is_string().then_some(())
    });
    push(2);
    assert_eq!(edge.builtin.serial(zone), Some(1));
    edge.kill();
    edge.run();
    serves(&edge, 1);
    edge.links
        .iter()
        .for_each(crate::support::proxy::Proxy::pass);
    serves(&edge, 2);
    edge.kill();
}

#[test]
fn an_edge_that_was_told_so_stops_answering_when_it_was_cut_off_for_too_long() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::default());
    let zone = "a.example";
    let text = zone_text(zone, 1, "192.0.2.1");
    assert_eq!(world.nodes[0].gateway.push(zone, &text), "error=0");
    let mut edge = edge(&world, "  stale_after: 3\n");
    eventually("the edge serves", || {
        (edge.builtin.serial(zone) == Some(1)).then_some(())
    });
    let hold = crate::support::proxy::Passing::Waits;
    edge.links.iter().for_each(|link| link.set(hold, hold));
    eventually("the edge stops answering", || {
        let answer = edge.builtin.dig(&[zone, "SOA"]);
        answer.contains("status: SERVFAIL").then_some(())
    });
    edge.links
        .iter()
        .for_each(crate::support::proxy::Proxy::pass);
    eventually("the edge answers again", || {
        (edge.builtin.serial(zone) == Some(1)).then_some(())
    });
    edge.kill();
}
