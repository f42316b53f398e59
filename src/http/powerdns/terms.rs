//! What clients may ask for beside a change: that the zone is at some revision, that the answer waits; and the
//! headers that say what came of it.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;

use super::Fault;
use crate::http::Identity;
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

/// Whether the client has `revision` already.
pub(super) fn has(request: &HttpRequest, revision: u64) -> bool {
    revisions(request, &IF_NONE_MATCH).is_some_and(|revisions| revisions.contains(&revision))
}

/// The revisions of a header; `None`: there is none, or it says `*`.
fn revisions(request: &HttpRequest, name: &HeaderName) -> Option<Vec<u64>> {
    let text = request.headers().get(name)?.to_str().unwrap_or_default();
    let tags = text.split(',').map(str::trim);
    if tags.clone().any(|tag| tag == "*") {
        return None;
    }
    let revision = |tag: &str| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag.trim_matches('"').parse().ok()
    };
    Some(tags.filter_map(revision).collect())
}

/// The tag of a revision.
pub(super) fn tag(revision: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{revision}\"")).unwrap_or_else(|_| HeaderValue::from(revision))
}

/// For how long the answer may wait until every backend has verified the change: `Prefer: wait=N`, in seconds.
fn preferred(request: &HttpRequest) -> Option<Duration> {
    let headers = request.headers().get_all("Prefer");
    let texts = headers.filter_map(|value| value.to_str().ok());
    let mut words = texts.flat_map(|text| text.split([',', ';']));
    words.find_map(|word| {
        let (name, seconds) = word.trim().split_once('=')?;
        let seconds = seconds.trim().trim_matches('"').parse().ok()?;
        name.trim()
            .eq_ignore_ascii_case("wait")
            .then(|| Duration::from_secs(seconds))
    })
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
