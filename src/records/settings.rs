//! What an operator can say about records that are edited here.

use dadns_keys::{keys, many, one, text, whole};

keys! {
    /// Records that are edited here, and zones that are made here: by API, dynamic update, command line.
    pub struct Settings("records") {
        /// The TTL of records without one, in seconds.
        pub ttl: u32 = whole(0, 2_147_483_647), "3600";
        /// The name servers of zones that are made here, where the request names none. Empty: it has to.
        pub nameservers: Vec<String> = many(text()), "[]";
        /// The primary in the SOA of zones that are made here. Empty: the first name server.
        pub soa_primary: String = one(text()), "\"\"";
        /// Who is responsible for zones that are made here, as the SOA has it. `hostmaster` without a dot at
        /// its end is a name in the zone.
        pub soa_contact: String = one(text()), "hostmaster";
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
