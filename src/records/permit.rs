//! Edits against the scope of whoever makes them.

use dadns_zone::ZoneName;

use crate::access::{Denied, Principal};
use crate::store::RecordEdit;

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
