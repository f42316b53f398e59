//! Edits against the scope of whoever makes them.

use dadns_zone::{Rtype, Zone, ZoneName};

use crate::access::{Denied, Principal};
use crate::store::RecordEdit;

/// Whether `principal` may hide what `edits` hide in `zone` as it stands: a CNAME takes the place of all other
/// records of its name, and these take the place of a CNAME.
///
/// # Errors
/// All that it may not.
pub fn permit_hiding(
    principal: &Principal,
    zone: &Zone,
    edits: &[RecordEdit],
) -> Result<(), Vec<Denied>> {
    let adds = |edit: &&RecordEdit| matches!(edit, RecordEdit::Replace(_) | RecordEdit::Add { .. });
    let hidden = edits.iter().filter(adds).flat_map(|edit| {
        let key = edit.key();
        let alias = |rtype: Rtype| rtype == Rtype::CNAME;
        let beside = zone.at(key.owner()).iter();
        let beside = beside.filter(move |set| alias(set.rtype()) != alias(key.rtype()));
        beside.filter(move |set| alias(set.rtype()) || alias(edit.key().rtype()))
    });
    let denied: Vec<_> = hidden
        .filter_map(|set| principal.may_edit(zone.name(), &set.into(), None).err())
        .collect();
    match denied.is_empty() {
        true => Ok(()),
        false => Err(denied),
    }
}

/// Whether `principal` may make all of `edits` in `zone`.
///
/// # Errors
/// All that it may not.
pub fn permit(
    principal: &Principal,
    zone: &ZoneName,
    edits: &[RecordEdit],
) -> Result<(), Vec<Denied>> {
    let denied: Vec<_> = edits
        .iter()
        .filter_map(|edit| {
            let ttl = edit.ttl();
            principal.may_edit(zone, &edit.key(), ttl).err()
        })
        .collect();
    match denied.is_empty() {
        true => Ok(()),
        false => Err(denied),
    }
}
