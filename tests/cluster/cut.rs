//! Nodes that are cut off, and what becomes of what they took meanwhile.

use std::time::{Duration, Instant};

use crate::alone;
use crate::needs;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::{eventually, zone_text};
use crate::world::{NAMES, Node, Plan, World};

const ZONE: &str = "a.example";

/// Waits until a node's own server has this serial.
fn serves(node: &Node, serial: u32) {
    eventually(&format!("serial {serial} is served"), || {
        (node.builtin.serial(ZONE) == Some(serial)).then_some(())
    });
}

fn all_serve(world: &World, serial: u32) {
    world.nodes.iter().for_each(|node| serves(node, serial));
}

fn push(gateway: &Gateway, serial: u32) {
    let text = zone_text(ZONE, serial, &format!("192.0.2.{serial}"));
    assert_eq!(gateway.push(ZONE, &text), "error=0", "serial {serial}");
}

/// Waits until a node knows that the engine does not answer.
fn is_cut_off(node: &Node) {
    eventually("the node knows that it is cut off", || {
        node.status()?["outage"].is_string().then_some(())
    });
}

fn revision(node: &Node) -> u64 {
    node.gateway.json(&format!("/api/v1/zones/{ZONE}"))["revision"]
        .as_u64()
        .unwrap()
}

#[test]
fn a_node_without_a_majority_keeps_a_push_serves_it_and_shares_it_later() {
    needs!("go", "dig");
    let _alone = alone();
    let mut world = World::start(&Plan::that("spool"));
    push(&world.nodes[1].gateway, 1);
    all_serve(&world, 1);
    world.cut_node(0);
    is_cut_off(&world.nodes[0]);
    push(&world.nodes[0].gateway, 5);
    serves(&world.nodes[0], 5);
    assert_eq!(world.nodes[1].builtin.serial(ZONE), Some(1));
    let status = world.nodes[0].status().unwrap();
    assert_eq!(status["unshared"], 1, "{status}");
    assert!(status["unshared_since"].is_string(), "{status}");
    let metrics = world.nodes[0].gateway.get("/metrics");
    assert!(
        metrics.contains("dadns_cluster_unshared_zones 1"),
        "{metrics}"
    );
    // It is on disk: a kill does not lose it.
    world.kill(0);
    world.run(0);
    serves(&world.nodes[0], 5);
    assert_eq!(world.nodes[0].status().unwrap()["unshared"], 1);
    world.pass();
    all_serve(&world, 5);
    world.level();
    assert_eq!(
        world.nodes.iter().map(revision).collect::<Vec<_>>(),
        [2, 2, 2]
    );
}

#[test]
fn a_node_that_is_told_to_refuse_refuses_while_there_is_no_majority_and_serves_on() {
    needs!("go", "dig");
    let _alone = alone();
    let mut world = World::start(&Plan::that("refuse"));
    push(&world.nodes[0].gateway, 1);
    all_serve(&world, 1);
    world.etcd.kill(1);
    world.etcd.kill(2);
    is_cut_off(&world.nodes[0]);
    for node in &world.nodes {
        let answer = node.gateway.push(ZONE, &zone_text(ZONE, 7, "192.0.2.7"));
        assert!(answer.starts_with("error=1"), "{answer}");
        assert_eq!(node.builtin.serial(ZONE), Some(1));
    }
    world.etcd.run(1);
    world.etcd.run(2);
    world.etcd.healthy();
    world.level();
    push(&world.nodes[2].gateway, 9);
    all_serve(&world, 9);
}

#[test]
fn of_two_pushes_on_both_sides_of_a_cut_the_serial_ahead_is_served_and_the_other_is_held() {
    needs!("go", "dig");
    let _alone = alone();
    for (cut_off, others) in [(8, 6), (6, 8)] {
        let world = World::start(&Plan::that("spool"));
        push(&world.nodes[1].gateway, 1);
        all_serve(&world, 1);
        world.cut_node(0);
        is_cut_off(&world.nodes[0]);
        push(&world.nodes[0].gateway, cut_off);
        push(&world.nodes[1].gateway, others);
        serves(&world.nodes[0], cut_off);
        serves(&world.nodes[2], others);
        world.pass();
        all_serve(&world, 8);
        world.level();
        let revisions: Vec<_> = world.nodes.iter().map(revision).collect();
        assert!(
            revisions.iter().all(|one| *one == revisions[0]),
            "{revisions:?}"
        );
        for (name, node) in NAMES.iter().zip(&world.nodes) {
            let answer = node.builtin.dig(&["+short", "www.a.example", "A"]);
            assert_eq!(answer.trim(), "192.0.2.8", "{name}");
        }
        if cut_off == 6 {
            for (name, node) in NAMES.iter().zip(&world.nodes) {
                eventually(&format!("what lost is held at {name}"), || {
                    let held = node.gateway.json("/api/v1/held");
                    let lines = held[0]["lines"].to_string();
                    lines.contains("192.0.2.6").then_some(())
                });
            }
        } else {
            // The other was served by two nodes: their log and the history still have it.
            let log = world.nodes[0].gateway.log();
            assert!(log.contains("is ahead and is served by all"), "{log}");
        }
    }
}

#[test]
fn a_minority_with_its_own_member_of_etcd_is_no_majority() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::that("refuse"));
    push(&world.nodes[0].gateway, 1);
    all_serve(&world, 1);
    for site in 0..NAMES.len() {
        let serial = 10 + u32::try_from(site).unwrap();
        world.cut_off(site);
        is_cut_off(&world.nodes[site]);
        let answer = world.nodes[site]
            .gateway
            .push(ZONE, &zone_text(ZONE, 99, "192.0.2.99"));
        assert!(answer.starts_with("error=1"), "{answer}");
        let other = (site + 1) % NAMES.len();
        let third = (site + 2) % NAMES.len();
        // Where the leader was cut off, another is elected first.
        eventually("the majority takes a push", || {
            let text = zone_text(ZONE, serial, "192.0.2.10");
            (world.nodes[other].gateway.push(ZONE, &text) == "error=0").then_some(())
        });
        serves(&world.nodes[third], serial);
        assert_ne!(world.nodes[site].builtin.serial(ZONE), Some(serial));
        world.pass();
        all_serve(&world, serial);
        world.level();
    }
}

#[test]
fn a_push_whose_answer_is_lost_is_made_once_and_never_twice() {
    needs!("go", "dig");
    let _alone = alone();
    for without_quorum in ["spool", "refuse"] {
        let world = World::start(&Plan::that(without_quorum));
        push(&world.nodes[1].gateway, 1);
        all_serve(&world, 1);
        world.lose_answers(0);
        let began = Instant::now();
        let answer = world.nodes[0]
            .gateway
            .push(ZONE, &zone_text(ZONE, 5, "192.0.2.5"));
        println!("{without_quorum}: {answer} after {:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(15));
        world.pass();
        world.level();
        let revisions: Vec<_> = world.nodes.iter().map(revision).collect();
        assert!(
            revisions.iter().all(|one| *one == revisions[0]),
            "{revisions:?}"
        );
        match answer.as_str() {
            "error=0" => {
                all_serve(&world, 5);
                assert_eq!(revisions[0], 2);
            }
            _ => {
                assert_eq!(without_quorum, "refuse", "{answer}");
                assert!(revisions[0] <= 2, "{revisions:?}");
            }
        }
    }
}

#[test]
fn a_removal_at_a_node_that_is_cut_off_holds_unless_others_changed_the_zone() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::that("spool"));
    push(&world.nodes[1].gateway, 1);
    all_serve(&world, 1);
    world.cut_node(0);
    is_cut_off(&world.nodes[0]);
    let left = &world.nodes[0].gateway;
    assert_eq!(left.delete_from("da1.example.net", ZONE), "error=0");
    left.until(ZONE, "removed");
    world.pass();
    for node in &world.nodes {
        node.gateway.until(ZONE, "removed");
    }
    world.level();

    push(&world.nodes[1].gateway, 4);
    all_serve(&world, 4);
    world.cut_node(0);
    is_cut_off(&world.nodes[0]);
    assert_eq!(left.delete_from("da1.example.net", ZONE), "error=0");
    push(&world.nodes[1].gateway, 6);
    world.pass();
    all_serve(&world, 6);
    world.level();
}
