//! `POST /register`: a new account, with a name of its own.

use actix_web::{HttpRequest, HttpResponse, web};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::account::{Account, Credentials, count, principal};
use super::{Face, Fault, client, not_edited, read};
use crate::http::auth::Gate;
use crate::logging::{info, warning};
use crate::store::{Author, Edits, Mode, Store};

/// What may be sent. Nothing has to be.
#[derive(Debug, Default, Deserialize)]
struct Sent {
    #[serde(default)]
    allowfrom: Option<Vec<String>>,
}

/// What is answered.
#[derive(Serialize)]
struct Registered {
    username: String,
    password: String,
    fulldomain: String,
    subdomain: String,
    allowfrom: Vec<String>,
}

pub(in crate::http) async fn register(
    request: HttpRequest,
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    face: web::Data<Face>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let address = client(&request, &gate)?;
    let allowed = face.settings.allow.iter();
    if !allowed
        .into_iter()
        .any(|net| net.contains(&address.to_canonical()))
    {
        return Err(Fault::Forbidden);
    }
    face.take(address)?;
    let zone = face.zone()?;
    let allowfrom = networks(&read(&request, payload).await?)?;
    let credentials = Credentials::fresh()?;
    let subdomain = credentials.subdomain.clone();
    let account = Account::new(&credentials, allowfrom.clone());
    let principal = principal(&zone, &subdomain, address)?;
    let (most, name) = (face.settings.accounts, subdomain.clone());
    let author = Author::new(principal);
    let edited = store.edit(author, zone.clone(), Mode::Make, move |standing| {
        if count(standing.attributes) >= most {
            return Err(Fault::TooMany);
        }
        let mut attributes = standing.attributes.clone();
        account.keep(&name, &mut attributes)?;
        Ok(Edits {
            attributes: Some(attributes),
            ..Edits::of(Vec::new())
        })
    });
    edited.await?.map_err(|why| {
        let fault = not_edited(&zone, why);
        if fault == Fault::TooMany {
            warning!(
                "acme-dns: {address} cannot register: there are {most} accounts (acme_dns.accounts)"
            );
        }
        fault
    })?;
    info!(zone = %zone, "acme-dns: {address} has registered {subdomain}.{zone}");
    Ok(HttpResponse::Created().json(Registered {
        username: credentials.user,
        password: credentials.key,
        fulldomain: format!("{subdomain}.{zone}"),
        subdomain,
        allowfrom: allowfrom.iter().map(ToString::to_string).collect(),
    }))
}

/// The networks that an account is limited to.
fn networks(body: &[u8]) -> Result<Vec<IpNet>, Fault> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let sent: Option<Sent> = serde_json::from_slice(body).map_err(|_| Fault::Json)?;
    let networks = sent.and_then(|sent| sent.allowfrom).unwrap_or_default();
    let networks = networks.iter().map(|text| text.parse());
    networks.collect::<Result<_, _>>().map_err(|_| Fault::Cidr)
}
