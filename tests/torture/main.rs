//! Torture: what the gateway has to survive. A folder for each kind; its tests are short in CI.
//!
//! `just torture` runs all kinds for long, `just torture KIND AMOUNT` one kind for as long as you say. By hand:
//! `DADNS_TEST_TORTURE=long`, or a number; `DADNS_TEST_TORTURE_SEED=N` repeats what was random, as far as that goes.

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

mod clients;
mod dns;
mod host;
mod hostile;
mod keep_alive;
mod power_loss;
mod rounds;
mod soak;
mod starved;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much of a kind is run, in its own unit: rounds, seconds.
fn amount(short: u64, long: u64) -> u64 {
    match std::env::var("DADNS_TEST_TORTURE").as_deref() {
        Err(_) | Ok("") => short,
        Ok("long") => long,
        Ok(amount) => amount
            .parse()
            .expect("DADNS_TEST_TORTURE is long, or a number"),
    }
}

/// Where what is random begins. It is printed, so that a failure can be repeated.
fn seed() -> u64 {
    let seed = std::env::var("DADNS_TEST_TORTURE_SEED").ok();
    let seed = seed.map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("DADNS_TEST_TORTURE_SEED={seed}");
    seed
}

/// Keeps others from running as long as it is there: a kind would be measured with the load of another.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // What failed before does not matter to the next.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
