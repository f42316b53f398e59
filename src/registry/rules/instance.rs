//! Instances: one place where a service is to be had.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::limits::{CHECKS, METADATA, NAME, OUTPUT, TAGS};
use super::{Check, Client, Refused, Status};

/// What an instance is registered by: an id, and the agent whose ids it is one of. Clients that know no agents have
/// one in common, which is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The agent.
    pub agent: String,
    /// The id, unique with that agent.
    pub id: String,
}

impl Key {
    /// The key of an instance of a service, with clients that know no agents.
    pub fn of(service: &str, instance: &str) -> Self {
        Self {
            agent: String::new(),
            id: format!("{service}:{instance}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.agent.is_empty() {
            true => f.write_str(&self.id),
            false => write!(f, "{} on {}", self.id, self.agent),
        }
    }
}

/// Where an instance is to be reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Address {
    /// At an address.
    Ip(IpAddr),
    /// At a host with this name.
    Host(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Host(name) => f.write_str(name),
        }
    }
}

/// What is known of the node of an instance, in [`Registration::extra`]: its address, and its metadata.
pub const NODE_ADDRESS: &str = "NodeAddress";
/// See [`NODE_ADDRESS`].
pub const NODE_META: &str = "NodeMeta";

/// What a client says of an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// What it is registered by.
    pub key: Key,
    /// The service that it is one of.
    pub service: String,
    /// The node that it runs on.
    pub node: String,
    /// Where it is.
    pub address: Address,
    /// Its port, where it has one.
    pub port: Option<u16>,
    /// Its tags, in the order in which they were sent.
    pub tags: Vec<String>,
    /// What its client says of it, as JSON.
    pub meta: Map<String, Value>,
    /// Its share, compared with the others: while it is passing, and while it is warning.
    pub weights: (u16, u16),
    /// What tells how it is. None: it is passing.
    pub checks: Vec<Check>,
    /// Whether it wants no more work for now.
    pub busy: bool,
    /// How long it may be critical; `None`: as the configuration says.
    pub deregister_after: Option<Duration>,
    /// The pool that its address is out of, where the registry chose it.
    #[serde(default)]
    pub pool: Option<String>,
    /// The addresses of which it may have the PTR records, beside the one that the registry chose; `None`: all, of an
    /// instance that registered before that was asked.
    #[serde(default)]
    pub pointers: Option<Vec<IpAddr>>,
    /// What only the face that it was registered by knows.
    pub extra: Map<String, Value>,
}

/// An instance as it is registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// What its client says of it.
    pub registered: Registration,
    /// Whose it is.
    pub owner: Client,
    /// Why its owner has taken it out, if that is so.
    pub maintenance: Option<String>,
    /// The index that the registry had when it was registered first.
    pub created: u64,
    /// The index that the registry had when it changed last.
    pub modified: u64,
    /// Since when it is critical.
    #[serde(skip)]
    pub critical_since: Option<Duration>,
}

impl Instance {
    /// How it is: as the worst of its checks.
    pub fn status(&self) -> Status {
        if self.maintenance.is_some() {
            return Status::Maintenance;
        }
        let checks = self.registered.checks.iter();
        checks.map(|check| check.status).max().unwrap_or_default()
    }

    /// How it is, and how each of its checks is.
    pub(super) fn statuses(&self) -> (Status, Vec<Status>) {
        let checks = self.registered.checks.iter();
        (self.status(), checks.map(|check| check.status).collect())
    }

    /// What it is registered by.
    pub fn key(&self) -> &Key {
        &self.registered.key
    }

    /// The id that its client gave it, where several services may have the same.
    pub fn short_id(&self) -> &str {
        let Registration { key, service, .. } = &self.registered;
        let short = key.id.strip_prefix(service.as_str());
        let short = short.and_then(|rest| rest.strip_prefix(':'));
        short.filter(|_| key.agent.is_empty()).unwrap_or(&key.id)
    }

    /// Its share now.
    pub fn weight(&self) -> u16 {
        match self.status() {
            Status::Passing => self.registered.weights.0,
            _ => self.registered.weights.1,
        }
    }
}

impl Registration {
    /// A registration without all that can be left out.
    pub fn new(key: Key, service: impl Into<String>, address: Address) -> Self {
        Self {
            key,
            service: service.into(),
            node: String::new(),
            address,
            port: None,
            tags: Vec::new(),
            meta: Map::new(),
            weights: (1, 1),
            checks: Vec::new(),
            busy: false,
            deregister_after: None,
            pool: None,
            pointers: Some(Vec::new()),
            extra: Map::new(),
        }
    }

    /// The address of its node: that of its own where none is known.
    pub fn node_address(&self) -> Option<IpAddr> {
        let sent = self.extra.get(NODE_ADDRESS).and_then(Value::as_str);
        match (sent, &self.address) {
            (Some(sent), _) => sent.parse().ok(),
            (None, Address::Ip(ip)) => Some(*ip),
            (None, Address::Host(_)) => None,
        }
    }

    /// The addresses that it names: its own, and that of its node.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let own = match self.address {
            Address::Ip(ip) => Some(ip),
            Address::Host(_) => None,
        };
        own.into_iter().chain(self.node_address())
    }

    /// Whether a PTR record of this address may lead to it. One out of a pool is its own.
    pub fn may_point(&self, ip: IpAddr) -> bool {
        let given = self.pool.is_some() && self.address == Address::Ip(ip);
        let pointers = self.pointers.as_ref();
        given || pointers.is_none_or(|pointers| pointers.contains(&ip))
    }

    /// Whether it can be taken.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), Refused> {
        for (what, text) in [
            ("the name of a service", &self.service),
            ("the id of an instance", &self.key.id),
        ] {
            if text.is_empty() {
                return Err(Refused::Invalid(format!("{what} is empty")));
            }
        }
        let texts = [&self.service, &self.key.id, &self.key.agent, &self.node];
        let checks = self
            .checks
            .iter()
            .flat_map(|check| [&check.id, &check.name]);
        for text in texts.into_iter().chain(&self.tags).chain(checks) {
            if text.len() > NAME {
                return Err(Refused::TooLarge(format!(
                    "a name, id or tag is longer than {NAME} octets"
                )));
            }
            if text.chars().any(char::is_control) {
                return Err(Refused::Invalid(
                    "a name, id or tag has a control character".to_owned(),
                ));
            }
        }
        if self.tags.len() > TAGS || self.checks.len() > CHECKS {
            return Err(Refused::TooLarge(format!(
                "there are more than {TAGS} tags or {CHECKS} checks"
            )));
        }
        if self
            .checks
            .iter()
            .any(|check| check.output.len().max(check.notes.len()) > OUTPUT)
        {
            return Err(Refused::TooLarge(format!(
                "the notes of a check are longer than {OUTPUT} octets"
            )));
        }
        let meta = [&self.meta, &self.extra]
            .into_iter()
            .map(|map| serde_json::to_string(map).map_or(METADATA, |text| text.len()))
            .sum::<usize>();
        if meta > METADATA {
            return Err(Refused::TooLarge(format!(
                "the metadata is longer than {METADATA} octets"
            )));
        }
        match &self.address {
            Address::Ip(ip) if ip.is_unspecified() || ip.is_multicast() => Err(Refused::Invalid(
                format!("nothing can be reached at the address {ip}"),
            )),
            Address::Host(name) if !is_host(name) => Err(Refused::Invalid(
                "the host is neither an address nor a host name".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}

/// Whether a text is one label of a host name, lower-case; a service may also have `_` in it.
pub fn is_label(text: &str) -> bool {
    let known = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
    };
    let ends = [text.as_bytes().first(), text.as_bytes().last()];
    text.len() <= 63 && text.bytes().all(known) && !text.is_empty() && !ends.contains(&Some(&b'-'))
}

/// Whether a text is the name of a host.
fn is_host(text: &str) -> bool {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    name.len() <= 253 && name.split('.').all(is_label)
}
