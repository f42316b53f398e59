//! What an operator can say about the face of acme-dns.

use dadns_keys::{Text, keys, many, network, optional, whole};
use dadns_zone::ZoneName;
use ipnet::IpNet;

use crate::http::rest::zone_name;

keys! {
    /// The face of acme-dns: `/register` and `/update`.
    pub struct AcmeDns("acme_dns") {
        /// The zone that its names are in, which has to be present. Empty: there is no such face.
        pub zone: Option<ZoneName> = optional(Text::Read(zone_name)), "\"\"";
        /// The addresses and networks that may register, without a login.
        pub allow: Vec<IpNet> = many(Text::Read(network)), "[127.0.0.0/8, \"::1\"]";
        /// Registrations per minute that one address (IPv6: one /64) may make.
        pub registrations_per_minute: u32 = whole(1, 10_000), "10";
        /// Most accounts; past that nobody can register.
        pub accounts: usize = whole(1, 100_000), "1000";
        /// The TTL of challenges, in seconds.
        pub ttl: u32 = whole(1, 60), "1";
    }
}
