//! Which masters can be asked, and how.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use dadns_keys::{
    Report, Secret, Text, any, boolean, host, items, keys, one, optional, secret, user_name, whole,
};

/// The list of masters.
const LIST: &str = "reconciliation.directadmin_servers";

keys! {
    /// Which masters are asked, and how.
    pub struct Settings("reconciliation") {
        /// Check the certificates of masters. false: anybody on the path can read their passwords.
        pub verify_ssl: bool = boolean(), "true";
        /// PEM file of the CAs that are trusted. Empty: the public ones.
        pub ca_file: Option<PathBuf> = optional(any()), "\"\"";
        /// How many zones are asked for in one request.
        pub ipp: u32 = whole(1, 100_000), "1000";
        /// The masters, each with:
        pub servers "directadmin_servers": Vec<Server> = items(), "[]";
    }
}

keys! {
    /// One DirectAdmin master and the account to ask it with.
    pub struct Server("") {
        /// The host name that it gives when it pushes, or its address.
        pub hostname: String = one(Text::Read(host)), required "da1.example.com";
        /// The port of DirectAdmin there.
        pub port: u16 = whole(1, 65_535), "2222";
        /// An account of its admin.
        pub username: String = one(Text::Read(user_name)), required "admin";
        /// The password of that account, or a login key.
        pub password: Secret = secret(), required "secret";
        /// Whether DirectAdmin speaks TLS there.
        pub ssl: bool = boolean(), "true";
    }
}

impl Settings {
    /// Rules between its keys; `enabled`: the masters are asked now and then.
    pub fn check(&self, enabled: bool, report: &mut Report) {
        let list = LIST;
        let mut known = BTreeMap::new();
        for (number, server) in (1..).zip(&self.servers) {
            let path = format!("{list}.{number}.hostname");
            if let Some(other) = known.insert(&server.hostname, number) {
                let message = format!(
                    "{path}: {list}.{other} is {} already, and a zone belongs to one master",
                    server.hostname
                );
                report.fail(&path, message);
            }
        }
        if self.ca_file.is_some() && !self.verify_ssl {
            report.warn(
                "reconciliation.ca_file",
                "reconciliation.ca_file is set, but reconciliation.verify_ssl is false: no certificate \
                 is checked",
            );
        }
        if !enabled {
            return;
        }
        if self.servers.is_empty() {
            report.warn(
                "reconciliation.enabled",
                format!("reconciliation.enabled is true, but {list} is empty: no master is asked"),
            );
        }
        for (number, server) in (1..).zip(&self.servers) {
            if !server.ssl && !is_loopback(&server.hostname) {
                let path = format!("{list}.{number}.ssl");
                let message = format!(
                    "{path} is false: the password goes to {} in clear text",
                    server.hostname
                );
                report.warn(&path, message);
            }
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}
