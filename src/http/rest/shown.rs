//! RRsets as this face answers them: JSON, or lines of text where the client asks for that.

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse};
use dadns_zone::{NameText, Rrset, TypeName, presentation};
use serde::Serialize;

use crate::store::Served;

/// An RRset. Clients that know one value for each name read the first.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    class: &'static str,
    record_type: String,
    ttl: u32,
    value: String,
    values: Vec<String>,
}

/// A zone.
#[derive(Debug, Serialize)]
pub(super) struct Whole {
    zone: String,
    revision: u64,
    serial: u32,
    records: Vec<Shown>,
}

impl From<&Rrset> for Shown {
    fn from(set: &Rrset) -> Self {
        let values = set.rdata().iter();
        let values: Vec<_> = values
            .map(|rdata| presentation(set.rtype(), rdata).to_string())
            .collect();
        Self {
            name: NameText(set.owner()).to_string(),
            class: "IN",
            record_type: TypeName(set.rtype()).to_string(),
            ttl: set.ttl(),
            value: values.first().cloned().unwrap_or_default(),
            values,
        }
    }
}

pub(super) fn whole(served: &Served) -> Whole {
    Whole {
        zone: served.zone.name().to_string(),
        revision: served.head.revision,
        serial: served.head.serial,
        records: served.zone.rrsets().iter().map(Shown::from).collect(),
    }
}

/// Whether the client asks for text: JSON is for all others.
pub(super) fn wants_text(request: &HttpRequest) -> bool {
    let accepts = request.headers().get(ACCEPT);
    let accepts = accepts.and_then(|value| value.to_str().ok());
    accepts.is_some_and(|accepts| {
        accepts.contains("text/plain") && !accepts.contains("application/json")
    })
}

pub(super) fn text(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text)
}

/// Several RRsets.
pub(super) fn sets(request: &HttpRequest, sets: &[&Rrset]) -> HttpResponse {
    match wants_text(request) {
        true => text(sets.iter().map(|set| lines(set)).collect()),
        false => {
            let sets: Vec<_> = sets.iter().map(|set| Shown::from(*set)).collect();
            HttpResponse::Ok().json(sets)
        }
    }
}

/// One RRset.
pub(super) fn set(request: &HttpRequest, set: &Rrset) -> HttpResponse {
    match wants_text(request) {
        true => text(lines(set)),
        false => HttpResponse::Ok().json(Shown::from(set)),
    }
}

/// One line for each record: name, class, type, value.
fn lines(set: &Rrset) -> String {
    let (owner, rtype) = (NameText(set.owner()), TypeName(set.rtype()));
    let records = set.rdata().iter();
    records
        .map(|rdata| {
            let value = presentation(set.rtype(), rdata);
            format!("{owner} IN {rtype} {value}\n")
        })
        .collect()
}
