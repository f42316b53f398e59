//! Zones: listed, shown, made, changed, deleted.

mod actions;
mod create;
mod export;
mod metadata;
mod put;
pub mod settings;
pub mod shown;
mod stream;
mod view;

use std::sync::Arc;

use actix_web::http::Version;
use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;

use super::rrsets::comments::Comments;
use super::terms::{self, Tag};
use super::{Fault, blocking, body, id};
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
use view::{Rrsets, Seen, View};

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
            head.map(|head| listed(&store, &name, &head, dnssec))
                .transpose()
        });
        let found: Vec<Listed> = found.await?.into_iter().collect();
        return Ok(HttpResponse::Ok().json(found));
    }
    let first = Page {
        after: None,
        first: true,
    };
    let page = move |page: Page| some_zones(&store, &principal, dnssec, page);
    let version = request.version();
    stream::answer(version, &mut HttpResponse::Ok(), first, page).await
}

fn some_zones(
    store: &Store,
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
            let listed = listed(store, &name, &head, dnssec)?;
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

fn listed(store: &Store, name: &ZoneName, head: &Head, dnssec: bool) -> Result<Listed, Fault> {
    let settings = ZoneSettings::of(&store.attributes(name)?);
    let signed = match dnssec {
        true => Some(store.is_signed(name)?),
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

/// `GET /zones/ID`.
pub async fn get(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let name = id::read(&zone)?;
    if !principal.sees(&name) {
        return Err(Fault::no_zone(&zone));
    }
    let view = View::of(&request, &name);
    let (reader, of, known) = (store.clone(), name.clone(), terms::known(&request));
    let seen = blocking(move || {
        let head = reader.head(&of)?.filter(|head| head.present);
        let head = head.ok_or_else(|| Fault::no_zone(of.as_str()))?;
        let view = view?;
        let tag = Tag::of(head.revision, &reader.attributes(&of)?);
        if known.has(&tag) {
            return Ok(Err(tag));
        }
        let seen = view.read(&reader, &of)?;
        let seen = seen.ok_or_else(|| Fault::no_zone(of.as_str()))?;
        Ok(Ok((seen, view)))
    });
    match seen.await? {
        Ok((seen, view)) => {
            let version = request.version();
            show(version, &mut HttpResponse::Ok(), &name, seen, &view).await
        }
        Err(tag) => Ok(HttpResponse::NotModified()
            .insert_header((ETAG, tag.header()?))
            .finish()),
    }
}

/// How far the RRsets of a zone have been written.
struct Rest {
    from: usize,
    before: Vec<u8>,
}

/// Answers with what of a zone is seen.
pub async fn show(
    version: Version,
    response: &mut actix_web::HttpResponseBuilder,
    name: &ZoneName,
    seen: Seen,
    view: &View,
) -> Result<HttpResponse, Fault> {
    let Seen {
        head,
        attributes,
        is_signed,
        rrsets,
    } = seen;
    let comments = Comments::of(&attributes);
    let settings = ZoneSettings::of(&attributes);
    let around = shown::around(name, &head, settings, is_signed, view.counted);
    let (mut before, after) = around.map_err(unwritten)?;
    let tag = Tag::of(head.revision, &attributes);
    response.insert_header((ETAG, tag.header()?));
    let zone = match rrsets {
        Rrsets::None => {
            before.extend_from_slice(&after);
            return Ok(response.content_type("application/json").body(before));
        }
        Rrsets::Some(sets) => {
            before.extend_from_slice(b",\"rrsets\":[");
            shown::rrsets(sets.iter(), &comments, true, &mut before).map_err(unwritten)?;
            before.push(b']');
            before.extend_from_slice(&after);
            return Ok(response.content_type("application/json").body(before));
        }
        Rrsets::All(zone) => zone,
    };
    before.extend_from_slice(b",\"rrsets\":[");
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
