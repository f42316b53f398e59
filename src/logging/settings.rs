//! What an operator can say about the log.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

use super::Level;

/// What is logged, how and where.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// The time zone of timestamps.
    #[serde(deserialize_with = "time_zone")]
    pub timezone: TimeZone,
    /// The least level that is logged.
    #[serde(rename = "log_level")]
    pub level: Level,
    /// JSON lines instead of text.
    #[serde(rename = "log_json")]
    pub json: bool,
    /// A file to log to besides standard error.
    #[serde(rename = "log_file")]
    pub file: Option<PathBuf>,
    /// How many daily files are kept.
    #[serde(rename = "log_file_keep")]
    pub file_keep: usize,
}

/// A zone by its name; none is the system's.
fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        Some(name) => TimeZone::get(&name).map_err(serde::de::Error::custom),
        None => Ok(TimeZone::system()),
    }
}
