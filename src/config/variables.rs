//! `DADNS_` variables to settings.
//!
//! The parts of a path are joined with `_` and keys contain `_` themselves, so a name is not taken
//! apart: it is looked up among the names that the known keys have. Only the name of a backend
//! instance is free; there the longest declared name wins, then the longest key. Items of lists are
//! numbered from 1.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::finding::{Finding, Origin};
use super::injected;
use super::keys::{self, BACKENDS, KEYS, Key, PREFIX};
use super::kinds::{self, Instances};
use super::lists;
use super::moved;
use super::yaml::{Node, Value};

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

/// A key that a variable names.
struct Target {
    path: String,
    key: &'static Key,
}

/// Reads all variables that are meant for us; those that cannot be placed are added to `errors`,
/// those that a former system knew and that no longer matter, and those that a container platform has
/// put there, to `warnings`.
pub(super) fn read(
    environment: impl Iterator<Item = (OsString, OsString)>,
    instances: &Instances,
    errors: &mut Vec<Finding>,
    warnings: &mut Vec<Finding>,
) -> Vec<Variable> {
    let mut ours: Vec<(String, OsString)> = environment
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(TESTS))
        .collect();
    ours.sort();
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
        match text.and_then(|text| variable(&name, text, instances)) {
            Ok(found) => match variables.iter().find(|other| other.path == found.path) {
                None => variables.push(found),
                Some(other) => errors.push(Finding::new(
                    origin,
                    format!(
                        "sets {}, and so does {}: unset one",
                        other.path, other.origin
                    ),
                )),
            },
            Err(why) => match moved::of_variable(&name) {
                Some(advice) if advice.harmless => {
                    warnings.push(Finding::new(origin, advice.text));
                }
                Some(advice) => errors.push(Finding::new(origin, advice.text)),
                None => errors.push(Finding::new(origin, why)),
            },
        }
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

fn variable(name: &str, text: String, instances: &Instances) -> Result<Variable, String> {
    if let Some(Target { path, .. }) = target(name, instances)? {
        return Ok(Variable::new(path, text, Origin::Variable(name.to_owned())));
    }
    let named = name.strip_suffix(FILE).map(|name| target(name, instances));
    match named.transpose()?.flatten() {
        Some(Target { path, key }) if key.takes.is_secret() => {
            let file = PathBuf::from(text);
            let secret = secret_in(&file)?;
            let origin = Origin::SecretFile {
                variable: name.to_owned(),
                path: file,
            };
            Ok(Variable::new(path, secret, origin))
        }
        _ => Err(unknown(name, instances)),
    }
}

fn target(name: &str, instances: &Instances) -> Result<Option<Target>, String> {
    let fixed = KEYS.iter().find(|key| keys::variable(key.name) == name);
    if let Some(key) = fixed {
        let path = key.name.to_owned();
        return Ok(Some(Target { path, key }));
    }
    if let Some((path, key)) = lists::of_variable(name) {
        return Ok(Some(Target { path, key }));
    }
    let within = keys::variable(BACKENDS);
    match name
        .strip_prefix(&within)
        .and_then(|rest| rest.strip_prefix('_'))
    {
        Some(rest) => backend_key(rest, instances),
        None => Ok(None),
    }
}

/// Splits `COREDNS_DC1_PASSWORD` into an instance and a key.
fn backend_key(rest: &str, instances: &Instances) -> Result<Option<Target>, String> {
    let all = kinds::all_keys();
    let target = |instance: &str, key: &'static Key| Target {
        path: format!("{BACKENDS}.{instance}.{}", key.name),
        key,
    };
    let mut declared: Vec<(&str, &'static Key)> = Vec::new();
    for instance in instances.names() {
        let below = rest.strip_prefix(&keys::capitals(instance));
        let below = below.and_then(|below| below.strip_prefix('_'));
        let key = all
            .iter()
            .find(|key| Some(keys::capitals(key.name).as_str()) == below);
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
        let instance = rest
            .strip_suffix(&keys::capitals(key.name))?
            .strip_suffix('_')?;
        (!instance.is_empty()).then(|| target(&instance.to_ascii_lowercase(), key))
    };
    let shortest_name = |target: &Target| target.path.len() - target.key.name.len();
    Ok(all.iter().filter_map(split).min_by_key(shortest_name))
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

fn unknown(name: &str, instances: &Instances) -> String {
    let of_backends = instances.names().flat_map(|instance| {
        let keys = instances
            .kind(instance)
            .into_iter()
            .flat_map(|kind| kind.keys());
        keys.map(move |key| keys::variable(&format!("{BACKENDS}.{instance}.{}", key.name)))
    });
    let fixed = KEYS.iter().map(|key| keys::variable(key.name));
    let of_items = lists::keys(&instances.items).map(|(path, _)| keys::variable(&path));
    match keys::nearest(name, fixed.chain(of_items).chain(of_backends)) {
        Some(near) => format!("sets no known key; did you mean {near}?"),
        None => format!("sets no known key: unset it (every {PREFIX} variable must name a key)"),
    }
}
