//! The web page as a reader has it: in Chromium, against the binary, with scripts and without.
//!
//! `DADNS_TEST_PICTURES=1` has [`pages`] write what it sees into `docs/web`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Each test target uses a part of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod chromium;
mod conflicts;
mod minute;
mod pages;
mod updates;

use support::gateway::Gateway;

/// A zone with an address.
fn zone(address: &str) -> String {
    format!(
        "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.200\nwww A {address}\n\
         @ MX 10 mail\nmail A 192.0.2.25\n@ TXT \"v=spf1 mx -all\"\n"
    )
}

/// The built-in server, on a free port.
fn builtin() -> String {
    "    builtin:\n      type: builtin\n      enabled: true\n      listen: [\"127.0.0.1:0\"]\n"
        .to_owned()
}

/// Pushes a zone as a master does, and waits until it is verified.
fn push(gateway: &Gateway, name: &str, address: &str) {
    gateway.push(name, &zone(address));
    let waited = gateway.ask("GET", &format!("/api/v1/zones/{name}/wait"), b"");
    assert!(waited.body.contains("\"verified\":true"), "{waited:?}");
}
