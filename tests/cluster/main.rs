//! Several nodes as operators run them: three members of etcd, three gateways, and what goes wrong between them.

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
#[allow(dead_code)]
#[path = "../torture/dns.rs"]
mod dns;
#[allow(dead_code)]
#[path = "../torture/rounds/model.rs"]
mod model;
#[allow(dead_code)]
#[path = "../torture/rounds/text.rs"]
mod text;

mod history;
mod proxies;
