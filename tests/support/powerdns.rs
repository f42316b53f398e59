//! A real PowerDNS with SQLite, in a directory of its own: how the API that clients know really answers.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use tempfile::TempDir;

use super::process::Process;
use super::{eventually, find};

/// The key of its API.
pub const KEY: &str = "a-key-of-tests";

/// Where Debian puts the tables of its database.
const SCHEMA: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

#[derive(Debug)]
pub struct PowerDns {
    _directory: TempDir,
    _process: Process,
    pub api: SocketAddr,
}

impl PowerDns {
    /// Starts it without any zone, and waits until its API answers.
    pub fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let database = directory.path().join("pdns.sqlite3");
        let made = Command::new(find("sqlite3").unwrap())
            .arg(&database)
            .arg(format!(".read {SCHEMA}"))
            .status();
        assert!(made.unwrap().success(), "the tables are made");
        let free = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap()
        };
        let (api, dns) = (free(), free());
        let mut command = Command::new(find("pdns_server").unwrap());
        command
            .arg(format!("--config-dir={}", directory.path().display()))
            .arg(format!("--socket-dir={}", directory.path().display()))
            .arg("--launch=gsqlite3")
            .arg(format!("--gsqlite3-database={}", database.display()))
            .arg("--gsqlite3-pragma-synchronous=0")
            .args([
                "--daemon=no",
                "--guardian=no",
                "--api=yes",
                "--webserver=yes",
            ])
            .arg(format!("--api-key={KEY}"))
            .arg("--webserver-address=127.0.0.1")
            .arg(format!("--webserver-port={}", api.port()))
            .arg("--webserver-allow-from=127.0.0.1")
            .arg("--local-address=127.0.0.1")
            .arg(format!("--local-port={}", dns.port()))
            .args([
                "--cache-ttl=0",
                "--negquery-cache-ttl=0",
                "--query-cache-ttl=0",
            ])
            .args(["--zone-cache-refresh-interval=0", "--loglevel=3"]);
        let process = Process::start("pdns_server", &mut command);
        eventually("the API of PowerDNS answers", || {
            std::net::TcpStream::connect(api).ok()
        });
        Self {
            _directory: directory,
            _process: process,
            api,
        }
    }
}
