//! What no key can say alone: rules between keys, and settings that are allowed but worth a warning.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use dadns_backends::coredns_mysql::Tls;
use dadns_backends::{builtin, coredns_mysql};
use strsim::damerau_levenshtein;

use super::keys::BACKENDS;
use super::layers::Layers;
use super::model::{Config, Kind};
use super::reconciliation;

/// Checks `config` as a whole.
pub(super) fn check(config: &Config, layers: &mut Layers<'_>) {
    password(config, layers);
    tls(config, layers);
    proxies(config, layers);
    nothing_enabled(config, layers);
    shared_places(config, layers);
    shared_addresses(config, layers);
    shared_databases(config, layers);
    idle_cas(config, layers);
    reconciliation::check(&config.reconciliation, layers);
    for (path, settings) in builtins(config) {
        listens(&path, settings, layers);
        tsig_keys(&path, settings, layers);
        open_transfers(&path, settings, layers);
        closed_transfers(&path, settings, layers);
    }
}

fn password(config: &Config, layers: &mut Layers<'_>) {
    if config.app.has_default_password() {
        let address = config.app.listen_addr().address;
        layers.warn(
            "app.auth_password",
            format!(
                "app.auth_password is the one that everybody knows: listening on {address} only, \
                 until you set your own"
            ),
        );
    }
}

fn tls(config: &Config, layers: &mut Layers<'_>) {
    match config.app.tls_wish() {
        (true, false, _) => layers.fail("app.ssl_enable", "app.ssl_enable needs app.ssl_cert"),
        (true, true, false) => layers.fail("app.ssl_enable", "app.ssl_enable needs app.ssl_key"),
        (false, true, _) => layers.warn(
            "app.ssl_cert",
            "app.ssl_cert is set, but app.ssl_enable is false: plain HTTP is spoken",
        ),
        _ => {}
    }
}

fn proxies(config: &Config, layers: &mut Layers<'_>) {
    if config.app.proxy_support && config.app.trusted_proxies.is_empty() {
        layers.warn(
            "app.trusted_proxies",
            "app.proxy_support is true, but app.trusted_proxies is empty: no proxy is believed",
        );
    }
}

fn nothing_enabled(config: &Config, layers: &mut Layers<'_>) {
    if config.dns.enabled().next().is_none() {
        layers.warn(
            BACKENDS,
            "no backend is enabled: zones are accepted and kept, but served nowhere",
        );
    }
}

/// Two instances that write the same files would undo each other's work for ever.
fn shared_places(config: &Config, layers: &mut Layers<'_>) {
    let mut taken: Vec<(PathBuf, String)> = Vec::new();
    for backend in config.dns.enabled() {
        let Kind::Bind(bind) = &backend.kind else {
            continue;
        };
        for (place, key) in [
            (bind.zones_dir.as_path(), "zones_dir"),
            (bind.named_conf.as_path(), "named_conf"),
        ] {
            let path = format!("{BACKENDS}.{}.{key}", backend.id);
            let real = real(place);
            match taken.iter().find(|(other, _)| *other == real) {
                Some((_, other)) => {
                    let message = format!("{path} and {other} are both {}", place.display());
                    layers.fail(&path, message);
                }
                None => taken.push((real, path)),
            }
        }
    }
}

/// The enabled databases, each with its path.
fn databases(config: &Config) -> impl Iterator<Item = (String, &coredns_mysql::Settings)> {
    config.dns.enabled().filter_map(|backend| {
        let Kind::CorednsMysql(settings) = &backend.kind else {
            return None;
        };
        Some((format!("{BACKENDS}.{}", backend.id), settings))
    })
}

/// Two instances over the same tables would undo each other's work for ever.
fn shared_databases(config: &Config, layers: &mut Layers<'_>) {
    let mut taken = BTreeMap::new();
    for (path, settings) in databases(config) {
        let tables = &settings.tables;
        let place = (
            settings.host.to_ascii_lowercase(),
            settings.port,
            settings.database.as_str(),
            tables.records.as_str(),
        );
        if let Some(other) = taken.insert(place, path.clone()) {
            let message = format!(
                "{path} and {other} are the same tables of one database: they would undo each \
                 other's work"
            );
            layers.fail(&path, message);
        }
    }
}

/// A CA says nothing where certificates are not checked.
fn idle_cas(config: &Config, layers: &mut Layers<'_>) {
    for (path, settings) in databases(config) {
        let checks = matches!(settings.tls, Tls::VerifyCa | Tls::VerifyIdentity);
        if settings.tls_ca.is_some() && !checks {
            let message = format!(
                "{path}.tls_ca is set, but no certificate is checked: that takes tls: verify_ca or \
                 verify_identity"
            );
            layers.warn(&format!("{path}.tls_ca"), message);
        }
    }
}

/// Where `path` leads, whichever way it is written: links are followed as far as they are there, and
/// what is not there yet is taken by its name.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let Some(above) = path.parent() else {
        return path.to_owned();
    };
    let mut real = real(above);
    match path.file_name() {
        Some(name) => real.push(name),
        // It ends with `..`.
        None => drop(real.pop()),
    }
    real
}

/// The enabled built-in servers, each with its path.
fn builtins(config: &Config) -> impl Iterator<Item = (String, &builtin::Settings)> {
    config.dns.enabled().filter_map(|backend| {
        let Kind::Builtin(settings) = &backend.kind else {
            return None;
        };
        Some((format!("{BACKENDS}.{}", backend.id), settings))
    })
}

/// Two servers on one address: the second could not start.
fn shared_addresses(config: &Config, layers: &mut Layers<'_>) {
    let mut taken: Vec<(SocketAddr, String)> = Vec::new();
    for (path, settings) in builtins(config) {
        let path = format!("{path}.listen");
        if layers.is_wrong(&path) {
            continue;
        }
        for address in &settings.listen {
            if let Some((other, by)) = taken.iter().find(|(other, _)| collide(*other, *address)) {
                let message = format!("{path}: {address} is taken: {by} has {other}");
                layers.fail(&path, message);
            }
            taken.push((*address, path.clone()));
        }
    }
}

/// Whether only one of two can be listened to. A wildcard stands for every address of its family.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let wildcard = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port()
        && one.port() != 0
        && one.is_ipv4() == other.is_ipv4()
        && (one == other || wildcard)
}

fn listens(path: &str, settings: &builtin::Settings, layers: &mut Layers<'_>) {
    if settings.listen.is_empty() {
        let path = format!("{path}.listen");
        let message = format!("{path}: it is empty, and takes at least one address with a port");
        layers.fail(&path, message);
    }
}

/// Every key that is named has to be there, once.
fn tsig_keys(path: &str, settings: &builtin::Settings, layers: &mut Layers<'_>) {
    let keys = format!("{path}.tsig_keys");
    if layers.is_wrong(&keys) {
        return;
    }
    let mut known = BTreeSet::new();
    for key in &settings.tsig_keys {
        let name = key.name().to_string();
        if !known.insert(name.clone()) {
            layers.fail(&keys, format!("{keys}: two keys are called {name:?}"));
        }
    }
    let transfers = settings.allow_transfer.iter().map(|item| item.key.as_ref());
    let notifies = settings.notify.iter().map(|item| item.key.as_ref());
    let named = transfers
        .map(|key| ("allow_transfer", key))
        .chain(notifies.map(|key| ("notify", key)));
    let named: BTreeSet<_> = named
        .filter_map(|(list, key)| Some((list, key?.to_string())))
        .collect();
    for (list, name) in named {
        if known.contains(&name) {
            continue;
        }
        let near = known
            .iter()
            .min_by_key(|near| damerau_levenshtein(near, &name));
        let hint = match near {
            Some(near) => format!("the nearest in tsig_keys is {near:?}"),
            None => "tsig_keys is empty".to_owned(),
        };
        let path = format!("{path}.{list}");
        let message = format!("{path}: there is no TSIG key {name:?}; {hint}");
        layers.fail(&path, message);
    }
}

/// Whoever hears of a change and may not have it is of no use.
fn closed_transfers(path: &str, settings: &builtin::Settings, layers: &mut Layers<'_>) {
    if !settings.allow_transfer.is_empty() {
        return;
    }
    let set = [
        ("notify", !settings.notify.is_empty()),
        ("catalog_zone", settings.catalog_zone.is_some()),
    ];
    for (key, _) in set.iter().filter(|(_, set)| *set) {
        let path = format!("{path}.{key}");
        let message = format!("{path} is set, but allow_transfer is empty: nobody gets a zone");
        layers.warn(&path, message);
    }
}

/// A zone lists the names of a customer's machines: whoever shows them to all should mean it.
fn open_transfers(path: &str, settings: &builtin::Settings, layers: &mut Layers<'_>) {
    let open = settings
        .allow_transfer
        .iter()
        .find(|allowed| allowed.network.prefix_len() == 0 && allowed.key.is_none());
    if let Some(open) = open {
        let path = format!("{path}.allow_transfer");
        let message = format!("{path}: {open} lets anybody transfer every zone, without a key");
        layers.warn(&path, message);
    }
}
