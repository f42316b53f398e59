//! A real PowerDNS, for trying the tests themselves.

use std::net::SocketAddr;
use std::process::Command;

use tempfile::TempDir;

use crate::support::dns::{Key, NameServer, free_port};
use crate::support::process::Process;
use crate::support::{eventually, find};

pub struct PowerDns {
    pub dns: SocketAddr,
    pub api: SocketAddr,
    _process: Process,
    _directory: TempDir,
}

impl PowerDns {
    /// Serves a zone of this text, takes updates and transfers by `key` and API calls by `token`.
    pub fn start(zone: &str, text: &str, key: &Key, token: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().display().to_string();
        let (dns, api) = (free_port(), free_port());
        let config = format!(
            "launch=gsqlite3\ngsqlite3-database={path}/db\nsocket-dir={path}\napi=yes\n\
             api-key={token}\nwebserver-address=127.0.0.1\nwebserver-port={}\nlocal-address=127.0.0.1\n\
             local-port={}\ndnsupdate=yes\nallow-dnsupdate-from=127.0.0.0/8\ncache-ttl=0\n\
             query-cache-ttl=0\nnegquery-cache-ttl=0\nzone-cache-refresh-interval=0\n",
            api.port(),
            dns.port(),
        );
        std::fs::write(format!("{path}/pdns.conf"), config).unwrap();
        std::fs::write(format!("{path}/zone"), text).unwrap();
        let schema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";
        let made = Command::new("sqlite3")
            .arg(format!("{path}/db"))
            .arg(format!(".read {schema}"))
            .status();
        assert!(made.is_ok_and(|status| status.success()));
        let (name, algorithm) = (key.name.as_str(), key.algorithm.as_str());
        for arguments in [
            &["load-zone", zone, &format!("{path}/zone")][..],
            &["set-kind", zone, "native"],
            &["import-tsig-key", name, algorithm, &key.secret],
            &["set-meta", zone, "TSIG-ALLOW-DNSUPDATE", name],
            &["set-meta", zone, "TSIG-ALLOW-AXFR", name],
            &["set-meta", zone, "SOA-EDIT-DNSUPDATE", "INCREASE"],
        ] {
            let done = Command::new(find("pdnsutil").unwrap())
                .arg(format!("--config-dir={path}"))
                .args(arguments)
                .output()
                .unwrap();
            assert!(done.status.success(), "{arguments:?}: {done:?}");
        }
        let process = Process::start(
            "pdns_server",
            Command::new(find("pdns_server").unwrap()).arg(format!("--config-dir={path}")),
        );
        eventually("PowerDNS serves", || dns.serial(zone));
        Self {
            dns,
            api,
            _process: process,
            _directory: directory,
        }
    }
}
