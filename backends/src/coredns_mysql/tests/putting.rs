//! What is written, and what is left as it is.

use super::*;

#[tokio::test]
async fn a_database_keeps_the_contract() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    crate::conformance::all(&server.backend()).await;
}

#[tokio::test]
async fn the_same_batch_again_writes_no_row_and_rows_that_stay_keep_their_ids() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    let zones: Vec<Zone> = (0..100)
        .map(|n| {
            zone(
                &format!("z{n}.example"),
                1,
                "www A 192.0.2.1\nmail A 192.0.2.2\n",
            )
        })
        .collect();
    let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    assert!(
        backend
            .apply(&batch)
            .await
            .iter()
            .all(|result| result.written() == Some(true))
    );

    let (ids, writes) = (
        server.column("SELECT id FROM records ORDER BY id").await,
        server.writes().await,
    );
    assert_eq!(ids.len(), 400);
    assert!(
        backend
            .apply(&batch)
            .await
            .iter()
            .all(|result| result.written() == Some(false))
    );
    assert_eq!(
        server.writes().await,
        writes,
        "rows were written for unchanged zones"
    );
    assert_eq!(
        server.column("SELECT id FROM records ORDER BY id").await,
        ids
    );

    let kept = "SELECT id FROM records WHERE type <> 'SOA' AND hostname <> 'mail' ORDER BY id";
    let before = server.column(kept).await;
    applied(
        put(
            &backend,
            &zone("z7.example", 2, "www A 192.0.2.1\nmail A 192.0.2.9\n"),
        )
        .await,
    );
    assert_eq!(server.column(kept).await, before);
}
