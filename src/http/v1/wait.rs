//! Waiting until every backend has verified a revision, for scripts.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use tokio::time::{Instant, timeout_at};

use super::shape::{Awaited, Missing, Waited};
use super::{Problem, json, reading, unknown};
use crate::http::Identity;
use crate::store::Store;

/// The longest wait: whoever wants more asks again.
const LONGEST: Duration = Duration::from_secs(30);

/// `GET /api/v1/zones/NAME/wait?revision=N&timeout_ms=M`: answers when it is verified everywhere, or when
/// the time is over.
pub async fn wait(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: web::Path<String>,
    awaited: web::Query<Awaited>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let longest = awaited.timeout_ms.map_or(LONGEST, Duration::from_millis);
    let waited = until_verified(store, identity, name, awaited.revision, longest);
    Ok(json(waited.await?))
}

/// Waits until a revision, or the present one, is verified everywhere; for no longer than `longest`.
pub(in crate::http) async fn until_verified(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: ZoneName,
    mut revision: Option<u64>,
    longest: Duration,
) -> Result<Waited, Problem> {
    let deadline = Instant::now() + longest.min(LONGEST);
    let mut recorded = store.recorded();
    loop {
        recorded.mark_unchanged();
        let found = {
            let (name, identity) = (name.clone(), identity.clone());
            reading(store.clone(), move |store| {
                look(store, &identity, &name, revision)
            })
            .await?
        };
        // The revision that was the present one when the wait began.
        revision = Some(found.revision);
        if found.verified {
            return Ok(found);
        }
        match timeout_at(deadline, recorded.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Ok(found),
        }
    }
}

fn look(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
    revision: Option<u64>,
) -> Result<Waited, Problem> {
    let head = store.head(name)?.ok_or_else(|| unknown(store, name))?;
    let revision = revision.unwrap_or(head.revision);
    let receipts = store.receipts(name)?;
    let mut missing = Vec::new();
    for id in identity.backends.keys() {
        let verified = receipts.get(id).and_then(|receipt| receipt.revision);
        let pending = store.pending_entry(id, name);
        if pending.is_none() && !store.is_placed(id, name) {
            continue;
        }
        let reached = verified.is_some_and(|verified| verified >= revision);
        // Pending at this very revision: it was, and something was found there since.
        let drifted = pending
            .as_ref()
            .is_some_and(|entry| entry.revision <= revision);
        if reached && !drifted {
            continue;
        }
        let unavailable = identity.health.unavailable(id);
        let cause = unavailable
            .map(|unavailable| format!("it is unavailable: {}", unavailable.cause))
            .or_else(|| pending.and_then(|entry| entry.cause))
            .unwrap_or_else(|| match head.revision < revision {
                true => format!("the zone is still at revision {}", head.revision),
                false => "it is in progress".into(),
            });
        missing.push(Missing {
            backend: id.to_string(),
            cause,
        });
    }
    let verified = missing.is_empty() && head.revision >= revision;
    Ok(Waited {
        zone: name.to_string(),
        revision,
        verified,
        missing,
    })
}
