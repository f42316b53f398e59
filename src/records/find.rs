//! The zone that a name is in.

use dadns_zone::ZoneName;

use crate::access::Principal;
use crate::store::{Store, StoreError};

/// The longest present zone that `name` ends in and that `principal` sees.
///
/// # Errors
/// When the store cannot be read.
pub fn zone_of(
    store: &Store,
    principal: &Principal,
    name: &str,
) -> Result<Option<ZoneName>, StoreError> {
    let mut rest = Some(name.trim_end_matches('.'));
    while let Some(suffix) = rest {
        if let Ok(zone) = ZoneName::parse(suffix)
            && principal.sees(&zone)
            && store.head(&zone)?.is_some_and(|head| head.present)
        {
            return Ok(Some(zone));
        }
        rest = suffix.split_once('.').map(|(_, parent)| parent);
    }
    Ok(None)
}
