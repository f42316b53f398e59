//! What was found wrong with a configuration, or worth a warning, and where.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The defaults that are built in.
    Default,
    /// A line of the configuration file.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line, counted from 1; 0 where the file as a whole is meant.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// The content of a file that an environment variable names.
    SecretFile {
        /// The variable, ending in `_FILE`.
        variable: String,
        /// The file.
        path: PathBuf,
    },
}

impl Origin {
    /// The same place, at another line if it has lines.
    pub(super) fn at(&self, line: usize) -> Self {
        match self {
            Self::File { path, .. } => Self::File {
                path: path.clone(),
                line,
            },
            other => other.clone(),
        }
    }

    /// The order in which findings are told: the file from top to bottom, then the rest.
    pub(super) fn rank(&self) -> (u8, usize) {
        match self {
            Self::File { line, .. } => (0, *line),
            Self::Variable(_) | Self::SecretFile { .. } => (1, 0),
            Self::Default => (2, 0),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built-in default"),
            Self::File { path, line: 0 } => write!(f, "{}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::SecretFile { variable, path } => write!(f, "{} ({variable})", path.display()),
        }
    }
}

/// One thing that is wrong or worth a warning, in words for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where the value at fault stands.
    pub origin: Origin,
    /// What is wrong with it and what to do.
    pub message: String,
}

impl Finding {
    pub(super) fn new(origin: Origin, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { origin, message }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.message)
    }
}

/// Everything that is wrong with a configuration, found in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(Vec<Finding>);

impl ConfigErrors {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Self(findings)
    }

    /// The findings, those of the file first, in its order.
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the configuration cannot be used: {one}"),
            many => {
                write!(
                    f,
                    "the configuration cannot be used, {} problems:",
                    many.len()
                )?;
                many.iter()
                    .try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl std::error::Error for ConfigErrors {}
