//! Calls of no client: what an operator looks at and orders.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::object;
use super::client::Asking;
use super::fault::Fault;
use super::shape::{ChangeStatus, CheckStatus, InstanceStatus, ServiceStatus};
use crate::registry::Registry;
use crate::registry::rules::{Address, Book, Instance, Key, Refused, Status, is_label};

/// Its routes.
pub(super) fn routes(service: &mut ServiceConfig) {
    service
        .route("/services", web::get().to(all))
        .route("/services/{service}", web::get().to(one))
        .route("/services/{service}/believe", web::post().to(believe))
        .route(
            "/services/{service}/instances/{instance}",
            web::delete().to(remove),
        )
        .route(
            "/services/{service}/instances/{instance}/maintenance",
            web::post().to(maintenance),
        );
}

/// Which of several instances that have the same id.
#[derive(Debug, Deserialize)]
struct Which {
    /// The node whose agent registered it.
    node: Option<String>,
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

/// `DELETE /services/SERVICE/instances/ID?node=`: by its owner or an operator, whichever face it was registered by.
async fn remove(
    asking: Asking,
    registry: web::Data<Registry>,
    path: web::Path<(String, String)>,
    which: web::Query<Which>,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let (service, id) = path.into_inner();
    let key = registry.look(|book, _| key(book, &service, &id, which.node.as_deref()))?;
    let removed = registry.step(|book, _| book.deregister(&asking.client, &key));
    removed.await?;
    Ok(HttpResponse::Ok().json(json!({"status": "deregistered"})))
}

/// `POST /services/SERVICE/instances/ID/maintenance?node=` with `{"enable": …, "reason": …}`.
async fn maintenance(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    path: web::Path<(String, String)>,
    which: web::Query<Which>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let (service, id) = path.into_inner();
    let body = object(&request, payload).await?;
    let why = match (body.get("enable"), body.get("reason")) {
        (Some(Value::Bool(true)), None | Some(Value::Null)) => Some(""),
        (Some(Value::Bool(true)), Some(Value::String(why))) => Some(why.as_str()),
        (Some(Value::Bool(false)), _) => None,
        _ => {
            let why = "enable is neither true nor false, or reason is no text";
            return Err(Fault::invalid(why));
        }
    };
    let key = registry.look(|book, _| key(book, &service, &id, which.node.as_deref()))?;
    let told = registry.step(|book, now| book.maintain(now, &asking.client, &key, why));
    told.await?;
    Ok(HttpResponse::Ok().json(json!({"status": "updated"})))
}

/// The instance of a service with this id, registered at this node if one is named.
fn key(book: &Book, service: &str, id: &str, node: Option<&str>) -> Result<Key, Fault> {
    let all = book.of_service(service);
    let named = all.filter(|one| one.short_id() == id);
    let mut named = named.filter(|one| node.is_none_or(|node| one.registered.node == node));
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one.key().clone()),
        (Some(_), Some(_)) => {
            let why = format!("several nodes have an instance {id} of {service}: name one (node)");
            Err(Fault::new(StatusCode::CONFLICT, why))
        }
        (None, _) => Err(Fault::not_found("there is no such instance")),
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
