//! What an operator says about a name server that dadns runs.

use std::path::PathBuf;

use dadns_keys::{Report, Values, join};

/// The key of its program.
const COMMAND: &str = "child_command";

/// What is run for a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The program, as an absolute path, and its arguments.
    pub command: Vec<String>,
    /// The directory that it is started in; `None`: that of dadns.
    pub directory: Option<PathBuf>,
}

impl Settings {
    /// Those among the keys of a backend; `None`: nothing is run for it.
    pub fn of(values: &Values<'_>) -> Option<Self> {
        let command = values.many(COMMAND)?.to_vec();
        let directory = values.one("child_directory").unwrap_or_default();
        (!command.is_empty()).then(|| Self {
            command,
            directory: (!directory.is_empty()).then(|| directory.into()),
        })
    }

    /// Rules for them, of a backend of this kind at `path`.
    pub fn check(&self, path: &str, kind: &str, report: &mut Report) {
        let key = join(path, COMMAND);
        let program = self.command.first().map_or("", String::as_str);
        let fault = if kind == "builtin" {
            "the built-in server is part of dadns: there is no other one to run".to_owned()
        } else if !program.starts_with('/') {
            format!("{program:?} is not an absolute path, and nothing is searched for it")
        } else {
            return;
        };
        report.fail(&key, format!("{key}: {fault}"));
    }
}
