//! Nodes that were not there for a while, stores from before, and an engine from before.

use std::path::PathBuf;
use std::process::Command;

use crate::alone;
use crate::needs;
use crate::support::dns::NameServer;
use crate::support::etcd::{Etcd, built};
use crate::support::gateway::Gateway;
use crate::support::{eventually, zone_text};
use crate::world::{Node, Plan, World};

fn push(gateway: &Gateway, zone: &str, serial: u32) {
    let text = zone_text(zone, serial, &format!("192.0.2.{serial}"));
    assert_eq!(gateway.push(zone, &text), "error=0", "{zone}");
}

fn remove(gateway: &Gateway, zone: &str) {
    assert_eq!(gateway.delete_from("da1.example.net", zone), "error=0");
}

fn serves(node: &Node, zone: &str, serial: Option<u32>) {
    eventually(&format!("serial {serial:?} of {zone} is served"), || {
        (node.builtin.serial(zone) == serial).then_some(())
    });
}

/// Has etcd forget how everything was before now.
fn compact(etcd: &Etcd) {
    let status = etcd.ctl(&["endpoint", "status", "-w", "json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let revisions = status.as_array().unwrap().iter();
    let revision = revisions
        .filter_map(|member| member["Status"]["header"]["revision"].as_u64())
        .max()
        .unwrap();
    etcd.ctl(&["compact", &revision.to_string(), "--physical=true"]);
}

#[test]
fn a_node_that_comes_back_after_compaction_has_every_change_and_nothing_that_was_removed() {
    needs!("go", "dig");
    let _alone = alone();
    let mut world = World::start(&Plan::default());
    for zone in [
        "kept.example",
        "changed.example",
        "gone.example",
        "back.example",
    ] {
        push(&world.nodes[0].gateway, zone, 1);
        serves(&world.nodes[2], zone, Some(1));
    }
    world.kill(2);
    let left = &world.nodes[0].gateway;
    push(left, "changed.example", 7);
    remove(left, "gone.example");
    remove(left, "back.example");
    push(left, "back.example", 9);
    push(left, "new.example", 3);
    compact(&world.etcd);
    push(left, "later.example", 4);
    world.run(2);
    let right = &world.nodes[2];
    for (zone, serial) in [
        ("kept.example", Some(1)),
        ("changed.example", Some(7)),
        ("gone.example", None),
        ("back.example", Some(9)),
        ("new.example", Some(3)),
        ("later.example", Some(4)),
    ] {
        serves(right, zone, serial);
    }
    right.gateway.until("gone.example", "removed");
    world.level();
    // It follows on, and is listened to.
    push(&right.gateway, "kept.example", 2);
    serves(&world.nodes[0], "kept.example", Some(2));
}

#[test]
fn a_node_with_zones_of_its_own_joins_only_when_an_operator_says_what_becomes_of_them() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::default());
    push(&world.nodes[0].gateway, "both.example", 5);
    push(&world.nodes[0].gateway, "theirs.example", 5);
    // A store from before it belonged to anything.
    let mut late = Node::prepare("late", &world.etcd, &Plan::default());
    late.gateway
        .run_as(Command::new(env!("CARGO_BIN_EXE_dadns")).env("DADNS_CLUSTER_ENGINE", "none"));
    push(&late.gateway, "both.example", 9);
    push(&late.gateway, "ours.example", 9);
    late.gateway.until("ours.example", "served");
    late.kill();
    late.run();
    let (status, said, errors) = late.gateway.command(&["cluster", "join"]);
    assert!(!status.success(), "{said}");
    for zone in ["both.example", "ours.example"] {
        assert!(errors.contains(zone), "{errors}");
        assert!(!errors.contains("theirs.example"), "{errors}");
    }
    assert_eq!(late.builtin.serial("theirs.example"), None);
    assert_eq!(late.builtin.serial("both.example"), Some(9));
    assert_eq!(world.nodes[0].builtin.serial("both.example"), Some(5));

    let (status, said, errors) =
        late.gateway
            .command(&["cluster", "join", "--take-theirs", "--share-ours"]);
    assert!(status.success(), "{said}{errors}");
    for (zone, serial) in [
        // Theirs, under a serial past the one that was served here: no serial goes back.
        ("both.example", 10),
        ("theirs.example", 5),
        ("ours.example", 9),
    ] {
        serves(&late, zone, Some(serial));
        serves(&world.nodes[1], zone, Some(serial));
    }
    let answer = late.builtin.dig(&["+short", "www.both.example", "A"]);
    assert_eq!(answer.trim(), "192.0.2.5");
    let (status, said, errors) = late.gateway.command(&["cluster", "leave"]);
    assert!(status.success(), "{said}{errors}");
    push(&late.gateway, "both.example", 11);
    serves(&late, "both.example", Some(11));
    push(&world.nodes[1].gateway, "both.example", 12);
    serves(&world.nodes[2], "both.example", Some(12));
    serves(&late, "both.example", Some(11));
    late.kill();
}

/// Nodes that have one zone, and what etcd had then.
fn saved(directory: &tempfile::TempDir) -> (World, PathBuf) {
    let world = World::start(&Plan::that("spool"));
    push(&world.nodes[0].gateway, "old.example", 1);
    serves(&world.nodes[2], "old.example", Some(1));
    let backup = directory.path().join("backup");
    let saved = Command::new(built("etcdctl"))
        .args(["--endpoints", &world.etcd.endpoints()[0]])
        .args(["snapshot", "save"])
        .arg(&backup)
        .output()
        .unwrap();
    assert!(saved.status.success(), "{saved:?}");
    (world, backup)
}

#[test]
fn what_is_written_after_a_restore_is_missed_by_nobody_though_only_notes_were_lost() {
    needs!("go", "dig");
    let _alone = alone();
    let directory = tempfile::TempDir::new().unwrap();
    let (mut world, backup) = saved(&directory);
    world.etcd.count_on(50);
    // All have seen further than the backup goes.
    world.level();
    world.kill(2);
    world.signal(1, "-STOP");
    world.etcd.restore(&backup);
    let first = &world.nodes[0];
    eventually("the first node goes on", || first.is_level().then_some(()));
    push(&first.gateway, "new.example", 4);
    eventually("it is shared", || first.is_level().then_some(()));
    world.etcd.count_on(50);
    world.signal(1, "-CONT");
    world.run(2);
    for node in &world.nodes {
        serves(node, "new.example", Some(4));
    }
    world.level();
}

#[test]
fn an_engine_restored_from_an_old_backup_is_found_and_nothing_is_removed_until_an_operator_decides()
{
    needs!("go", "dig");
    let _alone = alone();
    let directory = tempfile::TempDir::new().unwrap();
    let (mut world, backup) = saved(&directory);
    push(&world.nodes[0].gateway, "old.example", 4);
    push(&world.nodes[0].gateway, "new.example", 4);
    serves(&world.nodes[2], "new.example", Some(4));
    serves(&world.nodes[2], "old.example", Some(4));
    // What it counts soon is past all that was written, before one node starts and two others wake.
    world.nodes[2].gateway.terminate();
    world.signal(1, "-STOP");
    world.signal(0, "-STOP");
    world.etcd.restore(&backup);
    world.etcd.count_on(50);
    world.signal(0, "-CONT");
    world.signal(1, "-CONT");
    world.run(2);
    for node in &world.nodes {
        eventually("the node says that the engine is older", || {
            node.status()?["diverged"].is_string().then_some(())
        });
        assert_eq!(node.builtin.serial("new.example"), Some(4));
        assert_eq!(node.builtin.serial("old.example"), Some(4));
    }
    let (status, said, errors) =
        world.nodes[0]
            .gateway
            .command(&["cluster", "recover", "--from-here"]);
    assert!(status.success(), "{said}{errors}");
    for node in &world.nodes[1..] {
        let (status, said, errors) = node
            .gateway
            .command(&["cluster", "recover", "--from-engine"]);
        assert!(
            status.success() || errors.contains("nothing to recover"),
            "{said}{errors}"
        );
    }
    world.level();
    for node in &world.nodes {
        serves(node, "new.example", Some(4));
        serves(node, "old.example", Some(4));
    }
    push(&world.nodes[1].gateway, "new.example", 6);
    serves(&world.nodes[0], "new.example", Some(6));
}
