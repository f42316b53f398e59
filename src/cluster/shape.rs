//! How the cluster is shown to operators.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a node stands to the others.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ClusterStatus {
    /// The name of this node.
    pub node: String,
    /// Where it stands.
    pub site: String,
    /// full or edge.
    pub role: String,
    /// The cluster that it belongs to; null: none yet, it goes on alone.
    pub cluster: Option<String>,
    /// Up to which write it has followed.
    pub cursor: u64,
    /// How many writes it is behind; null: the engine does not answer.
    pub behind: Option<u64>,
    /// How many zones have changes here that the others do not know.
    pub unshared: usize,
    /// Since when there are such.
    pub unshared_since: Option<Timestamp>,
    /// Since when the engine does not answer.
    pub outage_since: Option<Timestamp>,
    /// Why it does not.
    pub outage: Option<String>,
    /// Since when the engine takes nothing more for want of room.
    #[serde(default)]
    pub full_since: Option<Timestamp>,
    /// What it says to that, and what to do.
    #[serde(default)]
    pub full: Option<String>,
    /// Why this node and the engine do not fit together, so that nothing is shared until an operator decides.
    pub diverged: Option<String>,
    /// The members of the engine.
    pub members: Vec<MemberStatus>,
    /// The nodes that belong to the cluster.
    pub nodes: Vec<NodeStatus>,
    /// The backends that several nodes can reach, with the node that delivers to each.
    pub owners: Vec<OwnerStatus>,
    /// The backends of the other nodes, and how far each is.
    #[serde(default)]
    pub backends: Vec<NodeBackendStatus>,
}

/// A member of the engine.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MemberStatus {
    /// Where it is asked.
    pub endpoint: String,
    /// Its version.
    pub version: String,
    /// Whether it leads.
    pub leads: bool,
    /// Octets of its database.
    pub size: u64,
    /// Octets of that which are in use.
    pub used: u64,
    /// Why it is of no use, if it is not.
    pub error: Option<String>,
}

/// A node.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NodeStatus {
    /// Its name.
    pub node: String,
    /// Where it stands.
    pub site: String,
    /// full or edge.
    pub role: String,
    /// Whether it has given a sign of life within the last seconds.
    pub present: bool,
    /// Its version, while it is present.
    pub version: Option<String>,
    /// Where its API listens, while it is present.
    pub address: Option<String>,
    /// Up to which write it had followed when it last said so, within a minute.
    pub cursor: u64,
}

/// Which node delivers to a shared backend.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OwnerStatus {
    /// The backend.
    pub backend: String,
    /// The node.
    pub node: String,
    /// Grows with each change of node.
    pub fence: u64,
}

/// How far a backend of another node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeBackendStatus {
    /// The node that delivers to it; none at the moment: empty.
    pub node: String,
    /// Since when that node has given no sign of life, or since this node started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_since: Option<Timestamp>,
    /// The backend.
    pub backend: String,
    /// Whether several nodes can reach it.
    pub shared: bool,
    /// How many zones it may be behind on.
    pub pending: usize,
    /// How many zones fail there, of those that are named.
    pub failing: usize,
    /// Why it is unavailable, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
}

/// How a zone stands at a backend of another node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ElsewhereStatus {
    /// The node that delivers to it; none at the moment: empty.
    pub node: String,
    /// Since when that node has given no sign of life, or since this node started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_since: Option<Timestamp>,
    /// The backend.
    pub backend: String,
    /// Whether several nodes can reach it.
    pub shared: bool,
    /// `served`, `removed`, `pending` or `failed`.
    pub state: String,
    /// What it waits for, while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl ElsewhereStatus {
    /// Whether the backend may be behind on it.
    pub fn is_behind(&self) -> bool {
        matches!(self.state.as_str(), "pending" | "failed")
    }
}
