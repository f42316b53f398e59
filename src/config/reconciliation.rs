//! What is compared with the masters, and how they are asked (`reconciliation.*`).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::extract;
use super::kinds::Instances;
use super::layers::Layers;
use super::lists::{SERVER, SERVERS};
use super::secret::Secret;

/// How desired state is kept in step with the masters (`reconciliation.*`).
#[derive(Debug, Clone)]
pub struct Reconciliation {
    /// Whether it is.
    pub enabled: bool,
    /// Whether it is only told what would be done.
    pub dry_run: bool,
    /// From one pass to the next.
    pub interval: Duration,
    /// From the start to the first pass.
    pub initial_delay: Duration,
    /// Whether certificates of masters are checked.
    pub verify_ssl: bool,
    /// The CAs that are known, PEM; the public ones where there is none.
    pub ca_file: Option<PathBuf>,
    /// Zones that a master is asked for at a time.
    pub ipp: u32,
    /// The share of a master's zones that may be gone without a question, in percent.
    pub orphan_threshold_percent: u32,
    /// The number of zones from which on that share matters.
    pub orphan_threshold_zones: usize,
    /// The masters; no two have one host name.
    pub servers: Vec<DirectAdminServer>,
}

/// One DirectAdmin master and the account to ask it with (`reconciliation.directadmin_servers`).
#[derive(Debug, Clone, Deserialize)]
pub struct DirectAdminServer {
    /// Its host name, lower-case, or its address.
    pub hostname: String,
    /// The port of DirectAdmin there.
    pub port: u16,
    /// The account.
    pub username: String,
    /// Its password, or a login key.
    pub password: Secret,
    /// Whether TLS is spoken.
    pub ssl: bool,
}

/// The keys as they stand in the file, without the list.
#[derive(Deserialize)]
struct Keys {
    enabled: bool,
    dry_run: bool,
    interval_minutes: u64,
    initial_delay_minutes: u64,
    verify_ssl: bool,
    ca_file: Option<PathBuf>,
    ipp: u32,
    orphan_threshold_percent: u32,
    orphan_threshold_zones: usize,
}

/// Builds the section; `None` if something stands in the way, which is then among the errors.
pub(super) fn take(layers: &mut Layers<'_>, instances: &Instances) -> Option<Reconciliation> {
    let servers = servers(layers, instances);
    let keys: Keys = extract::take(layers, "reconciliation")?;
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    Some(Reconciliation {
        enabled: keys.enabled,
        dry_run: keys.dry_run,
        interval: minutes(keys.interval_minutes),
        initial_delay: minutes(keys.initial_delay_minutes),
        verify_ssl: keys.verify_ssl,
        ca_file: keys.ca_file,
        ipp: keys.ipp,
        orphan_threshold_percent: keys.orphan_threshold_percent,
        orphan_threshold_zones: keys.orphan_threshold_zones,
        servers,
    })
}

/// The servers; none if one of them is not complete, so that their places are their numbers.
fn servers(layers: &mut Layers<'_>, instances: &Instances) -> Vec<DirectAdminServer> {
    let mut servers = Vec::new();
    let mut complete = true;
    for (place, number) in (1..).zip(instances.items.of(SERVERS)) {
        let path = format!("{SERVERS}.{number}");
        if number != place {
            let message = format!("{path} is set, but there is no {SERVERS}.{place}: leave no gap");
            layers.fail(&path, message);
            return Vec::new();
        }
        let absent = |name: &&str| !layers.figment.contains(&format!("{path}.{name}"));
        let absent: Vec<&str> = SERVER.required().filter(absent).collect();
        if absent.is_empty() {
            servers.extend(extract::take::<DirectAdminServer>(layers, &path));
            continue;
        }
        complete = false;
        let untold = |name: &&str| !layers.is_wrong(&format!("{path}.{name}"));
        let untold: Vec<&str> = absent.into_iter().filter(untold).collect();
        if !untold.is_empty() && !layers.is_wrong(&path) {
            let message = format!("{path}: it has to have {} too", untold.join(" and "));
            layers.fail(&path, message);
        }
    }
    match complete {
        true => servers,
        false => Vec::new(),
    }
}

/// Rules between its keys.
pub(super) fn check(reconciliation: &Reconciliation, layers: &mut Layers<'_>) {
    let servers = &reconciliation.servers;
    let mut known = BTreeMap::new();
    for (number, server) in (1..).zip(servers) {
        let path = format!("{SERVERS}.{number}.hostname");
        if let Some(other) = known.insert(&server.hostname, number) {
            let message = format!(
                "{path}: {SERVERS}.{other} is {} already, and a zone belongs to one master",
                server.hostname
            );
            layers.fail(&path, message);
        }
    }
    if reconciliation.ca_file.is_some() && !reconciliation.verify_ssl {
        layers.warn(
            "reconciliation.ca_file",
            "reconciliation.ca_file is set, but reconciliation.verify_ssl is false: no certificate \
             is checked",
        );
    }
    if !reconciliation.enabled {
        return;
    }
    if servers.is_empty() {
        layers.warn(
            "reconciliation.enabled",
            format!("reconciliation.enabled is true, but {SERVERS} is empty: no master is asked"),
        );
    }
    for (number, server) in (1..).zip(servers) {
        if !server.ssl && !is_loopback(&server.hostname) {
            let path = format!("{SERVERS}.{number}.ssl");
            let message = format!(
                "{path} is false: the password goes to {} in clear",
                server.hostname
            );
            layers.warn(&path, message);
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}
