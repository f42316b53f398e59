//! Calls of no client: what an operator looks at and orders.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use serde_json::json;

use super::client::Asking;
use super::fault::Fault;
use super::shape::{ChangeStatus, CheckStatus, InstanceStatus, ServiceStatus};
use crate::registry::Registry;
use crate::registry::rules::{Book, Instance, Refused};

/// Its routes.
pub(super) fn routes(service: &mut ServiceConfig) {
    service
        .route("/services", web::get().to(all))
        .route("/services/{service}", web::get().to(one))
        .route("/services/{service}/believe", web::post().to(believe));
}

/// `GET /services`.
async fn all(asking: Asking, registry: web::Data<Registry>) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let all: Vec<_> = registry.look(|book, _| {
        let services = book.services();
        services.map(|name| service(book, name, false)).collect()
    });
    Ok(HttpResponse::Ok().json(all))
}

/// `GET /services/SERVICE`: with the last changes of its instances.
async fn one(
    asking: Asking,
    registry: web::Data<Registry>,
    name: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let found = registry.look(|book, _| {
        let known = book.has_service(&name);
        known.then(|| service(book, &name, true))
    });
    match found {
        Some(found) => Ok(HttpResponse::Ok().json(found)),
        None => Err(Fault::not_found("there is no such service")),
    }
}

/// `POST /services/SERVICE/believe`: most of it did vanish, and what is published is what is healthy.
async fn believe(
    asking: Asking,
    registry: web::Data<Registry>,
    service: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    if !asking.client.is_operator {
        let why = "only the accounts of operators may do this";
        return Err(Fault::new(StatusCode::FORBIDDEN, why));
    }
    let was_stale = registry.step(|book, _| Ok::<_, Refused>(book.believe(&service)));
    match was_stale.await? {
        true => Ok(HttpResponse::Ok().json(json!({"status": "believed"}))),
        false => Err(Fault::not_found(
            "there is no such service, or it is not stale",
        )),
    }
}

fn service(book: &Book, name: &str, changes: bool) -> ServiceStatus {
    let instances = book.of_service(name);
    ServiceStatus {
        name: name.to_owned(),
        stale: book.is_stale(name),
        instances: instances.map(|one| instance(book, one, changes)).collect(),
    }
}

fn instance(book: &Book, instance: &Instance, changes: bool) -> InstanceStatus {
    let registered = &instance.registered;
    let history = book.history(instance.key()).filter(|_| changes);
    let checks = registered.checks.iter().map(|check| CheckStatus {
        id: check.id.clone(),
        status: check.status.to_string(),
        output: check.output.clone(),
    });
    InstanceStatus {
        id: instance.short_id().to_owned(),
        node: registered.node.clone(),
        status: instance.status().to_string(),
        published: book.is_published(instance),
        address: registered.address.to_string(),
        port: registered.port,
        busy: registered.busy,
        tags: registered.tags.clone(),
        owner: instance.owner.to_string(),
        maintenance: instance.maintenance.clone(),
        checks: checks.collect(),
        changes: history
            .into_iter()
            .flat_map(|changes| changes.iter().rev())
            .map(|change| ChangeStatus {
                at: change.at,
                status: change.status.to_string(),
                why: change.why.clone(),
            })
            .collect(),
    }
}
