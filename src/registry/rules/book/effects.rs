//! What a step of the book leaves to be done.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::registry::rules::guard::Losses;
use crate::registry::rules::{Address, Change, Instance, Key, Probe, Registration, Status};

/// What a step leaves to be done.
#[derive(Debug, Default)]
pub struct Effects {
    /// What has to be on disk before anybody is told, in this order.
    pub writes: Vec<Write>,
    /// What is to be published anew.
    pub groups: BTreeSet<Group>,
    /// What the log has to say.
    pub news: Vec<News>,
    /// Which checks are to be probed now.
    pub probes: Vec<(Key, String, Probe)>,
    /// How many heartbeats and reports of clients were accepted.
    pub heartbeats: u64,
}

impl Effects {
    /// Who stays published though critical is to be written.
    pub(super) fn keep(&mut self, service: &str, losses: &Losses) {
        let kept = losses.kept().iter().cloned().collect();
        self.writes.push(Write::Kept(service.to_owned(), kept));
    }

    /// The groups that an instance is published with.
    pub(super) fn publish(&mut self, instance: &Instance) {
        self.groups.extend(instance.groups());
    }
}

/// What is published together. Names in DNS know no case, so that services whose names differ in it only are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// A service, lower-case.
    Service(String),
    /// A node, lower-case.
    Node(String),
    /// An address.
    Address(IpAddr),
    /// What is there whoever is registered.
    Site,
}

impl Instance {
    /// The groups that it is published with.
    pub(super) fn groups(&self) -> impl Iterator<Item = Group> {
        let Registration { service, node, .. } = &self.registered;
        let address = match self.registered.address {
            Address::Ip(ip) => Some(Group::Address(ip)),
            Address::Host(_) => None,
        };
        let node = Some(node).filter(|node| !node.is_empty());
        let node = node.map(|node| Group::node(node));
        let own = std::iter::once(Group::service(service));
        let of_node = self.registered.node_address().map(Group::Address);
        own.chain(node).chain(address).chain(of_node)
    }
}

impl Group {
    /// The group of a service.
    pub fn service(name: &str) -> Self {
        Self::Service(name.to_lowercase())
    }

    /// The group of a node.
    pub fn node(name: &str) -> Self {
        Self::Node(name.to_lowercase())
    }
}

/// What has to be on disk.
#[derive(Debug, Clone)]
pub enum Write {
    /// An instance as it is.
    Instance(Box<Instance>),
    /// An instance is no more.
    Removed(Key),
    /// A change of an instance.
    Change(Key, Change),
    /// Who stays published though critical, of a service; empty: nobody.
    Kept(String, Vec<Key>),
    /// The change of an instance after which the index was this is forgotten.
    Forgotten(Key, u64),
}

/// What the log has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// An instance was registered.
    Registered {
        /// Which.
        key: Key,
        /// Its service.
        service: String,
        /// By whom.
        by: String,
        /// Whether it was before.
        again: bool,
    },
    /// An instance was removed.
    Removed {
        /// Which.
        key: Key,
        /// Its service.
        service: String,
        /// Why.
        why: String,
    },
    /// An instance has another status.
    Status {
        /// Which.
        key: Key,
        /// Its service.
        service: String,
        /// The status from now on.
        status: Status,
        /// Why.
        why: String,
    },
    /// Most of a service vanished at once: what was published stays.
    Stale {
        /// Which.
        service: String,
        /// How many stay published though critical.
        kept: usize,
    },
    /// What is published of a service is what is healthy, again.
    Fresh {
        /// Which.
        service: String,
    },
}
