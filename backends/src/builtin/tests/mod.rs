//! The built-in server as a whole: the contract, and real clients over real sockets.

mod answers;
mod follow;
mod headers;
mod requests;
mod secondaries;
mod signatures;
mod truncation;
mod wire;

use std::time::Duration;

use super::*;

fn settings() -> Settings {
    Settings {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        version: None,
        tcp: TcpLimits {
            connections: 100,
            connections_per_client: 50,
            idle: Duration::from_secs(5),
        },
        rate_limit: None,
        allow_transfer: Vec::new(),
        notify: Vec::new(),
        tsig_keys: Vec::new(),
        catalog_zone: None,
        follow: Follow::OwnZone,
    }
}

/// A server that answers.
fn running(settings: Settings) -> Builtin {
    let builtin = Builtin::open("builtin".parse().unwrap(), settings);
    let server = builtin.clone();
    tokio::spawn(async move { server.run(Arc::new(|_| {})).await });
    builtin
}

#[tokio::test(flavor = "multi_thread")]
async fn the_builtin_server_keeps_the_contract() {
    crate::conformance::all(&running(settings())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_builtin_server_takes_several_batches_at_once() {
    let builtin = running(settings());
    crate::conformance::shared(|| Arc::new(builtin.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures and prints; nothing to hold"]
async fn speed_of_answers() {
    let builtin = running(settings());
    let records: String = (0..13).map(|n| format!("h{n} A 192.0.2.{n}\n")).collect();
    let zones: Vec<Zone> = (0..2000)
        .map(|n| crate::conformance::zone(&format!("zone-{n}.example"), 1, &records))
        .collect();
    zones.iter().for_each(|zone| builtin.load(zone).unwrap());
    crate::testing::time_answers(Arc::new(builtin), zones).await;
}
