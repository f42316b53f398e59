//! Measurements, not run unless asked for: `just bench-mysql`.

use std::time::Instant;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn speed() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = server.backend();
    backend.probe().await.unwrap();
    let records: String = (0..13).map(|n| format!("h{n} A 192.0.2.{n}\n")).collect();
    let zones = |serial| -> Vec<Zone> {
        (0..1000)
            .map(|n| zone(&format!("zone-{n}.example"), serial, &records))
            .collect()
    };
    let (first, second) = (zones(1), zones(2));
    timed(&backend, "1,000 new zones of 15 records", &first).await;
    timed(&backend, "the same again", &first).await;
    timed(&backend, "their serials changed", &second).await;

    let start = Instant::now();
    let names: Vec<_> = second.iter().map(|zone| zone.name().clone()).collect();
    for (read, zone) in backend.read(&names).await.into_iter().zip(&second) {
        assert_eq!(read.unwrap().unwrap(), *zone);
    }
    println!("{:40} {:8.1} ms", "1,000 zones read back", millis(start));
}

async fn timed(backend: &CorednsMysql, what: &str, zones: &[Zone]) {
    let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    let start = Instant::now();
    let results = backend.apply(&batch).await;
    println!("{what:40} {:8.1} ms", millis(start));
    let failed = |result: &&ZoneResult| result.written().is_none();
    assert_eq!(
        results
            .iter()
            .find(failed)
            .map(|result| format!("{result:?}")),
        None
    );
}

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
