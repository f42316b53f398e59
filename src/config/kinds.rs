//! The kinds of backends, their keys, and which instance is of which kind.

use std::collections::BTreeMap;

use super::keys::{BACKENDS, Key, Place, key};
use super::lists::Numbers;
use super::read;
use super::takes::Takes;
use super::variables::Variable;
use super::yaml::Node;

/// One kind of backend.
#[derive(Debug)]
pub(super) struct KindOf {
    pub name: &'static str,
    /// Whether this version can run it.
    pub built: bool,
    /// An instance named so, or so and `_something`, is of this kind without saying it.
    names: &'static [&'static str],
    keys: &'static [Key],
}

/// The keys that every instance has.
const COMMON: &[Key] = &[
    key("type", Takes::One(read::text)),
    key("enabled", Takes::One(read::boolean)),
];

/// Every kind that is known. Those not built are here so that their keys can stand in a file, be
/// overridden and be masked, and so that enabling one gives one clear answer.
pub(super) const KINDS: &[KindOf] = &[
    KindOf {
        name: "bind",
        built: true,
        names: &["bind"],
        keys: &[
            key("zones_dir", Takes::One(read::text)),
            key("named_conf", Takes::One(read::text)),
            key("control", Takes::One(read::endpoint_or_none)),
            key("key_file", Takes::One(read::text)),
            key("dns_address", Takes::One(read::socket_or_none)),
            key("views", Takes::Many(read::view)),
            key(
                "max_records_per_type",
                Takes::One(read::whole::<0, { u32::MAX as u64 }>),
            ),
            key(
                "max_types_per_name",
                Takes::One(read::whole::<0, { u32::MAX as u64 }>),
            ),
        ],
    },
    KindOf {
        name: "builtin",
        built: true,
        names: &["builtin"],
        keys: &[
            key("listen", Takes::Many(read::socket)),
            key("version", Takes::One(read::version)),
            key("tcp_connections", Takes::One(read::whole::<1, 100_000>)),
            key(
                "tcp_connections_per_client",
                Takes::One(read::whole::<1, 100_000>),
            ),
            key(
                "tcp_idle_timeout_ms",
                Takes::One(read::whole::<100, 600_000>),
            ),
            key("rate_limit", Takes::One(read::whole::<0, 1_000_000>)),
            key("rate_limit_slip", Takes::One(read::whole::<0, 10>)),
            key("rate_limit_exempt", Takes::Many(read::network)),
            key("allow_transfer", Takes::Many(read::allowed)),
            key("notify", Takes::Many(read::secondary)),
            key("tsig_keys", Takes::Secrets(read::tsig_key)),
            key("catalog_zone", Takes::One(read::zone_or_none)),
            key("follow", Takes::One(read::follow)),
        ],
    },
    KindOf {
        name: "coredns_mysql",
        built: true,
        names: &["coredns_mysql", "coredns"],
        keys: &[
            key("host", Takes::One(read::text)),
            key("port", Takes::One(read::whole::<1, 65_535>)),
            key("database", Takes::One(read::text)),
            key("username", Takes::One(read::text)),
            key("password", Takes::Secret),
            key("tls", Takes::One(read::database_tls)),
            key("tls_ca", Takes::One(read::optional)),
            key("pool_size", Takes::One(read::whole::<1, 100>)),
            key(
                "connect_timeout_ms",
                Takes::One(read::whole::<100, 600_000>),
            ),
            key("timeout_ms", Takes::One(read::whole::<100, 600_000>)),
            key("zones_table", Takes::One(read::table)),
            key("records_table", Takes::One(read::table)),
            key("changes_table", Takes::One(read::table)),
            key("manage_schema", Takes::One(read::boolean)),
            key("plugin", Takes::One(read::plugin)),
            key("dns_address", Takes::Many(read::socket)),
        ],
    },
    KindOf {
        name: "nsd",
        built: false,
        names: &["nsd"],
        keys: &[
            key("zones_dir", Takes::One(read::text)),
            key("nsd_conf", Takes::One(read::text)),
        ],
    },
];

impl KindOf {
    /// Its keys with those that all kinds have.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        COMMON.iter().chain(self.keys)
    }

    fn of_type(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    fn of_instance(instance: &str) -> Option<&'static Self> {
        let fits = |name: &str| {
            let rest = instance.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '-']))
        };
        KINDS
            .iter()
            .find(|kind| kind.names.iter().any(|name| fits(name)))
    }
}

/// The kinds that this version can run, for a message.
pub(super) fn built() -> String {
    let built: Vec<&str> = KINDS
        .iter()
        .filter(|kind| kind.built)
        .map(|kind| kind.name)
        .collect();
    built.join(", ")
}

/// The names of all kinds, for a message.
pub(super) fn known() -> String {
    let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    known.join(", ")
}

/// Every key of any kind, each name once.
pub(super) fn all_keys() -> Vec<&'static Key> {
    let mut keys: Vec<&Key> = KINDS.iter().flat_map(KindOf::keys).collect();
    keys.sort_by_key(|key| key.name);
    keys.dedup_by_key(|key| key.name);
    keys
}

/// What operators name: the instances of backends that any layer names, each with the `type` it was
/// given last, and the items of lists of sections.
#[derive(Debug, Default)]
pub(super) struct Instances {
    backends: BTreeMap<String, Option<String>>,
    pub items: Numbers,
}

impl Instances {
    /// Notes the instances and items of one tree.
    pub fn declare_all(&mut self, root: &Node) {
        self.items.declare_all(root);
        let backends = BACKENDS.split('.').try_fold(root, Node::get);
        for entry in backends.map(Node::entries).unwrap_or_default() {
            self.declare(&entry.key, entry.node.get("type").and_then(Node::text));
        }
    }

    /// Notes one instance and, where it is given, its type.
    pub fn declare(&mut self, name: &str, kind: Option<&str>) {
        let noted = self.backends.entry(name.to_owned()).or_default();
        if let Some(kind) = kind {
            *noted = Some(kind.trim().to_owned());
        }
    }

    /// Notes the instance or item that a variable speaks of.
    pub fn declare_variable(&mut self, variable: &Variable) {
        self.items.declare(&variable.path);
        let below = variable.path.strip_prefix(BACKENDS);
        let parts = below.and_then(|rest| rest.strip_prefix('.')?.split_once('.'));
        if let Some((instance, name)) = parts {
            let kind = variable.node.text().filter(|_| name == "type");
            self.declare(instance, kind);
        }
    }

    /// The type that `instance` was given.
    pub fn type_of(&self, instance: &str) -> Option<&str> {
        self.backends.get(instance)?.as_deref()
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.backends.keys().map(String::as_str)
    }

    /// The kind of `instance`, by its type or else by its name.
    pub fn kind(&self, instance: &str) -> Option<&'static KindOf> {
        match self.backends.get(instance)? {
            Some(kind) => KindOf::of_type(kind),
            None => KindOf::of_instance(instance),
        }
    }

    /// What stands at `path`, which begins with the name of an instance.
    pub fn place(&self, path: &str) -> Place {
        let Some((instance, name)) = path.split_once('.') else {
            return Place::Section;
        };
        let kind = self.kind(instance);
        let mut keys: Box<dyn Iterator<Item = &'static Key>> = match kind {
            Some(kind) => Box::new(kind.keys()),
            None => Box::new(COMMON.iter()),
        };
        match keys.find(|key| key.name == name) {
            Some(key) => Place::Key(key),
            None if kind.is_some_and(|kind| kind.built) => Place::Unknown,
            None => Place::Skipped,
        }
    }
}
