//! What clients may ask for beside a change: that the zone is at some revision, and that the answer waits.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue, IF_NONE_MATCH};

/// The revisions that a header such as `If-Match` names; `None`: there is none, or it says `*`.
pub(super) fn revisions(request: &HttpRequest, name: &HeaderName) -> Option<Vec<u64>> {
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

/// Whether the client has `revision` already.
pub(super) fn has(request: &HttpRequest, revision: u64) -> bool {
    revisions(request, &IF_NONE_MATCH).is_some_and(|revisions| revisions.contains(&revision))
}

/// The tag of a revision.
pub(super) fn tag(revision: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{revision}\"")).unwrap_or_else(|_| HeaderValue::from(revision))
}

/// For how long the answer may wait until every backend has verified the change: `Prefer: wait=N`, in seconds
/// (RFC 7240 §4.3).
pub(super) fn preferred(request: &HttpRequest) -> Option<Duration> {
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
