//! What others did to the tables is repaired, and that reaches readers.

use std::net::SocketAddr;
use std::sync::Arc;

use super::coredns::Coredns;
use super::*;
use crate::builtin::{self, Builtin};
use crate::coredns_mysql::{Plugin, Settings};
use crate::testing::{answered_wrong, every_rrset, rewrite};
use crate::{Answers, BackendError, Served};

/// The newest version in the change feed.
async fn newest(server: &Mariadb) -> u64 {
    let newest = server
        .column("SELECT MAX(version) FROM dadns_changes")
        .await;
    newest[0].parse().unwrap()
}

#[tokio::test]
async fn each_repair_of_rows_tells_readers_of_a_new_version() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    let zone = zone("a.example", 1, "www A 192.0.2.1\n");
    applied(put(&backend, &zone).await);
    for statement in [
        "UPDATE records SET data = '192.0.2.9' WHERE hostname = 'www'",
        "UPDATE records SET ttl = 1 WHERE hostname = 'www'",
        "INSERT INTO records (zone_id, hostname, type, data, ttl, online) \
         SELECT id, 'x', 'A', '192.0.2.3', 60, 1 FROM zones",
        "DELETE FROM records WHERE hostname = 'www'",
        "DELETE FROM records",
        "DELETE FROM records; DELETE FROM zones",
        "DELETE FROM dadns_changes WHERE zone_name = 'a.example.'",
        "UPDATE dadns_changes SET zone_id = NULL WHERE zone_name = 'a.example.'",
        "DELETE FROM records; DELETE FROM zones; DELETE FROM dadns_changes WHERE zone_name <> ''",
    ] {
        let before = newest(&server).await;
        server.sql(&format!("USE coredns; {statement}")).await;
        applied(put(&backend, &zone).await);
        assert_eq!(
            backend.read_one(zone.name()).await.unwrap().as_ref(),
            Some(&zone),
            "{statement}"
        );
        assert_eq!(backend.list().await.unwrap().len(), 1);
        assert!(newest(&server).await > before, "{statement}");
        unchanged(put(&backend, &zone).await);
    }
}

#[tokio::test]
async fn a_row_that_repeats_a_record_is_a_fault_of_its_zone_until_it_is_put_again() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    let (zone, other) = (
        zone("a.example", 1, "www A 192.0.2.1\n"),
        zone("b.example", 1, ""),
    );
    applied(put(&backend, &zone).await);
    applied(put(&backend, &other).await);
    let repeat = "USE coredns; INSERT INTO records (zone_id, hostname, type, data, ttl, online) \
                  SELECT zone_id, hostname, type, data, ttl, 1 FROM records WHERE hostname = 'www'";
    server.sql(repeat).await;
    let error = backend.read_one(zone.name()).await.unwrap_err();
    assert!(matches!(error, BackendError::Zone { .. }), "{error}");
    let told = error.to_string();
    assert!(told.contains("repeats the record of row"), "{told}");
    assert_eq!(backend.read_one(other.name()).await.unwrap(), Some(other));
    assert_eq!(backend.list().await.unwrap().len(), 2);

    let before = newest(&server).await;
    applied(put(&backend, &zone).await);
    let left = "SELECT COUNT(*) FROM records WHERE hostname = 'www'";
    assert_eq!(server.column(left).await, ["1"]);
    assert_eq!(
        backend.read_one(zone.name()).await.unwrap().as_ref(),
        Some(&zone)
    );
    assert!(newest(&server).await > before);
    unchanged(put(&backend, &zone).await);
}

/// A server that answers what it is given, as a reader that has loaded it would.
async fn reader() -> (Builtin, SocketAddr) {
    let settings = builtin::Settings {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        version: None,
        tcp: builtin::TcpLimits {
            connections: 10,
            connections_per_client: 10,
            idle: std::time::Duration::from_secs(5),
        },
        rate_limit: None,
        allow_transfer: Vec::new(),
        allow_update: Vec::new(),
        notify: Vec::new(),
        tsig_keys: Vec::new(),
        catalog_zone: None,
        follow: builtin::Follow::OwnZone,
    };
    let reader = Builtin::open("reader".parse().unwrap(), settings);
    let address = reader.addresses()[0];
    let server = reader.clone();
    tokio::spawn(async move { server.run(Arc::new(|_| {})).await });
    (reader, address)
}

fn read_by(server: &Mariadb, dns_address: Vec<SocketAddr>, plugin: Plugin) -> CorednsMysql {
    let settings = Settings {
        dns_address,
        plugin,
        ..server.settings()
    };
    CorednsMysql::new("db".parse().unwrap(), settings)
}

#[tokio::test]
async fn a_zone_that_readers_answer_wrong_though_its_rows_are_right_is_given_a_new_version() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let (reader, address) = reader().await;
    let (zone, stale) = (
        zone("a.example", 1, "www A 192.0.2.1\n@ NSEC3PARAM 1 0 0 -\n"),
        zone("a.example", 1, "www A 192.0.2.9\n"),
    );
    let backend = read_by(&server, vec![address], Plugin::Dadns);
    applied(put(&backend, &zone).await);
    applied(put(&reader, &stale).await);
    let before = newest(&server).await;
    unchanged(put(&backend, &zone).await);
    let Served::RRsets(Answers { rrsets, wrong, .. }) = every_rrset(&backend, &zone).await else {
        panic!("it was asked");
    };
    let told: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    let expected = format!("www.a.example. A: {address} answers without 192.0.2.1, with 192.0.2.9");
    // Not for what the plugin is known not to serve.
    assert_eq!((rrsets, told), (3, vec![expected]));
    unchanged(put(&backend, &zone).await);
    applied(rewrite(&backend, &zone).await);
    assert!(newest(&server).await > before);
    unchanged(put(&backend, &zone).await);

    applied(put(&reader, &zone).await);
    let right = Served::RRsets(Answers {
        rrsets: 3,
        wrong: Vec::new(),
        wrong_count: 0,
    });
    assert_eq!(every_rrset(&backend, &zone).await, right);
    unchanged(put(&backend, &zone).await);

    // What the other plugin answers verifies nothing but the serial, and a new version tells it nothing.
    let extend = read_by(&server, vec![address], Plugin::MysqlExtend);
    assert_eq!(every_rrset(&extend, &zone).await, Served::Serial(1));
    unchanged(rewrite(&extend, &zone).await);
    let unread = read_by(&server, Vec::new(), Plugin::Dadns);
    assert_eq!(every_rrset(&unread, &zone).await, Served::NotAsked);
}

#[tokio::test]
async fn a_silent_reader_hides_no_wrong_answer_of_another_and_is_no_fault_of_the_database() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let (reader, address) = reader().await;
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let nobody = silent.local_addr().unwrap();
    drop(silent);
    let backend = read_by(&server, vec![nobody, address], Plugin::Dadns);
    let right = zone("a.example", 1, "");
    applied(put(&reader, &right).await);
    let Served::Silent(told) = every_rrset(&backend, &right).await else {
        panic!("one is silent");
    };
    assert!(
        told.contains(&nobody.to_string()) && told.contains("a.example"),
        "{told}"
    );
    let other = zone("a.example", 1, "www A 192.0.2.1\n");
    let Served::RRsets(Answers { wrong, .. }) = every_rrset(&backend, &other).await else {
        panic!("it was asked");
    };
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_change_in_rows_is_no_longer_answered_once_it_is_repaired() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let zone = zone("a.example", 1, "www A 192.0.2.1\n");
    applied(put(&server.backend(), &zone).await);
    let edit = |data: &str| {
        format!("USE coredns; UPDATE records SET data = '{data}' WHERE hostname = 'www'")
    };
    // CoreDNS loads what was edited, and then the rows are as before, under the same version.
    server.sql(&edit("192.0.2.9")).await;
    let Some(coredns) = Coredns::start(&server).await else {
        return;
    };
    server.sql(&edit("192.0.2.1")).await;
    let backend = read_by(&server, vec![coredns.dns], Plugin::Dadns);
    unchanged(put(&backend, &zone).await);
    answered_wrong(&backend, &zone, 1).await;
    applied(rewrite(&backend, &zone).await);
    answered_wrong(&backend, &zone, 0).await;

    server.sql(&edit("192.0.2.9")).await;
    applied(put(&backend, &zone).await);
    answered_wrong(&backend, &zone, 0).await;
    server
        .sql("USE coredns; DELETE FROM records; DELETE FROM zones; DELETE FROM dadns_changes WHERE zone_name <> ''")
        .await;
    applied(put(&backend, &zone).await);
    answered_wrong(&backend, &zone, 0).await;
}
