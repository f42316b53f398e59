//! The configuration as the rest of the gateway sees it: complete, typed, checked.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use dadns_backends::{BackendId, bind, builtin, coredns_mysql};
use dadns_zone::Limits;
use ipnet::IpNet;
use serde::Deserialize;

use super::reconciliation::Reconciliation;
use super::secret::Secret;
use crate::logging;
use crate::store::{Guard, Keep};

/// Everything that an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// What is logged, how and where (`timezone`, `log_*`).
    pub logging: logging::Settings,
    /// Where the state lives (`queue_location`).
    pub queue_location: PathBuf,
    /// The HTTP face.
    pub app: App,
    /// The durable state.
    pub store: Store,
    /// The lanes to the backends.
    pub lanes: Lanes,
    /// The search for what was changed behind our back.
    pub audit: Audit,
    /// How much of each zone's past is kept (`history.*`).
    pub history: Keep,
    /// Which pushes wait for an operator (`guard.*`).
    pub guard: Guard,
    /// What is compared with the masters.
    pub reconciliation: Reconciliation,
    /// The backends.
    pub dns: Dns,
}

/// The HTTP face towards DirectAdmin (`app.*`).
#[derive(Debug, Clone, Deserialize)]
pub struct App {
    /// The user name that masters present.
    pub auth_username: String,
    /// The password that masters present.
    pub auth_password: Secret,
    /// The accounts that may decide and order; where there are none, that of the masters may.
    pub operators: Vec<Account>,
    /// Failed logins per address and minute before it has to wait.
    pub auth_failures_per_minute: u32,
    /// The address to listen on, if one was chosen. See [`App::listen_addr`].
    pub listen_host: Option<IpAddr>,
    /// The port to listen on.
    pub listen_port: u16,
    ssl_enable: bool,
    ssl_cert: Option<PathBuf>,
    ssl_key: Option<PathBuf>,
    ssl_bundle: Option<PathBuf>,
    /// Whether `X-Forwarded-For` of [`trusted_proxies`](App::trusted_proxies) is believed.
    pub proxy_support: bool,
    /// The proxies that are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// The most records that one zone may have.
    pub max_records: usize,
    hostname: Option<String>,
    /// Whether `exists` says who owns a parent of the zone that was asked for.
    pub check_subdomain_owner_in_cluster_domainowners: bool,
}

/// An account, as `name:password`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: Secret,
}

impl FromStr for Account {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |part: &str| !part.is_empty() && !part.chars().any(char::is_control);
        match text.split_once(':') {
            Some((name, password)) if fits(name) && fits(password) => Ok(Self {
                name: name.to_owned(),
                password: Secret::new(password),
            }),
            _ => Err("a name and a password with a colon between them"),
        }
    }
}

impl TryFrom<String> for Account {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The files that TLS needs, all PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tls<'a> {
    /// The certificate, or the whole chain.
    pub cert: &'a Path,
    /// Its key.
    pub key: &'a Path,
    /// The rest of the chain, if `cert` is not the whole.
    pub bundle: Option<&'a Path>,
}

impl App {
    /// The files for TLS if it is switched on.
    pub fn tls(&self) -> Option<Tls<'_>> {
        match (&self.ssl_cert, &self.ssl_key) {
            (Some(cert), Some(key)) if self.ssl_enable => Some(Tls {
                cert,
                key,
                bundle: self.ssl_bundle.as_deref(),
            }),
            _ => None,
        }
    }

    /// Whether TLS is asked for, and whether its files are named: checked against each other once.
    pub(super) fn tls_wish(&self) -> (bool, bool, bool) {
        (
            self.ssl_enable,
            self.ssl_cert.is_some(),
            self.ssl_key.is_some(),
        )
    }

    /// What a zone may be that is taken here.
    pub fn limits(&self) -> Limits {
        Limits {
            max_bytes: self.max_body_bytes,
            max_records: self.max_records,
            ..Limits::default()
        }
    }

    /// The name by which this gateway speaks of itself: `app.hostname`, or the system's host name.
    pub fn hostname(&self) -> String {
        let system = || {
            rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned()
        };
        self.hostname.clone().unwrap_or_else(system)
    }
}

/// The durable state (`store.*`).
#[derive(Debug, Clone, Deserialize)]
pub struct Store {
    /// Memory for recently used state, in MiB.
    pub cache_mib: u64,
}

/// The lanes to the backends (`lanes.*`).
#[derive(Debug, Clone, Deserialize)]
pub struct Lanes {
    /// The most zones that go to a backend at once.
    pub batch_max: usize,
    /// How long a backend may take until it serves what it was sent, in milliseconds.
    pub proof_timeout_ms: u64,
    /// How long a stop waits for batches under way, in milliseconds.
    pub stop_timeout_ms: u64,
}

/// The search for what was changed behind our back (`audit.*`).
#[derive(Debug, Clone, Deserialize)]
pub struct Audit {
    /// Whether it goes on all the time.
    pub enabled: bool,
    /// How many zones are looked at in a second on each backend.
    pub zones_per_second: u32,
    /// How many seconds after a pass began the next one begins at the earliest.
    pub every_seconds: u32,
}

/// The backends (`dns.*`).
#[derive(Debug, Clone)]
pub struct Dns {
    /// The backend whose result stands for the push as a whole; always an enabled one.
    pub default_backend: Option<BackendId>,
    /// All instances of kinds that this version can run, by name.
    pub backends: Vec<BackendConfig>,
}

impl Dns {
    /// The instances that are switched on.
    pub fn enabled(&self) -> impl Iterator<Item = &BackendConfig> {
        self.backends.iter().filter(|backend| backend.enabled)
    }
}

/// One instance of a backend (`dns.backends.NAME`).
#[derive(Debug, Clone)]
pub struct BackendConfig {
    /// Its name.
    pub id: BackendId,
    /// Whether it is switched on.
    pub enabled: bool,
    /// What it is, with the settings of that kind.
    pub kind: Kind,
}

/// What a backend is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A BIND `named` on this host.
    Bind(bind::Settings),
    /// The name server that is built in.
    Builtin(builtin::Settings),
    /// A MySQL or MariaDB database that CoreDNS servers read.
    CorednsMysql(coredns_mysql::Settings),
}
