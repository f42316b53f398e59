//! Clients that people already use for records and certificates, against a gateway that is pushed to meanwhile:
//! nothing of the client's may be lost. `tests/clients` installs them.
//!
//! With `DADNS_TEST_TOOLS_AGAINST=powerdns` they run against PowerDNS instead, which shows whether a test that fails
//! is right about the client.

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

mod acme;
mod ansible;
mod client;
mod external_dns;
mod octodns;
mod pebble;
mod powerdns;
mod powerdns_cli;
mod registry;
mod storm;
mod swagger;
mod world;
