//! `DADNS_` variables to settings.
//!
//! The parts of a path are joined with `_` and keys contain `_` themselves, so a name is not taken
//! apart: it is looked up among the names that the known keys have. Only the name of a backend
//! instance is free; there the longest declared name wins, then the longest key. Items of lists are
//! numbered from 1.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use dadns_backends::KINDS;
use dadns_keys::yaml::{Node, Value};
use dadns_keys::{Key, Keys as _, PREFIX, capitals, join, variable};

use super::backends::Common;
use super::catalog::{BACKENDS, Catalog, is_below, nearest};
use super::finding::{Finding, Origin};
use super::injected;
use super::moved::{self, Advice};
use super::named::{Named, lists, numbered};

/// Variables of the project's own tests, never settings.
const TESTS: &str = "DADNS_TEST_";
/// A secret may also be the content of a file that `VARIABLE_FILE` names.
const FILE: &str = "_FILE";
/// No secret, and no list of them, is longer.
const MAX_SECRET: u64 = 64 * 1024;

/// What one variable sets.
pub(super) struct Variable {
    pub path: String,
    pub node: Node,
    pub origin: Origin,
}

impl Variable {
    fn new(path: String, text: String, origin: Origin) -> Self {
        let value = Value::Text(text);
        let node = Node { line: 0, value };
        Self { path, node, origin }
    }
}

/// Reads all variables that are meant for us; those that cannot be placed are added to `errors`,
/// those that a former system knew and that no longer matter, and those that a container platform has
/// put there, to `warnings`.
pub(super) fn read(
    environment: impl Iterator<Item = (OsString, OsString)>,
    named: &Named,
    errors: &mut Vec<Finding>,
    warnings: &mut Vec<Finding>,
) -> Vec<Variable> {
    let mut ours: Vec<(String, OsString)> = environment
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(TESTS))
        .collect();
    ours.sort();
    let catalog = Catalog::new(named);
    let mut variables: Vec<Variable> = Vec::new();
    let mut injected = Vec::new();
    for (name, value) in ours {
        if value
            .to_str()
            .is_some_and(|value| injected::is_injected(&name, value))
        {
            injected.push(name);
            continue;
        }
        let origin = Origin::Variable(name.clone());
        let text = value
            .into_string()
            .map_err(|_| "its value is not UTF-8 text".to_owned());
        let known = moved::renamed_variable(&name);
        if let Some(new) = &known {
            let message = format!("is now called {new}; the old name still works");
            warnings.push(Finding::new(origin.clone(), message));
        }
        let key = known.as_ref().unwrap_or(&name);
        let setting = text.and_then(|text| setting(&name, key, text, named, &catalog));
        let wrong = match setting {
            Ok(found) => match variables.iter().find(|other| other.path == found.path) {
                None => {
                    variables.push(found);
                    continue;
                }
                Some(Variable { path, origin, .. }) => {
                    format!("sets {path}, and so does {origin}: unset one")
                }
            },
            Err(why) => match moved::of_variable(&name) {
                Some(Advice::Ignored(text)) => {
                    warnings.push(Finding::new(origin, text));
                    continue;
                }
                Some(Advice::Absent(text)) => text.to_owned(),
                None => why,
            },
        };
        errors.push(Finding::new(origin, wrong));
    }
    warnings.extend(of_injected(&injected));
    variables
}

/// One warning about all variables that a container platform has put there.
fn of_injected(names: &[String]) -> Option<Finding> {
    let origin = Origin::Variable(names.first()?.clone());
    let others = match names.len() - 1 {
        0 => String::new(),
        others => format!(" with {others} more of its kind"),
    };
    Some(Finding::new(
        origin,
        format!(
            "ignored{others}: Kubernetes or Docker sets it because a service is called dadns, and \
             it is no setting"
        ),
    ))
}

/// What the variable `name` sets, which is called `known` now.
fn setting(
    name: &str,
    known: &str,
    text: String,
    named: &Named,
    catalog: &Catalog,
) -> Result<Variable, String> {
    if let Some((path, _)) = target(known, named, catalog)? {
        return Ok(Variable::new(path, text, Origin::Variable(name.to_owned())));
    }
    let of_file = known.strip_suffix(FILE);
    let of_file = of_file.map(|known| target(known, named, catalog));
    match of_file.transpose()?.flatten() {
        Some((path, key)) if key.takes.is_secret() => {
            let file = PathBuf::from(text);
            let secret = secret_in(&file)?;
            let origin = Origin::SecretFile {
                variable: name.to_owned(),
                path: file,
            };
            Ok(Variable::new(path, secret, origin))
        }
        _ => Err(unknown(known, catalog)),
    }
}

/// The path and the key that a variable names.
type Target = (String, &'static Key);

fn target(name: &str, named: &Named, catalog: &Catalog) -> Result<Option<Target>, String> {
    let mut fixed = catalog.entries().iter();
    let fixed =
        fixed.find(|entry| !is_below(&entry.path, BACKENDS) && variable(&entry.path) == name);
    if let Some(entry) = fixed {
        return Ok(Some((entry.path.clone(), entry.key)));
    }
    let of_item = lists().find_map(|(list, keys)| {
        let rest = name.strip_prefix(&variable(&list))?;
        let (number, below) = rest.strip_prefix('_')?.split_once('_')?;
        let item = format!("{list}.{}", numbered(number)?);
        let key = keys.iter().find(|key| capitals(key.name) == below)?;
        Some((join(&item, key.name), key))
    });
    if of_item.is_some() {
        return Ok(of_item);
    }
    let rest = name.strip_prefix(&variable(BACKENDS));
    match rest.and_then(|rest| rest.strip_prefix('_')) {
        Some(rest) => backend_key(rest, named),
        None => Ok(None),
    }
}

/// Splits `COREDNS_DC1_PASSWORD` into an instance and a key.
fn backend_key(rest: &str, named: &Named) -> Result<Option<Target>, String> {
    let of_kinds = KINDS.iter().flat_map(|kind| kind.section.keys);
    let all: Vec<&'static Key> = Common::SECTION.keys.iter().chain(of_kinds).collect();
    let target =
        |instance: &str, key: &'static Key| (join(&join(BACKENDS, instance), key.name), key);
    let mut declared: Vec<(&str, &'static Key)> = Vec::new();
    for instance in named.backends() {
        let below = rest.strip_prefix(&capitals(instance));
        let below = below.and_then(|below| below.strip_prefix('_'));
        let mut all = all.iter();
        let key = all.find(|key| Some(capitals(key.name).as_str()) == below);
        declared.extend(key.map(|key| (instance, *key)));
    }
    let longest = declared.iter().map(|(instance, _)| instance.len()).max();
    declared.retain(|(instance, _)| Some(instance.len()) == longest);
    match declared.as_slice() {
        [] => {}
        [(instance, key)] => return Ok(Some(target(instance, key))),
        [(one, _), (other, _), ..] => {
            return Err(format!(
                "stands for both {BACKENDS}.{one} and {BACKENDS}.{other}: give one another name"
            ));
        }
    }
    let split = |key: &&'static Key| {
        let instance = rest.strip_suffix(&capitals(key.name))?.strip_suffix('_')?;
        let instance = instance.to_ascii_lowercase();
        (!instance.is_empty()).then(|| (instance.len(), target(&instance, key)))
    };
    let shortest = all
        .iter()
        .filter_map(split)
        .min_by_key(|(length, _)| *length);
    Ok(shortest.map(|(_, target)| target))
}

fn secret_in(file: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", file.display());
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    if size > MAX_SECRET {
        return Err(format!("{} is too large for a secret", file.display()));
    }
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn unknown(name: &str, catalog: &Catalog) -> String {
    let known = catalog.entries().iter().map(|entry| variable(&entry.path));
    // What a variable may have been meant to begin.
    let items = lists().flat_map(|(list, keys)| {
        let first = format!("{list}.1");
        keys.iter()
            .map(move |key| variable(&join(&first, key.name)))
    });
    match nearest(name, known.chain(items)) {
        Some(near) => format!("sets no known key; did you mean {near}?"),
        None => format!("sets no known key: unset it (every {PREFIX} variable must name a key)"),
    }
}
