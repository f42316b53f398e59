//! A database that several nodes share: nobody writes whom another has overtaken.

use super::*;
use crate::BackendError;
use crate::coredns_mysql::fault::Kind;
use crate::coredns_mysql::owner::Fence;
use crate::coredns_mysql::{Settings, reading};

/// Puts zones by the writer of this fence.
async fn put_by(backend: &CorednsMysql, fence: u64, zones: &[Zone]) -> Vec<ZoneResult> {
    let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    backend.fenced().unwrap().apply(fence, &batch).await
}

fn is_overtaken(result: &ZoneResult) -> bool {
    matches!(
        result,
        ZoneResult::Unavailable(BackendError::Overtaken { .. })
    )
}

#[tokio::test]
async fn a_database_refuses_a_writer_that_another_has_overtaken() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    crate::conformance::fenced(&server.backend(), &server.backend()).await;
    let rows = "SELECT CONCAT_WS(' ', feed, fence) FROM dadns_owner";
    assert_eq!(server.column(rows).await, ["dadns_changes 10"]);
}

#[tokio::test]
async fn a_transaction_that_slept_through_a_takeover_is_not_committed() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let (old, new) = (server.backend(), server.backend());
    let one = [zone("one.example", 1, "")];
    assert!(!is_overtaken(&put_by(&old, 5, &one).await[0]));
    // As one that adds zones begins: it has written, and falls asleep before it tells the change feed.
    let mut asleep = old.pool.session().await.unwrap();
    let begun = "START TRANSACTION; INSERT INTO zones (zone_name) VALUES ('late.example.')";
    asleep.ask(begun.into()).await.unwrap();
    let two = [zone("one.example", 2, "")];
    assert!(!is_overtaken(&put_by(&new, 6, &two).await[0]));

    let fence = Fence::new(&old.settings, 5);
    let woken = reading::lock_feed(&mut asleep, &old.settings.tables, Some(&fence)).await;
    let fault = woken.unwrap_err();
    assert_eq!(fault.kind, Kind::Overtaken);
    assert!(fault.cause.contains("another node took over"), "{fault:?}");
    assert!(
        fault.cause.contains("DELETE FROM `dadns_owner`"),
        "{fault:?}"
    );
    drop(asleep);
    assert_eq!(
        server.column("SELECT zone_name FROM zones").await,
        ["one.example."]
    );
}

#[tokio::test]
async fn a_takeover_waits_for_what_was_let_through_before_it() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let (old, new) = (server.backend(), server.backend());
    let one = [zone("one.example", 1, "")];
    assert!(!is_overtaken(&put_by(&old, 5, &one).await[0]));
    let mut under_way = old.pool.session().await.unwrap();
    let tables = &old.settings.tables;
    let fence = Fence::new(&old.settings, 5);
    under_way.ask("START TRANSACTION".into()).await.unwrap();
    reading::lock_feed(&mut under_way, tables, Some(&fence))
        .await
        .unwrap();
    let two = [zone("one.example", 2, "")];
    let mut takeover = std::pin::pin!(put_by(&new, 6, &two));
    let waiting = "SELECT COUNT(*) FROM information_schema.INNODB_LOCK_WAITS";
    let is_waiting = async {
        while server.column(waiting).await != ["1"] {
            // The server looks at its locks anew only if nobody has asked for a tenth of a second.
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        }
    };
    tokio::select! {
        put = &mut takeover => panic!("it went on: {put:?}"),
        () = is_waiting => {}
    }
    under_way.ask("COMMIT".into()).await.unwrap();
    under_way.done();
    assert!(!is_overtaken(&takeover.await[0]));
}

#[tokio::test]
async fn new_zones_of_an_overtaken_writer_leave_nothing_behind() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let (old, new) = (server.backend(), server.backend());
    let one = [zone("one.example", 1, "")];
    assert!(!is_overtaken(&put_by(&old, 1, &one).await[0]));
    assert!(!is_overtaken(&put_by(&new, 2, &one).await[0]));
    // So many that they go by transactions that add.
    let names = (0..64).map(|at| format!("new{at}.example"));
    let many: Vec<_> = names.map(|name| zone(&name, 1, "")).collect();
    let put = put_by(&old, 1, &many).await;
    assert!(put.iter().all(is_overtaken), "{put:?}");
    assert_eq!(
        server.column("SELECT zone_name FROM zones").await,
        ["one.example."]
    );
}

#[tokio::test]
async fn a_database_that_is_not_shared_has_no_table_of_the_fence() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    applied(put(&backend, &zone("a.example", 1, "")).await);
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'coredns' ORDER BY table_name";
    assert_eq!(
        server.column(tables).await,
        ["dadns_changes", "records", "zones"]
    );
}

#[tokio::test]
async fn a_shared_database_whose_table_of_the_fence_is_missing_says_what_to_run() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    server.backend().probe().await.unwrap();
    let settings = Settings {
        manage_schema: false,
        ..server.settings()
    };
    let backend = CorednsMysql::new("db".parse().unwrap(), settings);
    let zones = [zone("a.example", 1, "")];
    let told = match &put_by(&backend, 1, &zones).await[0] {
        ZoneResult::Unavailable(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(told.contains("there is no table dadns_owner"), "{told}");
    let statement = told.split('"').nth(1).unwrap().to_owned();
    server.sql(&format!("USE coredns; {statement}")).await;
    assert!(!is_overtaken(&put_by(&backend, 1, &zones).await[0]));
    // Removed behind its back, the fence is brought anew.
    server.sql("USE coredns; DELETE FROM dadns_owner").await;
    put_by(&backend, 1, &[zone("a.example", 2, "")]).await;
    let put = put_by(&backend, 1, &[zone("a.example", 3, "")]).await;
    assert!(matches!(put[0], ZoneResult::Unverified { .. }), "{put:?}");
}
