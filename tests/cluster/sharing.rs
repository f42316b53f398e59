//! Nothing fails: what one node takes, all have.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::alone;
use crate::history::{Answer, Asked, History, Standing, check};
use crate::needs;
use crate::support::dns::NameServer;
use crate::support::{eventually, zone_text};
use crate::world::{NAMES, Plan, World};
use crate::writers::{Writers, zones};

#[test]
fn a_push_at_any_node_is_served_by_all_within_a_second_with_one_serial_and_one_digest() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::default());
    let mut waits = Vec::new();
    for number in 0..12_u32 {
        let zone = format!("n{number}.example");
        let text = zone_text(&zone, number + 1, &format!("192.0.2.{number}"));
        let node = &world.nodes[number as usize % NAMES.len()];
        assert_eq!(node.gateway.push(&zone, &text), "error=0");
        let taken = Instant::now();
        for node in &world.nodes {
            eventually(&format!("{zone} is at all"), || {
                (node.builtin.serial(&zone) == Some(number + 1)).then_some(())
            });
        }
        waits.push(taken.elapsed());
    }
    waits.sort();
    println!("from error=0 until all three serve it, with dig: {waits:?}");
    assert!(waits[waits.len() / 2] < Duration::from_secs(1), "{waits:?}");
    for number in 0..12 {
        let zone = format!("n{number}.example");
        let digests: Vec<_> = world
            .nodes
            .iter()
            .map(|node| {
                node.gateway.until(&zone, "served")["backends"][0]["verified_digest"].clone()
            })
            .collect();
        assert!(digests[0].is_string());
        assert!(
            digests.iter().all(|digest| *digest == digests[0]),
            "{digests:?}"
        );
    }
}

#[test]
fn metrics_say_how_far_a_node_is_behind_and_how_long_the_engine_takes() {
    needs!("go");
    let _alone = alone();
    let world = World::start(&Plan::default());
    let gateway = &world.nodes[0].gateway;
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    let value = |name: &str| {
        let metrics = gateway.get("/metrics");
        let line = metrics.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse::<f64>().ok()
    };
    eventually("it has followed", || {
        (value("dadns_cluster_behind_writes") == Some(0.0)).then_some(())
    });
    assert_eq!(value("dadns_cluster_lag_seconds"), Some(0.0));
    assert!(value("dadns_cluster_engine_seconds_count") >= Some(1.0));
}

#[test]
fn removals_and_edits_at_one_node_hold_at_all() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::default());
    let zone = "a.example";
    let [left, middle, right] = &world.nodes[..] else {
        panic!()
    };
    left.gateway.push(zone, &zone_text(zone, 5, "192.0.2.5"));
    middle.gateway.until(zone, "served");
    let (status, said, errors) =
        middle
            .gateway
            .command(&["records", "set", zone, "www", "A", "192.0.2.77"]);
    assert!(status.success(), "{said}{errors}");
    for node in &world.nodes {
        eventually("the edit is at all", || {
            let answer = node.builtin.dig(&["+short", "www.a.example", "A"]);
            (answer.trim() == "192.0.2.77").then_some(())
        });
    }
    // A push at the third does not wipe what was edited at the second.
    assert_eq!(
        right.gateway.push(zone, &zone_text(zone, 9, "192.0.2.9")),
        "error=0"
    );
    for node in &world.nodes {
        eventually("the push is at all", || {
            (node.builtin.serial(zone) >= Some(9)).then_some(())
        });
        let answer = node.builtin.dig(&["+short", "www.a.example", "A"]);
        assert_eq!(answer.trim(), "192.0.2.77");
    }
    assert_eq!(left.gateway.delete_from("da1.example.net", zone), "error=0");
    for node in &world.nodes {
        node.gateway.until(zone, "removed");
        eventually("it is served no more", || {
            node.builtin.serial(zone).is_none().then_some(())
        });
    }
}

#[test]
fn the_catalogs_of_all_nodes_list_the_same_zones_under_the_same_serial() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan {
        catalog: true,
        ..Plan::default()
    });
    for number in 0..6_u32 {
        let zone = format!("c{number}.example");
        let node = &world.nodes[number as usize % NAMES.len()];
        assert_eq!(
            node.gateway.push(&zone, &zone_text(&zone, 1, "192.0.2.1")),
            "error=0"
        );
    }
    let gateway = &world.nodes[1].gateway;
    assert_eq!(
        gateway.delete_from("da1.example.net", "c0.example"),
        "error=0"
    );
    eventually("all catalogs are the same", || {
        let catalogs: Vec<_> = world
            .nodes
            .iter()
            .map(|node| node.builtin.records("catalog.example"))
            .collect();
        let members = catalogs[0]
            .iter()
            .filter(|line| line.contains(" PTR "))
            .count();
        (members == 5 && catalogs.iter().all(|catalog| *catalog == catalogs[0])).then_some(())
    });
}

#[test]
fn twelve_clients_at_three_nodes_on_five_zones_get_one_revision_each() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::that("refuse"));
    let zones = zones(5);
    let history = History::new(zones.len());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..12)
            .map(|client| {
                let node = client % NAMES.len();
                let (zones, history, done) = (&zones, &history, &done);
                let address = &world.addresses[node];
                scope.spawn(move || {
                    let mut random = Rng::new();
                    Writers::AtAnyNode.work(node, zones, history, address, done, &mut random)
                })
            })
            .collect();
        // So long they write.
        std::thread::sleep(Duration::from_secs(4));
        done.store(true, Ordering::SeqCst);
        for client in clients {
            client.join().unwrap().unwrap();
        }
    });
    let views = world.agree(&zones).unwrap();
    let (mut taken, mut others) = (0, 0);
    for (zone, view) in views.iter().enumerate() {
        history.record(zone, 0, Asked::Read, || {
            Answer::Stands(view.standing.clone())
        });
        let record = history.of(zone);
        for entry in &record {
            match entry.answer {
                Answer::Taken { .. } => taken += 1,
                Answer::Refused | Answer::Stands(_) => {}
                _ => others += 1,
            }
        }
        check(&Standing::default(), &record).unwrap_or_else(|why| panic!("{}: {why}", zones[zone]));
    }
    println!("{taken} changes taken in 4 s");
    assert!(taken > 50, "{taken}");
    assert_eq!(
        others, 0,
        "changes without an answer, though nothing failed"
    );
}
