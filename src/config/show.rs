//! The effective configuration as an operator reads it: key, value, origin.

use std::fmt;

use figment::value::Value;

use super::Loaded;
use super::finding::Origin;
use super::keys::{BACKENDS, KEYS, Key};
use super::kinds::Instances;
use super::layers::Layers;
use super::lists;
use super::secret::MASK;
use super::takes::Takes;

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
pub(super) fn effective(layers: &Layers<'_>, instances: &Instances) -> Vec<Effective> {
    let fixed = KEYS.iter().flat_map(|key| {
        let own = std::iter::once((key.name.to_owned(), key));
        own.chain(lists::keys_of(key, &instances.items))
    });
    let of_backends = instances.names().flat_map(|instance| {
        let keys = instances
            .kind(instance)
            .into_iter()
            .flat_map(|kind| kind.keys());
        keys.map(move |key| (format!("{BACKENDS}.{instance}.{}", key.name), key))
    });
    fixed
        .chain(of_backends)
        .filter_map(|(path, key)| one(layers, path, key))
        .collect()
}

fn one(layers: &Layers<'_>, path: String, key: &Key) -> Option<Effective> {
    let origin = layers.origins.get(&path)?.clone();
    let value = layers.figment.find_value(&path);
    let value = match key.takes {
        // Its items have lines of their own.
        Takes::Sections(_) if value.is_ok() => return None,
        Takes::Sections(_) => "[]".to_owned(),
        takes if takes.is_secret() => masked(&value.ok()?),
        _ => shown(&value.ok()?),
    };
    Some(Effective {
        path,
        value,
        origin,
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Bool(_, yes) => yes.to_string(),
        Value::Num(_, number) => number.to_u128().map(|n| n.to_string()).unwrap_or_default(),
        Value::Array(_, items) => list(items, shown),
        _ => "-".to_owned(),
    }
}

fn masked(value: &Value) -> String {
    match value {
        Value::Array(_, items) => list(items, masked),
        _ => MASK.to_owned(),
    }
}

fn list(items: &[Value], shown: fn(&Value) -> String) -> String {
    let items: Vec<String> = items.iter().map(shown).collect();
    format!("[{}]", items.join(", "))
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: fn(&Effective) -> &str| {
            let widths = self.effective.iter().map(|row| column(row).chars().count());
            widths.max().unwrap_or(0)
        };
        let (paths, values) = (width(|row| &row.path), width(|row| &row.value));
        for Effective {
            path,
            value,
            origin,
        } in &self.effective
        {
            writeln!(f, "{path:paths$}  {value:values$}  {origin}")?;
        }
        self.warnings
            .iter()
            .try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}
