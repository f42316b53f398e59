//! No packet makes the built-in server panic; what it answers is a response to that packet, no longer
//! than it may be, that an independent decoder reads.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;
use std::time::Duration;

use dadns_server::{Follow, Server, Settings, TcpLimits, Transport};
use dadns_zone::{Limits, ZoneName, read};
use hickory_proto::op::Message;
use libfuzzer_sys::fuzz_target;

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What is hard to answer from.
const HARD: &str = r#"
$ORIGIN hard.example.
@ 60 SOA ns h 1 2 3 4 5
@ 60 NS ns
ns 60 A 192.0.2.1
* 60 CNAME a.b.c
a.b.c 60 TXT "deep"
loop1 60 CNAME loop2
loop2 60 CNAME loop1
red 60 DNAME wild.example.
self 60 DNAME self
cut 60 NS ns.cut
ns.cut 60 AAAA 2001:db8::1
esc\000\001\002.aped 60 A 192.0.2.2
@ 60 MX 10 mail
mail 60 A 192.0.2.3
_s 60 SRV 1 2 3 mail
_h 60 HTTPS 1 . alpn=h2
"#;

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let settings = Settings {
        listen: Vec::new(),
        version: Some("fuzzed".into()),
        tcp: TcpLimits { connections: 1, connections_per_client: 1, idle: Duration::from_secs(1) },
        rate_limit: None,
        allow_transfer: vec!["127.0.0.1".parse().unwrap()],
        allow_update: Vec::new(),
        notify: Vec::new(),
        tsig_keys: vec!["hmac-sha256:key.example:c2VjcmV0".parse().unwrap()],
        catalog_zone: Some("catalog.example".parse().unwrap()),
        follow: Follow::All,
    };
    let server = Server::open(settings);
    for (name, text) in [
        ("hard.example", HARD),
        ("wild.example", include_str!("../../../zone/tests/samples/wild.example.zone")),
        ("nsec.example", include_str!("../../../zone/tests/samples/nsec.example.zone")),
        ("signed.example", include_str!("../../../zone/tests/samples/signed.example.zone")),
        ("types.example", include_str!("../../../zone/tests/samples/types.example.zone")),
    ] {
        let name = ZoneName::parse(name).unwrap();
        let zone = read(&name, text.as_bytes(), &Limits::default()).unwrap().zone;
        server.load(&zone).unwrap();
    }
    assert!(server.loaded());
    server
});

/// Apexes to put names under, so that random labels reach the zones.
const APEXES: [&[u8]; 7] = [
    b"\x04hard\x07example\0",
    b"\x04wild\x07example\0",
    b"\x04nsec\x07example\0",
    b"\x06signed\x07example\0",
    b"\x05types\x07example\0",
    b"\x07catalog\x07example\0",
    b"\x03red\x04hard\x07example\0",
];

/// The input as a packet: as it is, or as labels under one of our apexes with a type and flags.
fn packet(how: u8, input: &[u8]) -> Option<Vec<u8>> {
    if how & 1 == 0 {
        return Some(input.to_vec());
    }
    let (&[apex, qtype, low, edns, labels], rest) = input.split_first_chunk()?;
    let mut packet = vec![0, 1, low & 1, 0, 0, 1, 0, 0, 0, 0, 0, edns & 1];
    let mut rest = rest;
    for _ in 0..labels % 8 {
        let Some((&len, behind)) = rest.split_first() else { break };
        let (label, behind) = behind.split_at_checked(usize::from(len % 64))?;
        if !label.is_empty() {
            packet.push(label.len() as u8);
            packet.extend_from_slice(label);
        }
        rest = behind;
    }
    packet.extend_from_slice(APEXES[usize::from(apex) % APEXES.len()]);
    packet.extend_from_slice(&[0, qtype, 0, 1]);
    if edns & 1 != 0 {
        packet.extend_from_slice(&[0, 0, 41, edns, 0, 0, 0, edns & 0x80, 0, 0, 0]);
    }
    Some(packet)
}

fuzz_target!(|input: &[u8]| {
    let Some((&how, input)) = input.split_first() else { return };
    let Some(packet) = packet(how, input) else { return };
    let transport = if how & 2 == 0 { Transport::Udp } else { Transport::Tcp };
    let answers = SERVER.respond(&packet, CLIENT, transport);
    for answer in &answers {
        assert_eq!(answer[..2], packet[..2], "another id");
        assert!(answer[2] & 0x80 != 0, "not a response");
        assert!(transport == Transport::Tcp || answer.len() <= 1232, "too long");
        // The decoder refuses data of some types that are in order; the frame has to hold.
        if let Err(error) = Message::from_vec(answer) {
            let said = error.to_string();
            assert!(!said.contains("end of input") && !said.contains("label"), "{said}: {answer:?}");
        }
    }
    assert!(transport == Transport::Tcp || answers.len() <= 1);
});
