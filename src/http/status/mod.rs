//! What the gateway knows of itself, as JSON: for monitors, scripts and `dadns status`.

pub(in crate::http) mod attention;
pub(in crate::http) mod list;
pub(in crate::http) mod overview;
pub mod shape;
pub(in crate::http) mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, web};
use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use serde::Deserialize;

use super::problem::{Problem, json, reading, unknown};
use super::terms;
use crate::access::Principal;
use crate::cluster::Cluster;
use crate::health::Health;
use crate::store::Store;

pub(in crate::http) use zones::NOT_PLACED;

/// How many pending zones of each backend `/queue_status` lists.
const LISTED: usize = 100;

/// What does not change while the gateway runs.
#[derive(Debug, Clone)]
pub struct Identity {
    /// When it started.
    pub started: Instant,
    /// Each enabled backend with what it says of itself.
    pub backends: Arc<BTreeMap<BackendId, String>>,
    /// The backend whose result stands for a push as a whole.
    pub default_backend: Option<BackendId>,
    /// How the backends are.
    pub health: Health,
    /// What this node knows of others, where there may be some.
    pub cluster: Option<Cluster>,
}

/// Which zones, a page of them.
#[derive(Debug, Default, Deserialize)]
pub struct PageQuery {
    pub(in crate::http) after: Option<String>,
    /// At most so many.
    pub(in crate::http) limit: Option<usize>,
    /// Removed ones too.
    #[serde(default)]
    pub(in crate::http) removed: bool,
    /// Only those whose name has this in it.
    pub(in crate::http) q: Option<String>,
    /// Only those of this user, …
    pub(in crate::http) user: Option<String>,
    /// … of this master, …
    pub(in crate::http) master: Option<String>,
    /// … in this state, …
    pub(in crate::http) state: Option<String>,
    /// … that this backend may be behind on, …
    pub(in crate::http) backend: Option<String>,
    /// … of which a push is held, or not, …
    pub(in crate::http) held: Option<bool>,
    /// … that are edited here, or not.
    pub(in crate::http) edited: Option<bool>,
    /// … that are signed, or not, …
    pub(in crate::http) signed: Option<bool>,
    /// … that need attention, or not: removed ones too.
    pub(in crate::http) attention: Option<bool>,
}

impl Identity {
    /// The backends by which the state of a zone is told.
    pub(in crate::http) fn asked(&self) -> impl Iterator<Item = &BackendId> {
        let default = self.default_backend.as_ref();
        let all = self.backends.keys().filter(move |_| default.is_none());
        default.into_iter().chain(all)
    }
}

/// `GET /health`: whether changes can be taken. Says nothing else to anybody.
pub async fn health(store: web::Data<Store>, identity: web::Data<Identity>) -> HttpResponse {
    // A disk that hangs must not hold up the worker that other requests are on.
    let able = web::block(move || {
        let able = overview::is_able(&store);
        (
            able,
            identity.health.lacks_child()
                || store
                    .standing()
                    .is_some_and(|standing| !standing.is_whole()),
        )
    });
    match able.await {
        Ok((true, false)) => HttpResponse::Ok().json(serde_json::json!({"status": "ok"})),
        // Changes are taken, and the other nodes, or a name server that does not run, do not hear of them.
        Ok((true, true)) => HttpResponse::Ok().json(serde_json::json!({"status": "degraded"})),
        _ => HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "failed"})),
    }
}

/// `GET /status`.
pub(super) async fn status(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> Result<HttpResponse, Problem> {
    let overview = reading(store, move |store| {
        Ok(overview::overview(store, &identity)?)
    });
    Ok(json(overview.await?))
}

/// `GET /queue_status`.
pub(super) async fn queue_status(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> Result<HttpResponse, Problem> {
    let queues = reading(store, move |store| {
        Ok(overview::backends(store, &identity, LISTED))
    });
    Ok(json(queues.await?))
}

/// `GET /api/v1/zones`: a page of the zones that are asked for and that the principal sees.
pub(super) async fn list(
    principal: Principal,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = reading(store, move |store| {
        Ok(list::page(store, &identity, &query, |zone| {
            principal.sees(zone)
        })?)
    });
    Ok(json(page.await?))
}

/// `GET /api/v1/refused`: the last push of each zone that was refused, newest first.
pub(super) async fn refused(
    principal: Principal,
    store: web::Data<Store>,
) -> Result<HttpResponse, Problem> {
    let refused = reading(store, move |store| {
        Ok(overview::refused(store, usize::MAX, |zone| {
            principal.sees(zone)
        }))
    });
    Ok(json(refused.await?))
}

/// `GET /api/v1/zones/NAME`.
pub(super) async fn zone(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let found = reading(store, move |store| {
        let head = store.head(&name)?.ok_or_else(|| unknown(store, &name))?;
        Ok(zones::with_receipts(store, &identity, &name, head)?)
    });
    let found = found.await?;
    // No 304: what the backends have changes without a revision.
    let tag = terms::tag(found.revision);
    let mut response = json(found);
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;

    #[actix_web::test]
    async fn without_room_on_disk_the_gateway_is_failed() {
        for (min_free_bytes, health_status, state) in [(0, 200, "ok"), (u64::MAX, 503, "failed")] {
            let options = Options {
                min_free_bytes,
                ..Options::default()
            };
            let (store, _committer) = Store::in_memory([], &options);
            let identity = Identity {
                started: Instant::now(),
                backends: Arc::default(),
                default_backend: None,
                health: Health::default(),
                cluster: None,
            };
            let shown = overview::overview(&store, &identity).unwrap();
            assert_eq!(shown.state, state);
            let answer = health(web::Data::new(store), web::Data::new(identity)).await;
            assert_eq!(answer.status(), health_status);
        }
    }
}
