//! From trees and variables to checked values, layer on layer.

use std::collections::BTreeMap;

use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider};

use super::finding::{Finding, Origin};
use super::keys::{self, KEYS, Key, Place};
use super::kinds::Instances;
use super::lists;
use super::moved;
use super::takes::Takes;
use super::variables::Variable;
use super::yaml::{Node, Value};
use super::{keys::BACKENDS, read::boolean};

/// One checked value: a provider of its own, so that figment, too, knows where each came from.
struct Setting {
    path: String,
    value: figment::value::Value,
    origin: Origin,
}

impl Provider for Setting {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = figment::util::nest(&self.path, self.value.clone());
        let dict = nested.into_dict().unwrap_or_default();
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// The layers merged so far, the origin of each value that won, and what was found on the way.
pub(super) struct Layers<'a> {
    instances: &'a Instances,
    pub figment: Figment,
    pub origins: BTreeMap<String, Origin>,
    pub errors: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

impl<'a> Layers<'a> {
    pub fn new(instances: &'a Instances) -> Self {
        Self {
            instances,
            figment: Figment::new(),
            origins: BTreeMap::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Lays the built-in defaults. What they say of the instance that is named like its kind holds
    /// for every instance of that kind.
    pub fn defaults(&mut self, root: &Node) {
        // They are judged by kinds of their own: an operator may have given `bind` another type.
        let mut models = Instances::default();
        models.declare_all(root);
        let mut model = Layers::new(&models);
        model.tree(root, &Origin::Default);
        (self.figment, self.origins, self.errors) = (model.figment, model.origins, model.errors);
        for (path, key, node) in lists::defaults(&self.instances.items) {
            self.key(&path, key, &node, &Origin::Default);
        }
        let instances = self.instances;
        for instance in instances.names() {
            let enabled = format!("{BACKENDS}.{instance}.enabled");
            let kind = instances.kind(instance);
            let is_model = kind.is_some_and(|kind| kind.name == instance);
            if !is_model || !self.figment.contains(&enabled) {
                self.lay(enabled, figment::value::Value::from(false), Origin::Default);
            }
            let Some(kind) = kind else {
                continue;
            };
            for key in kind
                .keys()
                .filter(|key| !["type", "enabled"].contains(&key.name))
            {
                let model = format!("{BACKENDS}.{}.{}", kind.name, key.name);
                if let Ok(value) = self.figment.find_value(&model) {
                    let path = format!("{BACKENDS}.{instance}.{}", key.name);
                    self.lay(path, value, Origin::Default);
                }
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
        match keys::place(path, self.instances) {
            Place::Key(key) => self.key(path, key, node, origin),
            Place::Unknown => self.unknown(path, node, origin.clone()),
            Place::Section | Place::Skipped => {}
        }
    }

    fn section(&mut self, node: &Node, prefix: &str, origin: &Origin) {
        for entry in node.entries() {
            let at = origin.at(entry.line);
            let path = match prefix {
                "" => entry.key.clone(),
                prefix => format!("{prefix}.{}", entry.key),
            };
            if entry.key.contains('.') {
                let nested = entry.key.replace('.', ": {");
                let message = format!("{:?} is not a key: nest it as {nested}: …", entry.key);
                self.error(at, message);
                continue;
            }
            match keys::place(&path, self.instances) {
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
        if matches!(node.value, Value::Null) {
            return;
        }
        if let (Takes::Sections(_), Value::List(items)) = (key.takes, &node.value) {
            return self.items(path, node.line, items, origin);
        }
        match key.takes.read(node) {
            Ok(value) => self.lay(path.to_owned(), value, origin.at(node.line)),
            Err(misfit) => {
                self.error(
                    origin.at(misfit.line),
                    format!("{path}: {}", misfit.message),
                );
            }
        }
    }

    /// Lays the items of a list of sections; `line` is where the list begins.
    fn items(&mut self, path: &str, line: usize, items: &[Node], origin: &Origin) {
        self.origins.insert(path.to_owned(), origin.at(line));
        for (number, item) in (1..).zip(items) {
            let (path, at) = (format!("{path}.{number}"), origin.at(item.line));
            self.origins.insert(path.clone(), at.clone());
            match item.value {
                Value::Map(_) => self.section(item, &path, origin),
                _ => self.error(at, format!("{path}: takes keys below it, not a value")),
            }
        }
    }

    fn unknown(&mut self, path: &str, node: &Node, at: Origin) {
        let off = |node: &Node| {
            let enabled = node.get("enabled").and_then(Node::text);
            enabled.is_none_or(|text| boolean(text).is_ok_and(|on| on.to_bool() == Some(false)))
        };
        match moved::of_path(path) {
            Some(advice) if advice.harmless => {
                self.warnings
                    .push(Finding::new(at, format!("{path}: {}", advice.text)));
            }
            Some(_) if off(node) => {}
            Some(advice) => self.error(at, format!("{path}: {}", advice.text)),
            None => {
                let path: String = path.chars().take(120).collect();
                let message = match keys::nearest(&path, self.known()) {
                    Some(near) => format!("unknown key {path:?}; did you mean {near}?"),
                    None => format!("unknown key {path:?}"),
                };
                self.error(at, message);
            }
        }
    }

    /// Every path that could have been meant, sections included.
    fn known(&self) -> impl Iterator<Item = String> {
        let sections =
            ["app", "store", "lanes", "reconciliation", "dns", BACKENDS].map(str::to_owned);
        let of_backends = self.instances.names().flat_map(|instance| {
            let kind = self.instances.kind(instance);
            let keys = kind.into_iter().flat_map(|kind| kind.keys());
            keys.map(move |key| format!("{BACKENDS}.{instance}.{}", key.name))
        });
        let fixed = KEYS.iter().map(|key| key.name.to_owned());
        let of_items = lists::keys(&self.instances.items).map(|(path, _)| path);
        let fixed = fixed.chain(of_items);
        sections.into_iter().chain(fixed).chain(of_backends)
    }

    fn lay(&mut self, path: String, value: figment::value::Value, origin: Origin) {
        self.origins.insert(path.clone(), origin.clone());
        let figment = std::mem::take(&mut self.figment);
        self.figment = figment.merge(Setting {
            path,
            value,
            origin,
        });
    }

    fn error(&mut self, at: Origin, message: impl Into<String>) {
        self.errors.push(Finding::new(at, message));
    }
}
