//! The shapes about several nodes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `POST /api/v1/cluster/join` asks.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JoinRequest {
    /// Zones that differ become as the engine has them.
    pub take_theirs: bool,
    /// Zones that the engine does not have are shared.
    pub share_ours: bool,
}

/// What `POST /api/v1/cluster/recover` asks.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverRequest {
    /// Who is right.
    pub from: Side,
}

/// Who is right where a node and the engine do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// This node: what it has newer is shared.
    Here,
    /// The engine: what this node has newer becomes as the engine has it.
    Engine,
}

/// What came of joining, leaving or recovering.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Membership {
    /// The cluster.
    pub cluster: String,
    /// How many zones were taken over from the engine.
    pub taken: usize,
    /// How many are shared next.
    pub to_be_shared: usize,
}
