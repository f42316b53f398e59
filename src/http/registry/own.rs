//! Calls of no client: what an operator looks at and orders.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use serde_json::json;

use super::client::Asking;
use super::fault::Fault;
use super::shape::{ChangeStatus, CheckStatus, InstanceStatus, ServiceStatus};
use crate::registry::Registry;
use crate::registry::rules::{Address, Book, Instance, Refused, Status, is_label};

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

/// An instance as operators are shown it; `changes`: with its last ones.
pub(in crate::http) fn instance(book: &Book, instance: &Instance, changes: bool) -> InstanceStatus {
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

/// Why an instance is not in DNS, or not with all names; `published`: services are published at all.
pub(in crate::http) fn why_not(
    book: &Book,
    instance: &Instance,
    published: bool,
) -> Option<String> {
    let registered = &instance.registered;
    let status = instance.status();
    if let Some(why) = &instance.maintenance {
        return Some(match why.is_empty() {
            true => "it was taken out".to_owned(),
            false => format!("it was taken out: {why}"),
        });
    }
    if status == Status::Critical && book.is_published(instance) {
        return Some(
            "it is critical, and stays as most of the service vanished at once".to_owned(),
        );
    }
    if status == Status::Critical {
        let checks = registered.checks.iter();
        let failed = checks.filter(|check| check.status == Status::Critical);
        let failed: Vec<_> = failed.map(|check| check.id.as_str()).collect();
        return Some(format!("critical by {}", failed.join(", ")));
    }
    if !published {
        return Some("registry.domain is empty".to_owned());
    }
    if !is_label(&registered.service.to_lowercase()) {
        return Some(
            "the service is no label of a domain name: it is found over HTTP only".to_owned(),
        );
    }
    let host = matches!(registered.address, Address::Host(_));
    host.then(|| "its address is a host name: by SRV only".to_owned())
}
