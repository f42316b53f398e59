//! What clients may ask for beside a change: that the zone is at some revision, and that the answer waits.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue, IF_NONE_MATCH};

/// The revisions that a header such as `If-Match` names; `None`: there is none, or it says `*`.
pub(super) fn revisions(request: &HttpRequest, name: &HeaderName) -> Option<Vec<u64>> {
    let tags = tags(request, name)?;
    // Those of the PowerDNS API have more behind it.
    let revision = |tag: &&str| tag.split('-').next()?.parse().ok();
    Some(tags.iter().filter_map(revision).collect())
}

/// The tags that a header names; `None`: there is none, or it says `*`.
pub(super) fn tags<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<Vec<&'r str>> {
    let text = request.headers().get(name)?.to_str().unwrap_or_default();
    let tags = text.split(',').map(str::trim);
    if tags.clone().any(|tag| tag == "*") {
        return None;
    }
    let plain = |tag: &'r str| tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    Some(tags.map(plain).collect())
}

/// Whether the client has `revision` already.
pub(super) fn has(request: &HttpRequest, revision: u64) -> bool {
    let revision = revision.to_string();
    tags(request, &IF_NONE_MATCH).is_some_and(|tags| tags.contains(&revision.as_str()))
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
