//! Calls that show how all of them are.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::shown;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::registry::Registry;
use crate::registry::rules::{Book, Key, Now, Status};

/// The instances of a service by their ids.
fn tree(book: &Book, service: &str, now: Now) -> Map<String, Value> {
    let all = book.of_service(service);
    all.map(|instance| {
        let id = instance.short_id().to_owned();
        (id, shown::instance(book, instance, now))
    })
    .collect()
}

fn list(book: &Book, service: &str, now: Now) -> Vec<Value> {
    let all = book.of_service(service);
    all.map(|instance| shown::instance(book, instance, now))
        .collect()
}

/// `GET /status`: each service with its instances by their ids; `services` has them as lists.
pub(super) async fn all(
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let all = registry.look(|book, now| {
        let lists = book.services();
        let lists: Map<_, _> = lists
            .map(|service| (service.to_owned(), list(book, service, now).into()))
            .collect();
        let mut all = Map::new();
        all.insert("timestamp".to_owned(), now.at.to_string().into());
        all.insert("services".to_owned(), lists.into());
        for service in book.services() {
            all.insert(service.to_owned(), tree(book, service, now).into());
        }
        all
    });
    Ok(HttpResponse::Ok().json(all))
}

/// `GET /status/SERVICE`.
pub(super) async fn of_service(
    asking: Asking,
    registry: web::Data<Registry>,
    service: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let found = registry.look(|book, now| {
        let tree = || tree(book, &service, now);
        book.has_service(&service).then(tree)
    });
    match found {
        Some(tree) => Ok(HttpResponse::Ok().json(json!({"server": *service, "instances": tree}))),
        None => Err(Fault::not_found("Server not found")),
    }
}

/// `GET /servers/status`.
pub(super) async fn servers(
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let services = registry.look(|book, now| {
        let of = |service: &str| {
            let published = book.of_service(service);
            let healthy = published.filter(|one| one.status().is_published()).count();
            let all = list(book, service, now);
            let shown = json!({
                "total_instances": all.len(),
                "healthy_instances": healthy,
                "stale": book.is_stale(service),
                "instances": all,
            });
            (service.to_owned(), shown)
        };
        book.services().map(of).collect::<Map<_, _>>()
    });
    Ok(HttpResponse::Ok().json(json!({
        "timestamp": Timestamp::now().to_string(),
        "total_services": services.len(),
        "services": services,
    })))
}

/// `GET /history/SERVICE/INSTANCE`.
pub(super) async fn history(
    asking: Asking,
    registry: web::Data<Registry>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let (service, instance) = path.into_inner();
    let found = registry.look(|book, _| {
        let changes = book.history(&Key::of(&service, &instance))?;
        let mut before = None;
        let mut all = Vec::with_capacity(changes.len());
        for change in changes {
            let status = shown::status(change.status);
            all.push(json!({
                "timestamp": change.at.to_string(),
                "old_status": before,
                "new_status": status,
                "why": change.why,
            }));
            before = Some(status);
        }
        Some(all)
    });
    match found {
        Some(all) => Ok(HttpResponse::Ok().json(all)),
        None => Err(Fault::not_found("Instance history not found")),
    }
}

/// `GET /health`: how many there are of each status. Who asks a service for its health finds `status`.
pub(super) async fn health(registry: web::Data<Registry>) -> HttpResponse {
    let (publishes, by) = registry.published_by();
    let shown = registry.look(|book, now| {
        let count = |status: Status| book.all().filter(|one| one.status() == status).count();
        json!({
            "status": "ok",
            "total_servers": book.services().count(),
            "total_instances": book.len(),
            "status_counts": {
                "active": count(Status::Passing),
                "dead": count(Status::Critical),
                "error": count(Status::Warning),
                "maintenance": count(Status::Maintenance),
            },
            "publishes": publishes,
            "published_by": by,
            "timestamp": now.at.to_string(),
        })
    });
    HttpResponse::Ok().json(shown)
}

/// `POST /cleanup`: removes those of the client's instances that are dead.
pub(super) async fn cleanup(
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let cleaned = registry.step(|book, _| {
        let dead = book.all().filter(|one| !book.is_published(one));
        let dead = dead.filter(|one| one.status() == Status::Critical);
        let own = dead.filter(|one| asking.client.may_replace(&one.owner));
        let keys: Vec<Key> = own.map(|one| one.key().clone()).collect();
        for key in &keys {
            book.deregister(&asking.client, key)?;
        }
        Ok(keys.len())
    });
    let cleaned = cleaned.await?;
    Ok(HttpResponse::Ok().json(json!({"cleaned_instances": cleaned})))
}
