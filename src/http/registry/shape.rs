//! What operators are shown of services.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A service.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// Whether most of it vanished at once, so that what was published stays.
    pub stale: bool,
    /// Its instances, in the order of their ids.
    pub instances: Vec<InstanceStatus>,
}

/// An instance of a service.
#[derive(Debug, Serialize, Deserialize)]
pub struct InstanceStatus {
    /// Its id.
    pub id: String,
    /// The node whose agent registered it; empty: none did.
    pub node: String,
    /// `passing`, `warning`, `critical` or `maintenance`.
    pub status: String,
    /// Whether it is in DNS.
    pub published: bool,
    /// Where it is.
    pub address: String,
    /// Its port, where it has one.
    pub port: Option<u16>,
    /// Whether it wants no more work.
    pub busy: bool,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who registered it.
    pub owner: String,
    /// Why its owner has taken it out, if that is so.
    pub maintenance: Option<String>,
    /// Its checks.
    pub checks: Vec<CheckStatus>,
    /// Its last changes, the newest first; empty where all services are listed.
    pub changes: Vec<ChangeStatus>,
}

/// A check of an instance.
#[derive(Debug, Serialize, Deserialize)]
pub struct CheckStatus {
    /// Its id.
    pub id: String,
    /// `passing`, `warning` or `critical`.
    pub status: String,
    /// What it said last.
    pub output: String,
}

/// A change of an instance.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChangeStatus {
    /// When.
    pub at: Timestamp,
    /// The status from then on.
    pub status: String,
    /// Why.
    pub why: String,
}
