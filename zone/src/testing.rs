//! Zones for tests, here and in the crates above.

#![allow(clippy::panic)]

use crate::{Limits, Zone, ZoneName, read};

/// A zone with an SOA of this serial, one NS, and `records` relative to the apex.
///
/// # Panics
/// When that is not a zone.
pub fn zone(apex: &str, serial: u32, records: &str) -> Zone {
    let head = format!(
        "@ SOA ns.example.net. host.example.net. {serial} 7200 3600 1209600 300\n@ NS ns.example.net.\n"
    );
    let text = format!("$TTL 3600\n$ORIGIN {apex}.\n{head}{records}");
    let name = match ZoneName::parse(apex) {
        Ok(name) => name,
        Err(error) => panic!("{apex}: {error}"),
    };
    match read(&name, text.as_bytes(), &Limits::default()) {
        Ok(reading) => reading.zone,
        Err(error) => panic!("{apex}: {error}\n{text}"),
    }
}
