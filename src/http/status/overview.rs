//! The gateway as a whole and its backends.

use dadns_zone::ZoneName;

use super::Identity;
use super::shape::{
    BackendStatus, ClusterBrief, Queued, Recent, RefusedPush, Status, UnavailableStatus,
    VerifiedAfter,
};
use super::zones::{next_try, state_of};
use crate::cluster::Cluster;
use crate::health::Snapshot;
use crate::store::{ClusterStanding, Store, StoreError};

/// How many pushes that were refused the overview shows.
const REFUSED: usize = 5;

/// The newest `most` pushes that were refused, each the last of its zone, of zones that are seen.
pub(in crate::http) fn refused(
    store: &Store,
    most: usize,
    sees: impl Fn(&ZoneName) -> bool,
) -> Vec<RefusedPush> {
    let newest = store.newest_refused(most).into_iter();
    newest
        .filter(|(zone, _)| sees(zone))
        .map(|(zone, refused)| RefusedPush::of(&zone, refused))
        .collect()
}

/// Whether changes can be taken.
pub(super) fn is_able(store: &Store) -> bool {
    store.failure().is_none() && store.check_room().is_ok() && store.refusal().is_none()
}

pub(super) fn overview(store: &Store, identity: &Identity) -> Result<Status, StoreError> {
    let backends = backends(store, identity, 0);
    let standing = store.standing();
    let cut_off = standing
        .as_ref()
        .is_some_and(|standing| !standing.is_whole());
    let state = if !is_able(store) {
        "failed"
    } else if cut_off
        || identity.health.lacks_child()
        || backends.iter().any(|backend| backend.state != "ok")
    {
        "degraded"
    } else {
        "ok"
    };
    let recent = store
        .recent()
        .into_iter()
        .map(|change| Recent {
            state: state_now(store, identity, &change.zone).to_owned(),
            zone: change.zone.to_string(),
            revision: change.revision,
            at: change.at,
        })
        .collect();
    Ok(Status {
        state: state.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        uptime_s: identity.started.elapsed().as_secs(),
        zones: store.zone_count(),
        records: store.record_count(),
        held_pushes: store.held_zones().len(),
        refused_pushes: store.refused_count(),
        last_refused: refused(store, REFUSED, |_| true),
        serials_not_ahead: store.zones_not_ahead(),
        store_bytes: store.size_on_disk()?,
        default_backend: identity.default_backend.as_ref().map(ToString::to_string),
        recent,
        backends,
        cluster: standing.map(|standing| ClusterBrief {
            backends: identity
                .cluster
                .as_ref()
                .map_or_else(Vec::new, Cluster::backends_elsewhere),
            ..ClusterBrief::from(standing)
        }),
    })
}

fn state_now(store: &Store, identity: &Identity, zone: &ZoneName) -> &'static str {
    let present = store.row(zone).is_some_and(|row| row.present);
    state_of(store, identity, zone, present)
}

pub(in crate::http) fn backends(
    store: &Store,
    identity: &Identity,
    listed: usize,
) -> Vec<BackendStatus> {
    let snapshot = Snapshot::take(&identity.health, store);
    let described = identity.backends.iter();
    described
        .filter_map(|(id, description)| {
            let backend = snapshot.backends.get(id)?;
            let queue = store.pending(id, listed).into_iter();
            let queue = queue.map(|(zone, entry)| Queued {
                zone: zone.to_string(),
                revision: entry.revision,
                attempts: entry.attempts,
                next_try: next_try(&entry),
                cause: entry.cause,
            });
            let unavailable = backend.unavailable.clone();
            let unavailable = unavailable.map(|unavailable| UnavailableStatus {
                since: unavailable.since,
                cause: unavailable.cause,
                next_try: unavailable.next_try,
            });
            Some(BackendStatus {
                id: id.to_string(),
                description: description.clone(),
                notes: identity.health.notes(id),
                state: backend.state.word().into(),
                unavailable,
                child: identity.health.child(id).map(Into::into),
                pending: backend.pending,
                oldest_pending_s: backend.oldest_pending_seconds(snapshot.at),
                last_verified: backend.last_verified,
                drifted: backend.drifted,
                verified_after: identity.health.typical(id).map(|typical| VerifiedAfter {
                    of: typical.of,
                    median_s: typical.median.as_secs_f64(),
                    longest_s: typical.longest.as_secs_f64(),
                }),
                queue: queue.collect(),
            })
        })
        .collect()
}

impl From<ClusterStanding> for ClusterBrief {
    fn from(standing: ClusterStanding) -> Self {
        let (outage_since, outage) = standing
            .outage
            .map(|outage| (outage.since, outage.cause))
            .unzip();
        let (full_since, full) = standing.full.map(|full| (full.since, full.cause)).unzip();
        Self {
            node: standing.node,
            cluster: standing.membership.map(|known| known.cluster),
            unshared: standing.unshared,
            outage_since,
            outage,
            full_since,
            full,
            diverged: standing.diverged,
            backends: Vec::new(),
        }
    }
}
