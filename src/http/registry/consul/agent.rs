//! `/v1/agent`: what an agent would do for the services of its machine.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::blocking::{Query, answer};
use super::definition;
use super::fields::yes;
use super::filter::{self, Filter, Judge};
use super::{decoded, node_at, shown};
use crate::http::registry::body::object;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::registry::Registry;
use crate::registry::rules::{Book, Instance, Key, Renewal};
use crate::store::Store;

/// The version of Consul that clients are told: some do not go on without one.
const VERSION: &str = "1.20.0";

/// `GET /v1/agent/self`.
pub(super) async fn own(
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let node = node_at(asking.client.address);
    let datacenter = &registry.settings().datacenter;
    let own = json!({
        "Config": {
            "Datacenter": datacenter,
            "PrimaryDatacenter": datacenter,
            "NodeName": node,
            "NodeID": "",
            "Server": true,
            "Revision": "dadns",
            "Version": VERSION,
        },
        "DebugConfig": {},
        "Coord": {},
        "Member": {"Name": node, "Addr": asking.client.address, "Status": 1, "Tags": {}},
        "Stats": {},
        "Meta": {},
    });
    Ok(answer(registry.look(|book, _| book.index()), own))
}

/// `GET /v1/agent/members`: this gateway, which is all that there is.
pub(super) async fn members(
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let datacenter = &registry.settings().datacenter;
    let all = json!([{
        "Name": "dadns",
        "Addr": "127.0.0.1",
        "Port": 8301,
        "Tags": {"role": "consul", "dc": datacenter},
        "Status": 1,
        "ProtocolMin": 1,
        "ProtocolMax": 5,
        "ProtocolCur": 2,
        "DelegateMin": 2,
        "DelegateMax": 5,
        "DelegateCur": 4,
    }]);
    Ok(answer(registry.look(|book, _| book.index()), all))
}

/// `PUT /v1/agent/service/register`.
pub(super) async fn register(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    store: web::Data<Store>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let body = object(&request, payload).await?;
    let mut new = definition::service(body, asking.client.address)?;
    asking.admit(&registry, &store, &mut new)?;
    let replaces = Query::of(&request)
        .get("replace-existing-checks")
        .is_some_and(yes);
    let renewal = Renewal {
        keeps_status: true,
        keeps_checks: !replaces,
    };
    let registered = registry.step(|book, now| book.register(now, &asking.client, new, renewal));
    registered.await?;
    Ok(HttpResponse::Ok().finish())
}

/// `PUT /v1/agent/service/deregister/ID`.
pub(super) async fn deregister(
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let key = registry.look(|book, _| service(book, &asking, &decoded(&id)))?;
    registry
        .step(|book, _| book.deregister(&asking.client, &key))
        .await?;
    Ok(HttpResponse::Ok().finish())
}

/// `PUT /v1/agent/service/maintenance/ID?enable=&reason=`.
pub(super) async fn maintenance(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let query = Query::of(&request);
    let missing = || Fault::new(StatusCode::BAD_REQUEST, "Missing value for enable");
    let enable = query
        .get("enable")
        .filter(|word| !word.is_empty())
        .ok_or_else(missing)?;
    let why = yes(enable).then(|| query.get("reason").unwrap_or_default());
    let key = registry.look(|book, _| service(book, &asking, &decoded(&id)))?;
    let told = registry.step(|book, now| book.maintain(now, &asking.client, &key, why));
    told.await?;
    Ok(HttpResponse::Ok().finish())
}

/// `GET /v1/agent/services`: those of the machine that asks.
pub(super) async fn services(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let filter = Filter::of(&Query::of(&request), &filter::SERVICE)?;
    let datacenter = registry.settings().datacenter.clone();
    let show = move |(index, all): Own, judge: &Judge| {
        let all = judge.all(all.iter().map(|one| shown::service(one, &datacenter)))?;
        Ok((index, shown::by("ID", all)))
    };
    let shown = Arc::new(filter).judged(|| own_of(&asking, &registry), show);
    let (index, all) = shown.await?;
    Ok(answer(index, all))
}

/// `GET /v1/agent/checks`: those of the machine that asks.
pub(super) async fn checks(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let filter = Filter::of(&Query::of(&request), &filter::CHECK)?;
    let show = |(index, all): Own, judge: &Judge| {
        let all = judge.all(all.iter().flat_map(shown::all_checks))?;
        Ok((index, shown::by("CheckID", all)))
    };
    let shown = Arc::new(filter).judged(|| own_of(&asking, &registry), show);
    let (index, all) = shown.await?;
    Ok(answer(index, all))
}

/// The index, and the instances of one machine.
type Own = (u64, Vec<Instance>);

/// Those of the machine that asks.
fn own_of(asking: &Asking, registry: &Registry) -> Own {
    let agent = node_at(asking.client.address);
    registry.look(|book, _| (book.index(), book.of_agent(&agent).cloned().collect()))
}

/// The instance of this id: with the agent of who asks, or else the only one that it may report on.
fn service(book: &Book, asking: &Asking, id: &str) -> Result<Key, Fault> {
    let own = key(asking, id);
    if book.get(&own).is_some() {
        return Ok(own);
    }
    let others = book.all().filter(|one| one.key().id == id);
    let mut others = others.filter(|one| asking.client.may_report(&one.owner));
    match (others.next(), others.next()) {
        (Some(only), None) => Ok(only.key().clone()),
        _ => Err(Fault::not_found(format!(
            "Unknown service ID {}. Ensure that the service ID is passed, not the service name.",
            json!(id)
        ))),
    }
}

/// The key of this id with the agent of who asks.
pub(super) fn key(asking: &Asking, id: &str) -> Key {
    Key {
        agent: node_at(asking.client.address),
        id: id.to_owned(),
    }
}
