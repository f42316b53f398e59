//! How long a thousand zones take. Run by hand:
//! `cargo test --release -p dadns-backends -- --ignored --nocapture speed`.

use std::time::Instant;

use super::daemon::Named;
use super::*;
use crate::dns::Authority;

const RECORDS: &str = "www A 192.0.2.1\nmail A 192.0.2.2\n@ A 192.0.2.1\n@ MX 10 mail\nftp CNAME www\n\
    @ TXT \"v=spf1 a mx ip4:192.0.2.1 ~all\"\n_dmarc TXT \"v=DMARC1; p=none\"\nsmtp A 192.0.2.2\npop A 192.0.2.2\n\
    @ AAAA 2001:db8::1\nwww AAAA 2001:db8::1\n";

pub(super) fn zones(from: usize, count: usize, serial: u32) -> Vec<Zone> {
    (from..from + count)
        .map(|number| zone(&format!("zone-{number}.example"), serial, RECORDS))
        .collect()
}

async fn timed(bind: &Bind, what: &str, batch: &[ZoneChange<'_>]) {
    let start = Instant::now();
    let results = bind.apply(batch).await;
    let took = start.elapsed();
    let failed = results
        .iter()
        .filter(|result| result.written().is_none())
        .count();
    let unchanged = results
        .iter()
        .filter(|result| result.written() == Some(false))
        .count();
    println!(
        "{what:40} {:8.1} ms  ({failed} failed, {unchanged} unchanged)",
        took.as_secs_f64() * 1000.0
    );
    assert_eq!(failed, 0);
}

fn puts(zones: &[Zone]) -> Vec<ZoneChange<'_>> {
    zones.iter().map(ZoneChange::Put).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures and prints; nothing to check"]
async fn speed() {
    let Some(mut named) = Named::prepare(INCLUDE) else {
        return;
    };
    let bind = named.open().unwrap();
    named.run().await;
    let first = zones(0, 1000, 1);
    timed(&bind, "1,000 new zones, none before", &puts(&first)).await;
    let start = Instant::now();
    served(&bind, first[999].name(), Served::Serial(1)).await;
    println!(
        "{:40} {:8.1} ms",
        "… until the last of them is served",
        start.elapsed().as_secs_f64() * 1000.0
    );
    timed(&bind, "1,000 unchanged zones", &puts(&first)).await;
    timed(&bind, "1,000 changed zones", &puts(&zones(0, 1000, 2))).await;
    timed(&bind, "1 changed zone", &puts(&zones(0, 1, 3))).await;
    timed(&bind, "2,000 more new zones", &puts(&zones(1000, 2000, 1))).await;
    timed(&bind, "1 new zone among 3,000", &puts(&zones(3000, 1, 1))).await;
    timed(&bind, "7,000 more new zones", &puts(&zones(3001, 6999, 1))).await;
    timed(
        &bind,
        "1 new zone among 10,000",
        &puts(&zones(10_000, 1, 1)),
    )
    .await;
    timed(
        &bind,
        "1,000 changed zones among 10,000",
        &puts(&zones(1000, 1000, 2)),
    )
    .await;

    let rndc = bind.rndc.as_ref().unwrap();
    for (command, times) in [
        ("null", 5000),
        ("reload zone-1.example. IN", 5000),
        ("reconfig", 10),
    ] {
        let start = Instant::now();
        for _ in 0..times {
            rndc.call(command).await.unwrap().unwrap();
        }
        let each = start.elapsed() / times;
        println!(
            "{command:40} {each:8.1?} each, {:.0}/s",
            1.0 / each.as_secs_f64()
        );
    }
    let last = zones(0, 1000, 2);
    let removes: Vec<_> = last
        .iter()
        .map(|zone| ZoneChange::Remove(zone.name()))
        .collect();
    timed(&bind, "1,000 removed zones among 10,000", &removes).await;

    let start = Instant::now();
    let names: Vec<_> = (1000..2000)
        .map(|number| {
            format!("zone-{number}.example")
                .parse::<ZoneName>()
                .unwrap()
        })
        .collect();
    let asked: Vec<_> = futures(&bind, &names).await;
    assert!(asked.iter().all(|served| *served == Served::Serial(2)));
    println!(
        "{:40} {:8.1} ms",
        "1,000 SOA questions at once",
        start.elapsed().as_secs_f64() * 1000.0
    );
}

async fn futures(bind: &Bind, names: &[ZoneName]) -> Vec<Served> {
    let server = bind.settings.dns_address.unwrap();
    let asked: Vec<_> = names
        .iter()
        .cloned()
        .map(|name| {
            tokio::spawn(
                async move { crate::dns::served(server, &name, Authority::Required).await },
            )
        })
        .collect();
    let mut all = Vec::new();
    for one in asked {
        all.push(one.await.unwrap().unwrap());
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures and prints; nothing to check"]
async fn speed_of_answers() {
    let Some(mut named) = Named::prepare(INCLUDE) else {
        return;
    };
    let bind = named.open().unwrap();
    named.run().await;
    let zones = zones(0, 2000, 1);
    timed(&bind, "2,000 new zones", &puts(&zones)).await;
    for zone in &zones {
        served(&bind, zone.name(), Served::Serial(1)).await;
    }
    crate::testing::time_answers(std::sync::Arc::new(bind), zones).await;
}
