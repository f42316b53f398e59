//! Kea's DHCP-DDNS server: its dialogue with DHCID records (RFC 4703).

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;

use crate::support::dns::NameServer;
use crate::support::process::Process;
use crate::support::{eventually, find, zone_text};
use crate::{SECRET, gateway, needs, short};

const FORWARD: &str = "dyn.example";
const REVERSE: &str = "2.0.192.in-addr.arpa";

/// Kea's server, and where it takes requests.
struct Kea {
    process: Process,
    requests: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Kea {
    fn start(dns: SocketAddr) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let requests = UdpSocket::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let domain = |name: &str| {
            format!(
                "{{\"ddns-domains\": [{{\"name\": \"{name}.\", \"key-name\": \"kea\", \"dns-servers\": \
                 [{{\"ip-address\": \"127.0.0.1\", \"port\": {}}}]}}]}}",
                dns.port()
            )
        };
        let config = format!(
            "{{\"DhcpDdns\": {{\"ip-address\": \"127.0.0.1\", \"port\": {}, \"tsig-keys\": [{{\"name\": \
             \"kea\", \"algorithm\": \"HMAC-SHA256\", \"secret\": \"{SECRET}\"}}], \"forward-ddns\": {}, \
             \"reverse-ddns\": {}, \"loggers\": [{{\"name\": \"kea-dhcp-ddns\", \"severity\": \"DEBUG\", \
             \"debuglevel\": 99, \"output_options\": [{{\"output\": \"stdout\"}}]}}]}}}}",
            requests.port(),
            domain(FORWARD),
            domain(REVERSE)
        );
        let file = directory.path().join("kea.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(find("kea-dhcp-ddns").unwrap());
        command.arg("-c").arg(&file);
        for variable in ["KEA_LOCKFILE_DIR", "KEA_PIDFILE_DIR", "KEA_DHCP_DATA_DIR"] {
            command.env(variable, directory.path());
        }
        let mut process = Process::start("kea-dhcp-ddns", &mut command);
        process.line("that it runs", |line| line.contains("DHCP_DDNS_STARTED"));
        Self {
            process,
            requests,
            _directory: directory,
        }
    }

    /// A request as Kea's DHCP server sends it: `add` or not a lease of `host` by the client `dhcid`.
    fn request(&self, add: bool, host: &str, address: &str, dhcid: &str) {
        let text = format!(
            "{{\"change-type\": {}, \"forward-change\": true, \"reverse-change\": true, \"fqdn\": \
             \"{host}.{FORWARD}.\", \"ip-address\": \"{address}\", \"dhcid\": \"{dhcid}\", \
             \"lease-expires-on\": \"20401231235959\", \"lease-length\": 600, \
             \"use-conflict-resolution\": true}}",
            u8::from(!add)
        );
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        let packet = [&length, text.as_bytes()].concat();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(&packet, self.requests).unwrap();
    }

    /// Waits until so many requests have ended in this way.
    fn ended(&mut self, how: &str, count: usize) {
        eventually(
            &format!("{count} times {how}:\n{}", self.process.log()),
            || {
                let log = self.process.log();
                (log.matches(how).count() >= count).then_some(())
            },
        );
    }
}

/// Of two clients, as RFC 4701 has them: type 2, SHA-256.
const ONE: &str = "000201d2a8b5f2e2c1a4f1f0b1a0c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c";
const OTHER: &str = "000201ffffb5f2e2c1a4f1f0b1a0c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c";

#[test]
fn kea_adds_moves_and_removes_its_leases_and_leaves_those_of_others() {
    needs!("kea-dhcp-ddns", "dig");
    let (gateway, dns) = gateway("hmac-sha256", "kea");
    for zone in [FORWARD, REVERSE] {
        let text = match zone {
            FORWARD => zone_text(zone, 7, "192.0.2.1"),
            _ => format!(
                "$TTL 300\n@ SOA ns1.{FORWARD}. h.{FORWARD}. 7 7200 3600 1209600 180\n@ NS ns1.{FORWARD}.\n"
            ),
        };
        gateway.push(zone, &text);
        gateway.until(zone, "served");
    }
    let mut kea = Kea::start(dns);
    let host = format!("h1.{FORWARD}");
    let pointer = |last: u8| short(dns, &format!("{last}.{REVERSE}"), "PTR");

    kea.request(true, "h1", "192.0.2.10", ONE);
    kea.ended("DHCP_DDNS_ADD_SUCCEEDED", 1);
    assert_eq!(short(dns, &host, "A"), ["192.0.2.10"]);
    assert_eq!(short(dns, &host, "DHCID").len(), 1);
    assert_eq!(pointer(10), [format!("{host}.")]);

    // The master pushes: what Kea put there stays.
    gateway.push(FORWARD, &zone_text(FORWARD, 30, "192.0.2.5"));
    gateway.until(FORWARD, "served");
    assert_eq!(short(dns, &host, "A"), ["192.0.2.10"]);

    // The same client with another address: YXDOMAIN first, then a replacement.
    kea.request(true, "h1", "192.0.2.11", ONE);
    kea.ended("DHCP_DDNS_ADD_SUCCEEDED", 2);
    assert_eq!(short(dns, &host, "A"), ["192.0.2.11"]);

    // Another client does not get the name.
    kea.request(true, "h1", "192.0.2.12", OTHER);
    kea.ended("DHCP_DDNS_ADD_FAILED", 1);
    assert_eq!(short(dns, &host, "A"), ["192.0.2.11"]);

    kea.request(false, "h1", "192.0.2.11", ONE);
    kea.ended("DHCP_DDNS_REMOVE_SUCCEEDED", 1);
    for rtype in ["A", "DHCID"] {
        assert_eq!(short(dns, &host, rtype), [""; 0]);
    }
    assert_eq!(pointer(11), [""; 0]);
    assert_eq!(short(dns, &format!("www.{FORWARD}"), "A"), ["192.0.2.5"]);
    assert!(dns.serial(FORWARD) > Some(30));
}
