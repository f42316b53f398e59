//! What all name servers of the tests have in common.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::find;

/// A TSIG key.
#[derive(Debug, Clone)]
pub struct Key {
    pub name: String,
    /// As configurations call it, such as `hmac-sha256`.
    pub algorithm: String,
    /// In base64.
    pub secret: String,
}

/// Where a secondary gets its zones.
#[derive(Debug, Clone)]
pub struct Primary {
    pub address: SocketAddr,
    pub key: Option<Key>,
}

impl Primary {
    /// A primary that gives its zones without a key.
    pub fn open(address: SocketAddr) -> Self {
        Self { address, key: None }
    }

    pub fn with_key(address: SocketAddr, key: &Key) -> Self {
        Self {
            address,
            key: Some(key.clone()),
        }
    }
}

/// A name server that can be asked.
pub trait NameServer {
    /// Where it answers.
    fn dns(&self) -> SocketAddr;

    /// `dig`, with its answer in its own words.
    fn dig(&self, arguments: &[&str]) -> String {
        let server = self.dns();
        let output = Command::new(find("dig").unwrap())
            .args([format!("@{}", server.ip()), format!("-p{}", server.port())])
            .args(["+time=2", "+tries=1"])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The serial that it serves for a zone.
    fn serial(&self, zone: &str) -> Option<u32> {
        let answer = self.dig(&["+norecurse", "+short", zone, "SOA"]);
        answer.split_whitespace().nth(2)?.parse().ok()
    }

    /// All records of a zone, by transfer, in normal form.
    fn records(&self, zone: &str) -> Vec<String> {
        let mut records = normal(&self.dig(&["+noall", "+answer", "AXFR", zone]));
        // A transfer begins and ends with the SOA.
        records.dedup();
        records
    }
}

impl NameServer for SocketAddr {
    fn dns(&self) -> SocketAddr {
        *self
    }
}

/// Records one a line, as `dig` and `named-compilezone` print them: owner in lower case, one blank
/// between fields, sorted.
pub fn normal(text: &str) -> Vec<String> {
    let mut records: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with(';') && !line.trim().is_empty())
        .map(|line| {
            let mut fields = line.split_whitespace();
            let owner = fields.next().unwrap_or_default().to_ascii_lowercase();
            let rest: Vec<_> = fields.collect();
            format!("{owner} {}", rest.join(" "))
        })
        .collect();
    records.sort();
    records
}

/// An address of this machine whose port is free, for TCP and UDP, and is given out once. It lies below those that the
/// system gives to connections: one of them could take the port of a server that a test has stopped for a moment.
pub fn free_port() -> SocketAddr {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    const PORTS: std::ops::Range<u32> = 10_000..32_000;
    let start = std::process::id().wrapping_mul(97);
    loop {
        let next = start.wrapping_add(GIVEN.fetch_add(1, Ordering::SeqCst));
        let port = PORTS.start + next % (PORTS.end - PORTS.start);
        let address = SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).unwrap()));
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}
