//! What goes wrong on the way to the database and in it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::*;
use crate::coredns_mysql::{Password, Settings, Tls};

/// A way to `server` that is cut each time when it has passed a commit on, and before the answer
/// comes back, as often as it is told to.
async fn cutting(server: &Mariadb, times: usize) -> (Settings, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = Settings {
        port: listener.local_addr().unwrap().port(),
        tls: Tls::Off,
        ..server.settings()
    };
    let (port, left) = (server.port, Arc::new(Mutex::new(times)));
    let counter = Arc::clone(&left);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(relay(client, server, Arc::clone(&counter)));
        }
    });
    (settings, left)
}

async fn relay(client: TcpStream, server: TcpStream, left: Arc<Mutex<usize>>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 1 << 16];
    while let Ok(len @ 1..) = from_client.read(&mut buffer).await {
        let commit = buffer[..len].windows(6).any(|octets| octets == b"COMMIT");
        let mut left = left.lock().await;
        if commit && *left > 0 {
            *left -= 1;
            back.abort();
            to_server.write_all(&buffer[..len]).await.unwrap();
            return;
        }
        to_server.write_all(&buffer[..len]).await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_out() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let (settings, left) = cutting(&server, 2).await;
    let backend = CorednsMysql::new("db".parse().unwrap(), settings);
    backend.probe().await.unwrap();
    for serial in 1..=2 {
        let zone = zone("a.example", serial, "");
        applied(put(&backend, &zone).await);
        assert_eq!(backend.read_one(zone.name()).await.unwrap(), Some(zone));
    }
    assert_eq!(*left.lock().await, 0, "both commits were cut off");
    // Each was written once: a second time would have been a second version.
    let versions = "SELECT COUNT(*) FROM records WHERE type = 'SOA'";
    assert_eq!(server.column(versions).await, ["1"]);
}

#[tokio::test]
async fn a_server_that_was_restarted_or_killed_is_connected_to_again() {
    let Some(mut server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    let zone = zone("a.example", 1, "");
    applied(put(&backend, &zone).await);
    server.kill();
    let told = unavailable(put(&backend, &zone).await);
    assert!(
        told.contains("database coredns at 127.0.0.1") && told.contains("refused"),
        "{told}"
    );
    assert!(backend.probe().await.is_err());
    server.run().await;
    backend.probe().await.unwrap();
    assert_eq!(
        backend.read_one(zone.name()).await.unwrap().as_ref(),
        Some(&zone)
    );
    unchanged(put(&backend, &zone).await);
}

#[tokio::test]
async fn idle_connections_that_the_server_has_closed_do_no_harm() {
    let Some(mut server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    let zone = zone("a.example", 1, "");
    applied(put(&backend, &zone).await);
    server.kill();
    server.run().await;
    assert_eq!(
        backend.read_one(zone.name()).await.unwrap().as_ref(),
        Some(&zone)
    );
    unchanged(put(&backend, &zone).await);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let settings = Settings {
        timeout: Duration::from_millis(200),
        connect_timeout: Duration::from_millis(200),
        ..server.settings()
    };
    let backend = CorednsMysql::new("db".parse().unwrap(), settings);
    let zone = zone("a.example", 1, "");
    applied(put(&backend, &zone).await);
    server.signal("STOP");
    let start = Instant::now();
    let told = unavailable(put(&backend, &zone).await);
    assert!(told.contains("no answer within 200 ms"), "{told}");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    server.signal("CONT");
    backend.probe().await.unwrap();
    unchanged(put(&backend, &zone).await);
}

#[tokio::test]
async fn who_may_not_log_in_is_told_so_without_the_password() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let settings = Settings {
        password: Password("wrong-secret".into()),
        ..server.settings()
    };
    let backend = CorednsMysql::new("db".parse().unwrap(), settings);
    let told = backend.probe().await.unwrap_err().to_string();
    assert!(told.contains("Access denied"), "{told}");
    assert!(!format!("{told} {backend:?} {}", backend.describe()).contains("wrong-secret"));
}

#[tokio::test]
async fn a_server_that_takes_nothing_is_unavailable() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    applied(put(&backend, &zone("a.example", 1, "")).await);
    server.sql("SET GLOBAL read_only = 1").await;
    let told = backend.probe().await.unwrap_err().to_string();
    assert!(told.contains("read_only"), "{told}");
    unavailable(put(&backend, &zone("a.example", 2, "")).await);
    server.sql("SET GLOBAL read_only = 0").await;
    applied(put(&backend, &zone("a.example", 2, "")).await);
}

#[tokio::test]
async fn rows_that_others_change_are_put_right_and_read_as_they_are() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    let zone = zone("a.example", 1, "www A 192.0.2.1\n");
    applied(put(&backend, &zone).await);
    for statement in [
        "UPDATE records SET data = '192.0.2.9' WHERE hostname = 'www'",
        "UPDATE records SET online = 0 WHERE hostname = 'www'",
        "DELETE FROM records WHERE hostname = 'www'",
        "INSERT INTO records (zone_id, hostname, type, data, ttl, online) \
         SELECT id, 'x', 'A', '192.0.2.3\\n$INCLUDE /etc/passwd', 60, 1 FROM zones",
        "UPDATE zones SET zone_name = 'b.example.'",
    ] {
        server.sql(&format!("USE coredns; {statement}")).await;
        assert_ne!(
            backend.read_one(zone.name()).await.ok().flatten().as_ref(),
            Some(&zone),
            "{statement}"
        );
        applied(put(&backend, &zone).await);
        assert_eq!(
            backend.read_one(zone.name()).await.unwrap().as_ref(),
            Some(&zone),
            "{statement}"
        );
    }
}

#[tokio::test]
async fn two_writers_at_once_leave_each_zone_whole() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let writers = [1, 2].map(|writer: u32| {
        let backend = server.backend();
        tokio::spawn(async move {
            for round in 0..10 {
                let zones: Vec<Zone> = (0..20)
                    .map(|n| {
                        let records = format!("w A 192.0.2.{writer}\nv A 192.0.2.{writer}\n");
                        zone(&format!("z{n}.example"), round * 2 + writer, &records)
                    })
                    .collect();
                let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
                for result in backend.apply(&batch).await {
                    assert!(result.written().is_some(), "{result:?}");
                }
            }
        })
    });
    for writer in writers {
        writer.await.unwrap();
    }
    let backend = server.backend();
    for name in backend.list().await.unwrap() {
        let zone = backend.read_one(&name).await.unwrap().unwrap();
        assert_eq!(zone.record_count(), 4, "{zone}");
        let writer = zone.serial() % 2;
        let address = format!("192.0.2.{}", 2 - writer);
        assert_eq!(zone.to_string().matches(&address).count(), 2, "{zone}");
    }
}
