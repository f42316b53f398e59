//! What ten thousand instances cost: `just registry-load`. Their figures are printed, and looked at by people; only what
//! is far off the aims fails.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::killed::Registry;
use super::support::eventually;
use domain::base::iana::Rtype;
use domain::base::{Message, MessageBuilder, Name};

/// Between two heartbeats or probes of one instance.
const INTERVAL: Duration = Duration::from_secs(10);

/// How long is measured.
const MEASURED: Duration = Duration::from_secs(30);

/// Clients, each with a connection of its own that stays open.
const CLIENTS: usize = 20;

/// One that keeps its connection.
struct Client(TcpStream);

impl Client {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        loop {
            let mut part = [0; 4_096];
            let length = self.0.read(&mut part).unwrap();
            assert!(length > 0, "the connection is closed");
            answer.extend_from_slice(&part[..length]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let all = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse::<usize>().unwrap())
            });
            if body.len() >= all.unwrap_or_default() {
                assert!(head.starts_with("HTTP/1.1 200"), "{path} {text}");
                return;
            }
        }
    }
}

/// Seconds of CPU that a process has used, and its memory in MB.
fn used(pid: u32) -> (f64, f64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: f64 = fields[11..13]
        .iter()
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = resident.unwrap().split_whitespace().nth(1).unwrap();
    (ticks / 100.0, kilobytes.parse::<f64>().unwrap() / 1_024.0)
}

/// Measures the gateway for a while. Prints and returns percent of one core and MB.
fn measure(what: &str, registry: &mut Registry) -> (f64, f64) {
    let pid = registry.gateway.process().unwrap().id();
    let (before, began) = (used(pid).0, Instant::now());
    std::thread::sleep(MEASURED);
    let (after, memory) = used(pid);
    let share = (after - before) / began.elapsed().as_secs_f64() * 100.0;
    println!("{what}: {share:.1} % of one core, {memory:.0} MB");
    (share, memory)
}

fn start() -> Registry {
    let keys = "  instances_per_client: 20000\n  probe_networks: [127.0.0.0/8]\n";
    let mut registry = Registry::prepare(keys);
    // A binary that was built before, so that figures of two can be compared.
    let binary = std::env::var("DADNS_TEST_BINARY");
    let binary = binary.unwrap_or_else(|_| env!("CARGO_BIN_EXE_dadns").into());
    // As an operator runs it: the other tests have it tell more.
    let mut command = Command::new(binary);
    registry
        .gateway
        .run_as(command.env("DADNS_LOG_LEVEL", "INFO"));
    registry
}

#[test]
#[ignore = "it measures for two minutes: just registry-load"]
fn ten_thousand_instances_with_heartbeats_and_a_change_among_them() {
    const INSTANCES: usize = 10_000;
    let mut registry = start();
    let address = registry.address();
    let own = INSTANCES / CLIENTS;
    let end = AtomicBool::new(false);
    let registered = AtomicUsize::new(0);
    let beats = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (end, registered, beats) = (&end, &registered, &beats);
            scope.spawn(move || {
                let mut client = Client::new(address);
                for id in number * own..(number + 1) * own {
                    // A hundred services with a hundred instances each.
                    let new = json!({
                        "server": format!("s{}", id % 100), "instance_id": id, "port": 1_000 + id % 1_000,
                        "host": format!("10.{}.{}.1", id / 250, id % 250), "metadata": {"version": "1.0"},
                    });
                    client.ask("POST", "/register", &new.to_string());
                    registered.fetch_add(1, Ordering::SeqCst);
                }
                let pause = INTERVAL / own as u32;
                let mut next = Instant::now();
                for id in (number * own..(number + 1) * own).cycle() {
                    if end.load(Ordering::SeqCst) {
                        break;
                    }
                    client.ask("POST", &format!("/heartbeat/s{}/{id}", id % 100), r#"{"load": 0.5}"#);
                    beats.fetch_add(1, Ordering::SeqCst);
                    next += pause;
                    std::thread::sleep(next.saturating_duration_since(Instant::now()));
                }
            });
        }
        let patience = Duration::from_secs(600);
        while registered.load(Ordering::SeqCst) < INSTANCES {
            assert!(began.elapsed() < patience);
            std::thread::sleep(Duration::from_millis(50));
        }
        println!(
            "{INSTANCES} registered in {:.1} s",
            began.elapsed().as_secs_f64()
        );
        let dns = registry.dns;
        eventually("the last one is published", || {
            (published(dns, "s99") == 100).then_some(())
        });
        // What registering them leaves to do is no cost of heartbeats: verification, and the disk.
        measure("10,000 instances that have just registered", &mut registry);
        let before = beats.load(Ordering::SeqCst);
        let (share, memory) = measure("10,000 instances with heartbeats", &mut registry);
        let sent = (beats.load(Ordering::SeqCst) - before) as f64 / MEASURED.as_secs_f64();
        println!("{sent:.0} heartbeats a second");
        let mut client = Client::new(address);
        let mut longest = Duration::ZERO;
        for round in 0..10 {
            let (status, wanted) = [("dead", 99), ("active", 100)][round % 2];
            let body = json!({"server": "s7", "instance_id": 7, "status": status});
            client.ask("POST", "/status", &body.to_string());
            let changed = Instant::now();
            eventually("the change is answered", || {
                (published(dns, "s7") == wanted).then_some(())
            });
            longest = longest.max(changed.elapsed());
        }
        println!(
            "a change is answered after {:.0} ms at most",
            longest.as_secs_f64() * 1_000.0
        );
        end.store(true, Ordering::SeqCst);
        assert!(longest < Duration::from_secs(2), "{longest:?}");
        assert!(
            share < 50.0 && memory < 300.0,
            "{share:.1} %, {memory:.0} MB"
        );
    });
}

/// How many SRV records a service has in the answer to a question over TCP.
fn published(server: SocketAddr, service: &str) -> u16 {
    let name: Name<Vec<u8>> = format!("{service}.service.svc.example").parse().unwrap();
    let mut query = MessageBuilder::new_vec().question();
    query.push((&name, Rtype::SRV)).unwrap();
    let query = query.finish();
    let mut stream = TcpStream::connect(server).unwrap();
    let length = u16::try_from(query.len()).unwrap().to_be_bytes();
    stream
        .write_all(&[length.as_slice(), &query].concat())
        .unwrap();
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer).unwrap();
    let answer = Message::from_octets(answer).unwrap();
    answer.header_counts().ancount()
}

#[test]
#[ignore = "it measures for a minute: just registry-load"]
fn a_thousand_instances_that_are_asked_over_http() {
    const INSTANCES: usize = 1_000;
    let mut registry = start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked: &'static AtomicUsize = Box::leak(Box::default());
    // It ends with the process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 1_024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            asked.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut client = Client::new(registry.address());
    for id in 0..INSTANCES {
        let body = json!({
            "Name": format!("s{}", id % 100), "ID": id.to_string(), "Port": port,
            "Check": {"HTTP": format!("http://127.0.0.1:{port}/health"), "Interval": "10s"},
        });
        client.ask("PUT", "/v1/agent/service/register", &body.to_string());
    }
    eventually("each was asked", || {
        (asked.load(Ordering::SeqCst) >= INSTANCES).then_some(())
    });
    let before = asked.load(Ordering::SeqCst);
    let (share, memory) = measure("1,000 instances that are asked over HTTP", &mut registry);
    let sent = (asked.load(Ordering::SeqCst) - before) as f64 / MEASURED.as_secs_f64();
    println!("{sent:.0} probes a second");
    assert!(
        share < 50.0 && memory < 300.0,
        "{share:.1} %, {memory:.0} MB"
    );
}
