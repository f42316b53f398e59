//! The gateway as its users meet it: the binary, a configuration file, real daemons.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Each test target uses a part of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod builtin;
mod cli;
mod delivery;
mod directadmin;
mod door;
mod hostile;
mod removing;
mod saving;
mod secondaries;
mod takeover;
mod trouble;
