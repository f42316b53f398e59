//! Calls by which an instance says that it is there, and how it is.

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::{asked, shown};
use crate::http::registry::body::object;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::registry::rules::{Beat, Key, Refused, Registration, Renewal, Status};
use crate::registry::{NotDone, Registry};
use crate::store::Store;

/// `POST /register`.
pub(super) async fn register(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    store: web::Data<Store>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let body = object(&request, payload).await?;
    let new = asked::registration(&body, &asking.client, registry.lease())?;
    let instance = enter(&registry, &store, &asking, new).await?;
    Ok(HttpResponse::Ok().json(json!({"status": "registered", "instance": instance})))
}

/// Registers an instance, which is passing: it has just spoken.
async fn enter(
    registry: &Registry,
    store: &Store,
    asking: &Asking,
    mut new: Registration,
) -> Result<Value, Fault> {
    asking.admit(registry, store, &mut new)?;
    let key = new.key.clone();
    let entered = registry.step(|book, now| {
        book.register(now, &asking.client, new, Renewal::default())?;
        book.get(&key)
            .map(|instance| shown::instance(book, instance, now))
            .ok_or_else(|| Refused::Unknown(key.clone()))
    });
    Ok(entered.await?)
}

/// `POST /deregister`: what clients of JARVIS DNS could not do.
pub(super) async fn deregister(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let body = object(&request, payload).await?;
    let (_, key) = asked::key(&body)?;
    registry
        .step(|book, _| book.deregister(&asking.client, &key))
        .await?;
    Ok(HttpResponse::Ok().json(json!({"status": "deregistered"})))
}

/// `POST /heartbeat`: with an address, it registers again what was forgotten.
pub(super) async fn heartbeat(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    store: web::Data<Store>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let body = object(&request, payload).await?;
    let (_, key) = asked::key(&body)?;
    let beat = Beat {
        busy: asked::flag(&body, "busy")?,
        metrics: body.get("metrics").cloned(),
    };
    match beaten(&registry, &asking, &key, beat).await {
        Err(NotDone::Refused(Refused::Unknown(_))) if body.contains_key("port") => {
            let new = asked::registration(&body, &asking.client, registry.lease())?;
            enter(&registry, &store, &asking, new).await?;
        }
        beaten => beaten?,
    }
    Ok(updated())
}

/// `POST /heartbeat/SERVICE/INSTANCE`: the body is what the instance says of itself.
pub(super) async fn heartbeat_at(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let body = object(&request, payload).await?;
    let (service, instance) = path.into_inner();
    // Some clients wrap it once more.
    let metrics = match body.get("metrics") {
        Some(metrics) if body.len() == 1 => metrics.clone(),
        _ => Value::Object(body),
    };
    let beat = Beat {
        busy: metrics.get("busy").and_then(Value::as_bool),
        metrics: Some(metrics)
            .filter(|metrics| metrics.as_object().is_none_or(|all| !all.is_empty())),
    };
    beaten(&registry, &asking, &Key::of(&service, &instance), beat).await?;
    Ok(updated())
}

async fn beaten(
    registry: &Registry,
    asking: &Asking,
    key: &Key,
    beat: Beat,
) -> Result<(), NotDone> {
    registry
        .step(|book, now| book.heartbeat(now, &asking.client, key, beat))
        .await
}

/// `POST /status`.
pub(super) async fn status(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let body = object(&request, payload).await?;
    let (_, key) = asked::key(&body)?;
    reported(&registry, &asking, &key, &body).await
}

/// `POST /status/SERVICE/INSTANCE`.
pub(super) async fn status_at(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let body = object(&request, payload).await?;
    let (service, instance) = path.into_inner();
    reported(&registry, &asking, &Key::of(&service, &instance), &body).await
}

async fn reported(
    registry: &Registry,
    asking: &Asking,
    key: &Key,
    body: &Map<String, Value>,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let word = asked::text(body, &["status"])?;
    let word = word.ok_or_else(|| Fault::invalid("status is missing"))?;
    let status = asked::status(&word)?;
    let said = asked::text(body, &["error"])?.unwrap_or_default();
    let busy = asked::flag(body, "busy")?;
    let client = &asking.client;
    let told = registry.step(|book, now| {
        if status == Status::Passing {
            let metrics = None;
            book.heartbeat(now, client, key, Beat { busy, metrics })
        } else {
            book.report(now, client, key, None, status, &said)
        }
    });
    told.await?;
    Ok(updated())
}

fn updated() -> HttpResponse {
    HttpResponse::build(StatusCode::OK)
        .content_type(ContentType::json())
        .body(r#"{"status":"updated"}"#)
}
