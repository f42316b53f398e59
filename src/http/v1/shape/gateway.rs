//! The shapes about the gateway as a whole and its backends.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A zone that was found drifted on a backend, in `GET /api/v1/drift`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DriftStatus {
    /// The zone.
    pub zone: String,
    /// The backend.
    pub backend: String,
    /// The revision that should have been there.
    pub revision: u64,
    /// What was found there last, in words.
    pub found: String,
    /// When that was.
    pub at: Timestamp,
    /// How often it was found drifted there, as far as is remembered.
    pub times: usize,
    /// How it is now: `drifted`, `pending` or `in sync`.
    pub state: String,
}

/// What `GET /api/v1/query` asks.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Question {
    /// The owner name.
    pub name: String,
    /// The type; empty: A.
    #[serde(rename = "type")]
    pub rtype: String,
    /// `udp`, which turns to TCP where the answer is truncated, or `tcp`; empty: `udp`.
    pub transport: String,
}

/// The answer of `GET /api/v1/query`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct QueryAnswer {
    /// The owner name that was asked for.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// The zone here that the name is in, if there is one.
    pub zone: Option<String>,
    /// Whether all servers answered, and alike; backends that cannot be asked do not count.
    pub agree: bool,
    /// What each server of each backend answered.
    pub answers: Vec<BackendAnswer>,
}

/// What one server of a backend answered.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct BackendAnswer {
    /// The backend.
    pub backend: String,
    /// The server that was asked; none: the backend cannot be asked over DNS.
    pub server: Option<String>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// The response code, such as `NOERROR`.
    pub code: Option<String>,
    /// Whether it claims authority (AA).
    pub authoritative: bool,
    /// Whether the answer over UDP was truncated (TC), so that TCP was used.
    pub truncated: bool,
    /// Whether the server offers recursion (RA).
    pub recursion: bool,
    /// Whether this came over TCP.
    pub tcp: bool,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// The records of the answer section, or of the authority section where that is empty.
    pub records: Vec<AnsweredRecord>,
    /// How many more there were.
    pub more: usize,
    /// In what it differs from what most servers answered.
    pub differs: Vec<String>,
}

/// A record of an answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnsweredRecord {
    /// `answer` or `authority`.
    pub section: String,
    /// Its owner name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// Its TTL.
    pub ttl: u32,
    /// Its data.
    pub data: String,
}

/// One key in `GET /api/v1/configuration`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationKey {
    /// Its path.
    pub key: String,
    /// Its value; a secret is masked.
    pub value: String,
    /// Where the value came from: the default, a line of the file, or a variable.
    pub origin: String,
    /// Whether it is the default that is built in.
    pub default: bool,
}

/// Which lines `GET /api/v1/log` shows.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// This level and above; empty: all that is logged.
    pub level: String,
    /// Only lines about this zone.
    pub zone: String,
    /// Only lines about this backend.
    pub backend: String,
    /// At most so many.
    pub limit: Option<usize>,
}

/// One line in `GET /api/v1/log`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct LoggedLine {
    /// When it was written.
    pub at: Timestamp,
    /// `TRACE`, `DEBUG`, `INFO`, `SUCCESS`, `WARNING`, `ERROR` or `CRITICAL`.
    pub level: String,
    /// The module that wrote it.
    pub module: String,
    /// What it says.
    pub message: String,
    /// What it is about, such as `zone` and `backend`.
    pub fields: BTreeMap<String, String>,
}

/// The answer of `GET /api/v1/about`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The version of this program.
    pub version: String,
    /// When it started.
    pub started: Timestamp,
    /// Seconds since then.
    pub uptime_s: u64,
    /// What keeps the store.
    pub engine: String,
    /// The directory of the store.
    pub directory: String,
    /// The files in it.
    pub files: Vec<StoreFile>,
    /// Bytes that are free on its disk.
    pub free_bytes: u64,
}

/// One file of the store.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct StoreFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
}
