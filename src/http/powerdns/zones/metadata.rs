//! Metadata of zones: kinds of the client's own (`X-…`) are kept; those that PowerDNS acts on are not taken, as
//! nothing here would.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{RrsetKey, Rtype, ZoneName};
use serde_json::{Value, json};

use super::seen;
use super::settings::ZoneSettings;
use crate::access::Principal;
use crate::http::powerdns::rrsets::Change;
use crate::http::powerdns::rrsets::patch::{edit, refused};
use crate::http::powerdns::terms::Condition;
use crate::http::powerdns::{Fault, body, id};
use crate::store::{Attributes, Store};

/// The attribute that has it.
const ATTRIBUTE: &str = "powerdns.metadata";

/// The most octets that it may take.
const MOST: usize = 64 << 10;

type Kinds = BTreeMap<String, Vec<String>>;

fn kinds(attributes: &Attributes) -> Kinds {
    let text = attributes.get(ATTRIBUTE);
    let read = text.and_then(|text| serde_json::from_str(text).ok());
    read.unwrap_or_default()
}

/// All kinds of a zone, with that which follows from its settings.
fn all(attributes: &Attributes) -> Kinds {
    let mut kinds = kinds(attributes);
    let soa_edit_api = ZoneSettings::of(attributes).soa_edit_api;
    if !soa_edit_api.is_empty() {
        kinds.insert("SOA-EDIT-API".into(), vec![soa_edit_api]);
    }
    kinds
}

fn shown(kind: &str, metadata: &[String]) -> Value {
    json!({"kind": kind, "metadata": metadata, "type": "Metadata"})
}

/// `GET /zones/ID/metadata`.
pub async fn list(
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let (_, served) = seen(&store, &principal, &zone).await?;
    let kinds = all(&served.attributes);
    let shown: Vec<_> = kinds
        .iter()
        .map(|(kind, metadata)| shown(kind, metadata))
        .collect();
    Ok(HttpResponse::Ok().json(shown))
}

/// `GET /zones/ID/metadata/KIND`.
pub async fn get(
    principal: Principal,
    store: web::Data<Store>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Fault> {
    let (zone, kind) = path.into_inner();
    let (_, served) = seen(&store, &principal, &zone).await?;
    let kinds = all(&served.attributes);
    let metadata = kinds.get(&kind).map_or(&[][..], Vec::as_slice);
    Ok(HttpResponse::Ok().json(shown(&kind, metadata)))
}

/// `POST /zones/ID/metadata`: values are added to a kind.
pub async fn add(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let name = id::read(&zone)?;
    permit(&principal, &name)?;
    let object = body::object(&body::read(&request, payload).await?)?;
    let kind = body::required(&object, "kind").map_err(Fault::unprocessable)?;
    let metadata = body::texts(&object, "metadata").map_err(Fault::unprocessable)?;
    let (kind, metadata) = (kind.to_owned(), metadata.unwrap_or_default());
    let condition = Condition::of(&request);
    let added = move |had: &[String]| {
        let new = metadata
            .iter()
            .filter(|value| !had.contains(value))
            .cloned();
        had.iter().cloned().chain(new).collect()
    };
    let kept = change(&store, &principal, &name, &kind, condition, added).await?;
    Ok(HttpResponse::Created().json(shown(&kind, &kept)))
}

/// `PUT /zones/ID/metadata/KIND`.
pub async fn put(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let (zone, kind) = path.into_inner();
    let name = id::read(&zone)?;
    permit(&principal, &name)?;
    let object = body::object(&body::read(&request, payload).await?)?;
    let metadata = body::texts(&object, "metadata").map_err(Fault::unprocessable)?;
    let metadata = metadata
        .ok_or_else(|| Fault::unprocessable("metadata is not specified or not an array"))?;
    let condition = Condition::of(&request);
    let kept = change(&store, &principal, &name, &kind, condition, move |_| {
        metadata.clone()
    })
    .await?;
    Ok(HttpResponse::Ok().json(shown(&kind, &kept)))
}

/// `DELETE /zones/ID/metadata/KIND`.
pub async fn delete(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Fault> {
    let (zone, kind) = path.into_inner();
    let name = id::read(&zone)?;
    permit(&principal, &name)?;
    let condition = Condition::of(&request);
    change(&store, &principal, &name, &kind, condition, |_| Vec::new()).await?;
    Ok(HttpResponse::build(StatusCode::NO_CONTENT).finish())
}

/// Metadata and settings belong to the zone as a whole, as its SOA does.
pub(super) fn permit(principal: &Principal, name: &ZoneName) -> Result<(), Fault> {
    let soa = RrsetKey::new(&name.to_domain_name(), Rtype::SOA);
    Ok(principal.may_edit(name, &soa, None)?)
}

/// The values of a kind become what `new` makes of those that it has.
async fn change(
    store: &web::Data<Store>,
    principal: &Principal,
    name: &ZoneName,
    kind: &str,
    condition: Condition,
    new: impl Fn(&[String]) -> Vec<String> + Send + Sync + 'static,
) -> Result<Vec<String>, Fault> {
    if !kind.starts_with("X-") {
        let fault = Fault::unprocessable(format!(
            "Unsupported metadata kind '{kind}': this server acts on none, and keeps those that begin with X-"
        ));
        refused(name, principal, &fault);
        return Err(fault);
    }
    let of = kind.to_owned();
    let beside = move |attributes: &mut Attributes| {
        let mut kinds = kinds(attributes);
        let kept = new(kinds.get(&of).map_or(&[][..], Vec::as_slice));
        match kept.is_empty() {
            true => kinds.remove(&of),
            false => kinds.insert(of.clone(), kept),
        };
        keep(&kinds, attributes)
    };
    let change = Change {
        condition,
        beside: Some(Arc::new(beside)),
        ..Change::default()
    };
    let edited = edit(store, principal, name, change).await;
    let edited = edited.inspect_err(|fault| refused(name, principal, fault))?;
    Ok(kinds(&edited.attributes).remove(kind).unwrap_or_default())
}

fn keep(kinds: &Kinds, attributes: &mut Attributes) -> Result<(), String> {
    if kinds.is_empty() {
        attributes.remove(ATTRIBUTE);
        return Ok(());
    }
    let text = serde_json::to_string(kinds).map_err(|error| error.to_string())?;
    if text.len() > MOST {
        return Err(format!(
            "the metadata of the zone takes more than {MOST} octets"
        ));
    }
    attributes.insert(ATTRIBUTE.to_owned(), text);
    Ok(())
}
