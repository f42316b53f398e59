//! `/v1/health`, `/v1/catalog` and `/v1/status`: what services there are, and how they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Value, json};

use super::blocking::{Query, answer, read};
use super::decoded;
use super::definition;
use super::fields::yes;
use super::filter::{self, Filter, Judge, Shape};
use super::shown;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::registry::Registry;
use crate::registry::rules::{Book, Instance, Registration, Status};

/// What a read selects of a service.
struct Selected {
    query: Query,
    passing: bool,
    filter: Arc<Filter>,
}

impl Selected {
    /// `shape`: the fields of the entries that are answered.
    fn of(request: &HttpRequest, asking: &Asking, shape: &Shape) -> Result<Self, Fault> {
        asking.may_look()?;
        let query = Query::of(request);
        Ok(Self {
            filter: Arc::new(Filter::of(&query, shape)?),
            passing: query.get("passing").is_some_and(yes),
            query,
        })
    }

    /// Copies of the instances of a service, in the order of their keys: lists of two calls can be paired.
    fn all(&self, book: &Book, service: &str) -> Vec<Instance> {
        let tags: Vec<&str> = self
            .query
            .all("tag")
            .filter(|tag| !tag.is_empty())
            .collect();
        let on_nodes: Vec<_> = self.query.all("node-meta").collect();
        let suits = |one: &&Instance| {
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
        };
        book.of_service(service).filter(suits).cloned().collect()
    }

    /// Answers a read of the instances of a service.
    async fn of_service<T: Serialize + Send + 'static>(
        &self,
        registry: &Registry,
        service: &str,
        show: impl FnOnce(Vec<Instance>, &Judge) -> Result<T, Fault> + Send + 'static,
    ) -> Result<HttpResponse, Fault> {
        let look = |book: &Book| self.all(book, service);
        read(
            registry,
            &self.query,
            &self.filter,
            Some(service),
            look,
            show,
        )
        .await
    }

    /// Answers a read of all services.
    async fn read<S: Send + 'static, T: Serialize + Send + 'static>(
        &self,
        registry: &Registry,
        look: impl Fn(&Book) -> S,
        show: impl FnOnce(S, &Judge) -> Result<T, Fault> + Send + 'static,
    ) -> Result<HttpResponse, Fault> {
        read(registry, &self.query, &self.filter, None, look, show).await
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
    let show = move |all: Vec<Instance>, judge: &Judge| {
        judge.all(all.iter().map(|one| shown::health(one, &datacenter)))
    };
    selected.of_service(&registry, &name, show).await
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
    let show = move |all: Vec<Instance>, judge: &Judge| {
        judge.all(all.iter().map(|one| shown::catalog(one, &datacenter)))
    };
    selected.of_service(&registry, &name, show).await
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
    let show = |all: Vec<Instance>, judge: &Judge| judge.all(checks(&all));
    selected.of_service(&registry, &name, show).await
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
        word => Some(definition::status(word)?),
    };
    let look = |book: &Book| -> Vec<Instance> {
        // That it is taken out is a critical check.
        let is_out = |one: &Instance| one.maintenance.is_some() && status == Some(Status::Critical);
        let has = |one: &&Instance| {
            let mut checks = one.registered.checks.iter();
            status.is_none() || is_out(one) || checks.any(|check| Some(check.status) == status)
        };
        book.all().filter(has).cloned().collect()
    };
    let show = move |all: Vec<Instance>, judge: &Judge| {
        let status = status.map(|status| status.as_str());
        let suits = |check: &Value| status.is_none_or(|status| check["Status"] == status);
        judge.all(checks(&all).filter(suits))
    };
    selected.read(&registry, look, show).await
}

/// `GET /v1/health/node/NODE`.
pub(super) async fn checks_of_node(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    node: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::CHECK)?;
    let show = |all: Vec<Instance>, judge: &Judge| {
        let alive = all.first().map(shown::alive);
        judge.all(alive.into_iter().chain(checks(&all)))
    };
    let look = |book: &Book| on_node(book, &node);
    selected.read(&registry, look, show).await
}

fn on_node(book: &Book, node: &str) -> Vec<Instance> {
    let own = book.all().filter(|one| shown::node(one) == node);
    own.cloned().collect()
}

fn checks(all: &[Instance]) -> impl Iterator<Item = Value> {
    all.iter().flat_map(shown::all_checks)
}

/// `GET /v1/catalog/services`: each with the tags that any of its instances has.
pub(super) async fn services(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::SERVICE_NODE)?;
    let datacenter = registry.settings().datacenter.clone();
    // Without a filter their tags are enough.
    let copies = !selected.filter.is_none();
    let look = |book: &Book| {
        let mut services = Services::new();
        let all = book.all().filter(|_| copies).cloned().collect();
        for service in book.services().filter(|_| !copies) {
            let tags = services.entry(service.to_owned()).or_default();
            for one in book.of_service(service) {
                tags.extend(one.registered.tags.iter().cloned());
            }
        }
        (services, all)
    };
    let show = move |(mut services, all): (Services, Vec<Instance>), judge: &Judge| {
        for one in all {
            if judge.suits(&shown::catalog(&one, &datacenter))? {
                let Registration { service, tags, .. } = one.registered;
                services.entry(service).or_default().extend(tags);
            }
        }
        Ok(services)
    };
    selected.read(&registry, look, show).await
}

/// The tags of each service.
type Services = BTreeMap<String, BTreeSet<String>>;

/// `GET /v1/catalog/nodes`.
pub(super) async fn nodes(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    let selected = Selected::of(&request, &asking, &filter::NODE)?;
    let datacenter = registry.settings().datacenter.clone();
    let look = |book: &Book| -> Vec<Instance> {
        let mut nodes = BTreeMap::new();
        for one in book.all() {
            nodes.entry(shown::node(one)).or_insert_with(|| one.clone());
        }
        nodes.into_values().collect()
    };
    let show = move |all: Vec<Instance>, judge: &Judge| {
        judge.all(all.iter().map(|one| shown::node_entry(one, &datacenter)))
    };
    selected.read(&registry, look, show).await
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
    let show = move |all: Vec<Instance>, judge: &Judge| {
        let Some(first) = all.first() else {
            return Ok(Value::Null);
        };
        let services = judge.all(all.iter().map(|one| shown::service(one, &datacenter)))?;
        Ok(json!({
            "Node": shown::node_entry(first, &datacenter),
            "Services": shown::by("ID", services),
        }))
    };
    let look = |book: &Book| on_node(book, &node);
    selected.read(&registry, look, show).await
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
