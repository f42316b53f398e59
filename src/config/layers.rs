//! From trees and variables to checked values, layer on layer.

use std::collections::{BTreeMap, BTreeSet};

use dadns_keys::yaml::{self, Node, Value};
use dadns_keys::{Found, Key, Report, Takes, Text, join};

use super::catalog::{Catalog, Place, is_below};
use super::finding::{Finding, Origin};
use super::moved::{self, Advice};
use super::named::{Named, lists};
use super::variables::Variable;

/// The values that hold so far, where each came from, and what was found on the way.
pub(super) struct Layers<'a> {
    pub catalog: &'a Catalog,
    pub found: BTreeMap<String, Found>,
    pub origins: BTreeMap<String, Origin>,
    /// The paths of values that are wrong: what holds instead is not the operator's.
    pub wrong: BTreeSet<String>,
    pub errors: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

impl<'a> Layers<'a> {
    pub fn new(catalog: &'a Catalog, errors: Vec<Finding>, warnings: Vec<Finding>) -> Self {
        Self {
            catalog,
            found: BTreeMap::new(),
            origins: BTreeMap::new(),
            wrong: BTreeSet::new(),
            errors,
            warnings,
        }
    }

    /// Lays the defaults of the declarations.
    pub fn defaults(&mut self) {
        for entry in self.catalog.entries() {
            if let Some(default) = entry.default {
                let (node, _) = yaml::read(default);
                self.key(&entry.path, entry.key, &node, &Origin::Default);
            }
        }
    }

    /// Lays a whole tree over what is there.
    pub fn tree(&mut self, root: &Node, origin: &Origin) {
        match &root.value {
            Value::Null => {}
            Value::Map(_) => self.section(root, "", origin),
            _ => self.error(
                origin.at(root.line),
                "the file must be a mapping of keys to values, such as `log_level: INFO`",
            ),
        }
    }

    /// Lays one variable over what is there.
    pub fn variable(&mut self, variable: &Variable) {
        let Variable { path, node, origin } = variable;
        match self.catalog.place(path) {
            Place::Key(key) => self.key(path, key, node, origin),
            Place::Unknown => self.unknown(path, node, origin.clone()),
            Place::Section | Place::Skipped => {}
        }
    }

    fn section(&mut self, node: &Node, prefix: &str, origin: &Origin) {
        for entry in node.entries() {
            let at = origin.at(entry.line);
            let mut path = join(prefix, &entry.key);
            if entry.key.contains('.') {
                let nested = entry.key.replace('.', ": {");
                let message = format!("{:?} is not a key: nest it as {nested}: …", entry.key);
                self.error(at, message);
                continue;
            }
            if let Some(new) = moved::renamed(&path) {
                let name = new.rsplit('.').next().unwrap_or(new);
                if node.get(name).is_some() {
                    let message =
                        format!("{path} is the old name of {new}, which is set too: remove one");
                    self.error(at, message);
                    continue;
                }
                let message = format!("{path} is now called {new}; the old name still works");
                self.warnings.push(Finding::new(at.clone(), message));
                path = new.to_owned();
            }
            match self.catalog.place(&path) {
                Place::Key(key) => self.key(&path, key, &entry.node, origin),
                Place::Section => match entry.node.value {
                    Value::Map(_) => self.section(&entry.node, &path, origin),
                    Value::Null => {}
                    _ => self.error(at, format!("{path} takes keys below it, not a value")),
                },
                Place::Unknown => self.unknown(&path, &entry.node, at),
                Place::Skipped => {}
            }
        }
    }

    /// A key without a value is not set.
    fn key(&mut self, path: &str, key: &Key, node: &Node, origin: &Origin) {
        match (&node.value, key.takes) {
            (Value::Null, _) => return,
            (Value::List(items), Takes::Items(_)) => self.items(path, items, origin),
            _ => {}
        }
        match key.takes.found(node) {
            Ok(value) => {
                self.found.insert(path.to_owned(), value);
                self.origins.insert(path.to_owned(), origin.at(node.line));
            }
            Err(misfit) => {
                self.wrong.insert(path.to_owned());
                let message = format!("{path}: {}", misfit.message);
                self.error(origin.at(misfit.line), message);
            }
        }
    }

    fn items(&mut self, path: &str, items: &[Node], origin: &Origin) {
        for (number, item) in (1..).zip(items) {
            let (path, at) = (format!("{path}.{number}"), origin.at(item.line));
            self.origins.insert(path.clone(), at.clone());
            match item.value {
                Value::Map(_) => self.section(item, &path, origin),
                _ => {
                    self.error(at, format!("{path}: takes keys below it, not a value"));
                    self.wrong.insert(path);
                }
            }
        }
    }

    fn unknown(&mut self, path: &str, node: &Node, at: Origin) {
        let off = |node: &Node| {
            let enabled = node.get("enabled").and_then(Node::text);
            enabled.is_none_or(|text| Text::Boolean.read(text).is_ok_and(|on| on == "false"))
        };
        match moved::of_path(path) {
            Some(Advice::Ignored(text)) => {
                let message = format!("{path}: {text}");
                self.warnings.push(Finding::new(at, message));
            }
            Some(Advice::Absent(_)) if off(node) => {}
            Some(Advice::Absent(text)) => self.error(at, format!("{path}: {text}")),
            None => {
                let path: String = path.chars().take(120).collect();
                let message = match self.catalog.nearest(&path) {
                    Some(near) => format!("unknown key {path:?}; did you mean {near}?"),
                    None => format!("unknown key {path:?}"),
                };
                self.error(at, message);
            }
        }
    }

    /// Whether the items of each list are numbered without a gap, and each has what it needs.
    pub fn require_items(&mut self, named: &Named) {
        let mut report = Report::new(self.wrong.clone());
        for (list, keys) in lists() {
            for (expected, number) in (1..).zip(named.items(&list)) {
                let path = format!("{list}.{number}");
                if number != expected {
                    let message =
                        format!("{path} is set, but there is no {list}.{expected}: leave no gap");
                    report.fail(&path, message);
                    break;
                }
                let absent = keys.iter().map(|key| (key.name, join(&path, key.name)));
                let absent = absent.filter(|(_, key)| !self.found.contains_key(key));
                let absent = absent.filter(|(_, key)| !report.is_wrong(key));
                let absent: Vec<&str> = absent.map(|(name, _)| name).collect();
                if !absent.is_empty() && !report.is_wrong(&path) {
                    let message = format!("{path}: it has to have {} too", absent.join(" and "));
                    report.fail(&path, message);
                }
            }
        }
        self.take(report);
    }

    /// Takes over what rules have found.
    pub fn take(&mut self, report: Report) {
        for (path, message) in report.errors {
            let finding = Finding::new(self.origin(&path), message);
            self.errors.push(finding);
            self.wrong.insert(path);
        }
        for (path, message) in report.warnings {
            let finding = Finding::new(self.origin(&path), message);
            self.warnings.push(finding);
        }
    }

    /// Where the value at `path` came from; for a section, the first place that set part of it.
    fn origin(&self, path: &str) -> Origin {
        let below = || {
            let all = self.origins.iter();
            let below = all.filter(|(other, _)| is_below(other, path));
            let set = below.map(|(_, origin)| origin);
            set.filter(|origin| **origin != Origin::Default)
                .min_by_key(|at| at.rank())
        };
        let found = self.origins.get(path).or_else(below);
        found.cloned().unwrap_or(Origin::Default)
    }

    fn error(&mut self, at: Origin, message: impl Into<String>) {
        self.errors.push(Finding::new(at, message));
    }
}
