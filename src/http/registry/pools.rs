//! `/v1/pools`: an address for a name.
//!
//! Who gets one is an instance like any other, with the name as its id and its node: found in DNS, alive by heartbeats
//! if it says so, and the address is free again when it is removed.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::body::object;
use super::client::Asking;
use super::consul::{address_of_node, duration};
use super::fault::Fault;
use super::jarvis::{tags, text};
use crate::registry::Registry;
use crate::registry::rules::{
    Address, Check, Instance, Key, Kind, Pool, Refused, Registration, Renewal, Status,
};
use crate::store::Store;

/// Its routes.
pub(super) fn routes(service: &mut ServiceConfig) {
    service
        .route("/v1/pools", web::get().to(all))
        .route("/v1/pools/{pool}", web::get().to(one))
        .route("/v1/pools/{pool}", web::post().to(give))
        .route("/v1/pools/{pool}/{name}", web::delete().to(release));
}

/// `POST /v1/pools/POOL` `{"name", "service"?, "port"?, "tags"?, "metadata"?, "ttl"?}`. The same name gets the same address
/// again.
async fn give(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    store: web::Data<Store>,
    pool: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let body = object(&request, payload).await?;
    let name = text(&body, &["name"])?.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::invalid("name is missing"))?;
    if address_of_node(&name).is_some_and(|meant| meant != asking.client.address) {
        let why = format!("{name} is the name of the node at another address");
        return Err(Fault::invalid(why));
    }
    let service = text(&body, &["service"])?.filter(|service| !service.is_empty());
    let service = service.unwrap_or_else(|| pool.clone());
    let ttl = text(&body, &["ttl"])?.map(|ttl| match duration(&ttl) {
        Some(ttl) if !ttl.is_zero() => Ok(ttl),
        _ => Err(Fault::invalid("ttl is no time such as 60s")),
    });
    let lease = ttl.transpose()?.map(|ttl| {
        let kind = Kind::Lease { ttl, grows: false };
        Check::new("heartbeat", kind, Status::Passing)
    });
    let port = text(&body, &["port"])?.map(|port| {
        let port = port.parse::<u16>();
        port.map_err(|_| Fault::invalid("port is no number up to 65535"))
    });
    let meta = match body.get("metadata") {
        None | Some(Value::Null) => serde_json::Map::new(),
        Some(Value::Object(meta)) => meta.clone(),
        Some(_) => return Err(Fault::invalid("metadata is no object")),
    };
    asking.may_register_node(&registry, &store, &name)?;
    let key = Key::of(&service, &name);
    // The book puts the address of the pool in its place.
    let address = Address::Ip(asking.client.address);
    let mut new = Registration {
        port: port.transpose()?,
        node: name,
        tags: tags(&body)?,
        meta,
        checks: lease.into_iter().collect(),
        pool: Some(pool.into_inner()),
        ..Registration::new(key.clone(), service, address)
    };
    asking.admit(&registry, &store, &mut new)?;
    let given = registry.step(|book, now| {
        asking.owns_node(book, &new.node)?;
        book.register(now, &asking.client, new, Renewal::default())?;
        let given = book.get(&key).map(shown);
        given.ok_or_else(|| Refused::Unknown(key.clone()))
    });
    Ok(HttpResponse::Ok().json(given.await?))
}

/// `DELETE /v1/pools/POOL/NAME?service=`: the instance is removed, and its address is free.
async fn release(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let (pool, name) = path.into_inner();
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let service = query.find(|(name, _)| name == "service");
    let service = service.map_or_else(|| pool.clone(), |(_, service)| service.into_owned());
    let key = Key::of(&service, &name);
    let released = registry.step(|book, _| {
        let known = book.get(&key);
        match known.is_some_and(|one| one.registered.pool.as_ref() == Some(&pool)) {
            true => book.deregister(&asking.client, &key),
            false => Err(Refused::Unknown(key)),
        }
    });
    released.await?;
    Ok(HttpResponse::Ok().json(json!({"status": "released"})))
}

/// `GET /v1/pools`.
async fn all(asking: Asking, registry: web::Data<Registry>) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let all: Vec<_> = registry.look(|book, _| {
        let pools = book.pools().iter();
        pools
            .map(|pool| described(pool, book.of_pool(&pool.name).count().into()))
            .collect()
    });
    Ok(HttpResponse::Ok().json(all))
}

/// `GET /v1/pools/POOL`: with each address that is given out.
async fn one(
    asking: Asking,
    registry: web::Data<Registry>,
    name: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let found = registry.look(|book, _| {
        let pool = book.pools().iter().find(|pool| pool.name == *name)?;
        let given = book.of_pool(&pool.name).map(shown).collect();
        Some(described(pool, given))
    });
    match found {
        Some(found) => Ok(HttpResponse::Ok().json(found)),
        None => Err(Refused::NoPool(name.into_inner()).into()),
    }
}

fn described(pool: &Pool, given: Value) -> Value {
    json!({"name": pool.name, "networks": pool.networks, "exclude": pool.excluded, "given": given})
}

fn shown(instance: &Instance) -> Value {
    let registered = &instance.registered;
    json!({
        "pool": registered.pool,
        "name": instance.short_id(),
        "service": registered.service,
        "address": registered.address.to_string(),
        "status": instance.status(),
        "owner": instance.owner.to_string(),
    })
}
