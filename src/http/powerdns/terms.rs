//! What clients may ask for beside a change: that the zone is at some revision, that the answer waits; and the
//! headers that say what came of it.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderMap, HeaderName, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;

use super::Fault;
use crate::http::Identity;
pub(super) use crate::http::terms::{has, tag};
use crate::http::terms::{preferred, revisions};
use crate::http::v1::wait::until_verified;
use crate::store::{Edited, Store};

/// The revisions at which a change is made; `None`: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::http) struct Condition(Option<Vec<u64>>);

impl Condition {
    /// What `If-Match` says.
    pub fn of(request: &HttpRequest) -> Self {
        Self(revisions(request, &IF_MATCH))
    }

    /// Only at this revision.
    pub fn at(revision: u64) -> Self {
        Self(Some(vec![revision]))
    }

    /// Whether a zone at `revision` may be changed.
    pub fn check(&self, revision: u64) -> Result<(), Fault> {
        match &self.0 {
            Some(revisions) if !revisions.contains(&revision) => Err(Fault::changed(revision)),
            _ => Ok(()),
        }
    }
}

fn mark(headers: &mut HeaderMap, edited: &Edited) {
    let serials = [
        ("x-pdns-old-serial", edited.serial_before),
        ("x-pdns-new-serial", edited.stored.serial),
    ];
    for (name, serial) in serials {
        headers.insert(HeaderName::from_static(name), serial.into());
    }
    headers.insert(ETAG, tag(edited.stored.revision));
}

/// Answers a change: 204 without a body, or where the client prefers to wait 200 when every backend has
/// verified it, and 202 with those that have not when the time is over.
pub(super) async fn answer(
    request: &HttpRequest,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: ZoneName,
    edited: &Edited,
) -> Result<HttpResponse, Fault> {
    let mut response = match preferred(request) {
        None => HttpResponse::NoContent().finish(),
        Some(wait) => {
            let revision = Some(edited.stored.revision);
            let waited = until_verified(store, identity, name, revision, wait).await?;
            let status = match waited.verified {
                true => StatusCode::OK,
                false => StatusCode::ACCEPTED,
            };
            HttpResponse::build(status).json(waited)
        }
    };
    mark(response.headers_mut(), edited);
    Ok(response)
}
