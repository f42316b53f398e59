//! The values that hold, as settings are read from them.

use std::collections::BTreeMap;

use crate::{Key, Keys, Section, join, yaml};

/// One value that was checked, in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One value; empty for none.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// The settings of a section where every key has its default.
pub fn defaults<T: Keys>() -> Option<T> {
    let Section { path, keys, .. } = T::SECTION;
    let default = |key: &Key| {
        let (node, _) = yaml::read(key.default);
        Some((join(path, key.name), key.takes.found(&node).ok()?))
    };
    let found = keys.iter().filter_map(default).collect();
    T::read(&Values::new(&found, path))
}

/// The values below one path.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    found: &'a BTreeMap<String, Found>,
    path: &'a str,
}

impl<'a> Values<'a> {
    /// Those of `found`, which are named by their paths, that stand below `path`.
    pub fn new(found: &'a BTreeMap<String, Found>, path: &'a str) -> Self {
        Self { found, path }
    }

    /// The path of the key `name`.
    pub fn path(&self, name: &str) -> String {
        match self.path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }

    /// The value of the key `name`, if it takes one.
    pub fn one(&self, name: &str) -> Option<&'a str> {
        match self.found.get(&self.path(name))? {
            Found::One(text) => Some(text),
            Found::Many(_) => None,
        }
    }

    /// The value of the key `name`, if it takes a list.
    pub fn many(&self, name: &str) -> Option<&'a [String]> {
        match self.found.get(&self.path(name))? {
            Found::Many(items) => Some(items),
            Found::One(_) => None,
        }
    }

    /// What `read` makes of each item of the list of sections `name`, from 1 on.
    pub(crate) fn items<T>(&self, name: &str, read: fn(&Values<'_>) -> Option<T>) -> Vec<T> {
        let list = self.path(name);
        let item = |number: u32| {
            let path = format!("{list}.{number}");
            read(&Values::new(self.found, &path))
        };
        (1..).map_while(item).collect()
    }
}
