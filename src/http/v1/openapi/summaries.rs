//! What the list of routes cannot say: one row for each route, with what it does, takes and answers.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::cluster::ClusterStatus;
use crate::http::status::shape as status;
use crate::http::v1::events::shape::Event;
use crate::http::v1::records::shape as records;
use crate::http::v1::shape;
use crate::report::shape::{Line, Reconciliation};
use crate::sources::shape::SourceStatus;

/// A schema, once there is a generator.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// What is said of a route.
pub(super) struct Summary {
    pub method: &'static str,
    /// The path with its parameters, without their patterns.
    pub path: &'static str,
    pub text: &'static str,
    /// The parameters of its query.
    pub query: &'static [Query],
    pub body: Option<Shape>,
    pub answer: Answer,
}

/// A parameter of a query: its name, type and meaning.
pub(super) struct Query(pub &'static str, pub &'static str, pub &'static str);

/// What a route answers when all is good.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// JSON, with this status.
    Json(&'static str, Shape),
    /// One line of JSON after the other while it runs.
    Lines(Shape),
    /// Server-sent events, each with this JSON.
    Events(Shape),
}

const fn row(method: &'static str, path: &'static str, answer: Answer) -> Summary {
    Summary {
        method,
        path,
        text: "",
        query: &[],
        body: None,
        answer,
    }
}

const fn get(path: &'static str, shape: Shape) -> Summary {
    row("GET", path, Answer::Json("200", shape))
}

const fn post(path: &'static str, body: Shape, answer: Answer) -> Summary {
    Summary {
        body: Some(body),
        ..row("POST", path, answer)
    }
}

const fn delete(path: &'static str, shape: Shape) -> Summary {
    row("DELETE", path, Answer::Json("200", shape))
}

impl Summary {
    const fn says(mut self, text: &'static str) -> Self {
        self.text = text;
        self
    }

    const fn query(mut self, query: &'static [Query]) -> Self {
        self.query = query;
        self
    }
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const fn json<T: JsonSchema>() -> Answer {
    Answer::Json("200", of::<T>)
}

/// The body of a route that only has to be JSON.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct Nothing {}

/// The answer of `POST /api/v1/zones/NAME/reject`.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct Rejected {
    /// Always true.
    rejected: bool,
}

/// A request that may be tried.
const DRY: &[Query] = &[Query(
    "dry_run",
    "boolean",
    "Only say what it would come to.",
)];

/// All of them; a test holds that each route has its row, and each row its route.
#[rustfmt::skip]
pub(super) static SUMMARIES: &[Summary] = &[
    get("/api/v1/tokens", of::<Vec<shape::TokenStatus>>)
        .says("The tokens of API clients; only accounts may ask."),
    post("/api/v1/tokens", of::<shape::TokenRequest>, Answer::Json("201", of::<shape::NewToken>))
        .says("Creates a token; only accounts may. Its text is shown this one time."),
    delete("/api/v1/tokens/{token}", of::<shape::RevokedToken>)
        .says("Revokes a token at once; only accounts may."),
    get("/api/v1/zones", of::<status::ZonePage>)
        .says("All zones that you may see, a page at a time.")
        .query(&[
            Query("after", "string", "The zone after which the page begins: next of the page before."),
            Query("limit", "integer", "At most so many, and at most 1,000."),
            Query("removed", "boolean", "Also zones that were removed."),
            Query("q", "string", "Only zones with this in their name."),
            Query("master", "string", "Only zones of this master."),
            Query("user", "string", "Only zones of this user."),
            Query("state", "string", "Only zones in this state."),
            Query("backend", "string", "Only zones that this backend may be behind on."),
            Query("held", "boolean", "Only zones of which a push is held, or is not."),
            Query("signed", "boolean", "Only zones that are signed, or are not."),
            Query("attention", "boolean", "Only zones that need attention, removed ones too, or do not."),
            Query("edited", "boolean", "Only zones that are edited here, or are not."),
        ]),
    post("/api/v1/zones", of::<records::NewZone>, Answer::Json("201", of::<records::Changed>))
        .says("Creates a zone that no master has.")
        .query(DRY),
    get("/api/v1/zones/{zone}", of::<status::ZoneStatus>)
        .says("One zone, with what is verified where."),
    delete("/api/v1/zones/{zone}", of::<records::Deleted>)
        .says("Deletes a zone with all its edits.")
        .query(&[
            Query("pushed", "boolean", "Also if a master pushed it, which may push it again."),
            Query("dry_run", "boolean", "Only say what it would come to."),
        ]),
    get("/api/v1/zones/{zone}/rrsets", of::<records::Rrsets>)
        .says("The RRsets of a zone with their layers, a page at a time.")
        .query(&[
            Query("name", "string", "Only those of this owner name."),
            Query("type", "string", "Only those of this type."),
            Query("layer", "string", "Only those of this layer."),
            Query("after", "string", "The RRset after which the page begins: next of the page before."),
            Query("limit", "integer", "At most so many, and at most 10,000."),
        ]),
    Summary { method: "PATCH", ..post("/api/v1/zones/{zone}/rrsets", of::<records::Changes>, json::<records::Changed>()) }
        .says("Edits RRsets: all changes or none. If-Match, Prefer: wait=N and Idempotency-Key are taken.")
        .query(DRY),
    get("/api/v1/search", of::<records::SearchResult>)
        .says("Records with a text in their owner name or data, over all zones that you may see.")
        .query(&[
            Query("q", "string", "The text."),
            Query("type", "string", "Only records of this type."),
            Query("limit", "integer", "At most so many, and at most 1,000."),
        ]),
    get("/api/v1/zones/{zone}/history", of::<Vec<shape::Revision>>)
        .says("The revisions of a zone that are kept, newest first."),
    get("/api/v1/zones/{zone}/diff", of::<shape::Difference>)
        .says("What changed between two revisions.")
        .query(&[
            Query("from", "integer", "The older revision; without it, the one before the newer one."),
            Query("to", "integer", "The newer revision; without it, the present one."),
            Query("held", "boolean", "Compare the present revision with the push that is held."),
        ]),
    get("/api/v1/zones/{zone}/wait", of::<shape::Waited>)
        .says("Answers when every backend has verified a revision, or the time is over.")
        .query(&[
            Query("revision", "integer", "The revision; without it, the present one."),
            Query("timeout_ms", "integer", "For how long, in milliseconds; at most 30,000."),
        ]),
    post("/api/v1/zones/{zone}/rollback", of::<shape::Rollback>, json::<shape::Made>())
        .says("Serves an earlier revision again."),
    post("/api/v1/zones/{zone}/approve", of::<Nothing>, json::<shape::Made>())
        .says("Accepts the push that is held."),
    post("/api/v1/zones/{zone}/reject", of::<Nothing>, json::<Rejected>())
        .says("Discards the push that is held."),
    post("/api/v1/zones/{zone}/remove", of::<shape::RemoveRequest>, json::<shape::Removed>())
        .says("Removes a zone whose owner is gone."),
    get("/api/v1/held", of::<Vec<shape::HeldPush>>)
        .says("The pushes that the guard holds."),
    get("/api/v1/refused", of::<Vec<status::RefusedPush>>)
        .says("The zones whose last push was refused, newest first."),
    get("/api/v1/masters", of::<Vec<shape::MasterStatus>>)
        .says("Which masters own how many zones."),
    post("/api/v1/masters/{host}/forget", of::<shape::ForgetRequest>, Answer::Lines(of::<Line>))
        .says("Removes all zones of a master that is gone."),
    post("/api/v1/verify", of::<shape::VerifyRequest>, Answer::Lines(of::<Line>))
        .says("Checks zones now and repairs them."),
    post("/api/v1/zones/{zone}/verify", of::<shape::VerifyZoneRequest>, Answer::Lines(of::<Line>))
        .says("Checks one zone now and repairs it."),
    get("/api/v1/query", of::<shape::QueryAnswer>)
        .says("Asks every backend over DNS at once, and says in what the answers differ.")
        .query(&[
            Query("name", "string", "The owner name: in a zone that you may see."),
            Query("type", "string", "The type; without it, A."),
            Query("transport", "string", "udp, which turns to TCP where it has to, or tcp."),
        ]),
    get("/api/v1/configuration", of::<Vec<shape::ConfigurationKey>>)
        .says("The configuration that holds, with the origin of each value; secrets are masked."),
    get("/api/v1/log", of::<Vec<shape::LoggedLine>>)
        .says("The newest lines of the log, newest first.")
        .query(&[
            Query("level", "string", "Only lines of this level and above."),
            Query("zone", "string", "Only lines about this zone."),
            Query("backend", "string", "Only lines about this backend."),
            Query("limit", "integer", "At most so many, and at most 1,000."),
        ]),
    get("/api/v1/sources", of::<Vec<SourceStatus>>)
        .says("The directories that are watched, and what became of their files."),
    get("/api/v1/cluster", of::<ClusterStatus>)
        .says("How this node stands to the others, its engine and the other nodes."),
    post("/api/v1/cluster/init", of::<serde_json::Value>, json::<shape::Membership>())
        .says("Makes a cluster of all that this node has."),
    post("/api/v1/cluster/join", of::<shape::JoinRequest>, json::<shape::Membership>())
        .says("Joins the cluster that the engine holds."),
    post("/api/v1/cluster/leave", of::<serde_json::Value>, json::<shape::Membership>())
        .says("Goes on alone, with all zones that this node has."),
    post("/api/v1/cluster/recover", of::<shape::RecoverRequest>, json::<shape::Membership>())
        .says("Decides who is right where this node and the engine do not fit together."),
    get("/api/v1/placement", of::<shape::PlacementPlan>)
        .says("The groups of backends with their zones, and what would move."),
    post("/api/v1/placement/apply", of::<serde_json::Value>, json::<shape::Ordered>())
        .says("Orders the moves of that plan."),
    get("/api/v1/zones/{zone}/placement", of::<shape::ZonePlacement>)
        .says("The groups that a zone is placed on, and why."),
    get("/api/v1/about", of::<shape::About>)
        .says("Version, start and store of this process."),
    get("/api/v1/drift", of::<Vec<shape::DriftStatus>>)
        .says("What was found drifted on backends, and how it is now."),
    post("/api/v1/import", of::<shape::ImportRequest>, Answer::Lines(of::<Line>))
        .says("Imports the unmanaged zones of a backend."),
    get("/api/v1/reconcile", of::<Reconciliation>)
        .says("How the masters are compared with, and what the last pass found."),
    post("/api/v1/reconcile", of::<shape::ReconcileRequest>, Answer::Lines(of::<Line>))
        .says("Compares with the masters now."),
    row("GET", "/api/v1/events", Answer::Events(of::<Event>))
        .says("What happens, as it happens. With the header Last-Event-ID, first what came since.")
        .query(&[Query("zone", "string", "Only events of this zone.")]),
];
