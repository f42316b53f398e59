//! The configuration as an operator meets it: files, variables, and what is said about mistakes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod builtin;
mod containers;
mod coredns_mysql;
mod mistakes;
mod reconciliation;
mod samples;
mod schema;
mod topology_c;
mod tsig;
mod values;
mod variables;

use std::path::PathBuf;

use dadns::config::{Config, ConfigErrors, Loaded, Origin};

/// A configuration file in a directory of its own.
struct File {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn new(text: impl AsRef<[u8]>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("app.yml");
        std::fs::write(&path, text).unwrap();
        Self {
            _directory: directory,
            path,
        }
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Config::load(Some(&self.path), variables.iter().map(own))
    }

    /// What is wrong with it, without the path of the file.
    fn problems(&self, variables: &[(&str, &str)]) -> Vec<String> {
        let errors = self.load(variables).expect_err("this must not load");
        let prefix = format!("{}:", self.path.display());
        let short = |problem: String| match problem.strip_prefix(&prefix) {
            Some(rest) => rest.to_owned(),
            None => problem,
        };
        errors
            .findings()
            .iter()
            .map(|problem| short(problem.to_string()))
            .collect()
    }
}

fn load(text: &str) -> Loaded {
    File::new(text).load(&[]).unwrap()
}

fn load_with(text: &str, variables: &[(&str, &str)]) -> Loaded {
    File::new(text).load(variables).unwrap()
}

fn problems(text: &str) -> Vec<String> {
    File::new(text).problems(&[])
}

fn problems_with(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    File::new(text).problems(variables)
}

/// The settings of a backend by its name.
fn settings<'a, S: 'static>(loaded: &'a Loaded, name: &str) -> &'a S {
    let mut all = loaded.config.dns.backends.iter();
    let backend = all.find(|backend| backend.id.as_str() == name);
    let backend = backend.unwrap_or_else(|| panic!("there is no {name}"));
    let settings = backend.chosen.get();
    settings.unwrap_or_else(|| panic!("{name} is {:?}", backend.chosen))
}

/// The settings of a backend of kind `bind`.
fn bind<'a>(loaded: &'a Loaded, name: &str) -> &'a dadns_backends::bind::Settings {
    settings(loaded, name)
}

/// The settings of a backend of kind `builtin`.
fn builtin<'a>(loaded: &'a Loaded, name: &str) -> &'a dadns_backends::builtin::Settings {
    settings(loaded, name)
}

/// The settings of a backend of kind `coredns_mysql`.
fn coredns_mysql<'a>(
    loaded: &'a Loaded,
    name: &str,
) -> &'a dadns_backends::coredns_mysql::Settings {
    settings(loaded, name)
}

/// The value and the origin that `config check` shows for `path`.
fn shown(loaded: &Loaded, path: &str) -> (String, String) {
    let row = loaded.config.effective.iter().find(|row| row.path == path);
    let row = row.unwrap_or_else(|| panic!("{path} is not shown"));
    let origin = match &row.origin {
        Origin::File { line, .. } => format!("line {line}"),
        other => other.to_string(),
    };
    (row.value.clone(), origin)
}
