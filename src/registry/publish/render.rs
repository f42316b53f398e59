//! Which RRsets a group of the book is: the names are those of Consul.
//!
//! | name below the domain | types |
//! |---|---|
//! | `<service>.service`, `<tag>.<service>.service` | A, AAAA, SRV |
//! | `_<service>._tcp.service`, `_<service>._tcp`; `_<tag>` in place of `_tcp` | SRV |
//! | `<hex of the address>.addr.<dc>` | A or AAAA: the targets of SRV |
//! | `<node>.node` | A, AAAA |
//! | `service.<dc>`, `node.<dc>` | DNAME to the names without `<dc>` |

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use dadns_zone::{Rrset, ZoneName};

use crate::records::rrset;
use crate::registry::rules::{Address, Book, Group, Instance, is_label};

/// How many instances of a service are published: more would not fit into one answer.
const MOST: usize = 500;

/// Where a registry is published.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Below this name.
    pub domain: ZoneName,
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
            Group::Service(name) if is_label(name) => {
                let published = book.published(group);
                let most = published.into_iter().take(MOST);
                most.for_each(|instance| self.instance(name, instance, &mut texts));
            }
            Group::Node(name) if is_label(name) => {
                let owner = format!("{name}.node");
                for instance in book.published(group).into_iter().take(MOST) {
                    self.address(&owner, instance, &mut texts);
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

    fn instance(&self, service: &str, instance: &Instance, texts: &mut Texts) {
        let registered = &instance.registered;
        let owner = format!("{service}.service");
        let tags = registered.tags.iter().map(|tag| tag.to_lowercase());
        let tags: Vec<String> = tags.filter(|tag| is_label(tag)).collect();
        self.address(&owner, instance, texts);
        for tag in &tags {
            self.address(&format!("{tag}.{owner}"), instance, texts);
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
                self.address(&owner, instance, texts);
                Some(self.absolute(&owner))
            }
            Address::Host(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                name.contains('.').then(|| format!("{name}."))
            }
        }
    }

    fn address(&self, owner: &str, instance: &Instance, texts: &mut Texts) {
        let Address::Ip(ip) = instance.registered.address else {
            return;
        };
        let rtype = if ip.is_ipv4() { "A" } else { "AAAA" };
        let data = texts.entry((owner.to_owned(), rtype)).or_default();
        data.insert(ip.to_string());
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

/// The octets of an address as hexadecimal digits.
fn hex(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{:08x}", u32::from(ip)),
        IpAddr::V6(ip) => format!("{:032x}", u128::from(ip)),
    }
}
