//! The gateway as its users meet it: the binary, a configuration file, real daemons.

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

mod bind;
mod builtin;
mod child;
mod cli;
mod container;
mod databases;
mod delivery;
mod directadmin;
mod door;
mod drift;
mod guard;
mod hostile;
mod import;
mod masters;
mod metrics;
mod misunderstood;
mod old_store;
mod origins;
mod past;
mod reconcile;
mod refused;
mod removing;
mod same_answers;
mod saving;
mod secondaries;
mod shared;
mod signed;
mod takeover;
mod tokens;
mod trouble;
