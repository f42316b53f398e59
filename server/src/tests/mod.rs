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

#[test]
fn a_server_has_a_zone_only_with_each_of_its_records() {
    let server = Server::open(settings());
    let records = "www A 192.0.2.1\nb NSEC3PARAM 1 0 0 -\n";
    let hashed = format!(
        "{records}0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 1 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n"
    );
    for records in [records, &hashed] {
        let put = zone("a.example", 1, records);
        assert!(!server.has(&put));
        server.put(&put).unwrap();
        assert!(server.has(&put));
        for other in [
            zone("a.example", 2, records),
            zone("a.example", 1, &records.replace("192.0.2.1", "192.0.2.2")),
            zone("a.example", 1, &records.replace("www A", "www 5 A")),
            zone("a.example", 1, &format!("{records}zz A 192.0.2.1\n")),
            zone("a.example", 1, "www A 192.0.2.1\n"),
            zone("b.example", 1, records),
        ] {
            assert!(!server.has(&other), "{other:?}");
        }
        server.remove(put.name());
    }
}

/// A server that answers.
fn running(settings: Settings) -> Server {
    let builtin = Server::open(settings);
    let server = builtin.clone();
    tokio::spawn(async move { server.run(Arc::new(|_| {})).await });
    builtin
}
