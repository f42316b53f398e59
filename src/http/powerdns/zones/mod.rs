//! Zones: listed, shown, made, changed, deleted.

mod actions;
mod create;
mod export;
mod metadata;
mod put;
pub mod settings;
pub mod shown;
pub mod signed;
mod stream;

use std::sync::Arc;

use actix_web::http::Version;
use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{DomainName, Rrset, Rtype, Zone, ZoneName};

use super::rrsets::comments::Comments;
use super::{Fault, blocking, body, id, terms};
use crate::access::Principal;
use crate::store::{Head, Served, Store};
pub use actions::{axfr, delete, notify, rectify};
pub use create::create;
pub use export::export;
pub use metadata::{
    add as add_metadata, delete as delete_metadata, get as get_metadata, list as list_metadata,
    put as put_metadata,
};
pub use put::put;
use settings::ZoneSettings;
use shown::Listed;
use signed::Signed;

/// How many zones of a list are one piece of its answer.
const ZONES_AT_ONCE: usize = 500;

/// How many RRsets of a zone are.
const RRSETS_AT_ONCE: usize = 1_000;

/// How far a list has come.
struct Page {
    after: Option<String>,
    first: bool,
}

/// `GET /zones`: the zones that the principal sees, or the one that it names.
pub async fn list(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    signed: web::Data<Signed>,
) -> Result<HttpResponse, Fault> {
    let query = body::query(&request);
    let dnssec = body::parameter(&query, "dnssec", true)?;
    if let Some(name) = body::value(&query, "zone") {
        let error = || format!("DNS Name '{name}' is not canonical: it has no final dot");
        if !name.ends_with('.') {
            return Err(Fault::unprocessable(error()));
        }
        let name =
            ZoneName::parse(name).map_err(|error| Fault::unprocessable(error.to_string()))?;
        let found = blocking(move || {
            let head = store
                .head(&name)?
                .filter(|head| head.present && principal.sees(&name));
            head.map(|head| listed(&store, &signed, &name, &head, dnssec))
                .transpose()
        });
        let found: Vec<Listed> = found.await?.into_iter().collect();
        return Ok(HttpResponse::Ok().json(found));
    }
    let first = Page {
        after: None,
        first: true,
    };
    let page = move |page: Page| some_zones(&store, &signed, &principal, dnssec, page);
    let version = request.version();
    stream::answer(version, &mut HttpResponse::Ok(), first, page).await
}

fn some_zones(
    store: &Store,
    signed: &Signed,
    principal: &Principal,
    dnssec: bool,
    page: Page,
) -> Result<stream::Piece<Page>, Fault> {
    let mut out = Vec::new();
    let mut first = page.first;
    if first {
        out.push(b'[');
    }
    let mut after = None;
    for (read, found) in store.heads_after(page.after.as_deref()).enumerate() {
        let (name, head) = found?;
        if head.present && principal.sees(&name) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            let listed = listed(store, signed, &name, &head, dnssec)?;
            serde_json::to_writer(&mut out, &listed).map_err(unwritten)?;
        }
        if read + 1 == ZONES_AT_ONCE {
            after = Some(name.as_str().to_owned());
            break;
        }
    }
    let next = after.map(|after| Page {
        after: Some(after),
        first,
    });
    if next.is_none() {
        out.push(b']');
    }
    Ok((out, next))
}

fn listed(
    store: &Store,
    signed: &Signed,
    name: &ZoneName,
    head: &Head,
    dnssec: bool,
) -> Result<Listed, Fault> {
    let settings = ZoneSettings::of(&store.attributes(name)?);
    let signed = match dnssec {
        true => Some(signed.is(store, name, head)?),
        false => None,
    };
    Ok(Listed::of(name, head, settings, signed))
}

/// What cannot be written in JSON, which nothing here is.
fn unwritten(error: serde_json::Error) -> Fault {
    Fault::new(
        actix_web::http::StatusCode::INTERNAL_SERVER_ERROR,
        error.to_string(),
    )
}

/// A zone that is present and that the principal sees. To others it does not exist.
pub async fn seen(
    store: &web::Data<Store>,
    principal: &Principal,
    id: &str,
) -> Result<(ZoneName, Served), Fault> {
    let name = id::read(id)?;
    if !principal.sees(&name) {
        return Err(Fault::no_zone(id));
    }
    let store = store.clone();
    let of = name.clone();
    let served = blocking(move || Ok(store.served(&of)?)).await?;
    let served = served.ok_or_else(|| Fault::no_zone(id))?;
    Ok((name, served))
}

/// What of a zone is shown.
#[derive(Debug, Default)]
pub struct View {
    without_rrsets: bool,
    counted: bool,
    only: Option<Only>,
}

/// Only some RRsets.
#[derive(Debug)]
struct Only {
    owner: Option<DomainName>,
    /// `Some(None)`: a type that no zone has.
    rtype: Option<Option<Rtype>>,
}

impl View {
    /// What a request asks for.
    pub fn of(request: &HttpRequest, zone: &ZoneName) -> Result<Self, Fault> {
        let query = body::query(request);
        // Nothing is disabled here.
        body::parameter(&query, "include_disabled", true)?;
        let owner = match body::value(&query, "rrset_name") {
            None => None,
            Some(name) => {
                let owner =
                    dadns_zone::owner_name(zone, &format!("{}.", name.trim_end_matches('.')));
                Some(owner.map_err(|error| Fault::unprocessable(format!("rrset_name: {error}")))?)
            }
        };
        let rtype = body::value(&query, "rrset_type");
        let rtype = rtype.map(|rtype| dadns_zone::record_type(rtype).ok());
        let only = (owner.is_some() || rtype.is_some()).then_some(Only { owner, rtype });
        Ok(Self {
            without_rrsets: !body::parameter(&query, "rrsets", true)?,
            counted: body::parameter(&query, "record_count", false)?,
            only,
        })
    }
}

impl Only {
    fn choose(&self, zone: &Zone) -> Vec<Rrset> {
        let rtype = match self.rtype {
            Some(None) => return Vec::new(),
            Some(rtype) => rtype,
            None => None,
        };
        let sets = match &self.owner {
            Some(owner) => zone.at(owner),
            None => zone.rrsets(),
        };
        let sets = sets.iter();
        let sets = sets.filter(|set| rtype.is_none_or(|rtype| set.rtype() == rtype));
        sets.cloned().collect()
    }
}

/// `GET /zones/ID`.
pub async fn get(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    signed: web::Data<Signed>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let (name, served) = seen(&store, &principal, &zone).await?;
    let view = View::of(&request, &name)?;
    if terms::has(&request, served.head.revision) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let version = request.version();
    show(version, &mut HttpResponse::Ok(), &signed, served, &view).await
}

/// How far the RRsets of a zone have been written.
struct Rest {
    from: usize,
    before: Vec<u8>,
}

/// Answers with a zone.
pub async fn show(
    version: Version,
    response: &mut actix_web::HttpResponseBuilder,
    signed: &Signed,
    served: Served,
    view: &View,
) -> Result<HttpResponse, Fault> {
    let Served {
        head,
        zone,
        attributes,
    } = served;
    let comments = Comments::of(&attributes);
    let settings = ZoneSettings::of(&attributes);
    let signed = signed.of(&zone, &head);
    let around = shown::around(zone.name(), &head, settings, signed, view.counted);
    let (mut before, after) = around.map_err(unwritten)?;
    response.insert_header((ETAG, terms::tag(head.revision)));
    if view.without_rrsets {
        before.extend_from_slice(&after);
        return Ok(response.content_type("application/json").body(before));
    }
    before.extend_from_slice(b",\"rrsets\":[");
    if let Some(only) = &view.only {
        let sets = only.choose(&zone);
        shown::rrsets(sets.iter(), &comments, true, &mut before).map_err(unwritten)?;
        before.push(b']');
        before.extend_from_slice(&after);
        return Ok(response.content_type("application/json").body(before));
    }
    let comments = Arc::new(comments);
    let first = Rest { from: 0, before };
    let next = move |rest: Rest| {
        let Rest { from, before } = rest;
        let mut out = before;
        let to = zone.rrsets().len().min(from + RRSETS_AT_ONCE);
        let sets = zone.rrsets().get(from..to).unwrap_or_default();
        // The SOA, which is always shown, comes first.
        shown::rrsets(sets.iter(), &comments, from == 0, &mut out).map_err(unwritten)?;
        if to < zone.rrsets().len() {
            let before = Vec::new();
            return Ok((out, Some(Rest { from: to, before })));
        }
        out.push(b']');
        out.extend_from_slice(&after);
        Ok((out, None))
    };
    stream::answer(version, response, first, next).await
}
