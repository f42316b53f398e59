//! What an operator can say about the registry.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use dadns_keys::{Report, Text, keys, many, network, one, optional, socket, whole};
use dadns_zone::ZoneName;
use ipnet::IpNet;

use super::rules::{GuardRule, Limits, Terms, is_label};
use crate::access::Principal;

keys! {
    /// The registry: services that register themselves, and are published while they are healthy.
    pub struct Settings("registry") {
        /// Whether there is one.
        pub enabled: bool = dadns_keys::boolean(), "false";
        /// Where its faces listen, each as ADDRESS:PORT. Port 0: any free port.
        pub listen: Vec<SocketAddr> = many(Text::Read(socket)), "[\"127.0.0.1:8500\"]";
        /// Whether they speak TLS, with the files of `app.ssl_*`; many clients of such faces cannot.
        pub tls: bool = dadns_keys::boolean(), "false";
        /// The networks whose clients need no token; all others need one, or an account.
        pub allow: Vec<IpNet> = many(Text::Read(network)), "[127.0.0.0/8, \"::1\"]";
        /// The name below which services are published: a zone of its own, which is made when it is not there,
        /// or a name within a zone that is present. Empty: nothing is published.
        pub domain: Option<ZoneName> = optional(Text::Read(domain)), "\"\"";
        /// The name servers of that zone where it is made. Empty: those of `records.nameservers`.
        pub nameservers: Vec<String> = many(Text::Read(dadns_keys::host)), "[]";
        /// The name of this site in published names.
        pub datacenter: String = one(Text::Read(label)), "dc1";
        /// The TTL of what is published, in seconds; also how long resolvers remember that a service is not there.
        pub ttl: u32 = whole(0, 3_600), "5";
        /// The least time without a heartbeat after which an instance becomes critical, in seconds. One whose
        /// heartbeats are slower has three times their interval.
        pub lease_seconds: u64 = whole(1, 86_400), "60";
        /// Instances that are critical for so many minutes are removed. 0: never.
        pub deregister_after_minutes: u64 = whole(0, 525_600), "60";
        /// When more than this share of a service's instances become critical by themselves within
        /// `guard_seconds`, in percent, the last good set stays published. 100: never.
        pub guard_percent: u8 = whole(1, 100), "50";
        /// Services with fewer instances are not guarded.
        pub guard_from: usize = whole(1, 1_000_000), "3";
        /// See `guard_percent`.
        pub guard_seconds: u64 = whole(1, 86_400), "60";
        /// The networks where instances are probed as they ask for it. Link-local addresses and the gateway's own ports never
        /// are.
        pub probe_networks: Vec<IpNet> = many(Text::Read(network)), "[10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, \"fc00::/7\"]";
        /// Most instances of all clients.
        pub instances: usize = whole(1, 1_000_000), "100000";
        /// Most instances of one client: a token, an account, or an address without either.
        pub instances_per_client: usize = whole(1, 1_000_000), "1000";
        /// Where the line protocol of small DNS databases (`ADD:www.example.com:A:192.0.2.1` over TCP) is listened to, each
        /// as ADDRESS:PORT. Empty: nowhere. Clients of other machines need a token, which crosses the network in clear.
        pub line_listen: Vec<SocketAddr> = many(Text::Read(socket)), "[]";
        /// The zones, or patterns such as `*.example.com`, that clients of the line protocol on this machine may read and edit without a
        /// token, if their address is in `allow`. Empty: none.
        pub line_zones: Vec<String> = many(Text::Read(pattern)), "[]";
        /// Whether `ADD` of the line protocol replaces the records of its name and type. false: it adds to them.
        pub line_add_replaces: bool = dadns_keys::boolean(), "true";
        /// The zones that external-dns may keep, whose webhook provider this is. Those of its clients whose address is in `allow` may
        /// edit all of them, others what their token may. Empty: there is no such provider.
        pub webhook_zones: Vec<ZoneName> = many(Text::Read(domain)), "[]";
        /// Most octets of a registration.
        pub max_body_bytes: usize = whole(1_024, 1_048_576), "65536";
    }
}

impl Settings {
    /// What the book is kept by.
    pub(super) fn terms(&self) -> Terms {
        let minutes = self.deregister_after_minutes;
        Terms {
            lease: Duration::from_secs(self.lease_seconds),
            deregister_after: (minutes > 0).then(|| Duration::from_secs(minutes * 60)),
            guard: GuardRule {
                percent: usize::from(self.guard_percent),
                from: self.guard_from,
                within: Duration::from_secs(self.guard_seconds),
            },
            limits: Limits {
                instances: self.instances,
                per_client: self.instances_per_client,
            },
        }
    }

    /// Rules between its keys, and the name servers of zones that are made here.
    pub fn check(&self, nameservers: &[String], report: &mut Report) {
        if !self.enabled {
            return;
        }
        if self.domain.is_some() && self.nameservers.is_empty() && nameservers.is_empty() {
            report.fail(
                "registry.nameservers",
                "registry.nameservers: the zone of registry.domain needs a name server, and records.nameservers is \
                 empty too",
            );
        }
        if self.listen.is_empty() {
            report.fail(
                "registry.listen",
                "registry.listen is empty: nobody could register",
            );
        }
        if let Some(far) = self.line_listen.iter().find(|at| !at.ip().is_loopback()) {
            let message = format!(
                "registry.line_listen: tokens for {far} cross the network in clear; clients of this machine alone need none"
            );
            report.warn("registry.line_listen", message);
        }
        if self.domain.is_none() {
            report.warn(
                "registry.domain",
                "registry.domain is empty: services are found over HTTP only, and not in DNS",
            );
        }
    }
}

fn domain(text: &str) -> Result<String, String> {
    match ZoneName::parse(text.trim_end_matches('.')) {
        Ok(name) => Ok(name.to_string()),
        Err(_) => Err("a domain name such as service.example.com".to_owned()),
    }
}

fn label(text: &str) -> Result<String, String> {
    match is_label(text) {
        true => Ok(text.to_owned()),
        false => Err("one label of a name, lower-case, such as dc1".to_owned()),
    }
}

fn pattern(text: &str) -> Result<String, String> {
    let pattern = text.trim_end_matches('.').to_ascii_lowercase();
    match Principal::allowed("", IpAddr::V4(Ipv4Addr::LOCALHOST), &[pattern.clone()]) {
        Ok(_) => Ok(pattern),
        Err(_) => Err("a zone such as example.com, or a pattern such as *.example.com".to_owned()),
    }
}
