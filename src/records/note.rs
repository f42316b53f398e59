//! The line of an edit in the log.

use dadns_zone::ZoneName;

use crate::access::Principal;
use crate::logging::info;
use crate::store::Stored;

/// Says in the log that `by` has edited records, and how the zone stands.
pub fn note(name: &ZoneName, by: &Principal, stored: &Stored) {
    let (revision, serial) = (stored.revision, stored.serial);
    match stored.changed {
        true => info!(
            zone = %name,
            principal = %by,
            "zone {name}: records edited by {by}: revision {revision}, serial {serial}"
        ),
        false => info!(
            zone = %name,
            principal = %by,
            "zone {name}: records edited by {by}; they were like this already"
        ),
    }
}
