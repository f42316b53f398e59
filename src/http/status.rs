//! What the gateway knows of itself, as JSON: for monitors, scripts and `dadns status`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{EventKind, Head, PendingEntry, Receipt, Store, StoreError};

/// How many pending zones of each backend `/queue_status` lists.
const LISTED: usize = 100;

/// The most zones of one page of `/api/v1/zones`.
const PAGE: usize = 1_000;

/// What does not change while the gateway runs.
#[derive(Debug, Clone)]
pub struct Identity {
    /// When it started.
    pub started: Instant,
    /// Each enabled backend with what it says of itself.
    pub backends: Arc<BTreeMap<BackendId, String>>,
    /// The backend whose result stands for a push as a whole.
    pub default_backend: Option<BackendId>,
}

/// The answer of `/status`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// `ok`; `degraded` while a backend is away or failing; `failed` when no change can be taken.
    pub state: String,
    /// The version of this program.
    pub version: String,
    /// Seconds since its start.
    pub uptime_s: u64,
    /// Zones that are wanted.
    pub zones: usize,
    /// Records of those zones.
    pub records: u64,
    /// Bytes that the store takes on disk.
    pub store_bytes: u64,
    /// The backend whose result stands for a push as a whole; without one, all do.
    pub default_backend: Option<String>,
    /// The last pushes and removals, newest first.
    pub recent: Vec<Recent>,
    /// The enabled backends.
    pub backends: Vec<BackendStatus>,
}

/// One of the last changes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recent {
    /// The zone.
    pub zone: String,
    /// Its revision.
    pub revision: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// `served`, `removed`, `pending` or `failed`, by the default backend or by all.
    pub state: String,
}

/// One backend in `/status` and `/queue_status`.
#[derive(Debug, Serialize, Deserialize)]
pub struct BackendStatus {
    /// Its name.
    pub id: String,
    /// What it is.
    pub description: String,
    /// `ok`, `failing` (some zones fail on it) or `away`.
    pub state: String,
    /// Why and since when it is away.
    pub away: Option<AwayStatus>,
    /// How many zones it may be behind on.
    pub pending: usize,
    /// For how long it has been behind on the oldest of them, in seconds.
    pub oldest_pending_s: Option<i64>,
    /// The next of them; only in `/queue_status`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queue: Vec<Queued>,
}

/// Why and since when a backend is away.
#[derive(Debug, Serialize, Deserialize)]
pub struct AwayStatus {
    /// Since when.
    pub since: Timestamp,
    /// What was found at the last try.
    pub cause: String,
}

/// A zone that a backend may be behind on.
#[derive(Debug, Serialize, Deserialize)]
pub struct Queued {
    /// The zone.
    pub zone: String,
    /// The revision that the backend may lack.
    pub revision: u64,
    /// How often that failed.
    pub attempts: u32,
    /// When it is tried next.
    pub next_try: Timestamp,
    /// Why it failed last.
    pub cause: Option<String>,
}

/// The answer of `/api/v1/zones`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ZonePage {
    /// Zones in the order of their names.
    pub zones: Vec<ZoneStatus>,
    /// Where the next page starts: the value for `after`.
    pub next: Option<String>,
}

/// One zone, and in `/api/v1/zones/NAME` its receipts.
#[derive(Debug, Serialize, Deserialize)]
pub struct ZoneStatus {
    /// Its name.
    pub zone: String,
    /// Whether it is wanted; `false`: it was removed.
    pub held: bool,
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
    /// What the reader let pass with a warning.
    pub warnings: Vec<String>,
    /// `served`, `removed`, `pending` or `failed`, by the default backend or by all.
    pub state: String,
    /// What became of it on each backend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<ReceiptStatus>,
}

/// What became of a zone on one backend.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReceiptStatus {
    /// The backend.
    pub id: String,
    /// `served`, `removed`, `pending` or `failed`.
    pub state: String,
    /// The revision last proven there.
    pub proven_revision: Option<u64>,
    /// The serial last proven there.
    pub proven_serial: Option<u32>,
    /// Why the present revision failed there last.
    pub cause: Option<String>,
    /// How often it has failed.
    pub attempts: u32,
    /// When it is tried next.
    pub next_try: Option<Timestamp>,
    /// What the backend cannot serve of it.
    pub notes: Vec<String>,
    /// The last outcomes, newest last.
    pub history: Vec<Outcome>,
}

/// One outcome of a zone on a backend.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// When.
    pub at: Timestamp,
    /// Of which revision.
    pub revision: u64,
    /// `applied`, `unchanged`, `removed` or `failed`.
    pub outcome: String,
    /// Why it failed.
    pub cause: Option<String>,
}

/// Which page of zones.
#[derive(Debug, Deserialize)]
pub struct PageQuery {
    after: Option<String>,
    #[serde(default)]
    removed: bool,
}

/// `GET /health`: whether changes can be taken. Says nothing else to anybody.
pub async fn health(store: web::Data<Store>) -> HttpResponse {
    match store.failure() {
        None => HttpResponse::Ok().json(serde_json::json!({"status": "ok"})),
        Some(_) => HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "failed"})),
    }
}

/// `GET /status`.
pub async fn status(store: web::Data<Store>, identity: web::Data<Identity>) -> HttpResponse {
    answer(web::block(move || overview(&store, &identity)).await)
}

/// `GET /queue_status`.
pub async fn queue_status(store: web::Data<Store>, identity: web::Data<Identity>) -> HttpResponse {
    answer(web::block(move || Ok(backends(&store, &identity, LISTED))).await)
}

/// `GET /api/v1/zones?after=NAME&removed=true`.
pub async fn zones(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    query: web::Query<PageQuery>,
) -> HttpResponse {
    answer(web::block(move || page(&store, &identity, &query)).await)
}

/// `GET /api/v1/zones/NAME`.
pub async fn zone(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: web::Path<String>,
) -> HttpResponse {
    let name = match ZoneName::parse(&name) {
        Ok(name) => name,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let found = web::block({
        let name = name.clone();
        move || {
            store
                .head(&name)?
                .map(|head| with_receipts(&store, &identity, &name, head))
                .transpose()
        }
    });
    match found.await {
        Ok(Ok(None)) => problem(
            StatusCode::NOT_FOUND,
            &format!("zone {name} has never been pushed"),
        ),
        found => answer(found),
    }
}

fn answer<T: Serialize>(
    found: Result<Result<T, StoreError>, actix_web::error::BlockingError>,
) -> HttpResponse {
    match found {
        Ok(Ok(found)) => HttpResponse::Ok().json(found),
        Ok(Err(error)) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    }
}

fn problem(status: StatusCode, error: &str) -> HttpResponse {
    HttpResponse::build(status).json(serde_json::json!({ "error": error }))
}

fn overview(store: &Store, identity: &Identity) -> Result<Status, StoreError> {
    let mut zones = 0;
    let mut records = 0;
    for found in store.heads() {
        let (_, head) = found?;
        zones += usize::from(head.held);
        records += u64::from(head.records);
    }
    let backends = backends(store, identity, 0);
    let state = if store.failure().is_some() {
        "failed"
    } else if backends.iter().any(|backend| backend.state != "ok") {
        "degraded"
    } else {
        "ok"
    };
    let recent = store
        .recent()
        .into_iter()
        .map(|(zone, revision, at)| {
            Ok(Recent {
                state: state_of(store, identity, &zone)?.to_owned(),
                zone: zone.to_string(),
                revision,
                at,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Status {
        state: state.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        uptime_s: identity.started.elapsed().as_secs(),
        zones,
        records,
        store_bytes: store.size_on_disk()?,
        default_backend: identity.default_backend.as_ref().map(ToString::to_string),
        recent,
        backends,
    })
}

fn backends(store: &Store, identity: &Identity, listed: usize) -> Vec<BackendStatus> {
    let now = Timestamp::now();
    identity
        .backends
        .iter()
        .map(|(id, description)| {
            let away = store.away(id);
            let state = if away.is_some() {
                "away"
            } else if store.is_failing(id) {
                "failing"
            } else {
                "ok"
            };
            BackendStatus {
                id: id.to_string(),
                description: description.clone(),
                state: state.into(),
                away: away.map(|away| AwayStatus {
                    since: away.since,
                    cause: away.cause,
                }),
                pending: store.pending_count(id),
                oldest_pending_s: store
                    .pending_since(id)
                    .map(|since| now.duration_since(since).as_secs().max(0)),
                queue: store
                    .pending(id, listed)
                    .into_iter()
                    .map(|(zone, entry)| Queued {
                        zone: zone.to_string(),
                        revision: entry.revision,
                        attempts: entry.attempts,
                        next_try: entry.due,
                        cause: entry.cause,
                    })
                    .collect(),
            }
        })
        .collect()
}

fn page(store: &Store, identity: &Identity, query: &PageQuery) -> Result<ZonePage, StoreError> {
    let mut zones = Vec::new();
    let mut next = None;
    for found in store.heads_after(query.after.as_deref()) {
        let (name, head) = found?;
        if !head.held && !query.removed {
            continue;
        }
        if zones.len() == PAGE {
            next = zones.last().map(|last: &ZoneStatus| last.zone.clone());
            break;
        }
        let state = state_of(store, identity, &name)?;
        zones.push(zone_status(&name, head, state));
    }
    Ok(ZonePage { zones, next })
}

fn with_receipts(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
    head: Head,
) -> Result<ZoneStatus, StoreError> {
    let state = state_of(store, identity, name)?;
    let receipts = store.receipts(name)?;
    let backends = identity
        .backends
        .keys()
        .map(|id| {
            let receipt = receipts.get(id).cloned().unwrap_or_default();
            let pending = store.pending_entry(id, name);
            receipt_status(id, receipt, pending, head.held)
        })
        .collect();
    Ok(ZoneStatus {
        backends,
        ..zone_status(name, head, state)
    })
}

fn zone_status(name: &ZoneName, head: Head, state: &str) -> ZoneStatus {
    let (master, user) = head
        .owner
        .map_or((None, None), |owner| (Some(owner.master), owner.user));
    ZoneStatus {
        zone: name.to_string(),
        held: head.held,
        revision: head.revision,
        serial: head.serial,
        records: head.records,
        master,
        user,
        changed: head.changed,
        changed_by: head.changed_by,
        warnings: head.warnings,
        state: state.into(),
        backends: Vec::new(),
    }
}

fn receipt_status(
    id: &BackendId,
    receipt: Receipt,
    pending: Option<PendingEntry>,
    held: bool,
) -> ReceiptStatus {
    let pending = pending.as_ref();
    let history = receipt
        .history
        .into_iter()
        .map(|event| {
            let (outcome, cause) = match event.kind {
                EventKind::Applied => ("applied", None),
                EventKind::Unchanged => ("unchanged", None),
                EventKind::Removed => ("removed", None),
                EventKind::Failed(cause) => ("failed", Some(cause)),
            };
            Outcome {
                at: event.at,
                revision: event.revision,
                outcome: outcome.into(),
                cause,
            }
        })
        .collect();
    ReceiptStatus {
        id: id.to_string(),
        state: entry_state(pending, held).into(),
        proven_revision: receipt.revision,
        proven_serial: receipt.serial,
        cause: pending.and_then(|entry| entry.cause.clone()),
        attempts: pending.map_or(0, |entry| entry.attempts),
        next_try: pending.map(|entry| entry.due),
        notes: receipt.notes,
        history,
    }
}

/// The state of a zone by the default backend, or by the worst of all.
fn state_of(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
) -> Result<&'static str, StoreError> {
    let held = store.head(name)?.is_some_and(|head| head.held);
    let asked: Vec<&BackendId> = match &identity.default_backend {
        Some(id) => vec![id],
        None => identity.backends.keys().collect(),
    };
    let states: Vec<_> = asked
        .into_iter()
        .map(|id| entry_state(store.pending_entry(id, name).as_ref(), held))
        .collect();
    let worst = ["failed", "pending"]
        .into_iter()
        .find(|state| states.contains(state));
    Ok(worst.unwrap_or_else(|| entry_state(None, held)))
}

fn entry_state(pending: Option<&PendingEntry>, held: bool) -> &'static str {
    match pending {
        Some(entry) if entry.attempts > 0 => "failed",
        Some(_) => "pending",
        None if held => "served",
        None => "removed",
    }
}
