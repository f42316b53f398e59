//! A real NSD in a directory of its own.

use std::fmt::Write;
use std::net::SocketAddr;
use std::process::Command;

use tempfile::TempDir;

use super::dns::{NameServer, Primary, free_port};
use super::process::Process;
use super::{eventually, find};

pub struct Nsd {
    directory: TempDir,
    pub dns: SocketAddr,
    process: Option<Process>,
}

impl Nsd {
    /// Serves these zones (name, text of its file), and waits until it does.
    pub fn primary(zones: &[(String, String)]) -> Self {
        let nsd = Self::start_with(|nsd| {
            let mut config = String::new();
            for (zone, text) in zones {
                let file = nsd.directory.path().join(format!("{zone}.zone"));
                std::fs::write(&file, text).unwrap();
                writeln!(
                    config,
                    "zone:\n  name: {zone}\n  zonefile: {}\n  provide-xfr: 127.0.0.1 NOKEY",
                    file.display()
                )
                .unwrap();
            }
            config
        });
        for (zone, _) in zones {
            let served = nsd.serial(zone).is_some();
            assert!(served, "NSD does not serve {zone}; its log:\n{}", nsd.log());
        }
        nsd
    }

    /// Gets these zones from a primary, whose NOTIFY it takes with its key and without.
    pub fn secondary(primary: &Primary, zones: &[&str]) -> Self {
        Self::start_with(|_| {
            let mut config = String::new();
            let mut keys = vec!["NOKEY"];
            let mut request = "NOKEY";
            if let Some(key) = &primary.key {
                writeln!(
                    config,
                    "key:\n  name: {}\n  algorithm: {}\n  secret: \"{}\"",
                    key.name, key.algorithm, key.secret
                )
                .unwrap();
                keys.push(&key.name);
                request = &key.name;
            }
            let (host, port) = (primary.address.ip(), primary.address.port());
            for zone in zones {
                writeln!(
                    config,
                    "zone:\n  name: {zone}\n  zonefile: {zone}.zone\n  \
                     request-xfr: {host}@{port} {request}"
                )
                .unwrap();
                for key in &keys {
                    writeln!(config, "  allow-notify: {host} {key}").unwrap();
                }
            }
            config
        })
    }

    fn start_with(zones: impl FnOnce(&Self) -> String) -> Self {
        let mut nsd = Self {
            directory: TempDir::new().unwrap(),
            dns: free_port(),
            process: None,
        };
        let path = nsd.directory.path().display().to_string();
        // An empty user name: it stays whoever started it.
        let config = format!(
            "server:\n  ip-address: {}@{}\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  \
             database: \"\"\n  zonesdir: \"{path}\"\n  zonelistfile: \"{path}/zone.list\"\n  \
             pidfile: \"\"\n  xfrdfile: \"{path}/xfrd.state\"\n  xfrdir: \"{path}\"\n  \
             xfrd-reload-timeout: 0\n  verbosity: 2\n  rrl-ratelimit: 0\n  \
             rrl-whitelist-ratelimit: 0\nremote-control:\n  control-enable: no\n{}",
            nsd.dns.ip(),
            nsd.dns.port(),
            zones(&nsd)
        );
        std::fs::write(nsd.directory.path().join("nsd.conf"), config).unwrap();
        nsd.run();
        nsd
    }

    /// Starts the process and waits until it has read its zones.
    pub fn run(&mut self) {
        let mut process = Process::start(
            "nsd",
            Command::new(find("nsd").unwrap())
                .arg("-d")
                .arg("-c")
                .arg(self.directory.path().join("nsd.conf")),
        );
        process.line("that it runs", |line| line.contains("nsd started"));
        self.process = Some(process);
        eventually("NSD answers", || {
            let answer = self.dig(&["+norecurse", "version.bind", "CH", "TXT"]);
            answer.contains("status: NOERROR").then_some(())
        });
    }

    /// `kill -9`; its children see that and end too.
    pub fn kill(&mut self) {
        self.process = None;
    }

    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }
}

impl NameServer for Nsd {
    fn dns(&self) -> SocketAddr {
        self.dns
    }
}
