//! Measurements, not run unless asked for: `just bench-mysql`.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::*;

/// How many zones go in one batch.
const BATCH: usize = 1000;

/// The records of a zone as a DirectAdmin server pushes it, besides SOA and NS.
fn records() -> String {
    let mut records = String::from("@ A 192.0.2.10\n@ MX 10 mail\n@ TXT \"v=spf1 a mx ~all\"\n");
    for name in ["ftp", "mail", "ns1", "ns2", "pop", "smtp", "www"] {
        records.push_str(&format!("{name} A 192.0.2.10\n"));
    }
    let (one, two) = ("M".repeat(180), "Q".repeat(200));
    records.push_str("_dmarc TXT \"v=DMARC1; p=none; rua=mailto:spam@example.net\"\n");
    records.push_str(&format!(
        "x._domainkey TXT \"v=DKIM1; k=rsa; p={one}\" \"{two}\"\n"
    ));
    records.extend((0..8).map(|n| format!("h{n} A 198.51.100.{n}\n")));
    records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn speed() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let count: usize = std::env::var("ZONES").map_or(5000, |count| count.parse().unwrap());
    let backend = server.backend();
    backend.probe().await.unwrap();
    let records = records();
    let zones = |serial| -> Vec<Zone> {
        (0..count)
            .map(|n| zone(&format!("zone-{n}.example"), serial, &records))
            .collect()
    };
    let (first, second) = (zones(1), zones(2));
    let rows = first[0].record_count();
    let batches =
        |zones: &[Zone]| -> Vec<Vec<Zone>> { zones.chunks(BATCH).map(<[Zone]>::to_vec).collect() };
    let (first, second) = (batches(&first), batches(&second));
    println!("{count} zones of {rows} records, {BATCH} a batch:");
    println!(
        "what                   zones/s     rows/s  round trips  CPU of us and of the server, µs a zone"
    );
    for (what, batches) in [
        ("new zones", &first),
        ("the same again", &first),
        ("changed serials", &second),
    ] {
        let timing = Timing::start(&server, &backend);
        for batch in batches {
            let batch: Vec<_> = batch.iter().map(ZoneChange::Put).collect();
            written(&backend.apply(&batch).await);
        }
        timing.print(what, count, rows, batches.len());
    }
    for (what, slice) in [("read back", BATCH), ("read back, 64 at once", 64)] {
        let timing = Timing::start(&server, &backend);
        let mut asked = 0;
        for zones in second.iter().flat_map(|batch| batch.chunks(slice)) {
            let names: Vec<_> = zones.iter().map(|zone| zone.name().clone()).collect();
            for (read, zone) in backend.read(&names).await.into_iter().zip(zones) {
                assert_eq!(read.unwrap().unwrap(), *zone);
            }
            asked += 1;
        }
        timing.print(what, count, rows, asked);
    }
    let timing = Timing::start(&server, &backend);
    for batch in &second {
        let batch: Vec<_> = batch
            .iter()
            .map(|zone| ZoneChange::Remove(zone.name()))
            .collect();
        written(&backend.apply(&batch).await);
    }
    timing.print("removals", count, rows, second.len());
}

fn written(results: &[ZoneResult]) {
    let failed = results.iter().find(|result| result.written().is_none());
    assert_eq!(failed.map(|result| format!("{result:?}")), None);
}

/// What something costs.
struct Timing<'t> {
    server: &'t Mariadb,
    backend: &'t CorednsMysql,
    start: Instant,
    round_trips: u64,
    cpu: [u64; 2],
}

impl<'t> Timing<'t> {
    fn start(server: &'t Mariadb, backend: &'t CorednsMysql) -> Self {
        Self {
            server,
            backend,
            start: Instant::now(),
            round_trips: backend.pool.round_trips.load(Ordering::Relaxed),
            cpu: cpu(server),
        }
    }

    fn print(&self, what: &str, zones: usize, rows: usize, batches: usize) {
        let seconds = self.start.elapsed().as_secs_f64();
        let asked = self.backend.pool.round_trips.load(Ordering::Relaxed) - self.round_trips;
        let per_zone = |at: usize| (cpu(self.server)[at] - self.cpu[at]) * 10_000 / zones as u64;
        println!(
            "{what:22} {:7.0} {:10.0} {:6.1} a batch  {:4} {:4}",
            zones as f64 / seconds,
            (zones * rows) as f64 / seconds,
            asked as f64 / batches as f64,
            per_zone(0),
            per_zone(1),
        );
    }
}

/// The CPU time that we and the server have taken, in hundredths of a second.
fn cpu(server: &Mariadb) -> [u64; 2] {
    ["self".to_owned(), server.process().to_string()].map(|process| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields = fields.split(' ').skip(11).take(2);
        fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    })
}
