//! One service of the machine that asks, and how it is: what balancers and scripts on that machine poll.

use actix_web::http::StatusCode;
use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::agent;
use super::blocking::{Query, answer};
use super::{decoded, node_at, shown};
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::registry::Registry;
use crate::registry::rules::{Instance, Status};

/// `GET /v1/agent/service/ID`. It does not wait for another `hash`.
pub(super) async fn one(
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let id = decoded(&id);
    let datacenter = &registry.settings().datacenter;
    let found = registry.look(|book, _| {
        let one = book.get(&agent::key(&asking, &id))?;
        Some((book.index(), shown::service(one, datacenter)))
    });
    match found {
        Some((index, service)) => Ok(answer(index, service)),
        None => Err(Fault::not_found(format!("unknown service ID: {id}"))),
    }
}

/// `GET /v1/agent/health/service/id/ID`.
pub(super) async fn of_id(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let id = decoded(&id);
    let found = registry.look(|book, _| {
        let one = book.get(&agent::key(&asking, &id))?;
        Some((one.status(), info(one, &registry)))
    });
    let (status, body) = match found {
        Some((status, body)) => (Some(status), body),
        None => {
            let none = json!({"AggregatedStatus": "critical", "Service": null, "Checks": null});
            (None, none)
        }
    };
    let missing = format!("ServiceId {id} not found");
    Ok(aggregated(&request, status, body, missing))
}

/// `GET /v1/agent/health/service/name/NAME`: all of them, as the worst is.
pub(super) async fn of_name(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    name: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let (name, agent) = (decoded(&name), node_at(asking.client.address));
    let (status, all) = registry.look(|book, _| {
        let own = book.of_agent(&agent);
        let own: Vec<_> = own.filter(|one| one.registered.service == name).collect();
        let status = own.iter().map(|one| one.status()).max();
        let all: Vec<_> = own.into_iter().map(|one| info(one, &registry)).collect();
        (status, all)
    });
    let missing = format!("ServiceName {name} Not Found");
    Ok(aggregated(&request, status, all.into(), missing))
}

fn info(instance: &Instance, registry: &Registry) -> Value {
    json!({
        "AggregatedStatus": instance.status(),
        "Service": shown::service(instance, &registry.settings().datacenter),
        "Checks": shown::all_checks(instance),
    })
}

/// The status of the answer says how it is, so that a client need not read it.
fn aggregated(
    request: &HttpRequest,
    status: Option<Status>,
    body: Value,
    missing: String,
) -> HttpResponse {
    let code = match status {
        Some(Status::Passing) => StatusCode::OK,
        Some(Status::Warning) => StatusCode::TOO_MANY_REQUESTS,
        Some(Status::Critical | Status::Maintenance) => StatusCode::SERVICE_UNAVAILABLE,
        None => StatusCode::NOT_FOUND,
    };
    let mut response = HttpResponse::build(code);
    if !wants_text(request) {
        return response.json(body);
    }
    let text = status.map_or(missing, |status| status.to_string());
    response
        .content_type("text/plain; charset=utf-8")
        .body(text)
}

fn wants_text(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    let accepted = accept.is_some_and(|accept| accept.starts_with("text/plain"));
    accepted || Query::of(request).get("format") == Some("text")
}
