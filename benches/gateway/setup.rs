//! A gateway with one backend, its daemon included, filled with zones.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use super::arguments::{CONNECTIONS, Run};
use super::dadns::Dadns;
use super::load::{Flood, Until, flood};
use super::support::builtin::Builtin;
use super::support::find;
use super::support::mariadb::Mariadb;
use super::support::named::Named;
use super::zones::{FIRST, push};

/// How zones get served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the built-in server.
    Builtin,
    /// By BIND, with an include file.
    Include,
    /// By BIND, with `addzone`.
    Addzone,
    /// From MariaDB.
    Mysql,
}

impl FromStr for Way {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "builtin" => Ok(Self::Builtin),
            "include" => Ok(Self::Include),
            "addzone" => Ok(Self::Addzone),
            "mysql" => Ok(Self::Mysql),
            _ => Err("builtin, include, addzone or mysql"),
        }
    }
}

impl Way {
    /// Each of them.
    pub const ALL: &[Self] = &[Self::Builtin, Self::Include, Self::Addzone, Self::Mysql];

    /// How rows call it.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Builtin => "dadns, built-in server",
            Self::Include => "dadns, BIND by include",
            Self::Addzone => "dadns, BIND by addzone",
            Self::Mysql => "dadns, MariaDB",
        }
    }

    /// Whether its daemon is installed and the binary can use it. What cannot be is said.
    pub fn is_known(self, binary: &Path) -> bool {
        let daemon = match self {
            Self::Builtin => None,
            Self::Include | Self::Addzone => Some("named"),
            Self::Mysql => Some("mariadbd"),
        };
        if let Some(daemon) = daemon.filter(|daemon| find(daemon).is_none()) {
            println!("  LEFT OUT: {}: {daemon} is not installed", self.subject());
            return false;
        }
        let known = self != Self::Addzone || provisions(binary);
        if !known {
            println!(
                "  LEFT OUT: {}: {} cannot do that",
                self.subject(),
                binary.display()
            );
        }
        known
    }
}

/// Whether the binary has the key `provision` of BIND.
pub fn provisions(binary: &Path) -> bool {
    let output = Command::new(binary).args(["config", "default"]).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
    String::from_utf8_lossy(&output.stdout).contains(" provision: ")
}

/// A daemon that ends with its value.
enum Daemon {
    None,
    Named(#[allow(dead_code, reason = "it lives as long as this")] Named),
    Mariadb(Mariadb),
}

/// A gateway with one backend.
pub struct Setup {
    /// The gateway. It is dropped before its daemon.
    pub dadns: Dadns,
    /// Where the zones are served, if that is over DNS.
    pub dns: Option<SocketAddr>,
    /// The name of the backend.
    pub backend: &'static str,
    daemon: Daemon,
}

impl Setup {
    /// Starts a gateway and its backend, without zones.
    pub fn start(run: &Run, way: Way) -> Self {
        Self::start_with(run, way, "", "")
    }

    /// The same, with further lines of the configuration, and further keys of the backend.
    pub fn start_with(run: &Run, way: Way, config: &str, keys: &str) -> Self {
        let (daemon, backend, lines, dns) = match way {
            Way::Builtin => {
                let server = Builtin::new().open();
                (
                    Daemon::None,
                    "builtin",
                    server.backend(keys),
                    Some(server.dns),
                )
            }
            Way::Include | Way::Addzone => {
                let named = named(way == Way::Addzone, "");
                let mut lines = named.backend("bind") + keys;
                if provisions(&run.binary) {
                    let way = if way == Way::Addzone {
                        "addzone"
                    } else {
                        "include"
                    };
                    lines += &format!("      provision: {way}\n");
                }
                let dns = Some(named.dns);
                (Daemon::Named(named), "bind", lines, dns)
            }
            Way::Mysql => {
                let mariadb = Mariadb::start_with(MARIADB);
                let lines = mariadb.backend("mysql", keys);
                (Daemon::Mariadb(mariadb), "mysql", lines, None)
            }
        };
        Self {
            dadns: Dadns::start(&run.binary, config, &lines),
            dns,
            backend,
            daemon,
        }
    }

    /// The same, with so many zones that are all verified.
    pub fn filled(run: &Run, way: Way, zones: usize) -> Self {
        let setup = Self::start(run, way);
        setup.fill(0, zones);
        setup
    }

    /// Pushes zones from one number up to another, and waits until they are verified.
    pub fn fill(&self, from: usize, to: usize) -> Flood {
        let count = Until::Count(to - from);
        let flood = flood(self.dadns.http, CONNECTIONS, count, |number| {
            push(from + number, FIRST)
        });
        self.dadns.until_verified(self.backend);
        flood
    }

    /// The database of zones and records.
    pub fn mariadb(&self) -> Option<&Mariadb> {
        match &self.daemon {
            Daemon::Mariadb(mariadb) => Some(mariadb),
            _ => None,
        }
    }
}

/// What MariaDB has by itself; the servers of tests are smaller.
pub const MARIADB: &str = "[mariadbd]\nskip_name_resolve\n";

/// A `named` with an include file of this text.
pub fn named(with_new_zones: bool, include: &str) -> Named {
    let mut named = Named::prepare();
    if with_new_zones {
        let options = "allow-new-zones yes;\nlmdb-mapsize 256M;\n";
        std::fs::write(named.path("options.conf"), options).unwrap();
    }
    std::fs::write(named.include(), include).unwrap();
    named.run();
    named
}
