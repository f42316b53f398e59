//! Mixed load: pushes and removals, edits, reads of the API, DNS queries; at a pace that a busy installation has.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use domain::base::iana::Rtype;
use fastrand::Rng;
use serde_json::json;

use crate::dns::Client;
use crate::keep_alive::Connection;
use crate::support::zone_text;

/// The load of one gateway.
pub struct Load {
    /// How many zones there are.
    pub zones: usize,
    /// Where the gateway listens.
    pub gateway: SocketAddr,
    pub done: Done,
    pub stop: AtomicBool,
}

/// How much was done.
#[derive(Debug, Default)]
pub struct Done {
    pub pushes: AtomicU64,
    pub edits: AtomicU64,
    pub reads: AtomicU64,
    pub queries: AtomicU64,
}

pub fn zone(at: usize) -> String {
    format!("s{at}.example")
}

pub fn address(number: u64) -> String {
    format!(
        "10.{}.{}.{}",
        number >> 16 & 255,
        number >> 8 & 255,
        number & 255
    )
}

impl Load {
    /// Whether it is over; between two requests of one client there is a pause, which is the pace.
    fn ends(&self, pause: u64) -> bool {
        std::thread::sleep(Duration::from_micros(pause));
        self.stop.load(Ordering::SeqCst)
    }

    /// A master pushes, and now and then removes a zone that it pushes again later.
    pub fn push(&self, master: usize) {
        let mut random = Rng::new();
        let mut connection = Connection::open(self.gateway).unwrap();
        while !self.ends(8_000) {
            let name = zone(random.usize(..self.zones / 2) * 2 + master % 2);
            let said = if random.u8(..100) == 0 {
                let body = format!("action=delete&hostname=da{master}.example.net&select0={name}");
                connection.send("POST", "/CMD_API_DNS_ADMIN", &body)
            } else {
                let number = self.done.pushes.fetch_add(1, Ordering::Relaxed);
                let text = zone_text(&name, 1, &address(number));
                connection.push(master, &name, &text)
            };
            assert_eq!(said.unwrap(), (200, "error=0".to_owned()));
        }
    }

    /// A user edits records: those of challenges come and go.
    pub fn edit(&self) {
        let mut random = Rng::new();
        let mut connection = Connection::open(self.gateway).unwrap();
        while !self.ends(20_000) {
            let number = self.done.edits.fetch_add(1, Ordering::Relaxed);
            let target = format!("/api/v1/zones/{}/rrsets", zone(random.usize(..self.zones)));
            let name = "_acme-challenge";
            let change = match number % 2 {
                0 => json!({ "op": "replace", "name": name, "type": "TXT", "ttl": 60,
                         "records": [format!("\"{number}\"")] }),
                _ => json!({ "op": "release", "name": name, "type": "TXT" }),
            };
            let body = json!({ "changes": [change] }).to_string();
            let (status, said) = connection.send("PATCH", &target, &body).unwrap();
            // It may be removed at the moment.
            assert!(matches!(status, 200 | 404 | 409), "{status} {said}");
        }
    }

    /// A panel and a monitor read.
    pub fn read(&self) {
        let mut random = Rng::new();
        let mut connection = Connection::open(self.gateway).unwrap();
        while !self.ends(20_000) {
            let number = self.done.reads.fetch_add(1, Ordering::Relaxed);
            let name = zone(random.usize(..self.zones));
            let target = match number % 6 {
                0 => format!("/api/v1/zones/{name}"),
                1 => format!("/api/v1/zones/{name}/rrsets"),
                2 => format!("/api/v1/zones/{name}/history"),
                3 => "/api/v1/zones?limit=50".to_owned(),
                4 => "/metrics".to_owned(),
                _ => "/status".to_owned(),
            };
            let (status, said) = connection.send("GET", &target, "").unwrap();
            assert!(
                matches!(status, 200 | 404 | 409),
                "{target}: {status} {said}"
            );
        }
    }

    /// A resolver asks.
    pub fn ask(&self, server: SocketAddr) {
        let mut random = Rng::new();
        let mut client = Client::new(server);
        while !self.ends(500) {
            let name = zone(random.usize(..self.zones));
            // A name server that is being reloaded may be slow.
            let _ = client.ask(&format!("www.{name}"), Rtype::A);
            self.done.queries.fetch_add(1, Ordering::Relaxed);
        }
    }
}
