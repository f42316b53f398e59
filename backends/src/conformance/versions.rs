//! Zones in several versions.

use dadns_zone::Zone;

use super::zone;

/// A zone each of whose records says which version it is of, so that a mix is seen.
pub(super) fn version(apex: &str, serial: u32) -> Zone {
    let records: String = (0..10)
        .map(|number| format!("r{number} TXT \"version {serial}\"\n"))
        .collect();
    zone(apex, serial, &records)
}
