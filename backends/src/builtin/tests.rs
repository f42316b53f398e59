//! The built-in server keeps the contract of a backend.

use std::sync::Arc;

use dadns_zone::testing::zone;

use super::*;

/// A server that answers.
fn running() -> Builtin {
    let settings = Settings {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        version: None,
        tcp: TcpLimits {
            connections: 100,
            connections_per_client: 50,
            idle: Duration::from_secs(5),
        },
        rate_limit: None,
        allow_transfer: Vec::new(),
        allow_update: Vec::new(),
        notify: Vec::new(),
        tsig_keys: Vec::new(),
        catalog_zone: None,
        follow: Follow::OwnZone,
    };
    let builtin = Builtin::open("builtin".parse().unwrap(), settings);
    let server = builtin.clone();
    tokio::spawn(async move { server.run(Arc::new(|_| {})).await });
    builtin
}

#[tokio::test(flavor = "multi_thread")]
async fn the_builtin_server_keeps_the_contract() {
    crate::conformance::all(&running()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_builtin_server_takes_several_batches_at_once() {
    let builtin = running();
    crate::conformance::shared(|| Arc::new(builtin.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures and prints; nothing to check"]
async fn speed_of_answers() {
    let builtin = running();
    let records: String = (0..13).map(|n| format!("h{n} A 192.0.2.{n}\n")).collect();
    let zones: Vec<Zone> = (0..2000)
        .map(|n| zone(&format!("zone-{n}.example"), 1, &records))
        .collect();
    zones.iter().for_each(|zone| builtin.load(zone).unwrap());
    crate::testing::time_answers(Arc::new(builtin), zones).await;
}
