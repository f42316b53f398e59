//! Plain REST: one path for each type of records, one below it for each name.
//!
//! `GET /` is the whole zone; `GET` and `POST /a`, and `GET`, `PUT` and `DELETE /a/NAME` are its A records, and so
//! for every type in lower case. A body has `name`, `class`, `record_type` and `value`, and is taken whatever its
//! Content-Type. docs/rest-and-acme-dns.md says what each call does.

mod body;
mod edit;
mod settings;
mod shown;
mod target;

use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{Rrset, RrsetKey, ZoneName};

use self::shown::wants_text;
use self::target::Target;
use super::problem::{Code, Problem, reading};
use crate::access::Principal;
use crate::store::{Served, Store};
pub(super) use edit::{create, remove, replace};
pub use settings::Rest;
pub(super) use settings::zone_name;

/// Whether a path can be one of this face, where every error is a problem.
pub(super) fn is_rest(path: &str) -> bool {
    let first = path.strip_prefix('/').unwrap_or(path).split('/').next();
    first.is_some_and(|first| first.is_empty() || target::rtype(first).is_some())
}

/// `GET /`: the whole zone.
pub(super) async fn whole(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    rest: web::Data<Rest>,
) -> Result<HttpResponse, Problem> {
    let target = Target::zone_of(&request, &rest)?;
    let served = served(store, principal, target).await?;
    Ok(match wants_text(&request) {
        true => shown::text(served.zone.to_string()),
        false => HttpResponse::Ok().json(shown::whole(&served)),
    })
}

/// `GET /TYPE`: all records of a type.
pub(super) async fn list(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    rest: web::Data<Rest>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let rtype = target::known(&path)?;
    let target = Target::zone_of(&request, &rest)?;
    let served = served(store, principal, target).await?;
    let sets = served.zone.rrsets().iter();
    let sets: Vec<_> = sets.filter(|set| set.rtype() == rtype).collect();
    Ok(shown::sets(&request, &sets))
}

/// `GET /TYPE/NAME`: the records of one name.
pub(super) async fn get(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (rtype, name) = path.into_inner();
    let rtype = target::known(&rtype)?;
    let target = Target::of_name(&request, &rest, &name)?;
    let read = move |store: &Store| {
        let zone = target.find(store, &principal)?;
        let key = target::key(&zone, &name, rtype)?;
        one(store, &zone, &key)
    };
    Ok(shown::set(&request, &reading(store, read).await?))
}

/// One RRset of a zone.
fn one(store: &Store, zone: &ZoneName, key: &RrsetKey) -> Result<Rrset, Problem> {
    let part = store.served_at(zone, key.owner())?;
    let part = part.ok_or_else(|| target::no_zone(zone))?;
    let set = part.get(key.rtype()).cloned();
    set.ok_or_else(|| target::nothing(key))
}

/// The zone that is meant, if the principal sees it.
async fn served(
    store: web::Data<Store>,
    principal: Principal,
    target: Target,
) -> Result<Served, Problem> {
    let read = move |store: &Store| {
        let name = target.find(store, &principal)?;
        store.served(&name)?.ok_or_else(|| target::no_zone(&name))
    };
    reading(store, read).await
}

/// Why a request that can be read cannot be done.
fn wrong(why: impl std::fmt::Display) -> Problem {
    Problem::new(Code::InvalidRecords, why.to_string())
}
