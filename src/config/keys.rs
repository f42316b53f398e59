//! Every key that there is: its name, what it takes, and the variable that overrides it.

use super::kinds::Instances;
use super::lists;
use super::read;
use super::takes::Takes;

/// What every variable starts with.
pub(super) const PREFIX: &str = "DADNS_";
/// The section whose children are named by the operator.
pub(super) const BACKENDS: &str = "dns.backends";

/// One key, by its path; for keys of backends, by its name below the instance.
#[derive(Debug)]
pub(super) struct Key {
    pub name: &'static str,
    pub takes: Takes,
}

pub(super) const fn key(name: &'static str, takes: Takes) -> Key {
    Key { name, takes }
}

/// The keys outside `dns.backends`, in the order of `config/app.yml`.
pub(super) const KEYS: &[Key] = &[
    key("timezone", Takes::One(read::time_zone)),
    key("log_level", Takes::One(read::level)),
    key("log_json", Takes::One(read::boolean)),
    key("log_file", Takes::One(read::optional)),
    key("log_file_keep", Takes::One(read::whole::<1, 3650>)),
    key("queue_location", Takes::One(read::text)),
    key("app.auth_username", Takes::One(read::username)),
    key("app.auth_password", Takes::Secret),
    key("app.operators", Takes::Secrets(read::account)),
    key(
        "app.auth_failures_per_minute",
        Takes::One(read::whole::<1, 10_000>),
    ),
    key("app.listen_host", Takes::One(read::optional_ip)),
    key("app.listen_port", Takes::One(read::whole::<0, 65_535>)),
    key("app.ssl_enable", Takes::One(read::boolean)),
    key("app.ssl_cert", Takes::One(read::optional)),
    key("app.ssl_key", Takes::One(read::optional)),
    key("app.ssl_bundle", Takes::One(read::optional)),
    key("app.proxy_support", Takes::One(read::boolean)),
    key("app.trusted_proxies", Takes::Many(read::network)),
    key(
        "app.max_body_bytes",
        Takes::One(read::whole::<1_024, 1_073_741_824>),
    ),
    key("app.max_records", Takes::One(read::whole::<2, 10_000_000>)),
    key("app.hostname", Takes::One(read::optional)),
    key(
        "app.check_subdomain_owner_in_cluster_domainowners",
        Takes::One(read::boolean),
    ),
    key("store.cache_mib", Takes::One(read::whole::<8, 65_536>)),
    key("lanes.batch_max", Takes::One(read::whole::<1, 100_000>)),
    key(
        "lanes.proof_timeout_ms",
        Takes::One(read::whole::<100, 600_000>),
    ),
    key(
        "lanes.stop_timeout_ms",
        Takes::One(read::whole::<0, 600_000>),
    ),
    key("audit.enabled", Takes::One(read::boolean)),
    key(
        "audit.zones_per_second",
        Takes::One(read::whole::<1, 100_000>),
    ),
    key("audit.every_seconds", Takes::One(read::whole::<1, 86_400>)),
    key("history.keep", Takes::One(read::whole::<1, 10_000>)),
    key("history.keep_days", Takes::One(read::whole::<0, 36_500>)),
    key("guard.removed_percent", Takes::One(read::whole::<0, 100>)),
    key("guard.apex_ns", Takes::One(read::boolean)),
    key("guard.apex_mx", Takes::One(read::boolean)),
    key("guard.unsigned", Takes::One(read::boolean)),
    key("guard.expired_signatures", Takes::One(read::boolean)),
    key("guard.signed_serial", Takes::One(read::boolean)),
    key("reconciliation.enabled", Takes::One(read::boolean)),
    key("reconciliation.dry_run", Takes::One(read::boolean)),
    key(
        "reconciliation.interval_minutes",
        Takes::One(read::whole::<1, 43_200>),
    ),
    key(
        "reconciliation.initial_delay_minutes",
        Takes::One(read::whole::<0, 43_200>),
    ),
    key("reconciliation.verify_ssl", Takes::One(read::boolean)),
    key("reconciliation.ca_file", Takes::One(read::optional)),
    key("reconciliation.ipp", Takes::One(read::whole::<1, 100_000>)),
    key(
        "reconciliation.orphan_threshold_percent",
        Takes::One(read::whole::<0, 100>),
    ),
    key(
        "reconciliation.orphan_threshold_zones",
        Takes::One(read::whole::<1, 1_000_000>),
    ),
    key(lists::SERVERS, Takes::Sections(&lists::SERVER)),
    key("dns.default_backend", Takes::One(read::optional)),
];

/// What stands at a path.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Further keys stand below it.
    Section,
    /// A value stands here.
    Key(&'static Key),
    /// Whatever stands here belongs to a kind of backend that cannot be used yet: not judged.
    Skipped,
    /// Nothing may stand here.
    Unknown,
}

/// What stands at `path`, given the instances of backends that there are.
pub(super) fn place(path: &str, instances: &Instances) -> Place {
    if let Some(below) = path
        .strip_prefix(BACKENDS)
        .and_then(|rest| rest.strip_prefix('.'))
    {
        return instances.place(below);
    }
    if let Some(key) = KEYS.iter().find(|key| key.name == path) {
        return Place::Key(key);
    }
    if let Some(place) = lists::place(path) {
        return place;
    }
    match path == BACKENDS || KEYS.iter().any(|key| is_below(key.name, path)) {
        true => Place::Section,
        false => Place::Unknown,
    }
}

/// Whether `path` stands below `section`.
pub(super) fn is_below(path: &str, section: &str) -> bool {
    path.strip_prefix(section)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// The variable that overrides the key at `path`.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", capitals(path))
}

/// `path` as it stands in a variable.
pub(super) fn capitals(path: &str) -> String {
    path.to_ascii_uppercase().replace(['.', '-'], "_")
}

/// The one of `known` that `unknown` was most likely meant to be.
pub(super) fn nearest(unknown: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let tail = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
    let last = tail(unknown);
    known
        .into_iter()
        .filter_map(|candidate| {
            let whole = strsim::damerau_levenshtein(unknown, &candidate);
            let moved = (tail(&candidate) == last).then_some(2);
            let distance = moved.map_or(whole, |moved| whole.min(moved));
            (distance <= 2.max(unknown.len() / 6)).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}
