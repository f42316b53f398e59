//! `/v1/health`, `/v1/catalog` and `/v1/status`: what services there are, and how they are.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::blocking::{Query, answer, read};
use super::decoded;
use super::definition;
use super::fields::yes;
use super::filter::{self, Filter, Shape};
use super::shown;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::registry::Registry;
use crate::registry::rules::{Book, Instance, Status};

/// What a read selects of a service.
struct Selected {
    query: Query,
    passing: bool,
    filter: Filter,
}

impl Selected {
    /// `shape`: the fields of the entries that are answered.
    fn of(request: &HttpRequest, asking: &Asking, shape: &Shape) -> Result<Self, Fault> {
        asking.may_look()?;
        let query = Query::of(request);
        Ok(Self {
            filter: Filter::of(&query, shape)?,
            passing: query.get("passing").is_some_and(yes),
            query,
        })
    }

    /// Those of these entries that the filter selects.
    fn filtered(&self, entries: impl Iterator<Item = Value>) -> Vec<Value> {
        entries.filter(|entry| self.filter.suits(entry)).collect()
    }

    /// The instances of a service, in the order of their keys: lists of two calls can be paired.
    fn all<'b>(&'b self, book: &'b Book, service: &'b str) -> impl Iterator<Item = &'b Instance> {
        let tags: Vec<&str> = self
            .query
            .all("tag")
            .filter(|tag| !tag.is_empty())
            .collect();
        let on_nodes: Vec<_> = self.query.all("node-meta").collect();
        book.of_service(service).filter(move |one| {
            let has = |tag: &&str| one.registered.tags.iter().any(|known| known == tag);
            let status = one.status();
            let kept = status == Status::Critical && book.is_published(one);
            let has_meta = |wanted: &&str| {
                let (key, value) = wanted.split_once(':').unwrap_or((wanted, ""));
                shown::node_meta(one)
                    .get(key)
                    .is_some_and(|known| known == value)
            };
            let on_node = on_nodes.iter().all(has_meta);
            on_node && tags.iter().all(has) && (!self.passing || status == Status::Passing || kept)
        })
    }
}

/// `GET /v1/health/service/NAME`.
pub(super) async fn health_of_service(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    name: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let (selected, name) = (
        Selected::of(&request, &asking, &filter::HEALTH)?,
        decoded(&name),
    );
    let datacenter = registry.settings().datacenter.clone();
    let look = |book: &Book| -> Vec<Value> {
        let all = selected.all(book, &name);
        selected.filtered(all.map(|one| shown::health(one, &datacenter)))
    };
    read(&registry, &selected.query, Some(&name), look).await
}

/// `GET /v1/catalog/service/NAME`.
pub(super) async fn service(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    name: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::SERVICE_NODE)?;
    let selected = Selected {
        passing: false,
        ..selected
    };
    let name = decoded(&name);
    let datacenter = registry.settings().datacenter.clone();
    let look = |book: &Book| -> Vec<Value> {
        let all = selected.all(book, &name);
        selected.filtered(all.map(|one| shown::catalog(one, &datacenter)))
    };
    read(&registry, &selected.query, Some(&name), look).await
}

/// `GET /v1/health/checks/NAME`.
pub(super) async fn checks_of_service(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    name: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let (selected, name) = (
        Selected::of(&request, &asking, &filter::CHECK)?,
        decoded(&name),
    );
    let look = |book: &Book| -> Vec<Value> {
        let all = selected.all(book, &name);
        selected.filtered(all.flat_map(shown::all_checks))
    };
    read(&registry, &selected.query, Some(&name), look).await
}

/// `GET /v1/health/state/STATUS`: `any` is all of them.
pub(super) async fn checks_in_state(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    word: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::CHECK)?;
    let status = match word.as_str() {
        "any" => None,
        word => Some(definition::status(word)?.as_str()),
    };
    let look = |book: &Book| -> Vec<Value> {
        let checks = book.all().flat_map(shown::all_checks);
        let checks = checks.filter(|check| status.is_none_or(|status| check["Status"] == status));
        selected.filtered(checks)
    };
    read(&registry, &selected.query, None, look).await
}

/// `GET /v1/health/node/NODE`.
pub(super) async fn checks_of_node(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    node: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::CHECK)?;
    let look = |book: &Book| -> Vec<Value> {
        let all: Vec<_> = on_node(book, &node).collect();
        let alive = all.first().map(|one| shown::alive(one));
        let checks = all.iter().flat_map(|one| shown::all_checks(one));
        selected.filtered(alive.into_iter().chain(checks))
    };
    read(&registry, &selected.query, None, look).await
}

fn on_node<'b>(book: &'b Book, node: &'b str) -> impl Iterator<Item = &'b Instance> {
    book.all().filter(move |one| shown::node(one) == node)
}

/// `GET /v1/catalog/services`: each with the tags that any of its instances has.
pub(super) async fn services(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::SERVICE_NODE)?;
    let datacenter = registry.settings().datacenter.clone();
    let look = |book: &Book| -> BTreeMap<String, BTreeSet<String>> {
        let mut services: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for service in book.services() {
            let all = book.of_service(service);
            let suits = |one: &&Instance| {
                selected.filter.is_none()
                    || selected.filter.suits(&shown::catalog(one, &datacenter))
            };
            for one in all.filter(suits) {
                let tags = services.entry(service.to_owned()).or_default();
                tags.extend(one.registered.tags.iter().cloned());
            }
        }
        services
    };
    read(&registry, &selected.query, None, look).await
}

/// `GET /v1/catalog/nodes`.
pub(super) async fn nodes(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::NODE)?;
    let datacenter = registry.settings().datacenter.clone();
    let look = |book: &Book| -> Vec<Value> {
        let mut nodes = BTreeMap::new();
        for one in book.all() {
            let node = || shown::node_entry(one, &datacenter);
            nodes.entry(shown::node(one)).or_insert_with(node);
        }
        selected.filtered(nodes.into_values())
    };
    read(&registry, &selected.query, None, look).await
}

/// `GET /v1/catalog/node/NODE`; `null` where there is none.
pub(super) async fn node(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    node: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::SERVICE)?;
    let datacenter = registry.settings().datacenter.clone();
    let look = |book: &Book| -> Value {
        let first = on_node(book, &node).next();
        let services = on_node(book, &node);
        let services = services.map(|one| (one.key().id.clone(), shown::service(one, &datacenter)));
        let services = services.filter(|(_, service)| selected.filter.suits(service));
        match first {
            Some(first) => json!({
                "Node": shown::node_entry(first, &datacenter),
                "Services": shown::map(services),
            }),
            None => Value::Null,
        }
    };
    read(&registry, &selected.query, None, look).await
}

/// `GET /v1/catalog/datacenters`.
pub(super) async fn datacenters(registry: web::Data<Registry>) -> HttpResponse {
    answer(1, json!([registry.settings().datacenter]))
}

/// `GET /v1/status/leader`: this gateway.
pub(super) async fn leader() -> HttpResponse {
    answer(1, json!("127.0.0.1:8300"))
}

/// `GET /v1/status/peers`.
pub(super) async fn peers() -> HttpResponse {
    answer(1, json!(["127.0.0.1:8300"]))
}
