//! What happens, as server-sent events: a client is told instead of asking again and again.

pub mod shape;
mod stream;

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;
use serde::Deserialize;

use super::{Code, Problem};
use crate::access::Principal;
use crate::store::Store;
use stream::{Reader, Shown};

/// How long a stream is silent at most: proxies and clients give up on one that is.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a stream lasts. Its client then logs in again, and goes on where it was.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Which events.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Which {
    /// Only those of this zone.
    zone: Option<String>,
}

/// `GET /api/v1/events?zone=NAME`: events as they happen, or since that of the header `Last-Event-ID`.
pub(in crate::http) async fn events(
    principal: Principal,
    request: HttpRequest,
    store: web::Data<Store>,
    which: web::Query<Which>,
) -> Result<HttpResponse, Problem> {
    let zone = which.zone.as_deref().map(ZoneName::parse).transpose()?;
    answer(principal, &request, &store, zone, || true)
}

/// A stream of what `principal` sees, of one zone or of all, as long as it `lasts`.
pub(in crate::http) fn answer(
    principal: Principal,
    request: &HttpRequest,
    store: &Store,
    zone: Option<ZoneName>,
    lasts: impl Fn() -> bool + 'static,
) -> Result<HttpResponse, Problem> {
    let after = request.headers().get("Last-Event-ID");
    let after = after.filter(|after| !after.is_empty());
    let after = after.map(|after| after.to_str().unwrap_or_default().parse());
    let after = after
        .transpose()
        .map_err(|why| Problem::invalid(format!("Last-Event-ID: {why}")))?;
    let listener = store
        .feed()
        .listen(principal.to_string(), after)
        .map_err(|why| Problem::new(Code::TooManyStreams, why.to_string()))?;
    let shown = Shown { principal, zone };
    let reader = Reader::new(listener, shown, store.clone(), KEEP_ALIVE, LONGEST).lasting(lasts);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // nginx keeps back what it has not enough of.
        .insert_header(("X-Accel-Buffering", HeaderValue::from_static("no")))
        .streaming(reader.pieces()))
}

#[cfg(test)]
mod tests;
