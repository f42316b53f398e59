//! Databases that CoreDNS servers read: each is a lane of its own, and what somebody else put there
//! is theirs.

use std::time::{Duration, Instant};

use crate::needs;
use crate::support::coredns::Coredns;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::mariadb::{Mariadb, backend_at};
use crate::support::proxy::Proxy;
use crate::support::{eventually, zone_text};

/// So that rows alone are verified, and nothing is said of readers.
const ROWS: &str = "      plugin: dadns\n";

/// Waits until a backend has verified this serial.
fn verified(gateway: &Gateway, zone: &str, id: &str, serial: u32) {
    eventually(&format!("{id} has verified {zone} at {serial}"), || {
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        let receipts = found["backends"].as_array()?;
        let receipt = receipts.iter().find(|receipt| receipt["id"] == id)?;
        (receipt["state"] == "served" && receipt["verified_serial"] == serial).then_some(())
    });
}

/// How long it takes until a push is verified on the backend `healthy`, as a rule.
fn median_push(gateway: &Gateway, zone: &str) -> Duration {
    let mut times: Vec<_> = (1..=21)
        .map(|serial| {
            let start = Instant::now();
            gateway.push(zone, &zone_text(zone, serial, "192.0.2.1"));
            verified(gateway, zone, "healthy", serial);
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// The serial in the rows of a zone.
fn serial(database: &Mariadb, zone: &str) -> Option<u32> {
    let rows = database.query(&format!(
        "SELECT data FROM records JOIN zones ON zones.id = zone_id \
         WHERE zone_name = '{zone}.' AND hostname = '@' AND type = 'SOA'"
    ));
    let [row] = rows.as_slice() else { return None };
    row[0].split(' ').nth(2)?.parse().ok()
}

#[test]
fn a_database_that_is_stopped_and_one_that_is_silent_hold_up_no_other() {
    needs!("mariadbd", "mariadb-install-db", "mariadb");
    let (healthy, mut stopped, stalled) = (Mariadb::start(), Mariadb::start(), Mariadb::start());
    let alone = Gateway::start(&[healthy.backend("healthy", ROWS)]);
    let before = median_push(&alone, "alone.example");
    drop(alone);

    stopped.kill();
    let proxy = Proxy::silent(stalled.address);
    let impatient = format!("{ROWS}      connect_timeout_ms: 2000\n");
    let mut gateway = Gateway::start(&[
        healthy.backend("healthy", ROWS),
        stopped.backend("stopped", ROWS),
        backend_at(proxy.address, "silent", &impatient),
    ]);
    let beside = median_push(&gateway, "beside.example");
    println!(
        "a push is verified in {before:?} alone, in {beside:?} beside two that are unavailable"
    );
    assert!(beside < before * 10 + Duration::from_millis(500));
    gateway.logs("stopped: unavailable:");
    gateway.logs("silent: unavailable:");
    assert!(proxy.waiting() > 0, "somebody was let in and heard nothing");

    stopped.run();
    proxy.pass();
    gateway.until("beside.example", "served");
    for database in [&healthy, &stopped, &stalled] {
        assert_eq!(serial(database, "beside.example"), Some(21));
    }
}

/// Two zones as somebody writes them by hand or with another gateway, in tables of their own make.
const UNMANAGED: &str = "\
CREATE TABLE zones (id INT AUTO_INCREMENT PRIMARY KEY, zone_name VARCHAR(255) NOT NULL UNIQUE);
CREATE TABLE records (id INT AUTO_INCREMENT PRIMARY KEY, zone_id INT NOT NULL, hostname VARCHAR(512),
  type VARCHAR(10), data VARCHAR(1024), ttl INT DEFAULT 120, online INT DEFAULT 0,
  FOREIGN KEY (zone_id) REFERENCES zones (id));
INSERT INTO zones VALUES (7, 'one.example.'), (8, 'two.example.');
INSERT INTO records (zone_id, hostname, type, data, ttl, online)
  SELECT id, '@', 'SOA', 'ns1.example.net. hostmaster.example.net. 1 7200 3600 1209600 60', 60, 1
  FROM zones;
INSERT INTO records (zone_id, hostname, type, data, ttl, online)
  SELECT id, '@', 'NS', 'ns1.example.net.', 60, 1 FROM zones;
INSERT INTO records (zone_id, hostname, type, data, ttl, online)
  SELECT id, 'www', 'A', '192.0.2.77', 60, 1 FROM zones;
";

/// All rows of a zone, with their numbers.
fn rows(database: &Mariadb, zone: &str) -> Vec<Vec<String>> {
    database.query(&format!(
        "SELECT zone_name, records.* FROM records JOIN zones ON zones.id = zone_id \
         WHERE zone_name = '{zone}.' ORDER BY records.id"
    ))
}

#[test]
fn zones_of_others_stay_as_they_are_until_they_are_pushed() {
    needs!("mariadbd", "mariadb-install-db", "mariadb", "go", "dig");
    let database = Mariadb::start();
    database.query(UNMANAGED);
    let (one, two) = (
        rows(&database, "one.example"),
        rows(&database, "two.example"),
    );
    assert_eq!((one.len(), two.len()), (3, 3));
    let coredns = Coredns::start(&database);
    let keys = ROWS.to_owned() + &coredns.dns_address();
    let gateway = Gateway::start(&[database.backend("db", &keys)]);
    gateway.push("new.example", &zone_text("new.example", 1, "192.0.2.9"));
    gateway.until("new.example", "served");
    assert_eq!(
        gateway.delete_from("da1.example.net", "one.example"),
        "error=0"
    );
    assert_eq!(rows(&database, "one.example"), one);
    assert_eq!(
        coredns.serial("one.example"),
        Some(1),
        "served all the same"
    );

    gateway.push("one.example", &zone_text("one.example", 9, "192.0.2.9"));
    gateway.until("one.example", "served");
    assert_eq!(serial(&database, "one.example"), Some(9));
    let address = coredns.dig(&["+short", "www.one.example", "A"]);
    assert_eq!(address.trim(), "192.0.2.9");
    assert_eq!(rows(&database, "two.example"), two);
    assert_eq!(coredns.serial("two.example"), Some(1));
}

#[test]
fn a_receipt_tells_what_the_plugin_in_use_does_not_serve() {
    needs!("mariadbd", "mariadb-install-db", "mariadb");
    let database = Mariadb::start();
    let gateway = Gateway::start(&[database.backend("db", "      plugin: mysql_extend\n")]);
    let zone = "a.example";
    let wild = "*.deep 60 IN A 192.0.2.3\nout 60 IN CNAME www.example.net.\n";
    gateway.push(zone, &(zone_text(zone, 1, "192.0.2.1") + wild));
    let served = gateway.until(zone, "served");
    let notes: Vec<_> = served["backends"][0]["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note.as_str().unwrap())
        .collect();
    let [deep, out] = notes.as_slice() else {
        panic!("{notes:#?}");
    };
    assert!(deep.contains("*.deep.a.example. A") && deep.contains("mysql_extend"));
    assert!(out.contains("out.a.example. CNAME") && out.contains("mysql_extend"));
    assert_eq!(
        rows(&database, zone).len(),
        8,
        "they are there all the same"
    );
}

#[test]
fn a_zone_that_is_deleted_is_gone_from_coredns_within_two_seconds() {
    needs!("mariadbd", "mariadb-install-db", "mariadb", "go", "dig");
    let database = Mariadb::start();
    let coredns = Coredns::start(&database);
    let keys = ROWS.to_owned() + &coredns.dns_address();
    let gateway = Gateway::start(&[database.backend("db", &keys)]);
    for zone in ["gone.example", "kept.example"] {
        gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
        gateway.until(zone, "served");
        assert_eq!(coredns.serial(zone), Some(1));
    }
    let start = Instant::now();
    gateway.delete_from("da1.example.net", "gone.example");
    eventually("CoreDNS refuses gone.example", || {
        let answer = coredns.dig(&["gone.example", "SOA"]);
        answer.contains("status: REFUSED").then_some(())
    });
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(2), "{taken:?}");
    gateway.until("gone.example", "removed");
    assert!(rows(&database, "gone.example").is_empty());
    assert_eq!(coredns.serial("kept.example"), Some(1));
}

#[test]
fn killed_amid_pushes_and_started_again_the_database_ends_with_the_newest_of_all() {
    needs!("mariadbd", "mariadb-install-db", "mariadb", "go", "dig");
    let mut database = Mariadb::start();
    let coredns = Coredns::start(&database);
    let keys = ROWS.to_owned() + &coredns.dns_address();
    let mut gateway = Gateway::start(&[database.backend("db", &keys)]);
    let zones: Vec<_> = (0..40).map(|n| format!("z{n}.example")).collect();
    for round in 1..=6 {
        for (n, zone) in zones.iter().enumerate() {
            let text = zone_text(zone, round, &format!("192.0.2.{round}"));
            assert_eq!(gateway.push(zone, &text), "error=0");
            match (round, n) {
                (2 | 4, 20) => database.kill(),
                (3 | 5, 20) => {
                    gateway.logs("db: unavailable:");
                    database.run();
                    gateway.logs("db: available again after");
                }
                _ => {}
            }
        }
    }
    for zone in &zones {
        gateway.until(zone, "served");
        assert_eq!(serial(&database, zone), Some(6), "{zone}");
        assert_eq!(coredns.serial(zone), Some(6), "{zone}");
        let addresses = database.query(&format!(
            "SELECT data FROM records JOIN zones ON zones.id = zone_id \
             WHERE zone_name = '{zone}.' AND hostname = 'www'"
        ));
        assert_eq!(addresses, [["192.0.2.6"]], "{zone}");
    }
}
