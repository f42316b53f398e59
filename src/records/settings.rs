//! What an operator can say about records that are edited here.

use dadns_keys::{Text, keys, many, one, optional, whole};
use dadns_zone::{ZoneName, record};

keys! {
    /// Records that are edited here, and zones that are made here: by API, dynamic update, command line.
    pub struct Settings("records") {
        /// The TTL of records without one, in seconds.
        pub ttl: u32 = whole(0, 2_147_483_647), "3600";
        /// The name servers of zones that are made here, where the request names none. Empty: it has to.
        pub nameservers: Vec<String> = many(server_name()), "[]";
        /// The primary in the SOA of zones that are made here. Empty: the first name server.
        pub soa_primary: Option<String> = optional(server_name()), "\"\"";
        /// Who is responsible for zones that are made here, as the SOA has it. `hostmaster` without a dot at
        /// its end is a name in the zone.
        pub soa_contact: String = one(contact()), "hostmaster";
        /// Seconds between two looks of a secondary at the SOA.
        pub soa_refresh: u32 = whole(1, 2_147_483_647), "10800";
        /// Seconds after which a secondary looks again when that failed.
        pub soa_retry: u32 = whole(1, 2_147_483_647), "3600";
        /// Seconds after which a secondary that reaches nobody stops answering.
        pub soa_expire: u32 = whole(1, 2_147_483_647), "604800";
        /// For how many seconds resolvers remember that a name or type does not exist.
        pub soa_minimum: u32 = whole(0, 2_147_483_647), "3600";
    }
}

/// The name of a name server, in full; a final dot is taken and not needed.
const fn server_name() -> Text {
    Text::Read(|text| {
        let name = text.trim_end_matches('.');
        match reads("NS", &format!("{name}.")) && name.contains('.') {
            true => Ok(name.to_owned()),
            false => Err("the full name of a name server such as ns1.example.net".to_owned()),
        }
    })
}

const fn contact() -> Text {
    Text::Read(|text| match reads("NS", text) {
        true => Ok(text.to_owned()),
        false => Err("a name such as hostmaster, or hostmaster.example.net. in full".to_owned()),
    })
}

/// Whether a text is the data of a record, whatever the zone.
fn reads(rtype: &str, text: &str) -> bool {
    let zone = ZoneName::parse("example");
    zone.is_ok_and(|zone| record(&zone, "@", rtype, text).is_ok())
}
