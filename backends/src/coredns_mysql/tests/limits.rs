//! Statements at the limits of their size, and what fails in the middle of them.

use super::*;

/// Puts all of `zones`: each is written and read back as it was written.
async fn put_all(backend: &CorednsMysql, zones: &[Zone]) {
    let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    backend.apply(&batch).await.into_iter().for_each(applied);
    read_all(backend, zones).await;
}

async fn read_all(backend: &CorednsMysql, zones: &[Zone]) {
    let names: Vec<_> = zones.iter().map(|zone| zone.name().clone()).collect();
    for (read, zone) in backend.read(&names).await.into_iter().zip(zones) {
        assert_eq!(read.unwrap().as_ref(), Some(zone));
    }
}

async fn remove_all(backend: &CorednsMysql, zones: &[Zone]) {
    let batch: Vec<_> = zones
        .iter()
        .map(|zone| ZoneChange::Remove(zone.name()))
        .collect();
    backend.apply(&batch).await.into_iter().for_each(applied);
    assert!(backend.list().await.unwrap().is_empty());
}

fn small(count: usize, serial: u32) -> Vec<Zone> {
    let zones = (0..count).map(|n| zone(&format!("z{n}.example"), serial, "www A 192.0.2.1\n"));
    zones.collect()
}

/// A record that takes about so many octets.
fn long(octets: usize) -> String {
    let string = format!(" \"{}\"", "x".repeat(250));
    format!("long TXT{}\n", string.repeat(octets / 253))
}

#[tokio::test]
async fn statements_fit_into_the_packets_that_the_server_takes() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    server.sql("SET GLOBAL max_allowed_packet = 4096").await;
    let backend = server.backend();
    for serial in 1..=2 {
        let mut zones = small(300, serial);
        let name = "l".repeat(60);
        let name = format!("{name}.{name}.{name}.example");
        zones.push(zone(&name, serial, &long(3000)));
        put_all(&backend, &zones).await;
    }
    let mut zones = small(300, 3);
    zones[42] = zone("z42.example", 3, &long(5000));
    let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    let mut results = backend.apply(&batch).await;
    let ZoneResult::Refused(reasons) = results.remove(42) else {
        panic!("its record is longer than a packet");
    };
    let [reason] = reasons.as_slice() else {
        panic!("{reasons:?}");
    };
    let told = reason.to_string();
    for part in ["z42.example", "long TXT", "max_allowed_packet", "4096"] {
        assert!(told.contains(part), "{told}");
    }
    results.into_iter().for_each(applied);
    let before = backend.read_one(zones[42].name()).await.unwrap().unwrap();
    assert_eq!(before.serial(), 2, "what was there before is untouched");
}

#[tokio::test]
async fn a_zone_of_70_000_rows_is_added_changed_and_removed_with_others() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    let big = |serial: u32, last: u8| {
        let hosts = (0..70_000).map(|n| format!("h{n} A 198.51.{}.{}\n", n >> 8 & 255, n & 255));
        let records: String = hosts.collect();
        zone(
            "big.example",
            serial,
            &format!("{records}last A 192.0.2.{last}\n"),
        )
    };
    let mut zones = small(20, 1);
    zones.insert(7, big(1, 1));
    put_all(&backend, &zones).await;
    let count = "SELECT COUNT(*) FROM records";
    assert_eq!(server.column(count).await, ["70063"]);
    let ids = "SELECT SUM(CRC32(id)) FROM records WHERE hostname LIKE 'h%'";
    let before = server.column(ids).await;
    zones[7] = big(2, 2);
    applied(put(&backend, &zones[7]).await);
    read_all(&backend, &zones).await;
    assert_eq!(server.column(ids).await, before, "rows that are right stay");
    remove_all(&backend, &zones).await;
    assert_eq!(server.column(count).await, ["0"]);
}

#[tokio::test]
async fn a_record_refused_in_the_middle_of_many_zones_is_told_of_its_zone_alone() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    backend.probe().await.unwrap();
    server
        .sql("USE coredns; ALTER TABLE records ADD CHECK (data <> '192.0.2.66')")
        .await;
    // At first all are new, and then all are there.
    for serial in 1..=2 {
        let mut zones = small(300, serial);
        zones[200] = zone("z200.example", serial, "a A 192.0.2.65\nb A 192.0.2.66\n");
        let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
        let results = backend.apply(&batch).await;
        for (result, zone) in results.into_iter().zip(&zones) {
            match result {
                ZoneResult::Refused(reasons) => {
                    assert_eq!(zone.name().as_str(), "z200.example");
                    assert_eq!(reasons.len(), 1, "{reasons:?}");
                    assert_eq!(reasons[0].record, "z200.example.");
                }
                other => applied(other),
            }
        }
        let bad = backend.read_one(zones[200].name()).await.unwrap();
        assert_eq!(bad, None, "nothing of it is left");
        zones.remove(200);
        read_all(&backend, &zones).await;
    }
}

#[tokio::test]
async fn gateways_that_add_the_same_zones_at_once_leave_each_whole() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    for round in 0..3 {
        let writers = [1, 2].map(|writer: u32| {
            let backend = server.backend();
            tokio::spawn(async move {
                let records = format!("w A 192.0.2.{writer}\nv A 192.0.2.{writer}\n");
                let mut zones: Vec<Zone> = (0..300)
                    .map(|n| zone(&format!("z{n}.r{round}.example"), writer, &records))
                    .collect();
                if writer == 2 {
                    zones.reverse();
                }
                let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
                backend.apply(&batch).await.into_iter().for_each(applied);
            })
        });
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let backend = server.backend();
    let names: Vec<_> = backend.list().await.unwrap().into_iter().collect();
    assert_eq!(names.len(), 900);
    for zone in backend.read(&names).await {
        let zone = zone.unwrap().unwrap();
        let address = format!("192.0.2.{}", zone.serial());
        assert_eq!(zone.to_string().matches(&address).count(), 2, "{zone}");
        assert_eq!(zone.record_count(), 4, "{zone}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_the_feed_misses_no_zone_and_sees_none_by_half() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    backend.probe().await.unwrap();
    let zones = small(2000, 1);
    let writing = tokio::spawn(async move {
        let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
        backend.apply(&batch).await.into_iter().for_each(applied);
    });
    let (mut newest, mut seen, mut polls) = (0_u64, 0, 0);
    loop {
        let last = writing.is_finished();
        let news = format!(
            "SELECT CONCAT(version, ' ', (SELECT COUNT(*) FROM records r WHERE r.zone_id = c.zone_id)) \
             FROM dadns_changes c WHERE version > {newest} AND zone_name <> '' ORDER BY version"
        );
        for line in server.column(&news).await {
            let (version, rows) = line.split_once(' ').unwrap();
            assert_eq!(rows, "3");
            newest = version.parse().unwrap();
            seen += 1;
        }
        polls += 1;
        if last {
            break;
        }
    }
    writing.await.unwrap();
    assert_eq!(seen, 2000);
    assert!(polls > 2, "it was read while it was written");
}

#[tokio::test]
async fn connections_that_added_zones_look_up_foreign_keys_again() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    put_all(&backend, &small(600, 1)).await;
    let mut sessions = Vec::new();
    for _ in 0..backend.settings.pool_size {
        let mut session = backend.pool.session().await.unwrap();
        let insert =
            "INSERT INTO records (zone_id, hostname, type, data) VALUES (999999, '@', 'A', '')";
        let refused = session.ask(insert.to_owned()).await.unwrap_err();
        assert!(refused.cause.contains("1452"), "{refused:?}");
        sessions.push(session);
    }
}
