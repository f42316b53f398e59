//! What is wrong with settings, or worth a warning, by the path of the key.

use std::collections::BTreeSet;

/// Collects what the rules find; where each value came from is added by whoever has read it.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong: the path of the key and what to do.
    pub errors: Vec<(String, String)>,
    /// What is allowed, but worth telling the operator.
    pub warnings: Vec<(String, String)>,
    wrong: BTreeSet<String>,
}

impl Report {
    /// A report for settings of which those at the paths `wrong` could not be read.
    pub fn new(wrong: BTreeSet<String>) -> Self {
        Self {
            wrong,
            ..Self::default()
        }
    }

    /// Adds an error about the value at `path`, or about what stands below it.
    pub fn fail(&mut self, path: &str, message: impl Into<String>) {
        self.wrong.insert(path.to_owned());
        self.errors.push((path.to_owned(), message.into()));
    }

    /// Adds a warning about the value at `path`.
    pub fn warn(&mut self, path: &str, message: impl Into<String>) {
        self.warnings.push((path.to_owned(), message.into()));
    }

    /// Whether there is an error about the value at `path`: what holds instead is not the operator's.
    pub fn is_wrong(&self, path: &str) -> bool {
        self.wrong.contains(path)
    }
}
