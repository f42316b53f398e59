//! The server as a whole, and real clients over real sockets.

mod answers;
mod connections;
mod follow;
mod headers;
mod requests;
mod secondaries;
mod signatures;
mod truncation;
mod update;
mod wire;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use dadns_zone::testing::zone;
use dadns_zone::{Zone, ZoneName};

use super::*;

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

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
        allow_update: Vec::new(),
        notify: Vec::new(),
        tsig_keys: Vec::new(),
        catalog_zone: None,
        follow: Follow::OwnZone,
    }
}

/// A server that answers.
fn running(settings: Settings) -> Server {
    let builtin = Server::open(settings);
    let server = builtin.clone();
    tokio::spawn(async move { server.run(Arc::new(|_| {})).await });
    builtin
}
