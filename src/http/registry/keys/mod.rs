//! The face of a distributed key-value store: a key is a zone, its value the text of the zone. Its clients read JSON
//! whatever the status, and send a token that `POST /token` gave them as the header `token`.
//!
//! A value replaces what is served of the zone, as an edit of layer `records`; a zone that is not present is made.
//! What services have published in the zone stays, and is no part of the value: a text that is put back would keep what
//! has gone meanwhile. The answer has one member for each backend, when they have verified
//! the zone, or the time to wait is over.

mod write;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use dadns_zone::{Limits, ZoneName};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::json_of;
use super::client::Asking;
use super::fault::Fault;
use crate::access::Right;
use crate::http::Identity;
use crate::http::auth;
use crate::http::problem::{Code, Problem, reading};
use crate::http::terms;
use crate::http::v1::wait::until_verified;
use crate::logging::info;
use crate::store::{Author, Deletion, Mode, NotDeleted, Owner, Store, Stored};

/// For how long an answer waits for the backends where the client does not say.
const WAIT: Duration = Duration::from_secs(5);

/// What clients of the store compare.
const NOT_FOUND: &str = "No updated data found";

/// Its routes. A zone may be larger than a registration.
pub(super) fn routes(limits: Limits) -> impl FnOnce(&mut ServiceConfig) {
    move |service| {
        service
            .route("/token", web::post().to(auth::token))
            .route("/heartbeat", web::get().to(alive))
            .service(
                web::resource("/key/{key}")
                    .app_data(web::PayloadConfig::new(limits.max_bytes))
                    .app_data(web::Data::new(limits))
                    .route(web::get().to(get))
                    .route(web::post().to(put))
                    .route(web::delete().to(remove)),
            );
    }
}

/// `GET /heartbeat`: open to all, and tells nothing.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"alive": true}))
}

/// The zone that a key is.
fn zone_name(key: &str) -> Result<ZoneName, Fault> {
    ZoneName::parse(key.trim_end_matches('.')).map_err(|error| Problem::from(error).into())
}

/// `GET /key/ZONE`: the text of the zone without what services have published, as a list of rows with one column.
async fn get(
    asking: Asking,
    store: web::Data<Store>,
    key: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let principal = asking.principal()?;
    principal.has(Right::Read)?;
    let name = zone_name(&key)?;
    let text = reading(store, move |store| match principal.sees(&name) {
        true => Ok(write::text(store, &name)?),
        false => Ok(None),
    });
    match text.await? {
        Some(text) => Ok(HttpResponse::Ok().json([[text]])),
        None => Err(Fault::not_found(NOT_FOUND)),
    }
}

/// What is put.
#[derive(Debug, Deserialize)]
struct Sent {
    value: String,
}

/// `POST /key/ZONE` `{"value": TEXT}`: 200 when every backend has verified it, 202 when it is stored and one has not.
async fn put(
    request: HttpRequest,
    asking: Asking,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    limits: web::Data<Limits>,
    key: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let principal = asking.principal()?;
    let name = zone_name(&key)?;
    let may_edit = principal.may(Right::Edit, &name);
    may_edit.or_else(|denied| principal.may(Right::Create, &name).map_err(|_| denied))?;
    let wrong = "the body is no object with a text \"value\", the text of the zone";
    let Sent { value } = json_of(&request, payload, wrong).await?;
    let zone = write::read(name.clone(), value, *limits.get_ref()).await?;
    let stored = write::replace(&store, &principal, zone).await?;
    let wait = terms::preferred(&request).unwrap_or(WAIT);
    let (status, replicas) = replicas(store, identity, name, &stored, wait).await?;
    Ok(HttpResponse::build(status).json(replicas))
}

/// What became of a revision on each backend that the zone is placed on.
async fn replicas(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: ZoneName,
    stored: &Stored,
    wait: Duration,
) -> Result<(StatusCode, Vec<Value>), Fault> {
    let (revision, serial) = (stored.revision, stored.serial);
    let waited = until_verified(
        store.clone(),
        identity.clone(),
        name.clone(),
        Some(revision),
        wait,
    );
    let waited = waited.await?;
    let own = identity.backends.keys().filter(|id| {
        let missing = |backend: &str| {
            let mut missing = waited.missing.iter();
            missing.any(|missing| missing.node.is_none() && missing.backend == backend)
        };
        store.is_placed(id, &name) && !missing(id.as_str())
    });
    let mut replicas: Vec<_> = own
        .map(|id| {
            let message = format!("Replication successful at {id}");
            json!({"message": message, "backend": id.as_str(), "revision": revision, "serial": serial})
        })
        .collect();
    replicas.extend(waited.missing.iter().map(|missing| {
        let place = match &missing.node {
            Some(node) => format!("{} of node {node}", missing.backend),
            None => missing.backend.clone(),
        };
        let error = format!(
            "Not replicated to {place} yet: {}; the gateway goes on trying",
            missing.cause
        );
        json!({"error": error, "backend": missing.backend, "revision": revision, "serial": serial})
    }));
    let status = match waited.verified {
        true => StatusCode::OK,
        false => StatusCode::ACCEPTED,
    };
    Ok((status, replicas))
}

/// `DELETE /key/ZONE`: the zone is removed; one that a master pushed only with `?pushed=true`.
async fn remove(
    request: HttpRequest,
    asking: Asking,
    store: web::Data<Store>,
    key: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let principal = asking.principal()?;
    let name = zone_name(&key)?;
    principal.may(Right::Delete, &name)?;
    let deletion = Deletion {
        pushed: form_urlencoded::parse(request.query_string().as_bytes())
            .any(|(name, value)| name == "pushed" && value == "true"),
        revisions: None,
        attributes: None,
        mode: Mode::Make,
    };
    let deleted = store.delete(Author::new(principal.clone()), name.clone(), deletion);
    let revision = deleted.await?.map_err(|why| match why {
        NotDeleted::NotPresent => Fault::not_found(NOT_FOUND),
        NotDeleted::OtherRevision(revision) => Problem::other_revision(revision).into(),
        NotDeleted::Pushed(owner) => {
            let owner = owner.as_ref().map(Owner::to_string);
            let owner = owner.unwrap_or_else(|| "a master".to_owned());
            let why = format!(
                "zone {name} was pushed by {owner}, which may push it again; ?pushed=true removes it all the same"
            );
            Problem::new(Code::ZonePushed, why).into()
        }
    })?;
    info!(
        zone = %name,
        principal = %principal,
        "zone {name}: deleted by {principal}; `dadns rollback` brings it back"
    );
    let message = format!("zone {name} removed");
    Ok(HttpResponse::Ok().json(json!({"message": message, "revision": revision})))
}
