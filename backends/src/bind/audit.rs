//! What `named` cannot load of a zone, told before it is asked to.

use dadns_zone::Zone;

use super::files::ZoneFiles;
use crate::Unsupported;

/// What `named` cannot hold of `zone`.
pub(super) fn audit(zone: &Zone) -> Vec<Unsupported> {
    if ZoneFiles::can_name(zone.name()) {
        return Vec::new();
    }
    vec![Unsupported {
        record: format!("{} SOA", zone.name()),
        reason: "the name is too long for the name of a zone file".to_owned(),
        fatal: true,
    }]
}
