//! `/v1/agent/check`: checks of services, and what is reported of them.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::blocking::Query;
use super::definition;
use super::fields::Fields;
use super::{decoded, node_at};
use crate::http::registry::body::object;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::registry::Registry;
use crate::registry::rules::{Book, Key, Kind, Status};
use crate::store::Store;

/// `PUT /v1/agent/check/register`: one more check of a service.
pub(super) async fn register(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    store: web::Data<Store>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of(object(&request, payload).await?);
    let (name, id) = (fields.text("name")?, fields.text("serviceid")?);
    if name.is_empty() {
        return Err(Fault::invalid("Missing check name"));
    }
    if id.is_empty() {
        return Err(Fault::invalid(
            "checks of a node are not supported: ServiceID is missing",
        ));
    }
    let key = Key {
        agent: node_at(asking.client.address),
        id,
    };
    let check = definition::check(&fields, &name, &name)?;
    let service = registry.look(|book, _| book.get(&key).map(|one| one.registered.service.clone()));
    let unknown = || Fault::not_found(format!("ServiceID {} does not exist", json!(key.id)));
    asking.may_register(&registry, &store, &service.ok_or_else(unknown)?)?;
    let added = registry.step(|book, now| book.add_check(now, &asking.client, &key, check));
    added.await?;
    Ok(HttpResponse::Ok().finish())
}

/// `PUT /v1/agent/check/deregister/ID`.
pub(super) async fn deregister(
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let id = decoded(&id);
    let key = registry.look(|book, _| find(book, &asking, &id, |_| true))?;
    let removed = registry.step(|book, now| book.remove_check(now, &asking.client, &key, &id));
    removed.await?;
    Ok(HttpResponse::Ok().finish())
}

/// `PUT /v1/agent/check/pass/ID?note=`.
pub(super) async fn pass(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    noted(&request, &asking, &registry, &id, Status::Passing).await
}

/// `PUT /v1/agent/check/warn/ID?note=`.
pub(super) async fn warn(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    noted(&request, &asking, &registry, &id, Status::Warning).await
}

/// `PUT /v1/agent/check/fail/ID?note=`.
pub(super) async fn fail(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    noted(&request, &asking, &registry, &id, Status::Critical).await
}

/// `PUT /v1/agent/check/update/ID`, with `{"Status", "Output"}`.
pub(super) async fn update(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of(object(&request, payload).await?);
    let status = definition::status(&fields.text("status")?)?;
    report(&asking, &registry, &id, status, &fields.text("output")?).await
}

async fn noted(
    request: &HttpRequest,
    asking: &Asking,
    registry: &Registry,
    id: &str,
    status: Status,
) -> Result<HttpResponse, Fault> {
    let query = Query::of(request);
    report(
        asking,
        registry,
        id,
        status,
        query.get("note").unwrap_or_default(),
    )
    .await
}

async fn report(
    asking: &Asking,
    registry: &Registry,
    id: &str,
    status: Status,
    output: &str,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let id = decoded(id);
    // What the gateway asks by itself nobody else reports.
    let reported = |kind: &Kind| !matches!(kind, Kind::Probe(_));
    let key = registry.look(|book, _| find(book, asking, &id, reported))?;
    let told = registry
        .step(|book, now| book.report(now, &asking.client, &key, Some(&id), status, output));
    told.await?;
    Ok(HttpResponse::Ok().finish())
}

/// The instance that has this check: one of the agent of who asks, or else the only one that it may report on.
fn find(
    book: &Book,
    asking: &Asking,
    id: &str,
    suits: impl Fn(&Kind) -> bool,
) -> Result<Key, Fault> {
    let agent = node_at(asking.client.address);
    let has = |one: &&crate::registry::rules::Instance| {
        let mut checks = one.registered.checks.iter();
        checks.any(|check| check.id == id && suits(&check.kind))
    };
    // As most ids are: without a look at all others.
    let service = id.strip_prefix("service:").unwrap_or(id);
    let key = Key {
        agent: agent.clone(),
        id: service.to_owned(),
    };
    let named = book.get(&key).filter(has);
    if let Some(own) = named.or_else(|| book.of_agent(&agent).find(has)) {
        return Ok(own.key().clone());
    }
    let others = book.all().filter(has);
    let mut others = others.filter(|one| asking.client.may_report(&one.owner));
    match (others.next(), others.next()) {
        (Some(only), None) => Ok(only.key().clone()),
        _ => Err(Fault::not_found(format!(
            "Unknown check ID {}. Ensure that the check ID is passed, not the check name.",
            json!(id)
        ))),
    }
}
