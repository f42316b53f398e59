//! The backends (`dns.*`): any number, under names of the operator's own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dadns_backends::{BackendId, Chosen, KINDS};
use dadns_keys::{
    Found, Keys, Report, Values, any, boolean, join, keys, many, one, optional, text,
};

use super::catalog::{BACKENDS, nearest};
use super::named::{self, Named};
use crate::child;
use crate::cluster::{RECONCILE, REGISTRY};

keys! {
    /// The name servers that zones go to.
    pub(super) struct DnsKeys("dns") {
        /// The backend whose result stands for a push as a whole in /status. It must be an enabled one.
        /// Empty: all of them together.
        default_backend: Option<String> = optional(any()), "\"\"";
    }
}

keys! {
    /// Any number of backends under names of your own: lower-case letters, digits, '_' and '-'. `type`
    /// says what each is; leave it out where the name begins with it (bind, bind_2). In the variables
    /// below, BUILTIN and BIND are the names of backends; commas separate the items of lists.
    pub(super) struct Common("dns.backends") {
        /// The kind of the backend.
        kind "type": String = one(text()), "";
        /// Whether zones go there.
        enabled: bool = boolean(), "false";
        /// Several nodes reach it (a database): one of them delivers at a time. Needs cluster.engine.
        shared: bool = boolean(), "false";
        /// A name server that dadns runs for this backend: the absolute path of the program and its arguments, which keep
        /// it in the foreground. No shell reads them. It is started first, started again when it ends, and stopped last.
        child_command: Vec<String> = many(text()), "[]";
        /// The directory that it is started in. Empty: that of dadns.
        child_directory: Option<PathBuf> = optional(any()), "\"\"";
    }
}

/// The backends (`dns.*`).
#[derive(Debug, Clone)]
pub struct Dns {
    /// The backend whose result stands for the push as a whole; always an enabled one.
    pub default_backend: Option<BackendId>,
    /// All instances of kinds that this version can run, by name.
    pub backends: Vec<BackendConfig>,
}

/// One instance of a backend (`dns.backends.NAME`).
#[derive(Debug, Clone)]
pub struct BackendConfig {
    /// Its name.
    pub id: BackendId,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether several nodes reach it, so that one of them delivers at a time.
    pub shared: bool,
    /// The name server that dadns runs for it, if it does.
    pub child: Option<child::Settings>,
    /// What it is, with the settings of that kind.
    pub chosen: Chosen,
}

impl Dns {
    /// The instances that are switched on.
    pub fn enabled(&self) -> impl Iterator<Item = &BackendConfig> {
        self.backends.iter().filter(|backend| backend.enabled)
    }

    /// Reads all instances, and which of them is the default.
    pub(super) fn read(
        found: &BTreeMap<String, Found>,
        named: &Named,
        report: &mut Report,
    ) -> Self {
        let mut backends = Vec::new();
        let mut unbuilt = Vec::new();
        let (mut names, mut on) = (Vec::new(), Vec::new());
        for instance in named.backends() {
            let path = join(BACKENDS, instance);
            let values = Values::new(found, &path);
            let id = match instance.parse::<BackendId>() {
                Ok(id) => id,
                Err(error) => {
                    report.fail(&path, error.to_string());
                    continue;
                }
            };
            let enabled = values.one("enabled") == Some("true");
            let shared = values.one("shared") == Some("true");
            let child = child::Settings::of(&values);
            names.push(instance.to_owned());
            on.extend(enabled.then(|| instance.to_owned()));
            match (named.kind(instance), named.unbuilt(instance)) {
                (Some(kind), _) => {
                    let chosen = kind.read(&values, &path, report);
                    backends.extend(chosen.map(|chosen| BackendConfig {
                        id,
                        enabled,
                        shared,
                        child,
                        chosen,
                    }));
                }
                (None, Some(kind)) if enabled => unbuilt.push((path, instance, kind)),
                (None, Some(_)) => {}
                (None, None) => {
                    let message = match named.type_of(instance) {
                        Some(kind) => format!("{path}.type: {kind:?} is not a kind of backend"),
                        None => {
                            format!("{path}: its name does not say what it is, so set its type")
                        }
                    };
                    report.fail(
                        &path,
                        format!("{message}; there are {}", named::kinds().join(", ")),
                    );
                }
            }
        }
        if let Some((first, ..)) = unbuilt.first() {
            let unbuilt = unbuilt
                .iter()
                .map(|(_, instance, kind)| match instance == kind {
                    true => (*instance).to_owned(),
                    false => format!("{instance} ({kind})"),
                });
            let mut kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            kinds.sort_unstable();
            let message = format!(
                "this version cannot run {}; kinds that are built: {}. Set `enabled: false` until a \
                 version has the others",
                unbuilt.collect::<Vec<_>>().join(", "),
                kinds.join(", "),
            );
            report.fail(first, message);
        }
        let keys = DnsKeys::read(&Values::new(found, DnsKeys::SECTION.path));
        let name = keys.and_then(|keys| keys.default_backend);
        Self {
            default_backend: name.and_then(|name| default_backend(&name, &names, &on, report)),
            backends,
        }
    }

    /// Rules between backends.
    pub(super) fn check(&self, report: &mut Report) {
        let on = self.enabled();
        let on = on.map(|backend| (join(BACKENDS, backend.id.as_str()), backend.chosen.clone()));
        let on: Vec<(String, Chosen)> = on.collect();
        if on.is_empty() {
            let message =
                "no backend is enabled: zones are accepted and kept, but nobody serves them";
            report.warn(BACKENDS, message);
        }
        for kind in KINDS {
            kind.check(&on, report);
        }
        for backend in self.enabled() {
            let path = join(BACKENDS, backend.id.as_str());
            if let Some(child) = &backend.child {
                child.check(&path, backend.chosen.kind.name, report);
            }
        }
    }

    /// Rules between backends and other nodes. `clustered`: there may be others.
    pub(super) fn check_shared(&self, clustered: bool, report: &mut Report) {
        for backend in self.enabled() {
            let path = join(BACKENDS, backend.id.as_str());
            let key = join(&path, "shared");
            let kind = backend.chosen.kind;
            match (backend.shared, clustered, kind.fenced) {
                (true, false, _) => {
                    let message = format!(
                        "{key} is true, and this node knows no other: set cluster.engine: etcd, or {key}: false"
                    );
                    report.fail(&key, message);
                }
                (true, true, false) => {
                    let message = format!(
                        "{key} is true, and a {} belongs to one node: it cannot refuse a node that another has \
                         taken over from",
                        kind.name
                    );
                    report.fail(&key, message);
                }
                (true, true, true) if [RECONCILE, REGISTRY].contains(&backend.id.as_str()) => {
                    let message = format!(
                        "{path}: a shared backend cannot be called {}, which is what nodes call another turn of theirs",
                        backend.id
                    );
                    report.fail(&path, message);
                }
                (false, true, true) => {
                    let message = format!(
                        "{key} is false: if other nodes of the cluster have this database too, each of them writes it; \
                         set {key}: true on all of them"
                    );
                    report.warn(&key, message);
                }
                _ => {}
            }
        }
    }
}

fn default_backend(
    name: &str,
    names: &[String],
    on: &[String],
    report: &mut Report,
) -> Option<BackendId> {
    const PATH: &str = "dns.default_backend";
    let is = |other: &String| other == name;
    if on.iter().any(is) {
        return name.parse().ok();
    }
    let message = match (names.iter().any(is), nearest(name, on.to_vec())) {
        (true, _) => format!("{PATH}: {name} is not enabled: set {BACKENDS}.{name}.enabled: true"),
        (_, Some(near)) => {
            format!("{PATH}: there is no backend {name:?}; did you mean {near}?")
        }
        _ => format!("{PATH}: there is no backend {name:?}"),
    };
    report.fail(PATH, message);
    None
}
