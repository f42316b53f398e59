//! The webhook provider of external-dns (version 1): it reads the records of the zones of `registry.webhook_zones`,
//! compares them with what its sources ask for, and sends the differences, which become one edit of each zone.
//!
//! It retries what is answered with 5xx, and ends itself at any other error: what the next try may do is 5xx here, and
//! what is wrong with a request is 4xx. The TXT records in which it notes what it owns are records like others.

mod changes;
mod endpoint;

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, VARY};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use dadns_zone::ZoneName;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::json;

use self::endpoint::Endpoint;
use super::body::json_of;
use super::client::Asking;
use super::fault::Fault;
use crate::access::{Principal, Right};
use crate::http::problem::reading;
use crate::logging::warning;
use crate::records;
use crate::registry;
use crate::store::Store;

/// What all bodies are.
const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";

/// What clients without a token are called.
const NAME: &str = "external-dns";

/// Of how many endpoints the log says that they are left out.
const TOLD: usize = 1_000;

/// What the face needs to know.
#[derive(Debug)]
pub(super) struct Face {
    zones: Vec<ZoneName>,
    /// The same, for clients without a token.
    patterns: Vec<String>,
    /// The TTL of records without one.
    ttl: u32,
    told: Mutex<HashSet<String>>,
}

impl Face {
    /// The face, if it is on.
    pub fn new(settings: &registry::Settings, records: &records::Settings) -> Option<Arc<Self>> {
        let zones = settings.webhook_zones.clone();
        (!zones.is_empty()).then(|| {
            Arc::new(Self {
                patterns: zones.iter().map(ToString::to_string).collect(),
                zones,
                ttl: records.ttl,
                told: Mutex::default(),
            })
        })
    }

    /// Who asks, and the zones that it may edit; never none, which its client would take for all.
    fn enter(&self, asking: &Asking) -> Result<(Principal, Vec<ZoneName>), Fault> {
        let principal = asking.principal_or(NAME, &self.patterns)?;
        let may =
            |zone: &&ZoneName| principal.may(Right::Edit, zone).is_ok() && principal.sees(zone);
        let zones: Vec<_> = self.zones.iter().filter(may).cloned().collect();
        if zones.is_empty() {
            let why = "this token may read and edit no zone of registry.webhook_zones";
            return Err(Fault::new(StatusCode::FORBIDDEN, why));
        }
        Ok((principal, zones))
    }

    /// Says once that an endpoint is left out, however often it comes.
    fn leave_out(&self, endpoint: &Endpoint, why: &str) {
        let line = format!("{}: {why}", endpoint.label());
        let mut told = self.told.lock();
        if told.len() < TOLD && told.insert(line.clone()) {
            warning!("external-dns asks for what cannot be served, which is left out: {line}");
        }
    }
}

/// Its routes. Changes may be larger than a registration.
pub(super) fn routes(face: Option<Arc<Face>>, most: usize) -> impl FnOnce(&mut ServiceConfig) {
    move |service| {
        let Some(face) = face else {
            return;
        };
        let large = web::PayloadConfig::new(most);
        service
            .app_data(web::Data::from(face))
            .route("/", web::get().to(negotiate))
            .route("/healthz", web::get().to(healthy))
            .service(
                web::resource("/records")
                    .app_data(large.clone())
                    .route(web::get().to(list))
                    .route(web::post().to(changes::make)),
            )
            .service(
                web::resource("/adjustendpoints")
                    .app_data(large)
                    .route(web::post().to(adjust)),
            );
    }
}

fn answer(body: impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)))
        // Older clients take no other.
        .insert_header((VARY, HeaderValue::from_static("Content-Type")))
        .json(body)
}

/// `GET /healthz`: open to all, and tells nothing.
async fn healthy() -> &'static str {
    "ok"
}

/// `GET /`: the version that is spoken, and the zones that there are.
async fn negotiate(
    request: HttpRequest,
    asking: Asking,
    face: web::Data<Face>,
) -> Result<HttpResponse, Fault> {
    let accepts = request.headers().get(ACCEPT);
    let accepts = accepts.and_then(|value| value.to_str().ok());
    let plain = |text: &str| text.replace(' ', "");
    if !accepts.is_some_and(|accepts| accepts.split(',').any(|one| plain(one) == MEDIA_TYPE)) {
        let why =
            format!("this is the webhook provider of external-dns, which accepts {MEDIA_TYPE}");
        return Err(Fault::new(StatusCode::NOT_ACCEPTABLE, why));
    }
    let (_, zones) = face.enter(&asking)?;
    let include: Vec<_> = zones.iter().map(ZoneName::as_str).collect();
    Ok(answer(json!({"include": include, "exclude": []})))
}

/// `GET /records`: what is served of the zones, in the types that external-dns knows.
async fn list(
    asking: Asking,
    face: web::Data<Face>,
    store: web::Data<Store>,
) -> Result<HttpResponse, Fault> {
    let (_, zones) = face.enter(&asking)?;
    let read = reading(store, move |store| {
        let mut endpoints = Vec::new();
        for name in zones {
            let Some(served) = store.served(&name)? else {
                return Ok(Err(name));
            };
            endpoints.extend(served.zone.rrsets().iter().filter_map(Endpoint::of));
        }
        Ok(Ok(endpoints))
    });
    // A part of the zones would look as if the records of the others were gone.
    let endpoints = read.await?.map_err(|name| not_present(&name))?;
    Ok(answer(endpoints))
}

/// It may come: its master pushes it, or an operator makes it.
fn not_present(name: &ZoneName) -> Fault {
    let why = format!("zone {name} of registry.webhook_zones is not present: push or create it");
    Fault::new(StatusCode::SERVICE_UNAVAILABLE, why)
}

/// `POST /adjustendpoints`: what is asked for as [`list`] would show it once it is made, so that nothing that is equal
/// looks different.
async fn adjust(
    request: HttpRequest,
    asking: Asking,
    face: web::Data<Face>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let (_, zones) = face.enter(&asking)?;
    let endpoints: Option<Vec<Endpoint>> =
        json_of(&request, payload, "the body is no list of endpoints").await?;
    let endpoints = endpoints.unwrap_or_default().into_iter();
    let adjusted = endpoints.filter_map(|endpoint| match endpoint.adjusted(&zones) {
        Ok(endpoint) => Some(endpoint),
        Err(why) => {
            face.leave_out(&endpoint, &why);
            None
        }
    });
    Ok(answer(adjusted.collect::<Vec<_>>()))
}
