//! Which zones need somebody to look at them, whatever the reason: one place for all that is bad.

use std::collections::BTreeSet;

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::{SignedDuration, Timestamp};

use super::Identity;
use crate::store::{PendingEntry, Store};

/// How long a zone may be pending before somebody should know.
const LONG: SignedDuration = SignedDuration::from_secs(60);

/// The zones that need attention, present or removed.
pub(in crate::http) fn all(store: &Store, identity: &Identity) -> BTreeSet<ZoneName> {
    let now = Timestamp::now();
    let mut zones = BTreeSet::new();
    for id in identity.backends.keys() {
        let unavailable = identity.health.unavailable(id).is_some();
        zones.extend(store.pending_zones(id, |entry| unavailable || is_late(entry, now)));
        zones.extend(identity.health.all_drifted(id));
    }
    zones.extend(store.held_zones());
    let refused = store.newest_refused(usize::MAX).into_iter();
    // Masters push under names that were never a zone here, too.
    zones.extend(
        refused
            .map(|(zone, _)| zone)
            .filter(|zone| store.row(zone).is_some()),
    );
    zones.extend(store.all_not_ahead());
    zones.extend(identity.health.all_left_behind());
    zones
}

/// Why a zone needs attention, in a few words each; none: it does not.
pub(in crate::http) fn reasons(
    store: &Store,
    identity: &Identity,
    zone: &ZoneName,
    serial: u32,
) -> Vec<String> {
    let now = Timestamp::now();
    let mut reasons = Vec::new();
    for id in identity.backends.keys() {
        reasons.extend(on(store, identity, id, zone, now));
    }
    let others = [
        (store.is_held(zone), "push held"),
        (store.is_refused(zone), "push refused"),
        (store.not_ahead(zone, serial).is_some(), "serial not ahead"),
        (
            !identity.health.left_behind(zone).is_empty(),
            "secondary behind",
        ),
    ];
    let others = others.into_iter().filter(|(is, _)| *is);
    reasons.extend(others.map(|(_, reason)| reason.to_owned()));
    reasons
}

fn on(
    store: &Store,
    identity: &Identity,
    id: &BackendId,
    zone: &ZoneName,
    now: Timestamp,
) -> Option<String> {
    if let Some(entry) = store.pending_entry(id, zone) {
        let unavailable = identity.health.unavailable(id).is_some();
        return match (unavailable, entry.attempts) {
            (true, _) => Some(format!("{id} unavailable")),
            (false, 0) if is_late(&entry, now) => Some(format!("pending on {id}")),
            (false, 0) => None,
            (false, _) => Some(format!("failed on {id}")),
        };
    }
    let drifted = identity.health.is_drifted(id, zone);
    drifted.then(|| format!("drifted on {id}"))
}

fn is_late(entry: &PendingEntry, now: Timestamp) -> bool {
    entry.attempts > 0 || now.duration_since(entry.since) > LONG
}
