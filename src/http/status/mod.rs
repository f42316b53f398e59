//! What the gateway knows of itself, as JSON: for monitors, scripts and `dadns status`.

mod overview;
pub mod shape;
mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use serde::{Deserialize, Serialize};

use crate::store::{Store, StoreError};

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
    // A disk that hangs must not hold up the worker that other requests are on.
    let able = web::block(move || store.failure().is_none() && store.check_room().is_ok()).await;
    match able {
        Ok(true) => HttpResponse::Ok().json(serde_json::json!({"status": "ok"})),
        _ => HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "failed"})),
    }
}

/// `GET /status`.
pub async fn status(store: web::Data<Store>, identity: web::Data<Identity>) -> HttpResponse {
    answer(web::block(move || overview::overview(&store, &identity)).await)
}

/// `GET /queue_status`.
pub async fn queue_status(store: web::Data<Store>, identity: web::Data<Identity>) -> HttpResponse {
    answer(web::block(move || Ok(overview::backends(&store, &identity, LISTED))).await)
}

/// `GET /api/v1/zones?after=NAME&removed=true`.
pub async fn list(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    query: web::Query<PageQuery>,
) -> HttpResponse {
    answer(web::block(move || zones::page(&store, &identity, &query)).await)
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
                .map(|head| zones::with_receipts(&store, &identity, &name, head))
                .transpose()
        }
    });
    match found.await {
        Ok(Ok(None)) => problem(
            StatusCode::NOT_FOUND,
            &format!("zone {name} has never been pushed or imported here"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;

    #[actix_web::test]
    async fn without_room_on_disk_the_gateway_is_not_well() {
        for (min_free_bytes, health_status, state) in [(0, 200, "ok"), (u64::MAX, 503, "failed")] {
            let directory = tempfile::tempdir().unwrap();
            let options = Options {
                min_free_bytes,
                ..Options::default()
            };
            let (store, _committer) =
                Store::open(directory.path(), &BTreeMap::new(), &options).unwrap();
            let identity = Identity {
                started: Instant::now(),
                backends: Arc::default(),
                default_backend: None,
            };
            let shown = overview::overview(&store, &identity).unwrap();
            assert_eq!(shown.state, state);
            let answer = health(web::Data::new(store)).await;
            assert_eq!(answer.status(), health_status);
        }
    }
}
