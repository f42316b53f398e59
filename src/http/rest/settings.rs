//! What an operator can say about the plain REST face.

use dadns_keys::{Text, boolean, keys, optional};
use dadns_zone::ZoneName;

keys! {
    /// The plain REST face: `/`, and `/a`, `/txt`, … for each type of records.
    pub struct Rest("rest") {
        /// Whether it answers.
        pub enabled: bool = boolean(), "false";
        /// The zone that names without a final dot end in. Empty: they are taken in full, and the longest
        /// present zone that they end in is meant.
        pub zone: Option<ZoneName> = optional(Text::Read(zone_name)), "\"\"";
    }
}

/// The name of a zone, as this face and that of acme-dns take it.
pub(in crate::http) fn zone_name(text: &str) -> Result<String, String> {
    match ZoneName::parse(text.trim_end_matches('.')) {
        Ok(name) => Ok(name.to_string()),
        Err(_) => Err("the name of a zone such as example.com".to_owned()),
    }
}
