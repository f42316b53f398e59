//! What one query costs the built-in server in CPU time, without sockets.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use dadns_server::{Follow, Server, Settings, TcpLimits, Transport};
use dadns_zone::{Limits, Zone, ZoneName, read};

const ZONES: usize = 10_000;

fn zone(name: &str, text: &str) -> Zone {
    let name = ZoneName::parse(name).unwrap();
    read(&name, text.as_bytes(), &Limits::default())
        .unwrap()
        .zone
}

/// As DirectAdmin makes them, roughly.
fn plain(index: usize) -> Zone {
    let name = format!("z{index}.example");
    let key = "M".repeat(200);
    let text = format!(
        "$TTL 14400\n@ SOA ns1 hostmaster 2026112101 7200 3600 1209600 180\n@ NS ns1\n@ NS ns2\n\
         @ A 192.0.2.10\nftp A 192.0.2.10\nmail A 192.0.2.10\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n\
         pop A 192.0.2.10\nsmtp A 192.0.2.10\nwww A 192.0.2.10\n@ MX 10 mail\n\
         @ TXT \"v=spf1 a mx ip4:192.0.2.10 ~all\"\n_dmarc TXT \"v=DMARC1; p=none\"\n\
         x._domainkey TXT \"v=DKIM1; k=rsa; p={key}\" \"{key}\"\n"
    );
    zone(&name, &text)
}

fn server() -> Server {
    let settings = Settings {
        listen: Vec::new(),
        version: None,
        tcp: TcpLimits {
            connections: 1,
            connections_per_client: 1,
            idle: Duration::from_secs(1),
        },
        rate_limit: None,
        allow_transfer: Vec::new(),
        allow_update: Vec::new(),
        notify: Vec::new(),
        tsig_keys: Vec::new(),
        catalog_zone: None,
        follow: Follow::OwnZone,
    };
    let server = Server::open(settings);
    for index in 0..ZONES {
        server.load(&plain(index)).unwrap();
    }
    let signed = include_str!("../../zone/tests/samples/signed.example.zone");
    server.load(&zone("signed.example", signed)).unwrap();
    server
}

/// A query with EDNS and, if wanted, the DO bit.
fn query(name: &str, qtype: u8, dnssec: bool) -> Vec<u8> {
    let mut query = vec![0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.') {
        query.push(label.len() as u8);
        query.extend_from_slice(label.as_bytes());
    }
    query.extend_from_slice(&[0, 0, qtype, 0, 1]);
    query.extend_from_slice(&[
        0,
        0,
        41,
        4,
        208,
        0,
        0,
        if dnssec { 0x80 } else { 0 },
        0,
        0,
        0,
    ]);
    query
}

fn all(c: &mut Criterion) {
    let server = server();
    let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
    for (what, query) in [
        ("an address", query("www.z4711.example", 1, false)),
        (
            "mail exchangers with addresses",
            query("z4711.example", 15, false),
        ),
        (
            "a name that is not there",
            query("nothing.z4711.example", 1, false),
        ),
        (
            "a zone that is not ours",
            query("www.elsewhere.test", 1, false),
        ),
        ("a signed answer", query("www.signed.example", 1, true)),
        (
            "a denial by NSEC3",
            query("nothing.signed.example", 1, true),
        ),
    ] {
        c.bench_function(what, |b| {
            b.iter(|| server.respond(black_box(&query), client, Transport::Udp));
        });
    }
    let changed = plain(0);
    c.bench_function("take in a changed zone", |b| {
        b.iter(|| server.load(black_box(&changed)));
    });
}

criterion_group!(benches, all);
criterion_main!(benches);
