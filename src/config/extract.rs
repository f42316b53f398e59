//! From merged values to the typed [`Config`].

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use dadns_backends::builtin::{self, Allowed, Follow, RateLimit, Secondary, TcpLimits, TsigKey};
use dadns_backends::coredns_mysql::{self, Password, Plugin, TableName, Tables, Tls};
use dadns_backends::{BackendId, bind};
use ipnet::IpNet;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use super::finding::{Finding, Origin};
use super::keys::{self, BACKENDS};
use super::kinds::{self, Instances};
use super::layers::Layers;
use super::model::{App, Audit, BackendConfig, Config, Dns, Kind, Lanes, Store};
use super::reconciliation;
use super::secret::Secret;
use crate::logging;

/// The keys of a `bind` instance as they stand in the file.
#[derive(Deserialize)]
struct BindKeys {
    zones_dir: String,
    named_conf: String,
    control: Option<String>,
    key_file: PathBuf,
    dns_address: Option<SocketAddr>,
    #[serde(deserialize_with = "each")]
    views: Vec<bind::View>,
    max_records_per_type: u32,
    max_types_per_name: u32,
}

/// The keys of a `builtin` instance as they stand in the file.
#[derive(Deserialize)]
struct BuiltinKeys {
    listen: Vec<SocketAddr>,
    version: Option<String>,
    tcp_connections: usize,
    tcp_connections_per_client: usize,
    tcp_idle_timeout_ms: u64,
    rate_limit: u32,
    rate_limit_slip: u32,
    rate_limit_exempt: Vec<IpNet>,
    #[serde(deserialize_with = "each")]
    allow_transfer: Vec<Allowed>,
    #[serde(deserialize_with = "each")]
    notify: Vec<Secondary>,
    #[serde(deserialize_with = "each")]
    tsig_keys: Vec<TsigKey>,
    catalog_zone: Option<String>,
    #[serde(deserialize_with = "parsed")]
    follow: Follow,
}

/// The keys of a `coredns_mysql` instance as they stand in the file.
#[derive(Deserialize)]
struct CorednsMysqlKeys {
    host: String,
    port: u16,
    database: String,
    username: String,
    password: Secret,
    #[serde(deserialize_with = "parsed")]
    tls: Tls,
    tls_ca: Option<PathBuf>,
    pool_size: usize,
    connect_timeout_ms: u64,
    timeout_ms: u64,
    #[serde(deserialize_with = "parsed")]
    zones_table: TableName,
    #[serde(deserialize_with = "parsed")]
    records_table: TableName,
    #[serde(deserialize_with = "parsed")]
    changes_table: TableName,
    manage_schema: bool,
    #[serde(deserialize_with = "parsed")]
    plugin: Plugin,
    dns_address: Vec<SocketAddr>,
}

/// A value that is read from its text.
fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    String::deserialize(from)?.parse().map_err(Error::custom)
}

/// A list whose items are read from their texts.
fn each<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let items = texts.iter().map(|text| text.parse().map_err(Error::custom));
    items.collect()
}

/// Builds the configuration; `None` if something stands in the way, which is then among the errors.
pub(super) fn config(layers: &mut Layers<'_>, instances: &Instances) -> Option<Config> {
    let backends = backends(layers, instances);
    let default_backend = default_backend(layers, instances);
    let logging = layers.figment.extract::<logging::Settings>();
    let logging = layers.note(logging);
    let queue_location = take(layers, "queue_location");
    let app = take::<App>(layers, "app");
    let store = take::<Store>(layers, "store");
    let lanes = take::<Lanes>(layers, "lanes");
    let audit = take::<Audit>(layers, "audit");
    let history = take(layers, "history");
    let guard = take(layers, "guard");
    let reconciliation = reconciliation::take(layers, instances);
    Some(Config {
        logging: logging?,
        queue_location: queue_location?,
        app: app?,
        store: store?,
        lanes: lanes?,
        audit: audit?,
        history: history?,
        guard: guard?,
        reconciliation: reconciliation?,
        dns: Dns {
            default_backend: default_backend?,
            backends,
        },
    })
}

pub(super) fn take<T: DeserializeOwned>(layers: &mut Layers<'_>, path: &str) -> Option<T> {
    let taken = layers.figment.extract_inner(path);
    layers.note(taken)
}

fn enabled(layers: &Layers<'_>, instance: &str) -> bool {
    let path = format!("{BACKENDS}.{instance}.enabled");
    layers.figment.extract_inner(&path).unwrap_or(false)
}

/// All instances of built kinds. The others must be off; those that are not make one error.
fn backends(layers: &mut Layers<'_>, instances: &Instances) -> Vec<BackendConfig> {
    let mut backends = Vec::new();
    let mut unbuilt: Vec<String> = Vec::new();
    let mut first = None;
    for instance in instances.names() {
        let path = format!("{BACKENDS}.{instance}");
        let id = match instance.parse::<BackendId>() {
            Ok(id) => id,
            Err(error) => {
                layers.fail(&path, error.to_string());
                continue;
            }
        };
        let enabled = enabled(layers, instance);
        match instances.kind(instance) {
            None => {
                let message = match instances.type_of(instance) {
                    Some(kind) => format!("{path}.type: {kind:?} is not a kind of backend"),
                    None => format!("{path}: its name does not say what it is, so set its type"),
                };
                layers.fail(&path, format!("{message}; there are {}", kinds::known()));
            }
            Some(kind) if kind.built => {
                let kind = match kind.name {
                    "bind" => bind(layers, &path),
                    "builtin" => builtin(layers, &path),
                    "coredns_mysql" => coredns_mysql(layers, &path),
                    _ => None,
                };
                backends.extend(kind.map(|kind| BackendConfig { id, enabled, kind }));
            }
            Some(kind) if enabled => {
                first.get_or_insert(path);
                unbuilt.push(match instance == kind.name {
                    true => instance.to_owned(),
                    false => format!("{instance} ({})", kind.name),
                });
            }
            Some(_) => {}
        }
    }
    if let Some(first) = first {
        let message = format!(
            "this version cannot run {}; kinds that are built: {}. Set `enabled: false` until a \
             version has the others",
            unbuilt.join(", "),
            kinds::built(),
        );
        layers.fail(&first, message);
    }
    backends
}

/// `named` needs whole paths: its own working directory is not ours.
fn bind(layers: &mut Layers<'_>, path: &str) -> Option<Kind> {
    let keys: BindKeys = take(layers, path)?;
    let mut whole = |name: &str, text: String| match std::path::absolute(&text) {
        Ok(whole) => Some(whole),
        Err(error) => {
            layers.fail(&format!("{path}.{name}"), format!("{text:?}: {error}"));
            None
        }
    };
    let zones_dir = whole("zones_dir", keys.zones_dir);
    let named_conf = whole("named_conf", keys.named_conf);
    let key_file = keys.key_file;
    Some(Kind::Bind(bind::Settings {
        zones_dir: zones_dir?,
        named_conf: named_conf?,
        control: keys
            .control
            .map(|address| bind::Control { address, key_file }),
        dns_address: keys.dns_address,
        views: keys.views,
        limits: bind::RecordLimits {
            per_type: keys.max_records_per_type,
            types_per_name: keys.max_types_per_name,
        },
    }))
}

/// Every text was read once before, when it was checked.
fn builtin(layers: &mut Layers<'_>, path: &str) -> Option<Kind> {
    let keys: BuiltinKeys = take(layers, path)?;
    let rate_limit = RateLimit {
        responses_per_second: keys.rate_limit,
        slip: keys.rate_limit_slip,
        exempt: keys.rate_limit_exempt,
    };
    Some(Kind::Builtin(builtin::Settings {
        listen: keys.listen,
        version: keys.version,
        tcp: TcpLimits {
            connections: keys.tcp_connections,
            connections_per_client: keys.tcp_connections_per_client,
            idle: Duration::from_millis(keys.tcp_idle_timeout_ms),
        },
        rate_limit: Some(rate_limit).filter(|limit| limit.responses_per_second > 0),
        allow_transfer: keys.allow_transfer,
        notify: keys.notify,
        tsig_keys: keys.tsig_keys,
        catalog_zone: keys.catalog_zone.and_then(|name| name.parse().ok()),
        follow: keys.follow,
    }))
}

fn coredns_mysql(layers: &mut Layers<'_>, path: &str) -> Option<Kind> {
    let keys: CorednsMysqlKeys = take(layers, path)?;
    Some(Kind::CorednsMysql(coredns_mysql::Settings {
        host: keys.host,
        port: keys.port,
        database: keys.database,
        username: keys.username,
        password: Password(keys.password.expose().to_owned()),
        tls: keys.tls,
        tls_ca: keys.tls_ca,
        pool_size: keys.pool_size,
        connect_timeout: Duration::from_millis(keys.connect_timeout_ms),
        timeout: Duration::from_millis(keys.timeout_ms),
        tables: Tables {
            zones: keys.zones_table,
            records: keys.records_table,
            changes: keys.changes_table,
        },
        manage_schema: keys.manage_schema,
        plugin: keys.plugin,
        dns_address: keys.dns_address,
    }))
}

/// `None` if it is wrong; `Some(None)` if it is not set.
fn default_backend(layers: &mut Layers<'_>, instances: &Instances) -> Option<Option<BackendId>> {
    const PATH: &str = "dns.default_backend";
    let Some(name) = take::<Option<String>>(layers, PATH)? else {
        return Some(None);
    };
    let on: Vec<String> = instances
        .names()
        .filter(|instance| enabled(layers, instance))
        .map(str::to_owned)
        .collect();
    if on.contains(&name) {
        return Some(name.parse().ok());
    }
    let hint = match keys::nearest(&name, on) {
        Some(near) => format!("; did you mean {near}?"),
        None => String::new(),
    };
    let message = match instances.names().any(|instance| instance == name) {
        true => format!("{PATH}: {name} is not enabled: set {BACKENDS}.{name}.enabled: true"),
        false => format!("{PATH}: there is no backend {name:?}{hint}"),
    };
    layers.fail(PATH, message);
    None
}

impl Layers<'_> {
    /// Adds an error about the value at `path`, or about what stands below it.
    pub fn fail(&mut self, path: &str, message: impl Into<String>) {
        let origin = self.origin(path);
        self.errors.push(Finding::new(origin, message));
    }

    /// Adds a warning about the value at `path`.
    pub fn warn(&mut self, path: &str, message: impl Into<String>) {
        let origin = self.origin(path);
        self.warnings.push(Finding::new(origin, message));
    }

    /// Whether an error was added about the value at `path`: what holds instead is not the operator's.
    pub fn is_wrong(&self, path: &str) -> bool {
        let about = format!("{path}: ");
        self.errors
            .iter()
            .any(|error| error.message.starts_with(&about))
    }

    /// Where the value at `path` came from; for a section, the first place that set part of it.
    fn origin(&self, path: &str) -> Origin {
        let exact = self.origins.get(path).cloned();
        let below = || {
            let below = self
                .origins
                .iter()
                .filter(|(other, _)| keys::is_below(other, path));
            let set = below.map(|(_, origin)| origin);
            set.filter(|origin| **origin != Origin::Default)
                .min_by_key(|at| at.rank())
                .cloned()
        };
        exact.or_else(below).unwrap_or(Origin::Default)
    }

    /// Every value was checked before it was merged: figment finds a fault only if a reader and a
    /// field disagree, and even then the operator must learn where.
    fn note<T>(&mut self, taken: Result<T, figment::Error>) -> Option<T> {
        taken
            .map_err(|error| self.fail(&error.path.join("."), error.kind.to_string()))
            .ok()
    }
}
