//! Which RRsets a group of the book is: the names are those of Consul.
//!
//! | name below the domain | types |
//! |---|---|
//! | `<service>.service`, `<tag>.<service>.service` | A, AAAA, SRV |
//! | `_<service>._tcp.service`, `_<service>._tcp`; `_<tag>` in place of `_tcp` | SRV |
//! | `<hex of the address>.addr.<dc>` | A or AAAA: the targets of SRV |
//! | `<node>.node` | A, AAAA, TXT of what is known of it |
//! | `service.<dc>`, `node.<dc>` | DNAME to the names without `<dc>` |
//!
//! In a reverse zone each address has PTR: to its nodes, or else to the services there, of clients that may have them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use dadns_zone::{Rrset, ZoneName};
use serde_json::Value;

use crate::records::rrset;
use crate::registry::rules::{Address, Book, Group, Instance, NODE_META, is_label};

/// How many instances of a service are published: more would not fit into one answer.
const MOST: usize = 500;

/// How many names an address has.
const MOST_NAMES: usize = 16;

/// Where a registry is published.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Below this name.
    pub domain: ZoneName,
    /// The domain of services, where that is a reverse zone.
    pub services: Option<ZoneName>,
    /// The name of this site.
    pub datacenter: String,
    /// The TTL of everything, in seconds.
    pub ttl: u32,
}

/// Texts of the data of RRsets, by owner name and type.
type Texts = BTreeMap<(String, &'static str), BTreeSet<String>>;

impl Names {
    /// The RRsets of a group. What is no label cannot be published, and is left out.
    pub fn render(&self, book: &Book, group: &Group) -> Vec<Rrset> {
        let mut texts = Texts::new();
        match group {
            Group::Address(ip) => {
                if let Some(services) = &self.services {
                    self.pointers(book, *ip, services, &mut texts);
                }
            }
            _ if self.services.is_some() => {}
            Group::Service(name) if is_label(name) => {
                let published = book.published(group);
                let most = published.into_iter().take(MOST);
                most.for_each(|instance| self.instance(name, instance, &mut texts));
            }
            Group::Node(name) if is_label(name) => {
                let owner = format!("{name}.node");
                for instance in book.published(group).into_iter().take(MOST) {
                    if let Some(ip) = instance.registered.node_address() {
                        address(&owner, ip, &mut texts);
                    }
                    let meta = instance.registered.extra.get(NODE_META);
                    let meta = meta.and_then(Value::as_object).into_iter().flatten();
                    let pairs = meta.filter_map(|(key, value)| pair(key, value.as_str()?));
                    let pairs: BTreeSet<String> = pairs.collect();
                    if !pairs.is_empty() {
                        let data = texts.entry((owner.clone(), "TXT")).or_default();
                        data.extend(pairs);
                    }
                }
            }
            Group::Service(_) | Group::Node(_) => {}
            Group::Site => {
                for kind in ["service", "node"] {
                    let target = self.absolute(kind);
                    let owner = format!("{kind}.{}", self.datacenter);
                    texts.entry((owner, "DNAME")).or_default().insert(target);
                }
            }
        }
        texts
            .into_iter()
            .filter_map(|((owner, rtype), data)| self.set(&owner, rtype, &data))
            .collect()
    }

    fn pointers(&self, book: &Book, ip: IpAddr, services: &ZoneName, texts: &mut Texts) {
        let owner = reverse_name(ip);
        let mut all = book.published(&Group::Address(ip));
        all.retain(|one| one.registered.may_point(ip));
        let of_nodes = all.iter().filter_map(|one| {
            let registered = &one.registered;
            let node = registered.node.to_lowercase();
            let is_there = registered.node_address() == Some(ip) && is_label(&node);
            is_there.then(|| format!("{node}.node.{services}."))
        });
        let mut names: BTreeSet<String> = of_nodes.collect();
        if names.is_empty() {
            let published = all.iter().filter(|one| book.is_published(one));
            let of_services = published.filter_map(|one| {
                let service = one.registered.service.to_lowercase();
                let is_there = one.registered.address == Address::Ip(ip) && is_label(&service);
                is_there.then(|| format!("{service}.service.{services}."))
            });
            names.extend(of_services);
        }
        if !names.is_empty() {
            let names = names.into_iter().take(MOST_NAMES).collect();
            texts.insert((owner, "PTR"), names);
        }
    }

    fn instance(&self, service: &str, instance: &Instance, texts: &mut Texts) {
        let registered = &instance.registered;
        let owner = format!("{service}.service");
        let tags = registered.tags.iter().map(|tag| tag.to_lowercase());
        let tags: Vec<String> = tags.filter(|tag| is_label(tag)).collect();
        own_address(&owner, instance, texts);
        for tag in &tags {
            own_address(&format!("{tag}.{owner}"), instance, texts);
        }
        let Some(target) = self.target(instance, texts) else {
            return;
        };
        let data = format!(
            "1 {} {} {target}",
            instance.weight(),
            registered.port.unwrap_or_default()
        );
        let mut srv = |owner: String| {
            texts
                .entry((owner, "SRV"))
                .or_default()
                .insert(data.clone());
        };
        srv(owner.clone());
        for tag in &tags {
            srv(format!("{tag}.{owner}"));
        }
        for tag in tags.iter().map(String::as_str).chain(["tcp"]) {
            // The longest label is one octet shorter with `_` before it.
            if service.len() < 63 && tag.len() < 63 {
                srv(format!("_{service}._{tag}.service"));
                srv(format!("_{service}._{tag}"));
            }
        }
    }

    /// What SRV leads to, with its addresses.
    fn target(&self, instance: &Instance, texts: &mut Texts) -> Option<String> {
        match &instance.registered.address {
            Address::Ip(ip) => {
                let owner = format!("{}.addr.{}", hex(*ip), self.datacenter);
                address(&owner, *ip, texts);
                Some(self.absolute(&owner))
            }
            Address::Host(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                name.contains('.').then(|| format!("{name}."))
            }
        }
    }

    fn absolute(&self, name: &str) -> String {
        format!("{name}.{}.", self.domain)
    }

    fn set(&self, owner: &str, rtype: &'static str, data: &BTreeSet<String>) -> Option<Rrset> {
        let data: Vec<_> = data.iter().collect();
        // A name that becomes too long is no name: that RRset is left out.
        rrset(&self.domain, owner, rtype, self.ttl, &data).ok()
    }
}

fn own_address(owner: &str, instance: &Instance, texts: &mut Texts) {
    if let Address::Ip(ip) = instance.registered.address {
        address(owner, ip, texts);
    }
}

fn address(owner: &str, ip: IpAddr, texts: &mut Texts) {
    let rtype = if ip.is_ipv4() { "A" } else { "AAAA" };
    let data = texts.entry((owner.to_owned(), rtype)).or_default();
    data.insert(ip.to_string());
}

/// `key=value` as the text of one string of TXT (RFC 1464, RFC 1035 section 5.1); `None`: it is too long for one.
fn pair(key: &str, value: &str) -> Option<String> {
    let key = key.replace('`', "``").replace('=', "`=");
    let pair = format!("{key}={value}");
    let mut text = "\"".to_owned();
    for octet in pair.bytes() {
        match octet {
            b'"' | b'\\' => text.extend(['\\', octet.into()]),
            b' '..=b'~' => text.push(octet.into()),
            _ => text.push_str(&format!("\\{octet:03}")),
        }
    }
    text.push('"');
    (pair.len() <= 255).then_some(text)
}

/// The name of an address in the reverse tree (RFC 1035 section 3.5, RFC 3596 section 2.5).
pub fn reverse_name(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(ip) => {
            let digits = format!("{:032x}", u128::from(ip));
            let digits = digits.chars().rev();
            digits.flat_map(|digit| [digit, '.']).collect::<String>() + "ip6.arpa."
        }
    }
}

/// The octets of an address as hexadecimal digits.
fn hex(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{:08x}", u32::from(ip)),
        IpAddr::V6(ip) => format!("{:032x}", u128::from(ip)),
    }
}
