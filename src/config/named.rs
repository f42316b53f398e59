//! What operators name: instances of backends, and items of lists.

use std::collections::{BTreeMap, BTreeSet};

use dadns_backends::{KINDS, Kind};
use dadns_keys::yaml::{Node, Value};
use dadns_keys::{Key, Takes, join};

use super::SECTIONS;
use super::catalog::BACKENDS;
use super::variables::Variable;

/// Kinds of the predecessor that this version cannot run. Their keys may stand in a file while they are
/// off, and enabling one gives one clear answer.
pub(super) const UNBUILT: &[&str] = &["nsd"];

/// The instances of backends that any layer names, each with the `type` it was given last, and the
/// numbers of the items of lists.
#[derive(Debug)]
pub(super) struct Named {
    backends: BTreeMap<String, Option<String>>,
    items: BTreeMap<String, BTreeSet<usize>>,
}

/// All lists of sections: path and keys of an item.
pub(super) fn lists() -> impl Iterator<Item = (String, &'static [Key])> {
    let sections = SECTIONS.iter().flat_map(|(_, sections)| *sections);
    sections.flat_map(|section| {
        section.keys.iter().filter_map(|key| match key.takes {
            Takes::Items(keys) => Some((join(section.path, key.name), keys)),
            _ => None,
        })
    })
}

impl Named {
    /// What is there without a file: one backend of each kind.
    pub fn by_default() -> Self {
        let kinds = KINDS.iter().map(|kind| (kind.name.to_owned(), None));
        Self {
            backends: kinds.collect(),
            items: BTreeMap::new(),
        }
    }

    /// What is there with this file.
    pub fn of_tree(root: &Node) -> Self {
        let mut named = Self::by_default();
        let at = |path: &str| path.split('.').try_fold(root, Node::get);
        for (list, _) in lists() {
            if let Some(Value::List(items)) = at(&list).map(|node| &node.value) {
                named.items.entry(list).or_default().extend(1..=items.len());
            }
        }
        for entry in at(BACKENDS).map(Node::entries).unwrap_or_default() {
            let kind = entry.node.get("type").and_then(Node::text);
            named.note_backend(&entry.key, kind);
        }
        named
    }

    fn note_backend(&mut self, name: &str, kind: Option<&str>) {
        let noted = self.backends.entry(name.to_owned()).or_default();
        if let Some(kind) = kind {
            *noted = Some(kind.trim().to_owned());
        }
    }

    /// Notes the instance or item that a variable speaks of.
    pub fn note_variable(&mut self, variable: &Variable) {
        let below = |path: &str| variable.path.strip_prefix(path)?.strip_prefix('.');
        if let Some((instance, name)) = below(BACKENDS).and_then(|rest| rest.split_once('.')) {
            let kind = variable.node.text().filter(|_| name == "type");
            self.note_backend(instance, kind);
        }
        for (list, _) in lists() {
            let number = below(&list).and_then(|rest| numbered(rest.split('.').next()?));
            if let Some(number) = number {
                self.items.entry(list).or_default().insert(number);
            }
        }
    }

    /// The numbers of the items of `list`, in order; there are gaps where variables leave some.
    pub fn items(&self, list: &str) -> impl Iterator<Item = usize> {
        self.items.get(list).into_iter().flatten().copied()
    }

    /// The names of the instances, in order.
    pub fn backends(&self) -> impl Iterator<Item = &str> {
        self.backends.keys().map(String::as_str)
    }

    /// The type that `instance` was given.
    pub fn type_of(&self, instance: &str) -> Option<&str> {
        self.backends.get(instance)?.as_deref()
    }

    /// The kind of `instance`, by its type or else by its name.
    pub fn kind(&self, instance: &str) -> Option<&'static Kind> {
        let mut kinds = KINDS.iter();
        match self.type_of(instance) {
            Some(name) => kinds.find(|kind| kind.name == name),
            None => kinds.find(|kind| kind.prefixes.iter().any(|name| begins(instance, name))),
        }
    }

    /// The kind of `instance`, if it is one that this version cannot run.
    pub fn unbuilt(&self, instance: &str) -> Option<&'static str> {
        let mut unbuilt = UNBUILT.iter().copied();
        match self.type_of(instance) {
            Some(name) => unbuilt.find(|kind| *kind == name),
            None => unbuilt.find(|kind| begins(instance, kind)),
        }
    }
}

/// Whether `instance` is called `name`, or that and something behind `_` or `-`.
fn begins(instance: &str, name: &str) -> bool {
    let rest = instance.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '-']))
}

/// The names of all kinds.
pub(super) fn kinds() -> Vec<&'static str> {
    let built = KINDS.iter().map(|kind| kind.name);
    let mut kinds: Vec<&str> = built.chain(UNBUILT.iter().copied()).collect();
    kinds.sort_unstable();
    kinds
}

/// A number as it is counted from 1, in its one spelling.
pub(super) fn numbered(text: &str) -> Option<usize> {
    let number: usize = text.parse().ok()?;
    (number > 0 && text == number.to_string()).then_some(number)
}
