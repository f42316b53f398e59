//! What clients may ask for beside a change: that the zone is at some revision, that the answer waits; and the
//! headers that say what came of it.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;

use super::Fault;
use crate::http::Identity;
use crate::http::terms::{preferred, tags};
use crate::http::v1::wait::until_verified;
use crate::store::{Attributes, Edited, Store};

/// What the attributes of this face begin with.
const OURS: &str = "powerdns.";

/// How a zone stands for clients of this face: its revision, and a digest of what is kept beside its records, as
/// comments, settings and metadata make no revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Tag {
    revision: u64,
    text: String,
}

impl Tag {
    pub fn of(revision: u64, attributes: &Attributes) -> Self {
        let mut digest = blake3::Hasher::new();
        let ours = attributes.iter().filter(|(key, _)| key.starts_with(OURS));
        for text in ours.flat_map(|(key, value)| [key, value]) {
            digest.update(&text.len().to_be_bytes());
            digest.update(text.as_bytes());
        }
        let kept = digest.finalize().to_hex();
        let text = format!("{revision}-{}", &kept[..16]);
        Self { revision, text }
    }

    /// As the header `ETag` has it.
    pub fn header(&self) -> Result<HeaderValue, Fault> {
        HeaderValue::try_from(format!("\"{}\"", self.text))
            .map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
    }
}

/// How a zone has to stand to be changed; `None`: anyhow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::http) struct Condition(Option<Vec<String>>);

impl Condition {
    /// What `If-Match` says.
    pub fn of(request: &HttpRequest) -> Self {
        let tags = tags(request, &IF_MATCH);
        Self(tags.map(|tags| tags.into_iter().map(str::to_owned).collect()))
    }

    /// Whether a zone that stands as `tag` may be changed. A number alone is the revision, whatever is kept beside
    /// the records.
    pub fn check(&self, tag: &Tag) -> Result<(), Fault> {
        let revision = tag.revision.to_string();
        let is_it = |named: &String| *named == tag.text || *named == revision;
        match &self.0 {
            Some(named) if !named.iter().any(is_it) => Err(Fault::changed(tag.revision)),
            _ => Ok(()),
        }
    }
}

/// The tags that the client has already.
pub(super) fn known(request: &HttpRequest) -> Known {
    let tags = tags(request, &IF_NONE_MATCH).unwrap_or_default();
    Known(tags.into_iter().map(str::to_owned).collect())
}

/// What a client has already.
pub(super) struct Known(Vec<String>);

impl Known {
    pub fn has(&self, tag: &Tag) -> bool {
        self.0.contains(&tag.text)
    }
}

fn mark(headers: &mut HeaderMap, edited: &Edited) -> Result<(), Fault> {
    let serials = [
        ("x-pdns-old-serial", edited.serial_before),
        ("x-pdns-new-serial", edited.stored.serial),
    ];
    for (name, serial) in serials {
        headers.insert(HeaderName::from_static(name), serial.into());
    }
    let tag = Tag::of(edited.stored.revision, &edited.attributes);
    headers.insert(ETAG, tag.header()?);
    Ok(())
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
    mark(response.headers_mut(), edited)?;
    Ok(response)
}
