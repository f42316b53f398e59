//! How an instance is: one ladder, from good to bad.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a check or an instance is. A later one is worse.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It works.
    #[default]
    Passing,
    /// It works, not quite as it is meant to. Published all the same.
    Warning,
    /// It does not work. Not published.
    Critical,
    /// Its owner has taken it out. Not published.
    Maintenance,
}

impl Status {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passing => "passing",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Maintenance => "maintenance",
        }
    }

    /// Whether an instance with it is published.
    pub fn is_published(self) -> bool {
        self < Self::Critical
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
