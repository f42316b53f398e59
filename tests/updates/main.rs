//! Dynamic updates (RFC 2136) with the clients that people use, against a gateway with its built-in server.

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
mod grants;
mod kea;
mod nsupdate;

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use support::builtin::Builtin;
use support::dns::NameServer;
use support::find;
use support::gateway::Gateway;

/// The secret of the keys of these tests.
pub const SECRET: &str = "c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyE=";

/// A gateway whose built-in server lets the key `name` update and transfer from this machine.
pub fn gateway(algorithm: &str, name: &str) -> (Gateway, SocketAddr) {
    gateway_with("", algorithm, name)
}

/// The same with further sections of the configuration.
pub fn gateway_with(sections: &str, algorithm: &str, name: &str) -> (Gateway, SocketAddr) {
    let builtin = Builtin::new();
    let keys = format!(
        "      tsig_keys: [\"{algorithm}:{name}:{SECRET}\", \"hmac-sha256:other:{SECRET}\"]\n      \
         allow_update: [\"127.0.0.1 {name}\"]\n      \
         allow_transfer: [\"127.0.0.1 {name}\", \"127.0.0.1 other\"]\n"
    );
    let gateway = Gateway::start_with(sections, &[builtin.backend(&keys)]);
    (gateway, builtin.dns)
}

/// A client that reads commands as nsupdate does: whether it succeeded, and what it printed.
pub fn client(program: &str, arguments: &[&str], commands: &str) -> (bool, String) {
    let mut child = Command::new(find(program).unwrap())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(commands.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&printed).into_owned(),
    )
}

/// nsupdate with the key of [`gateway`], as `-y` takes it.
pub fn nsupdate(server: SocketAddr, key: &str, commands: &str) -> (bool, String) {
    let commands = format!(
        "server {} {}\n{commands}\nsend\n",
        server.ip(),
        server.port()
    );
    client("nsupdate", &["-y", &format!("{key}:{SECRET}")], &commands)
}

/// The records that `dig +short` shows, sorted.
pub fn short(server: SocketAddr, name: &str, rtype: &str) -> Vec<String> {
    let answer = server.dig(&["+short", "+norecurse", name, rtype]);
    let mut lines: Vec<_> = answer.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}
