//! The keys of the built-in server in the configuration, the rules between them, and the server as one
//! that the gateway runs.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use dadns_keys::{
    Report, Text, checked, keys, many, millis, network, one_of, optional, parsed, secrets, socket,
    whole,
};
use dadns_zone::{Zone, ZoneName};
use ipnet::IpNet;
use strsim::damerau_levenshtein;

use super::{
    Allowed, Builtin, Counts, Follow, NoticeSink, RateLimit, Reused, Secondary, Settings,
    TcpLimits, TsigKey, Updater,
};
use crate::{BackendError, BackendId, Configured, Instance, Opened, Server};

keys! {
    /// The built-in name server. Two of them need addresses of their own.
    pub struct Keys("") {
        /// Addresses to answer on, each over UDP and TCP. `0.0.0.0:53` and `[::]:53` together are all of
        /// this machine. Port 0: any free port; the log says which. If one of them cannot be listened on,
        /// the server answers on none, and tries all again.
        listen: Vec<SocketAddr> = many(Text::Read(socket)), "[\"127.0.0.1:5300\"]";
        /// The answer to version.bind (class CH, type TXT), 255 octets at most. Empty: refused.
        version: Option<String> = optional(txt()), "\"\"";
        /// Most TCP connections at once; for one that comes later, the one that is idle longest is closed.
        tcp_connections: usize = whole(1, 100_000), "1000";
        /// Most TCP connections at once from one address (IPv6: one /64); those that come later are closed.
        tcp_connections_per_client: usize = whole(1, 100_000), "50";
        /// How long a TCP connection may lie idle, in milliseconds.
        tcp_idle_timeout "tcp_idle_timeout_ms": Duration = millis(100, 600_000), "10000";
        /// Identical answers per second over UDP to one network (IPv4: /24, IPv6: /56). 0: no limit.
        rate_limit: u32 = whole(0, 1_000_000), "200";
        /// Of the answers over the limit, every N-th is sent truncated, so that real resolvers ask again over
        /// TCP; the others are dropped. At most 10; 0: all are dropped.
        rate_limit_slip: u32 = whole(0, 10), "2";
        /// Addresses and networks without that limit, besides those of `listen`.
        rate_limit_exempt: Vec<IpNet> = many(Text::Read(network)), "[127.0.0.0/8, \"::1\"]";
        /// Who may transfer zones: addresses and networks, each followed by a space and the name of a TSIG
        /// key where requests must be signed, such as `192.0.2.0/24 transfer`. Empty: nobody.
        allow_transfer: Vec<Allowed> = many(parsed::<Allowed>()), "[]";
        /// Who may change records by dynamic update (RFC 2136), in the same form; updates must be signed, so
        /// each entry needs a key, such as `192.0.2.0/24 certbot`. `updates.grants` limits what a key may
        /// change; without a grant that is every record. A key that may transfer may not update by that
        /// alone, nor the other way round. Empty: nobody.
        allow_update: Vec<Allowed> = many(updating()), "[]";
        /// Secondaries to notify of changes: addresses, with a port where it is not 53, followed by a space
        /// and the name of a TSIG key where NOTIFY must be signed, such as `192.0.2.53` or
        /// `[2001:db8::53]:5353 transfer`.
        notify: Vec<Secondary> = many(parsed::<Secondary>()), "[]";
        /// TSIG keys, as `dig -y` takes them: ALGORITHM:NAME:SECRET with hmac-sha256, hmac-sha384,
        /// hmac-sha512 or hmac-sha1, the secret in base64. hmac-sha224 and hmac-md5 are for clients that know
        /// no other. A file may hold one on each line.
        tsig_keys: Vec<TsigKey> = secrets(checked::<TsigKey>()), "[]";
        /// The name of a catalog zone that lists all zones for secondaries (RFC 9432). Empty: none.
        catalog_zone: Option<ZoneName> = optional(zone_name()), "\"\"";
        /// Into which zones an answer follows a CNAME or DNAME, and where it takes the addresses of mail
        /// and other servers from. own_zone: only the zone of the question, as BIND and Knot do; the
        /// resolver asks for the rest itself. all: every zone here, as NSD follows aliases. That saves the
        /// resolver a question, but a customer who adds a zone of a name that is not theirs can then put
        /// records into the answers of other customers' zones: use it only where all zones trust each other.
        follow: Follow = one_of(&["own_zone", "all"]), "own_zone";
    }
}

/// Text that fits one string of a TXT record.
const fn txt() -> Text {
    Text::Read(|text| match text.len() <= 255 {
        true => Ok(text.to_owned()),
        false => Err("text of at most 255 octets".to_owned()),
    })
}

/// Who may update; the key is not left out.
const fn updating() -> Text {
    Text::Read(|text| {
        match text.parse::<Allowed>() {
        Ok(allowed) if allowed.key.is_some() => Ok(allowed.to_string()),
        _ => Err(
            "an address or a network such as 192.0.2.7 or 192.0.2.0/24, followed by a space and the name of \
             a TSIG key: updates must be signed"
                .to_owned(),
        ),
    }
    })
}

const fn zone_name() -> Text {
    Text::Read(|text| match text.parse::<ZoneName>() {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => Err("the name of a zone such as catalog.example".to_owned()),
    })
}

impl Configured for Builtin {
    const NAME: &'static str = "builtin";
    const PREFIXES: &'static [&'static str] = &["builtin"];
    const ENABLED: bool = true;
    type Keys = Keys;
    type Settings = Settings;

    fn settings(keys: Keys, _: &str, _: &mut Report) -> Option<Settings> {
        let rate_limit = RateLimit {
            responses_per_second: keys.rate_limit,
            slip: keys.rate_limit_slip,
            exempt: keys.rate_limit_exempt,
        };
        Some(Settings {
            listen: keys.listen,
            version: keys.version,
            tcp: TcpLimits {
                connections: keys.tcp_connections,
                connections_per_client: keys.tcp_connections_per_client,
                idle: keys.tcp_idle_timeout,
            },
            rate_limit: Some(rate_limit).filter(|limit| limit.responses_per_second > 0),
            allow_transfer: keys.allow_transfer,
            allow_update: keys.allow_update,
            notify: keys.notify,
            tsig_keys: keys.tsig_keys,
            catalog_zone: keys.catalog_zone,
            follow: keys.follow,
        })
    }

    fn check(all: &[Instance<'_, Settings>], report: &mut Report) {
        shared_addresses(all, report);
        for server in all {
            listens(server, report);
            tsig_keys(server, report);
            open_transfers(server, report);
            closed_transfers(server, report);
        }
    }

    fn open(id: BackendId, settings: Settings) -> Result<Opened, BackendError> {
        Ok(Opened::server(Self::open(id, settings)))
    }
}

/// Two servers on one address: the second could not start.
fn shared_addresses(all: &[Instance<'_, Settings>], report: &mut Report) {
    let mut taken: Vec<(SocketAddr, String)> = Vec::new();
    for server in all {
        let path = server.key("listen");
        if report.is_wrong(&path) {
            continue;
        }
        for address in &server.settings.listen {
            if let Some((other, by)) = taken.iter().find(|(other, _)| collide(*other, *address)) {
                let message = format!("{path}: {address} is taken: {by} has {other}");
                report.fail(&path, message);
            }
            taken.push((*address, path.clone()));
        }
    }
}

/// Whether only one of two can be listened on. A wildcard stands for every address of its family.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let wildcard = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port()
        && one.port() != 0
        && one.is_ipv4() == other.is_ipv4()
        && (one == other || wildcard)
}

fn listens(server: &Instance<'_, Settings>, report: &mut Report) {
    if server.settings.listen.is_empty() {
        let path = server.key("listen");
        let message = format!("{path}: it is empty, but needs at least one address with a port");
        report.fail(&path, message);
    }
}

/// Every key that is named has to be there, once.
fn tsig_keys(server: &Instance<'_, Settings>, report: &mut Report) {
    let (keys, settings) = (server.key("tsig_keys"), server.settings);
    if report.is_wrong(&keys) {
        return;
    }
    let mut known = BTreeSet::new();
    for key in &settings.tsig_keys {
        let name = key.name().to_string();
        if !known.insert(name.clone()) {
            report.fail(&keys, format!("{keys}: two keys are called {name:?}"));
        }
    }
    let transfers = settings.allow_transfer.iter().map(|item| item.key.as_ref());
    let updates = settings.allow_update.iter().map(|item| item.key.as_ref());
    let notifies = settings.notify.iter().map(|item| item.key.as_ref());
    let named = transfers
        .map(|key| ("allow_transfer", key))
        .chain(updates.map(|key| ("allow_update", key)))
        .chain(notifies.map(|key| ("notify", key)));
    let named: BTreeSet<_> = named
        .filter_map(|(list, key)| Some((list, key?.to_string())))
        .collect();
    for (list, name) in named {
        if known.contains(&name) {
            continue;
        }
        let near = known
            .iter()
            .min_by_key(|near| damerau_levenshtein(near, &name));
        let hint = match near {
            Some(near) => format!("the nearest in tsig_keys is {near:?}"),
            None => "tsig_keys is empty".to_owned(),
        };
        let path = server.key(list);
        let message = format!("{path}: there is no TSIG key {name:?}; {hint}");
        report.fail(&path, message);
    }
}

/// Whoever hears of a change and may not have it is of no use.
fn closed_transfers(server: &Instance<'_, Settings>, report: &mut Report) {
    let settings = server.settings;
    if !settings.allow_transfer.is_empty() {
        return;
    }
    let set = [
        ("notify", !settings.notify.is_empty()),
        ("catalog_zone", settings.catalog_zone.is_some()),
    ];
    for (key, _) in set.iter().filter(|(_, set)| *set) {
        let path = server.key(key);
        let message =
            format!("{path} is set, but allow_transfer is empty: nobody may transfer a zone");
        report.warn(&path, message);
    }
}

/// A zone lists the names of a customer's machines: whoever shows them to all should mean it.
fn open_transfers(server: &Instance<'_, Settings>, report: &mut Report) {
    let mut allowed = server.settings.allow_transfer.iter();
    let open = allowed.find(|allowed| allowed.network.prefix_len() == 0 && allowed.key.is_none());
    if let Some(open) = open {
        let path = server.key("allow_transfer");
        let message = format!("{path}: {open} lets anybody transfer every zone, without a key");
        report.warn(&path, message);
    }
}

#[async_trait]
impl Server for Builtin {
    fn ask_for_reused(&self, reused: Reused) {
        Self::ask_for_reused(self, reused);
    }

    fn update_by(&self, updater: Updater) {
        Self::update_by(self, updater);
    }

    fn set_stale(&self, stale: bool) {
        Self::set_stale(self, stale);
    }

    fn load(&self, zone: &Zone) -> Result<(), BackendError> {
        Self::load(self, zone)
    }

    fn not_loaded(&self, name: &ZoneName) {
        Self::not_loaded(self, name);
    }

    fn loaded(&self) -> bool {
        Self::loaded(self)
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        Self::addresses(self)
    }

    fn counts(&self) -> Counts {
        Self::counts(self)
    }

    async fn run(&self, sink: NoticeSink) -> String {
        Self::run(self, sink).await
    }
}
