//! A real Knot DNS in a directory of its own.

use std::fmt::Write;
use std::net::SocketAddr;
use std::process::Command;

use tempfile::TempDir;

use super::dns::{NameServer, Primary, free_port};
use super::find;
use super::process::Process;

pub struct Knot {
    directory: TempDir,
    pub dns: SocketAddr,
    process: Option<Process>,
}

impl Knot {
    /// Serves these zones (name, text of its file), and waits until it does.
    pub fn primary(zones: &[(String, String)]) -> Self {
        let mut knot = Self::prepare();
        let mut config = "acl:\n  - id: transfer\n    address: 127.0.0.1\n    \
                          action: transfer\nzone:\n"
            .to_owned();
        for (zone, text) in zones {
            let file = knot.directory.path().join(format!("{zone}.zone"));
            std::fs::write(&file, text).unwrap();
            let file = file.display();
            writeln!(
                config,
                "  - domain: {zone}\n    file: {file}\n    acl: transfer"
            )
            .unwrap();
        }
        knot.configure(&config);
        knot.run();
        for (zone, _) in zones {
            let served = knot.serial(zone).is_some();
            assert!(
                served,
                "Knot does not serve {zone}; its log:\n{}",
                knot.log()
            );
        }
        knot
    }

    /// Gets these zones from a primary, whose NOTIFY it takes with its key and without.
    pub fn secondary(primary: &Primary, zones: &[&str]) -> Self {
        let mut knot = Self::prepare();
        let mut config = Self::upstream(primary);
        config.push_str("zone:\n");
        for zone in zones {
            writeln!(
                config,
                "  - domain: {zone}\n    master: primary\n    acl: [ open, keyed ]"
            )
            .unwrap();
        }
        knot.configure(&config);
        knot.run();
        knot
    }

    /// Gets a catalog zone (RFC 9432) from a primary, and every zone that it lists.
    pub fn catalog_consumer(primary: &Primary, catalog: &str) -> Self {
        let mut knot = Self::prepare();
        let config = format!(
            "{}template:\n  - id: member\n    storage: {}\n    master: primary\n    \
             acl: [ open, keyed ]\n\
             zone:\n  - domain: {catalog}\n    master: primary\n    acl: [ open, keyed ]\n    \
             catalog-role: interpret\n    catalog-template: member\n",
            Self::upstream(primary),
            knot.directory.path().display(),
        );
        knot.configure(&config);
        knot.run();
        knot
    }

    /// Key, remote and access lists.
    fn upstream(primary: &Primary) -> String {
        let (host, port) = (primary.address.ip(), primary.address.port());
        let (mut keys, mut key_of) = (String::new(), String::new());
        if let Some(key) = &primary.key {
            keys = format!(
                "key:\n  - id: {}\n    algorithm: {}\n    secret: {}\n",
                key.name, key.algorithm, key.secret
            );
            key_of = format!("    key: {}\n", key.name);
        }
        format!(
            "{keys}remote:\n  - id: primary\n    address: {host}@{port}\n{key_of}\
             acl:\n  - id: open\n    address: {host}\n    action: notify\n\
             \x20 - id: keyed\n    address: {host}\n    action: notify\n{key_of}"
        )
    }

    fn prepare() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
            dns: free_port(),
            process: None,
        }
    }

    fn configure(&self, zones: &str) {
        let path = self.directory.path().display();
        // The storage must be there already: without it Knot stops for good at the first catalog.
        let config = format!(
            "server:\n    listen: {}@{}\n    rundir: {path}\n    udp-workers: 1\n    \
             tcp-workers: 2\n    background-workers: 4\n\
             log:\n  - target: stderr\n    any: info\n\
             control:\n    listen: {path}/knot.sock\n\
             database:\n    storage: {path}\n    journal-db-max-size: 32M\n    \
             catalog-db-max-size: 16M\n\
             template:\n  - id: default\n    storage: {path}\n{zones}",
            self.dns.ip(),
            self.dns.port(),
        );
        std::fs::write(self.directory.path().join("knot.conf"), config).unwrap();
    }

    /// Starts the process and waits until it serves.
    pub fn run(&mut self) {
        let mut process = Process::start(
            "knotd",
            Command::new(find("knotd").unwrap())
                .arg("-c")
                .arg(self.directory.path().join("knot.conf")),
        );
        process.line("that it runs", |line| line.contains("server started"));
        self.process = Some(process);
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process = None;
    }

    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }
}

impl NameServer for Knot {
    fn dns(&self) -> SocketAddr {
        self.dns
    }
}
