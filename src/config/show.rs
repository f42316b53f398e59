//! The effective configuration as an operator reads it: key, value, origin.

use std::fmt;

use dadns_keys::Takes;

use super::Loaded;
use super::catalog::{Entry, is_below};
use super::finding::Origin;
use super::layers::Layers;

/// One key with the value that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The path of the key.
    pub path: String,
    /// Its value; secrets are masked.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
}

/// Every key that has a value, in the order of `config/app.yml`; backends by their names.
pub(super) fn effective(layers: &Layers<'_>) -> Vec<Effective> {
    let entries = layers.catalog.entries();
    let one = |Entry { path, key, .. }: &Entry| {
        // The items of a list have lines of their own.
        let items = matches!(key.takes, Takes::Items(_));
        if items && entries.iter().any(|entry| is_below(&entry.path, path)) {
            return None;
        }
        Some(Effective {
            path: path.clone(),
            value: layers.found.get(path)?.shown(key.takes),
            origin: layers.origins.get(path)?.clone(),
        })
    };
    entries.iter().filter_map(one).collect()
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: fn(&Effective) -> &str| {
            let widths = self
                .config
                .effective
                .iter()
                .map(|row| column(row).chars().count());
            widths.max().unwrap_or(0)
        };
        let (paths, values) = (width(|row| &row.path), width(|row| &row.value));
        for Effective {
            path,
            value,
            origin,
        } in &self.config.effective
        {
            writeln!(f, "{path:paths$}  {value:values$}  {origin}")?;
        }
        self.warnings
            .iter()
            .try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}
