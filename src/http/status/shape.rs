//! The shapes of the JSON answers, for those who ask and those who answer.

use std::fmt;

use dadns_zone::ZoneName;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cluster::{ElsewhereStatus, NodeBackendStatus};
use crate::health::Child;
use crate::http::v1::records::shape::Shadowed;
use crate::store::Refused;

/// The answer of `/status`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// `ok`; `degraded` while a backend is unavailable or failing, or its name server does not run; `failed` when no change can be taken.
    pub state: String,
    /// The version of this program.
    pub version: String,
    /// Seconds since its start.
    pub uptime_s: u64,
    /// Zones that are present.
    pub zones: usize,
    /// Records of those zones.
    pub records: u64,
    /// Pushes that the guard holds for an operator.
    pub held_pushes: usize,
    /// Of how many zones the last push was refused.
    #[serde(default)]
    pub refused_pushes: usize,
    /// The newest of those pushes.
    #[serde(default)]
    pub last_refused: Vec<RefusedPush>,
    /// Signed zones whose serial did not advance: secondaries may keep old records of them.
    #[serde(default)]
    pub serials_not_ahead: usize,
    /// Bytes that the store takes on disk.
    pub store_bytes: u64,
    /// The backend whose result stands for a push as a whole; without one, all do.
    pub default_backend: Option<String>,
    /// The last pushes and removals, newest first.
    pub recent: Vec<Recent>,
    /// The enabled backends.
    pub backends: Vec<BackendStatus>,
    /// How this node stands to the others, where `cluster.engine` is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterBrief>,
}

/// How a node stands to the others, in short.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClusterBrief {
    /// The name of this node.
    pub node: String,
    /// The cluster that it belongs to; null: none yet.
    pub cluster: Option<String>,
    /// How many zones have changes that the other nodes do not know.
    pub unshared: usize,
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
    /// Why nothing is shared until an operator decides.
    pub diverged: Option<String>,
    /// The backends of the other nodes, and how far each is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<NodeBackendStatus>,
}

/// One of the last changes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Recent {
    /// The zone.
    pub zone: String,
    /// Its revision.
    pub revision: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// `served`, `removed`, `pending` or `failed`, by the default backend or by all; `kept` where no
    /// backend is enabled.
    pub state: String,
}

/// One backend in `/status` and `/queue_status`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct BackendStatus {
    /// Its name.
    pub id: String,
    /// What it is.
    pub description: String,
    /// What an operator should know of it, as it was when it was last probed: how BIND is given zones, what is there that
    /// dadns did not put there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// `ok`, `failing` (some zones fail on it) or `unavailable`.
    pub state: String,
    /// Why and since when it is unavailable.
    pub unavailable: Option<UnavailableStatus>,
    /// The name server that dadns runs for it, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<ChildStatus>,
    /// How many zones it may be behind on.
    pub pending: usize,
    /// For how long it has been behind on the oldest of them, in seconds.
    pub oldest_pending_s: Option<i64>,
    /// When any zone was last verified there by its lane, since the start.
    #[serde(default)]
    pub last_verified: Option<Timestamp>,
    /// How many zones have drifted there and are not repaired yet.
    #[serde(default)]
    pub drifted: usize,
    /// How long zones took of late until they were verified there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_after: Option<VerifiedAfter>,
    /// The next of them; only in `/queue_status`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queue: Vec<Queued>,
}

/// A name server that dadns runs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChildStatus {
    /// Its process; null: it does not run.
    pub pid: Option<u32>,
    /// Since when it runs, or does not.
    pub since: Timestamp,
    /// How often it was started again.
    pub restarts: u64,
    /// How it ended, while it does not run.
    pub ended: Option<String>,
    /// When it is started again, while it does not run.
    pub next_start: Option<Timestamp>,
}

impl From<Child> for ChildStatus {
    fn from(child: Child) -> Self {
        Self {
            pid: child.pid,
            since: child.since,
            restarts: child.restarts,
            ended: child.ended,
            next_start: child.next_start,
        }
    }
}

/// How long the last zones took from the change until a backend had verified them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedAfter {
    /// How many zones these are: at most 100.
    pub of: usize,
    /// Half of them took at most so long, in seconds.
    pub median_s: f64,
    /// The one that took longest, in seconds.
    pub longest_s: f64,
}

/// Why and since when a backend is unavailable.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnavailableStatus {
    /// Since when.
    pub since: Timestamp,
    /// What was found at the last try.
    pub cause: String,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Timestamp>,
}

/// A zone that a backend may be behind on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Queued {
    /// The zone.
    pub zone: String,
    /// The revision that the backend may lack.
    pub revision: u64,
    /// How often that failed.
    pub attempts: u32,
    /// When it is tried next; for what has not been tried yet, since when it waits.
    pub next_try: Timestamp,
    /// Why it failed last, or what it still waits for.
    pub cause: Option<String>,
}

/// The answer of `/api/v1/zones`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ZonePage {
    /// Zones in the order of their names.
    pub zones: Vec<ZoneStatus>,
    /// Where the next page starts: the value for `after`.
    pub next: Option<String>,
}

/// One zone, and in `/api/v1/zones/NAME` its receipts.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ZoneStatus {
    /// Its name.
    pub zone: String,
    /// Whether it is present; `false`: it was removed.
    pub present: bool,
    /// Counts its accepted changes.
    pub revision: u64,
    /// The serial to serve.
    pub serial: u32,
    /// How many records it has.
    pub records: u32,
    /// The master it belongs to.
    pub master: Option<String>,
    /// The user there.
    pub user: Option<String>,
    /// When it last changed.
    pub changed: Timestamp,
    /// Who changed it.
    pub changed_by: String,
    /// What its author would want to know about its text, and what secondaries may not have of it.
    #[serde(default)]
    pub notes: Vec<String>,
    /// A serial that the zone had with other records, where it is signed and its serial is not ahead of
    /// that one: secondaries that have it keep their records.
    pub serial_not_ahead_of: Option<u32>,
    /// The secondaries of a built-in server that keep old records of it, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
    /// How many RRsets are edited here, in a layer above what its master pushed.
    #[serde(default)]
    pub edited_rrsets: usize,
    /// What of which layer has no effect, and why; only in `/api/v1/zones/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadowed: Vec<Shadowed>,
    /// The RRsets that its master changed under an edit, which does not show; only in `/api/v1/zones/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<Overridden>,
    /// Why a newer push is held for an operator, if one is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub push_held_because: Vec<String>,
    /// The last push that was refused, if none was accepted since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refused: Option<RefusedPush>,
    /// `served`, `removed`, `pending` or `failed`, by the default backend or by all; `kept` where no
    /// backend is enabled.
    pub state: String,
    /// What happened to it on each backend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<ReceiptStatus>,
    /// How it stands at the backends of the other nodes; only in `/api/v1/zones/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<ElsewhereStatus>,
}

/// An RRset of which other records were pushed than are served.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Overridden {
    /// The owner name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// Who edited it.
    pub edited_by: String,
    /// Who pushed other records since.
    pub pushed_by: String,
    /// When.
    pub pushed_at: Timestamp,
}

/// The last push of a zone that was refused, in `/api/v1/refused` and about each zone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RefusedPush {
    /// The zone, which need not be here.
    pub zone: String,
    /// When it came.
    pub at: Timestamp,
    /// When the first came of those since a push was last accepted.
    pub since: Timestamp,
    /// The account and address that it came from.
    pub by: String,
    /// The master that it named.
    pub master: Option<String>,
    /// Why it was refused.
    pub reason: String,
    /// How many were refused since a push was last accepted.
    pub times: u64,
}

impl RefusedPush {
    /// What is remembered of `zone`.
    pub fn of(zone: &ZoneName, refused: Refused) -> Self {
        let Refused {
            at,
            since,
            by,
            master,
            reason,
            times,
        } = refused;
        Self {
            zone: zone.to_string(),
            at,
            since,
            by,
            master,
            reason,
            times,
        }
    }
}

impl fmt::Display for RefusedPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = Refused {
            at: self.at,
            since: self.since,
            by: self.by.clone(),
            master: self.master.clone(),
            reason: self.reason.clone(),
            times: self.times,
        };
        refused.fmt(f)
    }
}

/// What a note begins with that says which other node has verified a zone.
pub const VERIFIED_BY: &str = "verified by node ";

/// What happened to a zone on one backend.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptStatus {
    /// The backend.
    pub id: String,
    /// `served`, `removed`, `pending` or `failed`; `not placed` where its groups do not have this backend.
    pub state: String,
    /// The revision in desired state.
    pub desired_revision: u64,
    /// The revision last verified there.
    pub verified_revision: Option<u64>,
    /// The serial last verified there; none with a revision: its removal is verified.
    pub verified_serial: Option<u32>,
    /// The digest of all records that were last verified there, in hexadecimal.
    pub verified_digest: Option<String>,
    /// When it was last verified there: by its lane, or by the check since.
    pub verified_at: Option<Timestamp>,
    /// Why the present revision failed there last; while it is pending, what it still waits for.
    pub cause: Option<String>,
    /// How often it has failed.
    pub attempts: u32,
    /// When it is tried next; for what has not been tried yet, since when it waits.
    pub next_try: Option<Timestamp>,
    /// The last failure that is remembered, of whichever revision.
    pub last_error: Option<PastResult>,
    /// What the backend cannot serve of it; or which other node has verified it.
    pub notes: Vec<String>,
    /// The last results, newest last.
    pub history: Vec<PastResult>,
}

/// What happened to a zone on a backend at some time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PastResult {
    /// When.
    pub at: Timestamp,
    /// Of which revision.
    pub revision: u64,
    /// `applied`, `unchanged`, `removed`, `failed` or `repaired`.
    pub result: String,
    /// Why it failed, or the drift that was repaired.
    pub cause: Option<String>,
}
