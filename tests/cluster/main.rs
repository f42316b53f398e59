//! Several nodes as operators run them: three members of etcd, three gateways, and what goes wrong between them.
//!
//! `just cluster-torture` runs the rounds for long, `just cluster-bench` measures. By hand: `DADNS_TEST_CLUSTER=N` is
//! how many rounds, and `DADNS_TEST_CLUSTER_SEED=N` repeats what was random, as far as that goes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

// Each test target uses a part of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

// What the rounds of one node use as well.
#[allow(dead_code)]
#[path = "../torture/rounds/ask.rs"]
mod ask;
#[path = "../torture/rounds/clock.rs"]
mod clock;
#[allow(dead_code)]
#[path = "../torture/dns.rs"]
mod dns;
#[allow(dead_code)]
#[path = "../torture/rounds/model.rs"]
mod model;
#[path = "../torture/rounds/text.rs"]
mod text;

mod absent;
mod client;
mod cut;
mod edge;
mod engine;
mod failures;
mod history;
mod large;
mod measure;
mod proxies;
mod rounds;
mod services;
mod sharing;
mod world;
mod writers;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many rounds: a few, or what `DADNS_TEST_CLUSTER` says.
fn amount(short: u64, long: u64) -> u64 {
    match std::env::var("DADNS_TEST_CLUSTER").as_deref() {
        Err(_) | Ok("") => short,
        Ok("long") => long,
        Ok(amount) => amount
            .parse()
            .expect("DADNS_TEST_CLUSTER is long, or a number"),
    }
}

/// Where what is random begins. It is printed, so that a failure can be repeated.
fn seed() -> u64 {
    let seed = std::env::var("DADNS_TEST_CLUSTER_SEED").ok();
    let seed = seed.map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("DADNS_TEST_CLUSTER_SEED={seed}");
    seed
}

/// Keeps other tests from running as long as it is there: three nodes and three members are enough for a machine.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // What failed before does not matter to the next.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
