//! Drift: what is not repaired yet, and what was found lately.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use dadns_backends::BackendId;
use dadns_zone::ZoneName;

use super::shape::DriftStatus;
use super::{Problem, json, reading};
use crate::access::Principal;
use crate::feed::News;
use crate::http::Identity;
use crate::store::Store;

/// The most that are shown.
const MOST: usize = 1_000;

/// `GET /api/v1/drift`: that of zones that the principal sees.
pub async fn list(
    principal: Principal,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> Result<HttpResponse, Problem> {
    let all = reading(store, move |store| Ok(drift(store, &identity, &principal)));
    Ok(json(all.await?))
}

/// The zones that have drifted, or had while the gateway remembers it: each once for a backend, those that
/// are not repaired yet first, then by when it was found last.
pub(in crate::http) fn drift(
    store: &Store,
    identity: &Identity,
    principal: &Principal,
) -> Vec<DriftStatus> {
    let mut found = BTreeMap::<(BackendId, ZoneName), DriftStatus>::new();
    let is_seen = |news: &News| {
        matches!(news, News::Drifted { .. }) && news.zone().is_some_and(|zone| principal.sees(zone))
    };
    for one in store.feed().newest(is_seen) {
        let News::Drifted {
            zone,
            backend,
            revision,
            found: said,
        } = &one.news
        else {
            continue;
        };
        let times = found.entry((backend.clone(), zone.clone()));
        let status = times.or_insert_with(|| DriftStatus {
            zone: zone.to_string(),
            backend: backend.to_string(),
            revision: *revision,
            found: said.clone(),
            at: one.at,
            times: 0,
            state: match store.pending_entry(backend, zone) {
                Some(_) => "pending".into(),
                None => "in sync".into(),
            },
        });
        status.times += 1;
    }
    let now = identity.health.all_drift();
    for (backend, zone, drift) in now {
        if !principal.sees(&zone) {
            continue;
        }
        let status = DriftStatus {
            zone: zone.to_string(),
            backend: backend.to_string(),
            revision: drift.revision,
            found: drift.found,
            at: drift.at,
            times: 1,
            state: "drifted".into(),
        };
        let key = (backend, zone);
        let times = found.get(&key).map_or(1, |known| known.times);
        found.insert(key, DriftStatus { times, ..status });
    }
    let mut all: Vec<_> = found.into_values().collect();
    all.sort_by_key(|one| (one.state != "drifted", std::cmp::Reverse(one.at)));
    all.truncate(MOST);
    all
}
