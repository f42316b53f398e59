//! The shapes about which backends serve which zones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer of `GET /api/v1/placement`: the groups, and what would move.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct PlacementPlan {
    /// To how many groups each zone goes.
    pub factor: usize,
    /// The groups; none: every zone goes to every backend.
    pub groups: Vec<GroupPlan>,
    /// How many zones are placed on no group, and so are everywhere: they were accepted before there were groups, or
    /// theirs are no longer configured.
    pub everywhere: usize,
    /// How many zones are on their way already.
    pub moving: usize,
    /// How many zones an order would move.
    pub moves: usize,
    /// The first of these.
    pub zones: Vec<MoveStatus>,
}

/// A group of backends with its zones.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GroupPlan {
    /// Its name.
    pub group: String,
    /// Where it stands.
    pub site: String,
    /// How many zones it gets beside the others.
    pub weight: u32,
    /// Its backends.
    pub backends: Vec<String>,
    /// How many zones belong to it now, without those that are everywhere.
    pub zones: usize,
    /// How many would after the moves.
    pub zones_after: usize,
}

/// A zone that would move.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MoveStatus {
    /// The zone.
    pub zone: String,
    /// The groups that it belongs to now; none: it is everywhere.
    pub from: Vec<String>,
    /// The groups that it would belong to.
    pub to: Vec<String>,
    /// Why.
    pub why: String,
}

/// The answer of `POST /api/v1/placement/apply`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Ordered {
    /// How many moves were ordered by this.
    pub ordered: usize,
    /// How many zones are on their way now, with those that were before.
    pub moving: usize,
}

/// The answer of `GET /api/v1/zones/ZONE/placement`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ZonePlacement {
    /// The zone.
    pub zone: String,
    /// The groups that it belongs to; none: it is everywhere.
    pub groups: Vec<String>,
    /// The backends of this node that shall have it.
    pub backends: Vec<String>,
    /// Those of them that are verified to have it, and have nothing pending of it.
    pub verified: Vec<String>,
    /// While it moves to these groups: those that it leaves as soon as it is verified there; `*`: all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<String>,
    /// Why it is where it is.
    pub why: String,
    /// Where it would move if an operator ordered it, if it would.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub would_move_to: Vec<String>,
    /// Why it would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_move_because: Option<String>,
}
