//! `POST /update`: a challenge at the name of an account, beside the one before.

use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{Rrset, ZoneName};
use serde::Deserialize;
use serde_json::json;

use super::account::{Account, is_subdomain, principal};
use super::{Face, Fault, client, not_edited, read};
use crate::access::Principal;
use crate::http::auth::Gate;
use crate::logging::info;
use crate::records;
use crate::store::{Author, Edits, Mode, RecordEdit, Standing, Store};

/// The length of a challenge: a SHA-256 in base64url (RFC 8555 §8.4).
const CHALLENGE: usize = 43;

/// What is sent.
#[derive(Debug, Deserialize)]
struct Sent {
    #[serde(default)]
    subdomain: String,
    #[serde(default)]
    txt: String,
}

pub(in crate::http) async fn update(
    request: HttpRequest,
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    face: web::Data<Face>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let address = client(&request, &gate)?;
    let (user, key) = (sent(&request, "X-Api-User")?, sent(&request, "X-Api-Key")?);
    let body = read(&request, payload).await?;
    let Sent { subdomain, txt } = serde_json::from_slice(&body).map_err(|_| Fault::Json)?;
    if !is_subdomain(&subdomain) {
        return Err(Fault::Subdomain);
    }
    let zone = face.zone()?;
    let principal = principal(&zone, &subdomain, address)?;
    let (zones, of, name) = (store.clone(), zone.clone(), subdomain.clone());
    // Here, so that strangers do not keep the thread that writes.
    let read = web::block(move || zones.attributes(&of)).await;
    let attributes = read.map_err(|_| Fault::Failed)??;
    let account = Account::of(&attributes, &name);
    if !account.is_some_and(|account| account.admits(&user, &key, address)) {
        return Err(Fault::Forbidden);
    }
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    if txt.len() != CHALLENGE || !txt.bytes().all(plain) {
        return Err(Fault::Txt);
    }
    let (ttl, value, by, of) = (
        face.settings.ttl,
        txt.clone(),
        principal.clone(),
        zone.clone(),
    );
    let author = Author::new(principal);
    let edited = store.edit(author, zone.clone(), Mode::Make, move |standing| {
        let account = Account::of(standing.attributes, &name);
        let account = account.filter(|account| account.admits(&user, &key, address));
        let mut account = account.ok_or(Fault::Forbidden)?;
        account.set(&value);
        plan(&of, &by, &name, ttl, &account, standing)
    });
    let edited = edited.await?.map_err(|why| not_edited(&zone, why))?;
    if edited.stored.changed {
        info!(
            zone = %zone,
            "acme-dns: {address} has set the challenge of {subdomain}.{zone}: revision {}, serial {}",
            edited.stored.revision,
            edited.stored.serial
        );
    }
    Ok(HttpResponse::Ok().json(json!({"txt": txt})))
}

/// The steps that serve the values of an account.
fn plan(
    zone: &ZoneName,
    by: &Principal,
    subdomain: &str,
    ttl: u32,
    account: &Account,
    standing: &Standing<'_>,
) -> Result<Edits, Fault> {
    let values: Vec<_> = account
        .values
        .iter()
        .map(|value| format!("\"{value}\""))
        .collect();
    let set: Rrset =
        records::rrset(zone, subdomain, "TXT", ttl, &values).map_err(|_| Fault::Failed)?;
    let steps = vec![RecordEdit::Replace(set)];
    records::permit(by, zone, &steps).map_err(|_| Fault::Forbidden)?;
    let mut attributes = standing.attributes.clone();
    account.keep(subdomain, &mut attributes)?;
    Ok(Edits {
        attributes: Some(attributes),
        ..Edits::of(steps)
    })
}

fn sent(request: &HttpRequest, name: &str) -> Result<String, Fault> {
    let value = request.headers().get(name);
    let value = value.and_then(|value| value.to_str().ok());
    value.map(str::to_owned).ok_or(Fault::Forbidden)
}
