//! Zones with what became of them on each backend.

use dadns_backends::BackendId;
use dadns_zone::ZoneName;

use super::shape::{Outcome, ReceiptStatus, ZonePage, ZoneStatus};
use super::{Identity, PageQuery};
use crate::store::{EventKind, Head, PendingEntry, Receipt, Store, StoreError};

/// The most zones of one page.
const PAGE: usize = 1_000;

pub(super) fn page(
    store: &Store,
    identity: &Identity,
    query: &PageQuery,
) -> Result<ZonePage, StoreError> {
    let mut zones = Vec::new();
    let mut next = None;
    for found in store.heads_after(query.after.as_deref()) {
        let (name, head) = found?;
        if !head.held && !query.removed {
            continue;
        }
        if zones.len() == PAGE {
            next = zones.last().map(|last: &ZoneStatus| last.zone.clone());
            break;
        }
        let state = state_of(store, identity, &name)?;
        zones.push(zone_status(&name, head, state));
    }
    Ok(ZonePage { zones, next })
}

pub(super) fn with_receipts(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
    head: Head,
) -> Result<ZoneStatus, StoreError> {
    let state = state_of(store, identity, name)?;
    let receipts = store.receipts(name)?;
    let backends = identity
        .backends
        .keys()
        .map(|id| {
            let receipt = receipts.get(id).cloned().unwrap_or_default();
            let pending = store.pending_entry(id, name);
            receipt_status(id, receipt, pending, head.held)
        })
        .collect();
    Ok(ZoneStatus {
        backends,
        ..zone_status(name, head, state)
    })
}

fn zone_status(name: &ZoneName, head: Head, state: &str) -> ZoneStatus {
    let (master, user) = head
        .owner
        .map_or((None, None), |owner| (Some(owner.master), owner.user));
    ZoneStatus {
        zone: name.to_string(),
        held: head.held,
        revision: head.revision,
        serial: head.serial,
        records: head.records,
        master,
        user,
        changed: head.changed,
        changed_by: head.changed_by,
        warnings: head.warnings,
        state: state.into(),
        backends: Vec::new(),
    }
}

fn receipt_status(
    id: &BackendId,
    receipt: Receipt,
    pending: Option<PendingEntry>,
    held: bool,
) -> ReceiptStatus {
    let pending = pending.as_ref();
    let history = receipt
        .history
        .into_iter()
        .map(|event| {
            let (outcome, cause) = match event.kind {
                EventKind::Applied => ("applied", None),
                EventKind::Unchanged => ("unchanged", None),
                EventKind::Removed => ("removed", None),
                EventKind::Failed(cause) => ("failed", Some(cause)),
            };
            Outcome {
                at: event.at,
                revision: event.revision,
                outcome: outcome.into(),
                cause,
            }
        })
        .collect();
    ReceiptStatus {
        id: id.to_string(),
        state: entry_state(pending, held).into(),
        proven_revision: receipt.revision,
        proven_serial: receipt.serial,
        cause: pending.and_then(|entry| entry.cause.clone()),
        attempts: pending.map_or(0, |entry| entry.attempts),
        next_try: pending.map(|entry| entry.due),
        notes: receipt.notes,
        history,
    }
}

/// The state of a zone by the default backend, or by the worst of all.
pub(super) fn state_of(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
) -> Result<&'static str, StoreError> {
    let held = store.head(name)?.is_some_and(|head| head.held);
    let asked: Vec<&BackendId> = match &identity.default_backend {
        Some(id) => vec![id],
        None => identity.backends.keys().collect(),
    };
    let states: Vec<_> = asked
        .into_iter()
        .map(|id| entry_state(store.pending_entry(id, name).as_ref(), held))
        .collect();
    let worst = ["failed", "pending"]
        .into_iter()
        .find(|state| states.contains(state));
    Ok(worst.unwrap_or_else(|| entry_state(None, held)))
}

fn entry_state(pending: Option<&PendingEntry>, held: bool) -> &'static str {
    match pending {
        Some(entry) if entry.attempts > 0 => "failed",
        Some(_) => "pending",
        None if held => "served",
        None => "removed",
    }
}
