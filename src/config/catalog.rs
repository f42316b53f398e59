//! Every key that there is, by its path.

use dadns_keys::{Key, Keys as _, Takes, join};

use super::SECTIONS;
use super::backends::{Common, DnsKeys};
use super::named::Named;

/// The section whose children are named by the operator.
pub(super) const BACKENDS: &str = "dns.backends";

/// A key with its path.
#[derive(Debug)]
pub(super) struct Entry {
    pub path: String,
    pub key: &'static Key,
    /// Its default, as YAML; `None`: it has to be set.
    pub default: Option<&'static str>,
}

/// All keys, in the order of `config/app.yml`.
#[derive(Debug)]
pub(super) struct Catalog {
    entries: Vec<Entry>,
    /// Instances of which the kind is not known, or cannot be run: what stands there is not checked.
    skipped: Vec<String>,
}

/// What stands at a path.
pub(super) enum Place {
    /// Further keys stand below it.
    Section,
    /// A value stands here.
    Key(&'static Key),
    /// Not checked.
    Skipped,
    /// Nothing may stand here.
    Unknown,
}

impl Catalog {
    /// All keys where operators have named these things.
    pub fn new(named: &Named) -> Self {
        let mut catalog = Self {
            entries: Vec::new(),
            skipped: Vec::new(),
        };
        for section in SECTIONS.iter().flat_map(|(_, sections)| *sections) {
            for key in section.keys {
                catalog.add(section.path, key);
                let Takes::Items(keys) = key.takes else {
                    continue;
                };
                let list = join(section.path, key.name);
                for number in named.items(&list) {
                    let item = format!("{list}.{number}");
                    keys.iter().for_each(|key| catalog.add(&item, key));
                }
            }
        }
        let dns = DnsKeys::SECTION;
        dns.keys.iter().for_each(|key| catalog.add(dns.path, key));
        for instance in named.backends() {
            let (path, kind) = (join(BACKENDS, instance), named.kind(instance));
            for key in Common::SECTION.keys {
                catalog.add(&path, key);
                let default = match (key.name, kind) {
                    ("type", kind) => kind.map(|kind| kind.name),
                    ("enabled", Some(kind)) if kind.enabled && kind.name == instance => {
                        Some("true")
                    }
                    _ => Some(key.default),
                };
                if let Some(entry) = catalog.entries.last_mut() {
                    entry.default = default;
                }
            }
            match kind {
                Some(kind) => kind
                    .section
                    .keys
                    .iter()
                    .for_each(|key| catalog.add(&path, key)),
                None => catalog.skipped.push(path),
            }
        }
        catalog
    }

    fn add(&mut self, section: &str, key: &'static Key) {
        self.entries.push(Entry {
            path: join(section, key.name),
            key,
            default: Some(key.default).filter(|_| !key.required),
        });
    }

    /// All keys.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What stands at `path`.
    pub fn place(&self, path: &str) -> Place {
        let mut entries = self.entries.iter();
        if let Some(entry) = entries.clone().find(|entry| entry.path == path) {
            return Place::Key(entry.key);
        }
        let mut skipped = self.skipped.iter();
        if entries.any(|entry| is_below(&entry.path, path)) || path == BACKENDS {
            Place::Section
        } else if skipped.any(|instance| is_below(path, instance)) {
            Place::Skipped
        } else {
            Place::Unknown
        }
    }

    /// The key or section that `unknown` was most likely meant to be.
    pub fn nearest(&self, unknown: &str) -> Option<String> {
        let sections = SECTIONS.iter().flat_map(|(_, sections)| *sections);
        let sections = sections.map(|section| section.path.to_owned());
        let keys = self.entries.iter().map(|entry| entry.path.clone());
        nearest(unknown, keys.chain(sections).chain([BACKENDS.to_owned()]))
    }
}

/// Whether `path` stands below `section`.
pub(super) fn is_below(path: &str, section: &str) -> bool {
    path.strip_prefix(section)
        .is_some_and(|rest| rest.starts_with('.'))
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
