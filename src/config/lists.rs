//! Lists of sections: keys whose value is a list of items, each with keys of its own.
//!
//! In paths and variables an item is named by its number, from 1. Variables change items of the file
//! and add others behind them.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::{self, KEYS, Key, Place, key};
use super::read;
use super::takes::Takes;
use super::yaml::{Node, Value};

/// The list of DirectAdmin masters.
pub(super) const SERVERS: &str = "reconciliation.directadmin_servers";

/// The keys of the items of one list.
#[derive(Debug)]
pub(super) struct Section {
    keys: &'static [Key],
    /// What holds for a key that an item does not set. A key that is not here has to be set.
    defaults: &'static [(&'static str, &'static str)],
}

/// One master.
pub(super) static SERVER: Section = Section {
    keys: &[
        key("hostname", Takes::One(read::host)),
        key("port", Takes::One(read::whole::<1, 65_535>)),
        key("username", Takes::One(read::username)),
        key("password", Takes::Secret),
        key("ssl", Takes::One(read::boolean)),
    ],
    defaults: &[("port", "2222"), ("ssl", "true")],
};

impl Section {
    /// What such a list takes, for a message.
    pub fn expected(&self) -> String {
        let names: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        let names = names.join(", ");
        format!("takes a list of sections with {names}; a variable sets one key of one of them")
    }

    /// The keys without a default.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        let has_default = |name| self.defaults.iter().any(|(other, _)| *other == name);
        let names = self.keys.iter().map(|key| key.name);
        names.filter(move |name| !has_default(*name))
    }
}

/// All lists of sections.
fn lists() -> impl Iterator<Item = (&'static Key, &'static Section)> {
    KEYS.iter().filter_map(|key| match key.takes {
        Takes::Sections(section) => Some((key, section)),
        _ => None,
    })
}

/// The numbers of the items that any layer names, per list.
#[derive(Debug, Default)]
pub(super) struct Numbers(BTreeMap<&'static str, BTreeSet<usize>>);

impl Numbers {
    /// Notes the items of one tree.
    pub fn declare_all(&mut self, root: &Node) {
        for (list, _) in lists() {
            let node = list.name.split('.').try_fold(root, Node::get);
            if let Some(Value::List(items)) = node.map(|node| &node.value) {
                let noted = self.0.entry(list.name).or_default();
                noted.extend(1..=items.len());
            }
        }
    }

    /// Notes the item that `path` belongs to, if it belongs to one.
    pub fn declare(&mut self, path: &str) {
        if let Some((list, _, number, _)) = split(path) {
            self.0.entry(list.name).or_default().insert(number);
        }
    }

    /// The numbers of the items of `list`, in order; there are gaps where variables leave some.
    pub fn of(&self, list: &str) -> impl Iterator<Item = usize> {
        self.0.get(list).into_iter().flatten().copied()
    }
}

/// The list, the item and what stands below it in `path`.
fn split(path: &str) -> Option<(&'static Key, &'static Section, usize, &str)> {
    lists().find_map(|(list, section)| {
        let rest = path.strip_prefix(list.name)?.strip_prefix('.')?;
        let (number, below) = rest.split_once('.').unwrap_or((rest, ""));
        Some((list, section, numbered(number)?, below))
    })
}

/// A number as it is counted from 1, in its one spelling.
fn numbered(text: &str) -> Option<usize> {
    let number: usize = text.parse().ok()?;
    (number > 0 && text == number.to_string()).then_some(number)
}

/// What stands at `path`, if that is an item of a list or below one.
pub(super) fn place(path: &str) -> Option<Place> {
    let (_, section, _, below) = split(path)?;
    Some(match section.keys.iter().find(|key| key.name == below) {
        _ if below.is_empty() => Place::Section,
        Some(key) => Place::Key(key),
        None => Place::Unknown,
    })
}

/// The path and key of an item that the variable `name` sets.
pub(super) fn of_variable(name: &str) -> Option<(String, &'static Key)> {
    lists().find_map(|(list, section)| {
        let rest = name.strip_prefix(&keys::variable(list.name))?;
        let (number, below) = rest.strip_prefix('_')?.split_once('_')?;
        let number = numbered(number)?;
        let mut all = section.keys.iter();
        let key = all.find(|key| keys::capitals(key.name) == below)?;
        Some((format!("{}.{number}.{}", list.name, key.name), key))
    })
}

/// The keys of the items of one list, if `list` is one, each with its path.
pub(super) fn keys_of(
    list: &'static Key,
    numbers: &Numbers,
) -> impl Iterator<Item = (String, &'static Key)> {
    let section = match list.takes {
        Takes::Sections(section) => section.keys,
        _ => &[],
    };
    numbers.of(list.name).flat_map(move |number| {
        let path = move |key: &'static Key| format!("{}.{number}.{}", list.name, key.name);
        section.iter().map(move |key| (path(key), key))
    })
}

/// The keys of the items of all lists, each with its path. The first item is among them even where
/// there is none yet: it is what a variable may have been meant to begin.
pub(super) fn keys(numbers: &Numbers) -> impl Iterator<Item = (String, &'static Key)> {
    lists().flat_map(move |(list, section)| {
        let first = section.keys.iter();
        let first = first.map(move |key| (format!("{}.1.{}", list.name, key.name), key));
        let none = numbers.of(list.name).next().is_none();
        first.filter(move |_| none).chain(keys_of(list, numbers))
    })
}

/// What holds for each item where nothing else is said.
pub(super) fn defaults(numbers: &Numbers) -> Vec<(String, &'static Key, Node)> {
    let of = |(list, section): (&'static Key, &'static Section)| {
        keys_of(list, numbers).filter_map(|(path, key)| {
            let mut defaults = section.defaults.iter();
            let (_, text) = defaults.find(|(name, _)| *name == key.name)?;
            let value = Value::Text((*text).to_owned());
            Some((path, key, Node { line: 0, value }))
        })
    };
    lists().flat_map(of).collect()
}
