//! Drift: found by the check, repaired, and logged; unmanaged zones are only logged.

use std::fs;

use crate::needs;
use crate::support::coredns::Coredns;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::mariadb::Mariadb;
use crate::support::named::Named;
use crate::support::{eventually, zone_text};

/// A pass each second.
const CHECK: &str = "check:\n  every_seconds: 1\n  zones_per_second: 1000\n";

const ZONE: &str = "a.example";

/// A gateway that has verified `a.example` and `b.example` everywhere.
pub fn verified(backends: &[String]) -> Gateway {
    let gateway = Gateway::start_with(CHECK, backends);
    for zone in [ZONE, "b.example"] {
        assert_eq!(
            gateway.push(zone, &zone_text(zone, 5, "192.0.2.5")),
            "error=0"
        );
        gateway.until(zone, "served");
    }
    gateway
}

/// How often `a.example` was put right so far.
fn repairs(gateway: &Gateway) -> usize {
    let told = format!("zone {ZONE} is repaired and verified");
    gateway.log().matches(&told).count()
}

/// Does damage and waits until it is repaired; the log has said what was found, and within one pass: the
/// one that was under way may have been past it.
fn repaired(gateway: &Gateway, found: &str, damage: impl FnOnce()) {
    let wrong = "zone a.example has drifted";
    let passes = |log: &str| log.matches("check pass over").count();
    let (before, earlier) = (repairs(gateway), gateway.log().matches(wrong).count());
    damage();
    let passed = passes(&gateway.log());
    eventually(&format!("{found:?} is repaired"), || {
        (repairs(gateway) > before).then_some(())
    });
    let log = gateway.log();
    let warning = log.match_indices(wrong).nth(earlier);
    let (at, _) = warning.unwrap_or_else(|| panic!("{found:?} is not in the log:\n{log}"));
    let line = log[at..].lines().next().unwrap();
    assert!(line.contains(found), "{found:?} is not in {line}");
    assert!(
        passes(&log[..at]) <= passed + 1,
        "{found:?} was found late:\n{log}"
    );
}

/// The address that a server gives for `www`.
pub fn address(server: &impl NameServer) -> String {
    let answer = server.dig(&["+short", "www.a.example", "A"]);
    answer.trim().to_owned()
}

#[test]
fn what_happens_to_the_files_of_named_is_found_and_repaired() {
    needs!("named", "dig");
    let mut named = Named::start();
    let gateway = verified(&[named.backend("bind")]);
    let file = named.zones_dir().join("a.example.db");
    let good = fs::read_to_string(&file).unwrap();
    let stanzas = fs::read_to_string(named.include()).unwrap();
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let well = |named: &Named, what: &str| {
        assert_eq!(address(named), "192.0.2.5", "{what}");
        let now = fs::read_to_string(named.include()).unwrap();
        assert_eq!(sorted(&now), sorted(&stanzas), "{what}");
    };

    // 1
    repaired(&gateway, "1 extra and 1 missing", || {
        fs::write(&file, good.replace("192.0.2.5", "192.0.2.66")).unwrap();
    });
    well(&named, "edited");
    // 2
    repaired(&gateway, "zone a.example has drifted", || {
        fs::write(&file, &good[..good.len() / 2]).unwrap();
    });
    well(&named, "truncated");
    // 3
    repaired(&gateway, "it is not there", || {
        fs::remove_file(&file).unwrap()
    });
    well(&named, "deleted");
    // 4
    let old = good
        .replace("192.0.2.5", "192.0.2.4")
        .replace(" 5 7200", " 4 7200");
    assert_ne!(old, good);
    repaired(&gateway, "2 extra and 2 missing", || {
        fs::write(&file, &old).unwrap()
    });
    well(&named, "restored from an old backup");
    // 5
    named.kill();
    let without: String = stanzas
        .lines()
        .filter(|line| !line.contains("\"a.example\""))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_ne!(without, stanzas);
    repaired(&gateway, "a.example", || {
        fs::write(named.include(), &without).unwrap();
        named.run();
    });
    well(&named, "named restarted without the zone");
    let log = gateway.log();
    assert!(!log.contains("zone b.example has drifted"), "{log}");
    assert!(!log.contains("failed"), "{log}");
}

#[test]
fn an_include_file_that_is_emptied_is_put_back_with_the_stanzas_of_others() {
    needs!("named", "dig");
    let named =
        Named::start_with("zone \"own.example\" { type primary; file \"/nonexistent\"; };\n");
    let mut gateway = verified(&[named.backend("bind")]);
    let stanzas = fs::read_to_string(named.include()).unwrap();
    fs::write(named.include(), "").unwrap();
    let line = gateway.logs("bind: unavailable:");
    assert!(
        line.contains("it is empty") && line.contains("it is put back"),
        "{line}"
    );
    eventually("the include file is back", || {
        (fs::read_to_string(named.include()).unwrap() == stanzas).then_some(())
    });
    gateway.logs("bind: available again after");
    gateway.push(ZONE, &zone_text(ZONE, 6, "192.0.2.6"));
    gateway.until(ZONE, "served");
    assert_eq!(address(&named), "192.0.2.6");
}

#[test]
fn what_happens_to_rows_is_found_and_repaired() {
    needs!("mariadbd", "mariadb-install-db", "mariadb", "go", "dig");
    let database = Mariadb::start();
    let coredns = Coredns::start(&database);
    let keys = format!("      plugin: dadns\n{}", coredns.dns_address());
    let gateway = verified(&[database.backend("db", &keys)]);
    let all = || {
        database.query(
            "SELECT zone_name, hostname, type, data, ttl, online FROM records \
             JOIN zones ON zones.id = zone_id ORDER BY 1, 2, 3, 4",
        )
    };
    let good = all();
    let id = "(SELECT id FROM zones WHERE zone_name = 'a.example.')";
    for (what, found, sql) in [
        (
            "added",
            "1 extra and 0 missing",
            format!(
                "INSERT INTO records (zone_id, hostname, type, data, ttl, online) \
                 VALUES ({id}, 'evil', 'A', '192.0.2.66', 60, 1)"
            ),
        ),
        (
            "changed",
            "1 extra and 1 missing",
            format!(
                "UPDATE records SET data = '192.0.2.66' WHERE zone_id = {id} AND hostname = 'www'"
            ),
        ),
        (
            "removed",
            "0 extra and 1 missing",
            format!("DELETE FROM records WHERE zone_id = {id} AND hostname = 'www'"),
        ),
        (
            "zone removed",
            "it is not there",
            format!(
                "SET @id = {id}; DELETE FROM records WHERE zone_id = @id; \
                 DELETE FROM zones WHERE id = @id"
            ),
        ),
    ] {
        repaired(&gateway, found, || drop(database.query(&sql)));
        assert_eq!(all(), good, "{what}");
        assert_eq!(address(&coredns), "192.0.2.5", "{what}");
        let evil = coredns.dig(&["+short", "evil.a.example", "A"]);
        assert_eq!(evil.trim(), "", "{what}");
    }
    let log = gateway.log();
    assert!(!log.contains("zone b.example has drifted"), "{log}");
}

#[test]
fn zones_of_others_are_told_of_and_left_alone() {
    needs!("named", "dig", "mariadbd", "mariadb-install-db", "mariadb");
    let (named, database) = (Named::start(), Mariadb::start());
    let mut gateway = verified(&[named.backend("bind"), database.backend("db", "")]);
    let text = zone_text("unmanaged.example", 3, "192.0.2.3");
    let file = named.path("unmanaged.db");
    fs::write(&file, text).unwrap();
    let stanza = format!(
        "zone \"unmanaged.example\" {{ type primary; file \"{}\"; }};\n",
        file.display()
    );
    let include = fs::read_to_string(named.include()).unwrap() + &stanza;
    fs::write(named.include(), &include).unwrap();
    database.query("INSERT INTO zones (zone_name) VALUES ('unmanaged.example.')");
    for id in ["bind", "db"] {
        let line = gateway.logs(&format!("{id}: 1 unmanaged zone left unchanged"));
        assert!(line.contains("unmanaged.example"), "{line}");
    }
    let (status, shown, _) = gateway.command(&["verify", "--all"]);
    assert!(status.success(), "what others keep is no fault:\n{shown}");
    assert!(
        shown.contains("unmanaged.example  bind  unmanaged"),
        "{shown}"
    );
    assert_eq!(fs::read_to_string(named.include()).unwrap(), include);
    assert_eq!(
        database.query("SELECT zone_name FROM zones WHERE zone_name LIKE 'unmanaged%'"),
        [["unmanaged.example."]]
    );
    let metrics = gateway.get("/metrics");
    assert!(
        metrics.contains("dadns_unmanaged_zones{backend=\"bind\"} 1"),
        "{metrics}"
    );
}

#[test]
fn verify_finds_at_once_what_differs_and_ends_with_1() {
    needs!("named", "dig");
    let named = Named::start();
    let gateway = Gateway::start_with("check:\n  enabled: false\n", &[named.backend("bind")]);
    gateway.push(ZONE, &zone_text(ZONE, 5, "192.0.2.5"));
    gateway.until(ZONE, "served");
    let (status, shown, error) = gateway.command(&["verify", "--all"]);
    assert!(status.success(), "{shown}{error}");

    let file = named.zones_dir().join("a.example.db");
    let good = fs::read_to_string(&file).unwrap();
    let bad = good.replace("192.0.2.5", "192.0.2.66");
    fs::write(&file, &bad).unwrap();
    let (status, shown, _) = gateway.command(&["verify", "--all", "--dry-run"]);
    assert_eq!(status.code(), Some(1));
    assert!(
        shown.contains("a.example  bind  drifted: 1 extra and 1 missing"),
        "{shown}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), bad, "it only looked");
    let (status, json, _) = gateway.command(&["verify", ZONE, "--json"]);
    assert_eq!(status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["items"][0]["result"], "drifted");
    assert_eq!(json["summary"]["counts"]["drifted"], 1);
    let (status, shown, _) = gateway.command(&["wait", ZONE, "--timeout", "20"]);
    assert!(status.success(), "{shown}");
    assert_eq!(fs::read_to_string(&file).unwrap(), good);
    let (status, shown, _) = gateway.command(&["verify", ZONE]);
    assert!(status.success(), "{shown}");
    let (_, shown, _) = gateway.command(&["zones", ZONE]);
    assert!(shown.contains("repaired"), "{shown}");
}

#[test]
fn what_failed_is_tried_again_at_once_when_it_is_verified() {
    needs!("named", "dig");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    let obstacle = named.zones_dir().join("a.example.db");
    fs::create_dir(&obstacle).unwrap();
    gateway.push(ZONE, &zone_text(ZONE, 5, "192.0.2.5"));
    gateway.until(ZONE, "failed");
    fs::remove_dir(&obstacle).unwrap();
    // Its next try would be in half a minute.
    let (status, shown, _) = gateway.command(&["verify", ZONE]);
    assert_eq!(status.code(), Some(1));
    assert!(shown.contains("pending, retrying now"), "{shown}");
    let (status, shown, _) = gateway.command(&["wait", ZONE, "--timeout", "20"]);
    assert!(status.success(), "{shown}");
    assert_eq!(address(&named), "192.0.2.5");
}

/// A database that writes another address into rows of `www`: the first one, or each.
fn meddling(each: bool) -> (Mariadb, Gateway) {
    let database = Mariadb::start();
    let gateway = verified(&[database.backend("db", "      plugin: dadns\n")]);
    let first = "AND NOT EXISTS (SELECT 1 FROM meddled WHERE hostname = 'www')";
    let when = if each { "" } else { first };
    database.query(&format!(
        "CREATE TABLE meddled (hostname VARCHAR(512)); \
         CREATE TRIGGER meddle BEFORE INSERT ON records FOR EACH ROW \
         SET NEW.data = IF(NEW.hostname = 'www' {when}, '192.0.2.66', NEW.data); \
         CREATE TRIGGER note AFTER INSERT ON records FOR EACH ROW \
         INSERT INTO meddled VALUES (NEW.hostname)"
    ));
    (database, gateway)
}

#[test]
fn a_write_that_arrives_changed_is_repaired_at_once() {
    needs!("mariadbd", "mariadb-install-db", "mariadb");
    let (database, mut gateway) = meddling(false);
    gateway.push("new.example", &zone_text("new.example", 1, "192.0.2.1"));
    let line =
        gateway.logs("zone new.example differs from what was written: 1 extra and 1 missing");
    assert!(line.contains("| WARNING "), "{line}");
    let line = gateway.logs("zone new.example is repaired and verified");
    assert!(line.contains("| SUCCESS "), "{line}");
    gateway.until("new.example", "served");
    let rows =
        database.query("SELECT data FROM records WHERE hostname = 'www' AND data LIKE '%.1'");
    assert_eq!(rows, [["192.0.2.1"]]);
}

#[test]
fn a_write_that_still_arrives_changed_is_a_failure_with_the_difference() {
    needs!("mariadbd", "mariadb-install-db", "mariadb");
    let (_database, gateway) = meddling(true);
    gateway.push("new.example", &zone_text("new.example", 1, "192.0.2.1"));
    let found = gateway.until("new.example", "failed");
    let cause = found["backends"][0]["cause"].as_str().unwrap();
    for part in [
        "1 extra and 1 missing records",
        "- www.new.example. 14400 A 192.0.2.66",
        "+ www.new.example. 14400 A 192.0.2.1",
    ] {
        assert!(cause.contains(part), "{cause}");
    }
    assert_eq!(found["backends"][0]["attempts"], 1);
}
