//! CoreDNS in a directory of its own, reading a database: with the plugin of `docker/coredns`, or
//! with the one that hosts bring along.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::dns::{NameServer, free_port};
use super::mariadb::Mariadb;
use super::process::Process;
use super::{eventually, find};

pub struct Coredns {
    directory: TempDir,
    binary: PathBuf,
    pub dns: SocketAddr,
    process: Option<Process>,
}

impl Coredns {
    /// Ours, not started.
    pub fn prepare(database: &Mariadb) -> Self {
        let dsn = database.dsn();
        let plugin = format!("dadns {{\n  dsn {dsn}\n  refresh 200ms\n  poll 1s\n}}");
        Self::with_plugin(built(), &plugin)
    }

    /// Ours, and waits until it answers.
    pub fn start(database: &Mariadb) -> Self {
        let mut coredns = Self::prepare(database);
        coredns.run();
        coredns
    }

    /// The plugin `mysql_extend` in a binary that has it.
    pub fn start_extend(binary: &Path, database: &Mariadb) -> Self {
        let dsn = database.dsn();
        let plugin = format!(
            "mysql {{\n  dsn {dsn}\n  dump_file dump.json\n  success_heartbeat_time 1s\n  \
             fail_heartbeat_time 1s\n}}"
        );
        let mut coredns = Self::with_plugin(binary, &plugin);
        coredns.run();
        coredns
    }

    fn with_plugin(binary: &Path, plugin: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let dns = free_port();
        let config = format!(
            ".:{} {{\nbind {}\nerrors\n{plugin}\n}}\n",
            dns.port(),
            dns.ip()
        );
        std::fs::write(directory.path().join("Corefile"), config).unwrap();
        Self {
            directory,
            binary: binary.to_owned(),
            dns,
            process: None,
        }
    }

    /// Starts the process and waits until it answers.
    pub fn run(&mut self) {
        let process = Process::start(
            "coredns",
            Command::new(&self.binary)
                .args(["-conf", "Corefile"])
                .current_dir(self.directory.path()),
        );
        self.process = Some(process);
        eventually("CoreDNS answers", || {
            let answer = self.dig(&["+norecurse", ".", "SOA"]);
            answer.contains("status: ").then_some(())
        });
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// The key of a backend that asks this server to verify.
    pub fn dns_address(&self) -> String {
        format!("      dns_address: [\"{}\"]\n", self.dns)
    }

    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }
}

impl NameServer for Coredns {
    fn dns(&self) -> SocketAddr {
        self.dns
    }
}

/// The binary of `docker/coredns`, built once for all tests of the process.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/coredns");
        let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("coredns");
        let output = Command::new(find("go").unwrap())
            .args(["build", "-buildvcs=false", "-o"])
            .arg(&binary)
            .arg(".")
            .current_dir(source)
            // The compiler that is here, or none: no other one is fetched.
            .env("GOTOOLCHAIN", "local")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "docker/coredns does not build:\n{error}"
        );
        binary
    })
}
