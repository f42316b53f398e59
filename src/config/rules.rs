//! What no key can say alone: rules between keys, and settings that are allowed but worth a warning.

use std::path::{Path, PathBuf};

use super::keys::BACKENDS;
use super::layers::Layers;
use super::model::{Config, Kind};

/// Checks `config` as a whole.
pub(super) fn check(config: &Config, layers: &mut Layers<'_>) {
    password(config, layers);
    tls(config, layers);
    proxies(config, layers);
    nothing_enabled(config, layers);
    shared_places(config, layers);
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
        let Kind::Bind(bind) = &backend.kind;
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
