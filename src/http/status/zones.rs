//! Zones with what happened to them on each backend.

use dadns_backends::BackendId;
use dadns_zone::{NameText, TypeName, ZoneName};
use jiff::Timestamp;

use super::Identity;
use super::shape::{Overridden, PastResult, ReceiptStatus, RefusedPush, ZoneStatus};
use crate::http::v1::records;
use crate::store::{Head, Layers, Owner, PendingEntry, Receipt, Store, StoreError};

/// The state of a zone on a backend that it is not placed on.
pub(in crate::http) const NOT_PLACED: &str = "not placed";

pub(in crate::http) fn with_receipts(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
    head: Head,
) -> Result<ZoneStatus, StoreError> {
    let state = state_of(store, identity, name, head.present);
    let receipts = store.receipts(name)?;
    let backends = identity
        .backends
        .keys()
        .map(|id| {
            let receipt = receipts.get(id).cloned().unwrap_or_default();
            let pending = store.pending_entry(id, name);
            // Whoever looks at a pending zone wants to know what it waits for.
            let unavailable = identity.health.unavailable(id);
            let unavailable = unavailable.filter(|_| pending.is_some());
            let in_sync = identity.health.in_sync(id, name, head.revision);
            let is_elsewhere = head.present && pending.is_none() && !store.is_placed(id, name);
            let mut status = ReceiptStatus {
                verified_at: in_sync.max(receipt.verified),
                ..receipt_status(id, receipt, pending, &head)
            };
            if is_elsewhere {
                status.state = NOT_PLACED.into();
            }
            if let Some(unavailable) = unavailable {
                status.cause = Some(format!(
                    "{id} is unavailable since {:.0}: {}",
                    unavailable.since, unavailable.cause
                ));
                status.next_try = unavailable.next_try.or(status.next_try);
            }
            status
        })
        .collect();
    let held = store.held(name)?;
    // Only what somebody edited has more layers than one, which take their time to read.
    let layers = match store.is_edited(name) {
        true => store.layers(name)?,
        false => None,
    };
    let layers = layers.as_ref();
    Ok(ZoneStatus {
        edited_rrsets: layers.map_or(0, |layers| {
            layers.above.iter().map(|(_, entries)| entries.len()).sum()
        }),
        shadowed: layers.map_or_else(Vec::new, records::shadowed),
        overridden: layers.map_or_else(Vec::new, overridden),
        push_held_because: held.map(|held| held.reasons).unwrap_or_default(),
        backends,
        ..zone_status(store, identity, name, head, state)
    })
}

pub(super) fn zone_status(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
    head: Head,
    state: &str,
) -> ZoneStatus {
    let (master, user) = Owner::parts(head.owner);
    let not_ahead = store.not_ahead(name, head.serial);
    let serial = not_ahead.as_ref().map(ToString::to_string);
    ZoneStatus {
        zone: name.to_string(),
        present: head.present,
        revision: head.revision,
        serial: head.serial,
        records: head.records,
        master,
        user,
        changed: head.changed,
        changed_by: head.changed_by,
        notes: head.warnings.into_iter().chain(serial).collect(),
        serial_not_ahead_of: not_ahead.map(|not_ahead| not_ahead.before),
        left_behind: identity.health.left_behind(name),
        edited_rrsets: 0,
        shadowed: Vec::new(),
        overridden: Vec::new(),
        push_held_because: Vec::new(),
        last_refused: store
            .refused(name)
            .map(|refused| RefusedPush::of(name, refused)),
        state: state.into(),
        backends: Vec::new(),
    }
}

/// The RRsets that were pushed anew under an edit.
fn overridden(layers: &Layers) -> Vec<Overridden> {
    let entries = layers.above.iter().flat_map(|(_, entries)| entries);
    entries
        .filter_map(|(key, entry)| {
            let pushed = entry.pushed.as_ref()?;
            Some(Overridden {
                name: NameText(key.owner()).to_string(),
                rtype: TypeName(key.rtype()).to_string(),
                edited_by: entry.by.clone(),
                pushed_by: pushed.by.clone(),
                pushed_at: pushed.at,
            })
        })
        .collect()
}

fn receipt_status(
    id: &BackendId,
    receipt: Receipt,
    pending: Option<PendingEntry>,
    head: &Head,
) -> ReceiptStatus {
    let pending = pending.as_ref();
    let history: Vec<PastResult> = receipt
        .history
        .into_iter()
        .map(|event| PastResult {
            at: event.at,
            revision: event.revision,
            result: event.word().into(),
            cause: event.result.cause(),
        })
        .collect();
    ReceiptStatus {
        id: id.to_string(),
        state: entry_state(pending, head.present).into(),
        desired_revision: head.revision,
        verified_revision: receipt.revision,
        verified_serial: receipt.serial,
        verified_digest: receipt
            .digest
            .map(|digest| blake3::Hash::from_bytes(digest).to_hex().to_string()),
        verified_at: receipt.verified,
        cause: pending.and_then(|entry| entry.cause.clone()),
        attempts: pending.map_or(0, |entry| entry.attempts),
        next_try: pending.map(next_try),
        last_error: history
            .iter()
            .rev()
            .find(|past| past.result == "failed")
            .cloned(),
        notes: receipt.notes,
        history,
    }
}

/// When an entry is tried next. One that has never been is due at once, which the store writes as a
/// time long past: since when it waits says more.
pub(super) fn next_try(entry: &PendingEntry) -> Timestamp {
    match (entry.attempts, &entry.cause) {
        (0, None) => entry.since,
        _ => entry.due.max(entry.since),
    }
}

/// The state of a zone by the default backend, or by the worst of all.
pub(in crate::http) fn state_of(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
    present: bool,
) -> &'static str {
    if identity.asked().next().is_none() && present {
        return "kept";
    }
    let mut asked: Vec<_> = identity.asked().collect();
    // Where the zone is not placed on the default backend, that says nothing of it.
    if !asked.iter().any(|id| store.is_placed(id, name)) {
        asked = identity.backends.keys().collect();
    }
    let attempts = asked
        .into_iter()
        .filter_map(|id| store.pending_attempts(id, name));
    match attempts.max() {
        Some(0) => "pending",
        Some(_) => "failed",
        None if present => "served",
        None => "removed",
    }
}

fn entry_state(pending: Option<&PendingEntry>, present: bool) -> &'static str {
    match pending {
        Some(entry) if entry.attempts > 0 => "failed",
        Some(_) => "pending",
        None if present => "served",
        None => "removed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_been_tried_shows_since_when_it_waits() {
        let since: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-11-21T09:05:00Z".parse().unwrap();
        let entry = |attempts, due, cause: Option<&str>| PendingEntry {
            revision: 1,
            since,
            due,
            attempts,
            cause: cause.map(str::to_owned),
        };
        assert_eq!(next_try(&entry(0, Timestamp::UNIX_EPOCH, None)), since);
        assert_eq!(next_try(&entry(1, later, Some("refused"))), later);
        let unverified = entry(0, later, Some("not seen yet"));
        assert_eq!(next_try(&unverified), later);
        assert_eq!(entry_state(Some(&unverified), true), "pending");
        assert_eq!(
            receipt_status_of(unverified).cause.as_deref(),
            Some("not seen yet")
        );
    }

    fn receipt_status_of(entry: PendingEntry) -> ReceiptStatus {
        let id = "bind".parse().unwrap();
        let head = Head {
            revision: 1,
            present: true,
            owner: None,
            serial: 1,
            content: [0; 32],
            records: 3,
            changed: entry.since,
            changed_by: String::new(),
            warnings: Vec::new(),
        };
        receipt_status(&id, Receipt::default(), Some(entry), &head)
    }
}
