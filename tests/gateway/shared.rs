//! A database that several nodes reach: one of them delivers at a time, and another goes on when it dies or sleeps.

use std::time::{Duration, Instant};

use crate::needs;
use crate::support::etcd::Etcd;
use crate::support::gateway::Gateway;
use crate::support::mariadb::Mariadb;
use crate::support::{eventually, zone_text};

/// A node of a cluster that has the database, besides a server of its own.
fn node(name: &str, etcd: &Etcd, database: &Mariadb) -> Gateway {
    let endpoints = etcd.endpoints().join(", ");
    let cluster = format!("cluster:\n  engine: etcd\n  node: {name}\n  endpoints: [{endpoints}]\n");
    let builtin = "    builtin:\n      enabled: true\n      listen: [\"127.0.0.1:0\"]\n".to_owned();
    let shared = database.backend("db", "      plugin: dadns\n      shared: true\n");
    Gateway::start_with(&cluster, &[builtin, shared])
}

/// Two nodes, of which `left` delivers.
fn two(etcd: &Etcd, database: &Mariadb) -> (Gateway, Gateway) {
    let mut left = node("left", etcd, database);
    let (status, _, error) = left.command(&["cluster", "init"]);
    assert!(status.success(), "{error}");
    left.logs("db: this node delivers to it from now on");
    let mut right = node("right", etcd, database);
    right.logs("db: node left delivers to it");
    (left, right)
}

fn push(gateway: &Gateway, serial: u32) {
    gateway.push("a.example", &zone_text("a.example", serial, "192.0.2.1"));
}

/// The serial in the rows of the zone.
fn serial(database: &Mariadb) -> Option<u32> {
    let rows = database.query(
        "SELECT data FROM records JOIN zones ON zones.id = zone_id \
         WHERE zone_name = 'a.example.' AND hostname = '@' AND type = 'SOA'",
    );
    let [row] = rows.as_slice() else { return None };
    row[0].split(' ').nth(2)?.parse().ok()
}

/// Waits until the database has this serial, and says how long that took.
fn written(database: &Mariadb, wanted: u32) -> Duration {
    let began = Instant::now();
    eventually(&format!("the database has serial {wanted}"), || {
        (serial(database) == Some(wanted)).then_some(())
    });
    began.elapsed()
}

#[test]
fn a_shared_database_is_delivered_to_by_one_node_and_by_another_when_that_dies() {
    needs!("go", "mariadbd", "mariadb-install-db", "mariadb");
    let (etcd, database) = (Etcd::start(1), Mariadb::start());
    let (mut left, mut right) = two(&etcd, &database);
    push(&right, 1);
    let (status, told, error) = right.command(&["wait", "a.example"]);
    assert!(status.success(), "{told}{error}");
    assert_eq!(serial(&database), Some(1));
    let zone = right.json("/api/v1/zones/a.example");
    let receipts = zone["backends"].as_array().unwrap();
    let db = receipts
        .iter()
        .find(|receipt| receipt["id"] == "db")
        .unwrap();
    assert_eq!(db["state"], "served", "{zone:#}");
    assert_eq!(db["notes"][0], "verified by node left", "{zone:#}");
    let elsewhere = zone["elsewhere"].as_array().unwrap();
    let builtin = elsewhere.iter().find(|one| one["backend"] == "builtin");
    assert_eq!(builtin.unwrap()["node"], "left", "{zone:#}");
    assert_eq!(builtin.unwrap()["state"], "served", "{zone:#}");

    left.kill();
    push(&right, 2);
    let took = written(&database, 2);
    assert!(took < Duration::from_secs(15), "it took {took:?}");
    right.logs("db: this node delivers to it from now on");
    println!("taken over from a node that died after {took:?}");
    // The dead one is waited for no longer, and shown.
    let (status, told, error) = right.command(&["wait", "a.example"]);
    assert!(status.success(), "{told}{error}");
    let (_, shown, _) = right.command(&["zones", "a.example"]);
    assert!(
        shown.contains("builtin of node left: pending")
            && shown.contains("the node is absent since"),
        "{shown}"
    );
}

#[test]
fn a_node_that_slept_past_its_lease_writes_nothing_more() {
    needs!("go", "mariadbd", "mariadb-install-db", "mariadb");
    let (etcd, database) = (Etcd::start(1), Mariadb::start());
    let (mut left, mut right) = two(&etcd, &database);
    push(&left, 1);
    written(&database, 1);
    left.process().unwrap().signal("-STOP");
    push(&right, 2);
    let took = written(&database, 2);
    assert!(took < Duration::from_secs(15), "it took {took:?}");
    println!("taken over from a node that sleeps after {took:?}");
    let fence = || database.query("SELECT fence FROM dadns_owner");
    let (before, feed) = (fence(), || {
        database.query("SELECT zone_name, version FROM dadns_changes ORDER BY zone_name")
    });
    let versions = feed();
    left.process().unwrap().signal("-CONT");
    left.logs("db: node right delivers to it");
    // It follows again, and has seen what was written meanwhile.
    eventually("the one that slept has followed", || {
        let zone = left.json("/api/v1/zones/a.example");
        (zone["serial"] == 2).then_some(())
    });
    eventually("it knows that the other has verified it", || {
        let zone = left.json("/api/v1/zones/a.example");
        (zone["state"] == "served").then_some(())
    });
    assert_eq!(fence(), before);
    assert_eq!(feed(), versions, "nothing was written a second time");
    push(&left, 3);
    written(&database, 3);
    assert_eq!(fence(), before);
    right.logs("db: this node delivers to it from now on");
}
