//! The shapes of the JSON questions and answers, for those who ask and those who answer.

mod cluster;
mod gateway;
mod placement;

use std::net::IpAddr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Grant;
pub use cluster::{JoinRequest, Membership, RecoverRequest, Side};
pub use gateway::{
    About, AnsweredRecord, BackendAnswer, ConfigurationKey, DriftStatus, LogQuery, LoggedLine,
    QueryAnswer, Question, StoreFile,
};
pub use placement::{GroupPlan, MoveStatus, Ordered, PlacementPlan, ZonePlacement};

/// One revision in `GET /api/v1/zones/NAME/history`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// Which.
    pub revision: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// The account and address that it came from.
    pub by: String,
    /// The master that it belonged to then.
    pub master: Option<String>,
    /// The user there.
    pub user: Option<String>,
    /// `pushed`, `fetched`, `imported`, `removed`, `rolled back to N`, `advanced`, `approved`, `edited` or
    /// `created`.
    pub how: String,
    /// The layer that it wrote: `push`, `registry` or `records`; none: none, or all of them.
    #[serde(default)]
    pub layer: Option<String>,
    /// The serial that was served.
    pub serial: u32,
    /// How many records it had.
    pub records: u32,
}

/// The answer of `GET /api/v1/zones/NAME/diff`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// The older side: a revision, or `nothing`.
    pub from: String,
    /// The newer side: a revision, or `held`.
    pub to: String,
    /// One line for each record that is gone (`-`) or new (`+`).
    pub lines: Vec<String>,
}

/// Which sides `GET /api/v1/zones/NAME/diff` compares.
#[derive(Debug, Default, Deserialize)]
pub struct Sides {
    /// The older one; without it, the revision before the newer one.
    pub from: Option<u64>,
    /// The newer one; without it, the present one.
    pub to: Option<u64>,
    /// Compare the present revision with the push that is held.
    #[serde(default)]
    pub held: bool,
}

/// The body of `POST /api/v1/zones/NAME/rollback`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rollback {
    /// The revision to go back to.
    pub revision: u64,
}

/// What became of a zone: the answer of `rollback` and `approve`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Made {
    /// The zone.
    pub zone: String,
    /// Its revision from now on.
    pub revision: u64,
    /// The serial to serve.
    pub serial: u32,
    /// Whether that is a new revision; `false`: it was like this already.
    pub changed: bool,
}

/// One push that the guard holds, in `GET /api/v1/held`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeldPush {
    /// The zone.
    pub zone: String,
    /// When it came.
    pub at: Timestamp,
    /// The account and address that it came from.
    pub by: String,
    /// The master that it came from.
    pub master: Option<String>,
    /// The user there.
    pub user: Option<String>,
    /// Why it is held.
    pub reasons: Vec<String>,
    /// What would change: one line for each record that would go (`-`) or come (`+`).
    pub lines: Vec<String>,
}

/// What `GET /api/v1/zones/NAME/wait` waits for.
#[derive(Debug, Default, Deserialize)]
pub struct Awaited {
    /// The revision; without it, the present one.
    pub revision: Option<u64>,
    /// For how long, in milliseconds; at most 30,000.
    pub timeout_ms: Option<u64>,
}

/// The answer of `GET /api/v1/zones/NAME/wait`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Waited {
    /// The zone.
    pub zone: String,
    /// The revision that was waited for.
    pub revision: u64,
    /// Whether every backend has verified it.
    pub verified: bool,
    /// Those that have not, each with why.
    pub missing: Vec<Missing>,
}

/// A backend that has not verified a revision.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// Which.
    pub backend: String,
    /// Why, or what it waits for.
    pub cause: String,
}

/// The body of `POST /api/v1/verify`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The zones; without them, all.
    pub zones: Option<Vec<String>>,
    /// Only report what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// The body of `POST /api/v1/zones/NAME/verify`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyZoneRequest {
    /// Only report what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// The body of `POST /api/v1/import`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The backend whose zones are taken in.
    pub backend: String,
    /// Only report what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// The body of `POST /api/v1/reconcile`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconcileRequest {
    /// Only report what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// Remove what is gone, however much that is.
    #[serde(default)]
    pub confirm: bool,
}

/// One master in `GET /api/v1/masters`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct MasterStatus {
    /// Its host name, as owners are noted; none: of the zones that have no owner.
    pub master: Option<String>,
    /// How many zones belong to it.
    pub zones: usize,
    /// How many users there own them.
    pub users: usize,
    /// When one of these zones last changed.
    pub last_change: Timestamp,
    /// When it last pushed a zone, changed or not, since dadns started.
    #[serde(default)]
    pub last_push: Option<Timestamp>,
    /// Whether the configuration has it (`reconciliation.directadmin_servers`), so that it can be asked.
    #[serde(default)]
    pub configured: bool,
}

/// The body of `POST /api/v1/masters/HOST/forget`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgetRequest {
    /// Only report what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// Remove its zones, however many that are.
    #[serde(default)]
    pub confirm: bool,
}

/// The body of `POST /api/v1/zones/NAME/remove`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveRequest {
    /// The master that the zone belongs to; none: it has no owner.
    pub owner: Option<String>,
}

/// The answer of `POST /api/v1/zones/NAME/remove`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Removed {
    /// The zone.
    pub zone: String,
    /// The revision of its removal.
    pub revision: u64,
    /// The one before, which can be brought back.
    pub before: u64,
}

/// The body of `POST /api/v1/tokens`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What operators call the token.
    pub name: String,
    /// What an ACME client needs, where the fields below say nothing else: reads zones and edits the TXT
    /// records of challenges, in all zones unless `zones` names some.
    #[serde(default)]
    pub acme: bool,
    /// Patterns of zones; `*`: all.
    pub zones: Option<Vec<String>>,
    /// Patterns of owner names; without them, all.
    pub names: Option<Vec<String>>,
    /// Types of records; without them, all.
    pub types: Option<Vec<String>>,
    /// `read`, `edit`, `create`, `delete`, `operate`; without them, `read`.
    pub actions: Option<Vec<String>>,
    /// The networks that it may be used from; without them, any.
    pub from: Option<Vec<String>>,
    /// The highest TTL that it may write, in seconds.
    pub ttl_max: Option<u32>,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

/// One token in `GET /api/v1/tokens`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TokenStatus {
    /// What operators call it.
    pub name: String,
    /// `valid` or `expired`.
    pub state: String,
    /// What it may do.
    #[serde(flatten)]
    pub grant: Grant,
    /// When it was created.
    pub created: Timestamp,
    /// The account that created it, and from where.
    pub created_by: String,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// The address of the client then.
    pub last_used_from: Option<IpAddr>,
}

/// The answer of `POST /api/v1/tokens`: the only time that the token is shown.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct NewToken {
    /// The token.
    pub token: String,
    /// What it may do.
    #[serde(flatten)]
    pub status: TokenStatus,
}

/// The answer of `DELETE /api/v1/tokens/NAME`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RevokedToken {
    /// Its name.
    pub name: String,
    /// Always true.
    pub revoked: bool,
}
