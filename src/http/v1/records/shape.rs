//! The shapes of records in JSON, for those who ask and those who answer.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::v1::shape::Missing;

/// The answer of `GET /api/v1/zones/NAME/rrsets`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rrsets {
    /// The zone.
    pub zone: String,
    /// Its revision.
    pub revision: u64,
    /// The serial that is served.
    pub serial: u32,
    /// RRsets in the order of the zone.
    pub rrsets: Vec<Rrset>,
    /// Where the next page starts: the value for `after`.
    pub next: Option<String>,
}

/// One RRset, with the layer that it comes from.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rrset {
    /// The owner name, with its final dot.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// Whether this is served; `false`: it is hidden or has no effect.
    pub served: bool,
    /// The TTL in seconds; none where an entry hides the RRset.
    pub ttl: Option<u32>,
    /// The data of its records, in presentation form.
    pub records: Vec<String>,
    /// `push`, `registry` or `records`.
    pub layer: String,
    /// What the entry of the layer does: `replace`, `amend` or `absent`; none in layer `push`.
    pub rule: Option<String>,
    /// Who wrote it.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// What lies below the entry.
    pub below: Option<Below>,
    /// The last push that changed the RRset under this entry, which did not show.
    pub pushed: Option<Pushed>,
    /// Why it has no effect, who caused that and when.
    pub shadowed: Option<String>,
}

/// The RRset below an entry.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Below {
    /// Its TTL in seconds.
    pub ttl: u32,
    /// The data of its records.
    pub records: Vec<String>,
}

/// A push.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Pushed {
    /// Who pushed.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Which RRsets `GET /api/v1/zones/NAME/rrsets` shows.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RrsetQuery {
    /// Only those of this owner name, relative to the zone or with a final dot.
    pub name: Option<String>,
    /// Only those of this type.
    #[serde(rename = "type")]
    pub rtype: Option<String>,
    /// Only those with this text in their owner name.
    pub q: Option<String>,
    /// Only those of this layer.
    pub layer: Option<String>,
    /// Only those after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// The body of `PATCH /api/v1/zones/NAME/rrsets`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// What happens, in this order; only the end is judged.
    pub changes: Vec<Change>,
}

/// One change of one RRset.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What happens.
    pub op: Op,
    /// The owner name, relative to the zone or with a final dot; `@`: the zone itself.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// The TTL in seconds; without it the one that the RRset has, or that of `records.ttl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// The data of records, in presentation form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
}

/// What happens to an RRset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It is exactly these records.
    Replace,
    /// These records are added.
    Add,
    /// These records are removed.
    Remove,
    /// It is removed; one that was pushed is hidden.
    Delete,
    /// What was edited is dropped: what was pushed shows again.
    Release,
}

/// How a request that changes something is made.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct How {
    /// Only say what it would come to.
    #[serde(default)]
    pub dry_run: bool,
    /// Delete the zone even if a master pushed it.
    #[serde(default)]
    pub pushed: bool,
}

/// The body of `POST /api/v1/zones`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewZone {
    /// The name of the zone.
    pub zone: String,
    /// Its name servers; without them those of `records.nameservers`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nameservers: Vec<String>,
    /// Its other RRsets. An SOA or NS here stands instead of the defaults.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rrsets: Vec<NewRrset>,
}

/// An RRset of a new zone.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRrset {
    /// The owner name, relative to the zone or with a final dot; `@`: the zone itself.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// The TTL in seconds; without it that of `records.ttl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// The data of its records.
    pub records: Vec<String>,
}

/// What a change of records came to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// The zone.
    pub zone: String,
    /// Its revision from now on.
    pub revision: u64,
    /// The serial to serve.
    pub serial: u32,
    /// Whether that is a new revision; `false`: it was like this already.
    pub changed: bool,
    /// One line for each record that is gone (`-`) or new (`+`).
    pub diff: Vec<String>,
    /// What of any layer has no effect now.
    pub shadowed: Vec<Shadowed>,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The backends that have not verified it in the time that the request waited, each with why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
}

/// Something of a layer that has no effect.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Shadowed {
    /// The owner name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// The layer.
    pub layer: String,
    /// Why it has no effect.
    pub reason: String,
}

/// The answer of `DELETE /api/v1/zones/NAME`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deleted {
    /// The zone.
    pub zone: String,
    /// The revision of its removal.
    pub revision: u64,
    /// Whether nothing was written.
    pub dry_run: bool,
}

/// What `GET /api/v1/search` looks for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// A text in the owner name or the data of a record, without regard to case.
    pub q: String,
    /// Only records of this type.
    #[serde(rename = "type")]
    pub rtype: Option<String>,
    /// At most so many; at most 1,000, and 100 unless it is said.
    pub limit: Option<usize>,
}

/// The answer of `GET /api/v1/search`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SearchResult {
    /// Records in the order of their zones.
    pub found: Vec<Found>,
    /// Whether there are more.
    pub more: bool,
}

/// A record that was found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The zone.
    pub zone: String,
    /// The owner name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// The TTL in seconds.
    pub ttl: u32,
    /// The data.
    pub record: String,
}
