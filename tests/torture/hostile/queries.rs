//! A flood of DNS queries over UDP: random names in and out of the zone, types and classes that are none,
//! other operations, other versions of EDNS, and what is no message at all.

use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use super::attack::attacker;
use super::{Target, while_attacked};
use crate::clients::ZONE;
use crate::{alone, seed};

/// One message of the flood.
fn message(random: &mut fastrand::Rng) -> Vec<u8> {
    let kind = random.u8(..10);
    if kind == 0 {
        // No message at all.
        let len = random.usize(..600);
        return std::iter::repeat_with(|| random.u8(..)).take(len).collect();
    }
    let flags = match kind {
        // Other operations: NOTIMP, NOTAUTH, REFUSED.
        1 => [random.u8(1..16) << 3, 0],
        _ => [0, 0],
    };
    let edns = u8::from(kind >= 5);
    let mut message = random.u16(..).to_be_bytes().to_vec();
    message.extend_from_slice(&[flags[0], flags[1], 0, 1, 0, 0, 0, 0, 0, edns]);
    let label = format!("x{:x}", random.u64(..));
    let (name, qtype) = match kind {
        // NXDOMAIN, NOERROR, no data, a zone that is not here.
        2 | 3 | 5 => (format!("{label}.{ZONE}"), 1),
        4 => (format!("www.{ZONE}"), random.u16(..)),
        6 => (format!("www.{ZONE}"), 1),
        _ => (format!("{label}.example"), random.u16(..)),
    };
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend_from_slice(label.as_bytes());
    }
    let class = if kind == 9 { random.u16(..) } else { 1 };
    message.push(0);
    message.extend_from_slice(&qtype.to_be_bytes());
    message.extend_from_slice(&class.to_be_bytes());
    if edns == 1 {
        // BADVERS now and then.
        let version = u8::from(kind == 7);
        message.extend_from_slice(&[0, 0, 41, 4, 208, 0, version, 0x80, 0, 0, 0]);
    }
    message
}

/// So many messages a second: about half of what the server can answer beside those who flood it. More than it
/// can answer the system drops, whoever asked.
const RATE: u64 = if cfg!(debug_assertions) {
    4_000
} else {
    60_000
};

/// Sends at that rate; how many were sent.
fn flood(n: usize, to: SocketAddr, seed: u64, until: Instant) -> u64 {
    let mut random = fastrand::Rng::with_seed(seed);
    let socket = UdpSocket::bind((attacker(n), 0)).unwrap();
    socket.connect(to).unwrap();
    let began = Instant::now();
    let mut sent = 0;
    let mut due = 0;
    while Instant::now() < until {
        let allowed = began.elapsed().as_secs_f64() * RATE as f64 / FLOODERS as f64;
        while due < allowed as u64 {
            due += 1;
            sent += u64::from(socket.send(&message(&mut random)).is_ok());
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    sent
}

/// How many flood.
const FLOODERS: usize = 2;

#[test]
fn a_flood_of_queries_keeps_no_resolver_and_no_master_waiting() {
    let _alone = alone();
    let target = Target::start();
    let seed = seed();
    let began = Instant::now();
    let sent: u64 = target.during("a flood of DNS queries", || {
        let until = Instant::now() + while_attacked() * 2;
        std::thread::scope(|scope| {
            let flooders = (0..FLOODERS).map(|n| {
                let seed = seed.wrapping_add(n as u64);
                scope.spawn(move || flood(n, target.dns, seed, until))
            });
            let flooders: Vec<_> = flooders.collect();
            flooders
                .into_iter()
                .map(|flooder| flooder.join().unwrap())
                .sum()
        })
    });
    let rate = sent as f64 / began.elapsed().as_secs_f64();
    assert!(sent > 1_000, "{sent}");
    let metrics = target.gateway.get("/metrics");
    let answers = metrics
        .lines()
        .filter(|line| line.starts_with("dadns_dns_answers"));
    let codes: Vec<_> = answers.filter(|line| !line.ends_with(" 0")).collect();
    println!(
        "{sent} messages sent, {rate:.0} a second; answers by code:\n{}",
        codes.join("\n")
    );
    // Those that the flood is there to cause.
    for code in [
        "NOERROR", "FORMERR", "NXDOMAIN", "NOTIMP", "REFUSED", "BADVERS",
    ] {
        let of_code = format!("=\"{code}\"");
        assert!(
            codes.iter().any(|line| line.contains(&of_code)),
            "{code}: {codes:#?}"
        );
    }
}
