//! What an operator can say about the registry.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use dadns_keys::{Report, Text, any, items, keys, many, network, one, optional, socket, whole};
use dadns_zone::ZoneName;
use ipnet::IpNet;

use super::rules::{GuardRule, Limits, Pool, Terms, is_label};
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
        /// The names by which clients reach it that send no token, such as registry.example.net. Addresses, localhost and names
        /// without a dot need not be listed. By any other name a web page could lead a browser here, and is refused.
        pub host_names: Vec<String> = many(Text::Read(dadns_keys::host)), "[]";
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
        /// The authorities that probes over TLS trust, as a PEM file. Empty: those that browsers trust.
        pub probe_ca_file: Option<PathBuf> = optional(any()), "\"\"";
        /// The reverse zones in which PTR records of instances are published, such as 2.0.192.in-addr.arpa: each is a zone
        /// of its own, which is made when it is not there, or a name within a zone that is present.
        pub reverse: Vec<ZoneName> = many(Text::Read(domain)), "[]";
        /// Networks out of which those get an address who register with `pool` instead of one.
        pub pools: Vec<PoolKeys> = items(), "[]";
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

keys! {
    /// One pool of addresses.
    pub struct PoolKeys("") {
        /// Its name: one label of a domain name.
        pub name: String = one(Text::Read(label)), required "vms";
        /// The networks that it has the addresses of.
        pub networks: Vec<IpNet> = many(Text::Read(network)), required "[10.0.8.0/22]";
        /// Addresses and networks within these that are not given out, such as that of the router.
        pub exclude: Vec<IpNet> = many(Text::Read(network)), "[]";
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
            pools: self
                .pools
                .iter()
                .map(|pool| Pool {
                    name: pool.name.clone(),
                    networks: pool.networks.iter().map(IpNet::trunc).collect(),
                    excluded: pool.exclude.clone(),
                })
                .collect(),
        }
    }

    /// Rules between its keys, the name servers of zones that are made here, and whether there are several nodes.
    pub fn check(&self, nameservers: &[String], is_one_of_several: bool, report: &mut Report) {
        if !self.enabled {
            return;
        }
        if is_one_of_several {
            report.warn(
                "registry.enabled",
                "registry.enabled: with cluster.engine, one node at a time publishes what has registered with it: \
                 services have to register with each node that is to take over from it",
            );
        }
        if is_one_of_several && !self.pools.is_empty() {
            report.fail(
                "registry.pools",
                "registry.pools: with cluster.engine, two nodes would give one address twice, as neither knows what the \
                 other gave: leave pools to a gateway of its own",
            );
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
        self.check_pools(report);
        self.check_reverse(report);
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

impl Settings {
    /// No address is of two pools, so that none is given out twice.
    fn check_pools(&self, report: &mut Report) {
        for (at, pool) in self.pools.iter().enumerate() {
            let path = format!("registry.pools.{}", at + 1);
            if pool.networks.is_empty() {
                let path = format!("{path}.networks");
                report.fail(&path, format!("{path}: pool {} has no network", pool.name));
            }
            for other in &self.pools[..at] {
                if other.name == pool.name {
                    let path = format!("{path}.name");
                    let message = format!("{path}: another pool is called {} too", pool.name);
                    report.fail(&path, message);
                }
                let meets = |one: &IpNet, other: &IpNet| one.contains(other) || other.contains(one);
                let mut pairs = pool
                    .networks
                    .iter()
                    .flat_map(|one| other.networks.iter().map(move |other| (one, other)));
                if let Some((one, with)) = pairs.find(|(one, other)| meets(one, other)) {
                    let path = format!("{path}.networks");
                    let message = format!(
                        "{path}: {one} has addresses of {with} in pool {}",
                        other.name
                    );
                    report.fail(&path, message);
                }
            }
        }
    }

    /// No name is published by two.
    fn check_reverse(&self, report: &mut Report) {
        let path = "registry.reverse";
        if !self.reverse.is_empty() && self.domain.is_none() {
            let message =
                "registry.reverse: PTR records lead to names below registry.domain, which is empty";
            report.fail(path, message);
        }
        let all: Vec<_> = self.reverse.iter().chain(&self.domain).collect();
        for (at, zone) in all.iter().enumerate() {
            let above = |other: &ZoneName| {
                other == *zone || zone.ancestors().any(|ancestor| ancestor == *other)
            };
            let mut others = all.iter().enumerate();
            if let Some((_, other)) = others.find(|(by, other)| *by != at && above(other)) {
                report.fail(
                    path,
                    format!("registry.reverse: {zone} is {other}, or in it"),
                );
                return;
            }
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
    match Principal::allowed(
        "",
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        std::slice::from_ref(&pattern),
    ) {
        Ok(_) => Ok(pattern),
        Err(_) => Err("a zone such as example.com, or a pattern such as *.example.com".to_owned()),
    }
}
