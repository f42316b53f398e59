//! The built-in server as its users meet it: answers over UDP and TCP, limits, restarts, trouble.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::needs;
use crate::support::builtin::Builtin;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::{eventually, zone_text};

/// A query for the SOA of a zone, or for another type.
pub(super) fn query(name: &str, qtype: u8) -> Vec<u8> {
    let mut query = vec![0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend_from_slice(label.as_bytes());
    }
    query.extend_from_slice(&[0, 0, qtype, 0, 1]);
    query
}

const SOA: u8 = 6;

/// What comes back for `query` within a moment.
pub(super) fn ask(server: SocketAddr, query: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    socket.send(query).ok()?;
    let mut answer = [0; 4096];
    let len = socket.recv(&mut answer).ok()?;
    Some(answer[..len].to_vec())
}

fn rcode(answer: &[u8]) -> u8 {
    answer[3] & 0xf
}

fn is_truncated(answer: &[u8]) -> bool {
    answer[2] & 2 != 0
}

#[test]
fn what_is_pushed_is_answered_a_moment_later_without_any_daemon() {
    let builtin = Builtin::new();
    let mut gateway = Gateway::start(&[builtin.backend("")]);
    gateway.logs("builtin: answers DNS at ");
    let zone = "a.example";
    assert_eq!(
        rcode(&ask(builtin.dns, &query(zone, SOA)).unwrap()),
        5,
        "REFUSED"
    );
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    gateway.until(zone, "served");
    assert_eq!(rcode(&ask(builtin.dns, &query(zone, SOA)).unwrap()), 0);
    gateway.delete_from("da1.example.net", zone);
    gateway.until(zone, "removed");
    assert_eq!(rcode(&ask(builtin.dns, &query(zone, SOA)).unwrap()), 5);
}

#[test]
fn after_a_kill_no_query_is_answered_before_all_zones_are_back() {
    let builtin = Builtin::new();
    let mut gateway = Gateway::start(&[builtin.backend("")]);
    let zones: Vec<_> = (0..50).map(|n| format!("z{n}.example")).collect();
    for zone in &zones {
        gateway.push(zone, &zone_text(zone, 3, "192.0.2.1"));
    }
    for zone in &zones {
        gateway.until(zone, "served");
    }
    gateway.kill();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut codes = BTreeSet::new();
            while !stop.load(Ordering::Relaxed) {
                for zone in &zones {
                    codes.extend(ask(builtin.dns, &query(zone, SOA)).map(|answer| rcode(&answer)));
                }
            }
            codes
        });
        gateway.run();
        eventually("it answers", || ask(builtin.dns, &query("z0.example", SOA)));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(asking.join().unwrap(), BTreeSet::from([0]));
    });
}

#[test]
fn an_answer_too_long_for_udp_is_cut_and_comes_whole_over_tcp() {
    needs!("dig");
    let builtin = Builtin::new();
    let gateway = Gateway::start(&[builtin.backend("")]);
    let zone = "many.example";
    let many: String = (0..100)
        .map(|n| format!("many\t300\tIN\tA\t192.0.2.{n}\n"))
        .collect();
    gateway.push(zone, &(zone_text(zone, 1, "192.0.2.1") + &many));
    gateway.until(zone, "served");
    let cut = ask(builtin.dns, &query("many.many.example", 1)).unwrap();
    assert!(is_truncated(&cut) && cut.len() <= 512);
    let whole = builtin.dig(&["+short", "many.many.example", "A"]);
    assert_eq!(
        whole.lines().filter(|line| line.starts_with("192")).count(),
        100,
        "{whole}"
    );
}

#[test]
fn an_address_that_is_taken_is_a_backend_unavailable_until_it_is_free() {
    let builtin = Builtin::new();
    let taken = TcpListener::bind(builtin.dns).unwrap();
    let mut gateway = Gateway::start(&[builtin.backend("")]);
    let line = gateway.logs("builtin: unavailable:");
    assert!(
        line.contains(&builtin.dns.to_string()) && line.contains("in use"),
        "{line}"
    );
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    assert_eq!(gateway.json("/status")["state"], "degraded");
    drop(taken);
    gateway.logs("builtin: available again after");
    gateway.until("a.example", "served");
}

#[test]
fn alike_answers_to_one_network_are_limited_and_every_second_comes_cut() {
    let builtin = Builtin::new();
    let keys = "      rate_limit: 20\n      rate_limit_slip: 2\n      rate_limit_exempt: []\n";
    let gateway = Gateway::start(&[builtin.backend(keys)]);
    let zone = "a.example";
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    gateway.until(zone, "served");
    // Not from the server's own address, which is never limited: it asks itself what it serves.
    let socket = UdpSocket::bind("127.0.0.2:0").unwrap();
    socket.connect(builtin.dns).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    for _ in 0..200 {
        socket.send(&query("www.a.example", 1)).unwrap();
    }
    let mut answers = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(len) = socket.recv(&mut buffer) {
        answers.push(is_truncated(&buffer[..len]));
    }
    let cut = answers.iter().filter(|cut| **cut).count();
    let whole = answers.len() - cut;
    assert!((20..60).contains(&whole), "{whole} whole answers of 200");
    assert!((60..100).contains(&cut), "{cut} cut answers of 200");
    // Another question is another budget.
    assert!(!is_truncated(
        &ask(builtin.dns, &query("ns1.a.example", 1)).unwrap()
    ));
}

#[test]
fn connections_are_limited_for_each_client_and_idle_ones_are_closed() {
    let builtin = Builtin::new();
    let keys = "      tcp_connections_per_client: 2\n      tcp_idle_timeout_ms: 700\n";
    let gateway = Gateway::start(&[builtin.backend(keys)]);
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    gateway.until("a.example", "served");
    let connect = || {
        let stream = TcpStream::connect(builtin.dns).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    };
    let asks = |mut stream: &TcpStream| {
        let query = query("a.example", SOA);
        let framed = [&[0, u8::try_from(query.len()).unwrap()], query.as_slice()].concat();
        let mut len = [0; 2];
        stream.write_all(&framed).is_ok() && stream.read_exact(&mut len).is_ok()
    };
    let (one, two) = (connect(), connect());
    assert!(asks(&one) && asks(&two));
    assert!(!asks(&connect()), "a third one");
    // Both lie idle now, and are closed by the server.
    for mut stream in [&one, &two] {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
    eventually("there is room again", || asks(&connect()).then_some(()));
}

#[test]
fn an_address_that_nobody_connects_to_keeps_no_room_from_another() {
    let (one, other) = (Builtin::new(), Builtin::new());
    let both = one.backend("      tcp_connections: 1\n").replace(
        &format!("[\"{}\"]", one.dns),
        &format!("[\"{}\", \"{}\"]", one.dns, other.dns),
    );
    let mut gateway = Gateway::start(&[both]);
    gateway.logs(&format!("answers DNS at {}", other.dns));
    for address in [one.dns, one.dns, other.dns, one.dns] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let query = query("a.example", SOA);
        let len = u8::try_from(query.len()).unwrap();
        stream
            .write_all(&[&[0, len], query.as_slice()].concat())
            .unwrap();
        stream.read_exact(&mut [0; 2]).unwrap();
    }
}

#[test]
fn version_bind_is_told_only_where_the_operator_wants_it() {
    needs!("dig");
    for (keys, told) in [
        ("", "REFUSED"),
        ("      version: none of yours\n", "none of yours"),
    ] {
        let builtin = Builtin::new();
        let _gateway = Gateway::start(&[builtin.backend(keys)]);
        let answer = eventually("it answers", || {
            let answer = builtin.dig(&["version.bind", "CH", "TXT"]);
            answer.contains("status:").then_some(answer)
        });
        assert!(answer.contains(told), "{answer}");
    }
}
