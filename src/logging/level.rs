//! The seven levels of a log line, two more than `tracing` has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tracing::Metadata;
use tracing::level_filters::LevelFilter;

/// How much a log line matters, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Each step, for hunting a fault.
    Trace,
    /// What was done to each zone.
    Debug,
    /// What an operator reads to see what the gateway does.
    Info,
    /// Something worth waiting for has been done.
    Success,
    /// Something is wrong; the gateway copes.
    Warning,
    /// Something failed.
    Error,
    /// The gateway cannot go on.
    Critical,
}

/// The text is not the name of a [`Level`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a log level: use one of {}", Level::NAMES)]
pub struct InvalidLevel;

impl Level {
    /// All names, for messages.
    pub const NAMES: &str = "TRACE, DEBUG, INFO, SUCCESS, WARNING, ERROR, CRITICAL";

    /// Its name, in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Success => "SUCCESS",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }

    /// The level of an event. `tracing` has no SUCCESS and no CRITICAL: our macros record them as
    /// the *name* of an event of the next lower level, which costs nothing and can be filtered
    /// before the event is built.
    pub(super) fn of(metadata: &Metadata<'_>) -> Self {
        match metadata.name() {
            "SUCCESS" => Self::Success,
            "CRITICAL" => Self::Critical,
            _ => match *metadata.level() {
                tracing::Level::TRACE => Self::Trace,
                tracing::Level::DEBUG => Self::Debug,
                tracing::Level::INFO => Self::Info,
                tracing::Level::WARN => Self::Warning,
                tracing::Level::ERROR => Self::Error,
            },
        }
    }

    /// Whether one of our macros made the event: then its name is its level.
    pub(super) fn is_ours(metadata: &Metadata<'_>) -> bool {
        metadata.name() == Self::of(metadata).name()
    }

    /// The levels of `tracing` among which those of this level and above are found.
    pub(super) const fn ceiling(self) -> LevelFilter {
        match self {
            Self::Trace => LevelFilter::TRACE,
            Self::Debug => LevelFilter::DEBUG,
            Self::Info | Self::Success => LevelFilter::INFO,
            Self::Warning => LevelFilter::WARN,
            Self::Error | Self::Critical => LevelFilter::ERROR,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = InvalidLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ALL: [Level; 7] = [
            Level::Trace,
            Level::Debug,
            Level::Info,
            Level::Success,
            Level::Warning,
            Level::Error,
            Level::Critical,
        ];
        let named = |level: &Level| level.name().eq_ignore_ascii_case(text);
        ALL.into_iter().find(named).ok_or(InvalidLevel)
    }
}
