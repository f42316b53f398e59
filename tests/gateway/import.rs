//! Taking over a running host: zones that are on a backend and that nobody pushed.

use std::fs;

use crate::needs;
use crate::support::builtin::Builtin;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::mariadb::Mariadb;
use crate::support::named::Named;
use crate::support::zone_text;

/// A `named` with an include file as DirectDNSOnly leaves it, with a zone that cannot be read.
fn running_host() -> Named {
    let mut named = Named::prepare();
    let mut include = String::new();
    for zone in ["a.example", "b.example", "broken.example"] {
        let file = named.path(&format!("{zone}.db"));
        let text = match zone {
            "broken.example" => "this is no zone\n".to_owned(),
            zone => zone_text(zone, 7, "192.0.2.7"),
        };
        fs::write(&file, text).unwrap();
        include += &format!(
            "zone \"{zone}\" {{ type master; file \"{}\"; }};\n",
            file.display()
        );
    }
    fs::write(named.include(), include).unwrap();
    named.run();
    named
}

#[test]
fn the_zones_of_a_running_named_are_imported_as_they_are_and_go_to_every_backend() {
    needs!("named", "dig");
    let (named, server) = (running_host(), Builtin::new());
    let gateway = Gateway::start(&[named.backend("bind"), server.backend("")]);
    let before = fs::read_to_string(named.include()).unwrap();
    let (status, shown, _) = gateway.command(&["import", "bind", "--dry-run"]);
    assert_eq!(status.code(), Some(1), "one cannot be read: {shown}");
    assert!(shown.contains("2 would be imported"), "{shown}");
    assert_eq!(fs::read_to_string(named.include()).unwrap(), before);
    assert_eq!(server.serial("a.example"), None);

    let (_, shown, _) = gateway.command(&["import", "bind"]);
    for part in [
        "2 imported",
        "1 could not be read",
        "broken.example  bind  unreadable",
    ] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }
    for zone in ["a.example", "b.example"] {
        let (status, shown, _) = gateway.command(&["wait", zone]);
        assert!(status.success(), "{shown}");
        assert_eq!(
            (named.serial(zone), server.serial(zone)),
            (Some(7), Some(7))
        );
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert!(found["master"].is_null(), "nobody owns it yet: {found}");
        assert_eq!(found["changed_by"], "import from bind");
    }
    let (_, shown, _) = gateway.command(&["import", "bind"]);
    assert!(
        shown.contains("0 imported"),
        "twice does nothing more:\n{shown}"
    );

    // The first push of its master makes it that master's.
    gateway.push("a.example", &zone_text("a.example", 8, "192.0.2.8"));
    let found = gateway.until("a.example", "served");
    assert_eq!(found["master"], "da1.example.net");
}

#[test]
fn a_zone_that_was_pushed_or_removed_here_is_not_taken_from_a_backend() {
    needs!("mariadbd", "mariadb-install-db", "mariadb");
    let database = Mariadb::start();
    // Another gateway has put zones there by the same names.
    let other = Gateway::start(&[database.backend("db", "")]);
    for zone in ["pushed.example", "removed.example", "new.example"] {
        other.push(zone, &zone_text(zone, 9, "192.0.2.9"));
        other.until(zone, "served");
    }
    drop(other);
    database.query("DELETE FROM dadns_changes WHERE zone_name <> ''");
    let gateway = Gateway::start(&[database.backend("db", "")]);
    gateway.push(
        "pushed.example",
        &zone_text("pushed.example", 2, "192.0.2.2"),
    );
    gateway.push(
        "removed.example",
        &zone_text("removed.example", 2, "192.0.2.2"),
    );
    gateway.delete_from("da1.example.net", "removed.example");
    gateway.until("pushed.example", "served");
    let (status, shown, error) = gateway.command(&["import", "db", "--json"]);
    assert!(status.success(), "{shown}{error}");
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(json["summary"]["counts"]["imported"], 1, "{shown}");
    let found = gateway.json("/api/v1/zones/new.example");
    assert_eq!(found["serial"], 9);
}

#[test]
fn a_backend_that_is_not_there_is_named_with_those_that_are() {
    let gateway = Gateway::start(&[]);
    let (status, _, error) = gateway.command(&["import", "nowhere"]);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("there is no backend nowhere"), "{error}");
}
