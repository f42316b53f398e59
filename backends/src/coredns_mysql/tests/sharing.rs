//! Tables that others made, and unmanaged zones in them.

use super::*;
use crate::coredns_mysql::{Plugin, Settings};

/// The tables as `mysql_extend` makes them, in their older form.
const OLD_TABLES: &str = "CREATE TABLE zones (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     zone_name VARCHAR(255) NOT NULL UNIQUE) DEFAULT CHARSET latin1; \
     CREATE TABLE records (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, zone_id INT NOT NULL, \
     hostname VARCHAR(512) NOT NULL, type VARCHAR(10) NOT NULL, data VARCHAR(1024) NOT NULL, \
     ttl INT DEFAULT 120, online INT NOT NULL DEFAULT 0, FOREIGN KEY (zone_id) REFERENCES zones (id)) \
     DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;";

/// A zone that somebody else put, in a form that we would not write.
const UNMANAGED: &str = "INSERT INTO zones (id, zone_name) VALUES (7, 'Others.Example.'); \
     INSERT INTO records (zone_id, hostname, type, data, ttl, online) VALUES \
     (7, '@', 'SOA', 'ns.example.net. host.example.net. 5 7200 3600 1209600 300', 3600, 1), \
     (7, '@', 'NS', 'NS.Example.Net.', 3600, 1), (7, 'www', 'A', '192.0.2.77', 3600, 1), \
     (7, 'www', 'A', '192.0.2.78', 3600, 0), (7, 'WWW', 'A', '192.0.2.77', 3600, 1);";

fn with_schema_unmanaged(server: &Mariadb) -> CorednsMysql {
    let settings = Settings {
        manage_schema: false,
        ..server.settings()
    };
    CorednsMysql::new("db".parse().unwrap(), settings)
}

#[tokio::test]
async fn an_unmanaged_zone_is_left_unchanged_until_it_is_put_and_then_taken_over_whole() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    server
        .sql(&format!("USE coredns; {OLD_TABLES} {UNMANAGED}"))
        .await;
    let backend = server.backend();
    let name: ZoneName = "others.example".parse().unwrap();
    let rows = "SELECT CONCAT_WS(' ', id, zone_id, hostname, type, data, ttl, online) FROM records";
    let before = server.column(rows).await;

    unchanged(remove(&backend, &name).await);
    applied(put(&backend, &zone("ours.example", 1, "")).await);
    applied(remove(&backend, &"ours.example".parse().unwrap()).await);
    assert_eq!(backend.read_one(&name).await.unwrap(), None);
    assert!(backend.list().await.unwrap().is_empty());
    assert_eq!(server.column(rows).await, before);

    let taken = zone("others.example", 6, "www A 192.0.2.77\n");
    applied(put(&backend, &taken).await);
    assert_eq!(backend.read_one(&name).await.unwrap(), Some(taken.clone()));
    assert_eq!(
        server.column("SELECT id FROM zones").await,
        ["7"],
        "readers know it by its id"
    );
    unchanged(put(&backend, &taken).await);
    applied(remove(&backend, &name).await);
    assert_eq!(server.column(rows).await, [""; 0]);
}

#[tokio::test]
async fn unmanaged_zones_are_handed_over_and_taken_over() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    server
        .sql(&format!("USE coredns; {OLD_TABLES} {UNMANAGED}"))
        .await;
    let planted = zone("others.example", 5, "www A 192.0.2.77\n");
    let taken = zone("others.example", 6, "");
    crate::conformance::unmanaged(&server.backend(), &planted, &taken).await;
}

#[tokio::test]
async fn what_no_zone_can_be_made_of_is_told_with_its_reason() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    server
        .sql(&format!(
            "USE coredns; {OLD_TABLES} {UNMANAGED} \
             INSERT INTO zones (zone_name) VALUES ('no dot'), ('undotted.example'), ('rowless.example.');"
        ))
        .await;
    let backend = server.backend();
    let found: Vec<_> = backend
        .unmanaged()
        .unwrap()
        .list()
        .await
        .unwrap()
        .into_iter()
        .collect();
    let [others, rowless]: [ZoneName; 2] =
        ["others.example", "rowless.example"].map(|name| name.parse().unwrap());
    assert_eq!(found, [others.clone(), rowless.clone()]);
    server
        .sql("USE coredns; UPDATE records SET data = '192.0.2' WHERE data = '192.0.2.77'")
        .await;
    for (name, why) in [(others, "is no record"), (rowless, "SOA")] {
        let error = read_unmanaged(&backend, &name).await.unwrap_err();
        assert!(!error.is_unreachable(), "{error}");
        let told = error.to_string();
        assert!(told.contains(why) && told.contains(name.as_str()), "{told}");
    }
}

#[tokio::test]
async fn old_tables_get_an_index_and_room_for_long_data_where_that_is_allowed() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    server.sql(&format!("USE coredns; {OLD_TABLES}")).await;
    let backend = server.backend();
    backend.probe().await.unwrap();
    assert!(backend.notes().is_empty(), "{:?}", backend.notes());
    let long = zone(
        "a.example",
        1,
        &format!("t TXT {}\n", "\"\\001\\002\\003\\004\" ".repeat(900)),
    );
    applied(put(&backend, &long).await);
    assert_eq!(backend.read_one(long.name()).await.unwrap(), Some(long));
    let index = "SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'coredns' \
                 AND TABLE_NAME = 'records' AND SEQ_IN_INDEX = 2 AND COLUMN_NAME = 'hostname'";
    assert_eq!(server.column(index).await, ["1"]);
}

#[tokio::test]
async fn tables_that_are_only_checked_are_left_as_they_are_and_the_log_says_what_to_run() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = with_schema_unmanaged(&server);
    let told = backend.probe().await.unwrap_err().to_string();
    assert!(
        told.contains("there is no table zones; run \"CREATE TABLE"),
        "{told}"
    );
    server.sql(&format!("USE coredns; {OLD_TABLES}")).await;
    let told = backend.probe().await.unwrap_err().to_string();
    assert!(
        told.contains("there is no table dadns_changes; run \"CREATE TABLE"),
        "{told}"
    );
    // What it says is what repairs it.
    let statement = told.split('"').nth(1).unwrap().to_owned();
    server.sql(&format!("USE coredns; {statement}")).await;

    backend.probe().await.unwrap();
    let notes = backend.notes().join("\n");
    assert!(
        notes.contains("\"ALTER TABLE `records` MODIFY data MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL\""),
        "{notes}"
    );
    assert!(
        notes.contains("\"CREATE INDEX dadns_lookup ON `records`"),
        "{notes}"
    );

    let good = zone("good.example", 1, "");
    let long = zone(
        "long.example",
        1,
        &format!("t TXT {}\n", "\"\\001\" ".repeat(200)),
    );
    let results = backend
        .apply(&[ZoneChange::Put(&long), ZoneChange::Put(&good)])
        .await;
    let [
        ZoneResult::Refused(reasons),
        ZoneResult::Unverified { changed: true, .. },
    ] = results.as_slice()
    else {
        panic!("{results:?}");
    };
    let [reason] = reasons.as_slice() else {
        panic!("{reasons:?}");
    };
    assert_eq!(reason.record, "t TXT in long.example");
    assert!(
        reason
            .reason
            .contains("takes 1399 characters in column data, which holds 1024"),
        "{reason}"
    );
    let width = "SELECT CHARACTER_MAXIMUM_LENGTH FROM information_schema.COLUMNS WHERE \
                 TABLE_SCHEMA = 'coredns' AND TABLE_NAME = 'records' AND COLUMN_NAME = 'data'";
    assert_eq!(server.column(width).await, ["1024"]);
}

#[tokio::test]
async fn tables_without_transactions_are_refused() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    server
        .sql(&format!(
            "USE coredns; {}",
            OLD_TABLES
                .replace("FOREIGN KEY", "INDEX x")
                .replace("REFERENCES zones (id)", "")
        ))
        .await;
    server
        .sql("USE coredns; ALTER TABLE records ENGINE = MyISAM")
        .await;
    let told = server.backend().probe().await.unwrap_err().to_string();
    assert!(
        told.contains("\"ALTER TABLE `records` ENGINE = InnoDB\""),
        "{told}"
    );
}

#[tokio::test]
async fn tables_may_have_other_names() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let mut settings = server.settings();
    settings.tables.zones = "dns_zones".parse().unwrap();
    settings.tables.records = "dns$records".parse().unwrap();
    settings.tables.changes = "feed".parse().unwrap();
    let backend = CorednsMysql::new("db".parse().unwrap(), settings);
    crate::conformance::all(&backend).await;
    assert_eq!(
        server
            .column("SELECT COUNT(*) FROM feed WHERE zone_name = ''")
            .await,
        ["1"]
    );
}

#[tokio::test]
async fn the_change_feed_grows_in_order_and_keeps_what_was_removed() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    let feed = "SELECT CONCAT(zone_name, ' ', zone_id IS NULL) FROM dadns_changes ORDER BY version, zone_name";
    applied(put(&backend, &zone("a.example", 1, "")).await);
    applied(put(&backend, &zone("b.example", 1, "")).await);
    applied(put(&backend, &zone("a.example", 2, "")).await);
    assert_eq!(
        server.column(feed).await,
        ["b.example. 0", " 1", "a.example. 0"]
    );
    applied(remove(&backend, &"b.example".parse().unwrap()).await);
    assert_eq!(
        server.column(feed).await,
        ["a.example. 0", " 1", "b.example. 1"]
    );
    unchanged(put(&backend, &zone("a.example", 2, "")).await);
    assert_eq!(
        server.column(feed).await,
        ["a.example. 0", " 1", "b.example. 1"]
    );
}

#[tokio::test]
async fn what_mysql_extend_cannot_do_is_said_at_start() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let settings = Settings {
        plugin: Plugin::MysqlExtend,
        ..server.settings()
    };
    let backend = CorednsMysql::new("db".parse().unwrap(), settings);
    backend.probe().await.unwrap();
    assert!(backend.notes().join("\n").contains("SERVFAIL"));
}
