//! Sets with their signatures; the authority and additional sections.

use dadns_dns::Name;
use dadns_dns::message::{Full, Section};
use dadns_zone::Rtype;

use super::denial::{self, Denial};
use super::lookup::{Found, look_up};
use super::{Answering, Expanded};
use crate::image::key::Key;
use crate::image::{Image, Node, Set};
use crate::settings::Follow;

/// Most targets whose addresses are added to a positive answer: it must not grow without bound.
const MAX_TARGETS: usize = 32;

/// A set with what goes with it.
#[derive(Clone, Copy)]
pub(super) struct Whole<'z> {
    set: Set<'z>,
    signatures: Option<Set<'z>>,
    /// The index of the record that comes first; those before it come last.
    first: usize,
    /// The TTL, where it is not that of the set.
    ttl: Option<u32>,
}

impl<'z> Whole<'z> {
    /// The records in the order in which they are sent.
    fn records(self) -> impl Iterator<Item = (Rtype, u32, &'z [u8])> {
        let data = self.set.rdata();
        let in_order = data.clone().skip(self.first).chain(data.take(self.first));
        let signing = self.signatures.into_iter();
        let signing = signing.flat_map(|of| of.rdata().map(move |data| (of, data)));
        let all = in_order.map(move |data| (self.set, data)).chain(signing);
        all.map(move |(of, data)| (of.rtype(), self.ttl.unwrap_or(of.ttl()), data))
    }
}

impl<'z> From<Set<'z>> for Whole<'z> {
    /// The set alone, as it stands in the zone.
    fn from(set: Set<'z>) -> Self {
        Self {
            set,
            signatures: None,
            first: 0,
            ttl: None,
        }
    }
}

impl<'z> Answering<'z, '_, '_> {
    /// Writes a set with all that goes with it, or nothing.
    pub(super) fn write(
        &mut self,
        section: Section,
        owner: &[u8],
        whole: Whole<'z>,
    ) -> Result<(), Full> {
        self.writer.records(section, owner, whole.records())
    }

    /// Writes `set` of `node` and, where they are wanted, its signatures: both, or neither.
    fn try_put(
        &mut self,
        section: Section,
        owner: &[u8],
        node: Node<'z>,
        set: Set<'z>,
    ) -> Result<(), Full> {
        let whole = Whole {
            set,
            signatures: node.signatures(set.rtype()).filter(|_| self.dnssec),
            // So that the first of many addresses is not always the same; ids of queries are random.
            first: usize::from(u16::from_be_bytes(self.query.head.id)) % set.len().max(1),
            ttl: None,
        };
        self.write(section, owner, whole)
    }

    /// The same of what the answer cannot do without.
    pub(super) fn put(&mut self, section: Section, owner: &[u8], node: Node<'z>, set: Set<'z>) {
        let put = self.try_put(section, owner, node, set);
        self.need(put);
    }

    /// Cuts the answer off where something did not fit that it cannot do without.
    pub(super) fn need(&mut self, put: Result<(), Full>) {
        if put.is_err() {
            self.writer.truncate();
        }
    }

    /// The SOA in the authority section, with the TTL that negative answers are kept for (RFC 2308 §3).
    pub(super) fn soa(&mut self, image: &'z Image) {
        let apex = image.apex_node();
        let Some(set) = apex.set(Rtype::SOA) else {
            return;
        };
        let (_, ttl) = image.serial_and_negative_ttl();
        let whole = Whole {
            set,
            signatures: apex.signatures(Rtype::SOA).filter(|_| self.dnssec),
            first: 0,
            ttl: Some(ttl),
        };
        let put = self.write(Section::Authority, image.apex(), whole);
        self.need(put);
    }

    /// The NSEC or NSEC3 records of `denial`, where they are wanted and the zone has them.
    pub(super) fn deny(&mut self, image: &'z Image, name: &Name, below: usize, denial: Denial) {
        if !self.dnssec || self.writer.is_truncated() {
            return;
        }
        // One record may deny several things, and is sent once.
        let before = self.denials.len();
        denial::nodes(image, name, below, denial, &mut self.denials);
        let rtype = denial::record_type(image);
        for index in before..self.denials.len() {
            let node = self.denials[index];
            if let Some(set) = node.set(rtype) {
                self.put(Section::Authority, node.owner().as_wire(), node, set);
            }
        }
    }

    /// The denial of the names that wildcards were expanded to.
    pub(super) fn deny_expanded(&mut self) {
        for expanded in std::mem::take(&mut self.expanded) {
            let Expanded {
                image,
                name,
                below,
                encloser,
            } = expanded;
            self.deny(image, &name, below, Denial::Expanded { encloser });
        }
    }

    /// A referral to the servers of `cut`, with what is known of its keys.
    pub(super) fn refer(&mut self, image: &'z Image, cut: Node<'z>, owner: &Name) {
        let Some(servers) = cut.set(Rtype::NS) else {
            return;
        };
        let put = self.write(Section::Authority, owner.as_wire(), servers.into());
        self.need(put);
        // Without a signature it is of no use (RFC 4035 §3.1.4).
        let keys = cut.set(Rtype::DS);
        match keys.filter(|_| cut.signatures(Rtype::DS).is_some()) {
            Some(keys) if self.dnssec => {
                self.put(Section::Authority, owner.as_wire(), cut, keys);
            }
            Some(_) => {}
            None => {
                let below = owner.labels() - image.apex_labels();
                self.deny(image, owner, below, Denial::Insecure);
            }
        }
        // Servers inside the delegation cannot be found without their addresses (RFC 9471 §3); what
        // is known of others is a courtesy.
        let inside = |server: &&[u8]| server.ends_with(owner.as_wire());
        for server in servers.rdata().filter(inside) {
            let put = self.addresses_of(image, server);
            self.need(put);
        }
        for server in servers.rdata().filter(|server| !inside(server)) {
            let _ = self.addresses_of(image, server);
        }
    }

    /// The addresses of the names that `set` sends clients to, as far as they are here and fit.
    pub(super) fn addresses(&mut self, image: &'z Image, set: Set<'z>) {
        let before = match set.rtype() {
            Rtype::NS => 0,
            Rtype::MX | Rtype::SVCB | Rtype::HTTPS => 2,
            Rtype::SRV => 6,
            _ => return,
        };
        for rdata in set.rdata().take(MAX_TARGETS) {
            // What does not fit is left out, without a mark (RFC 2181 §9).
            if let Some(target) = rdata.get(before..) {
                let _ = self.addresses_of(image, target);
            }
        }
    }

    /// The addresses of the name at the start of `target`, if this zone has it or another that may be
    /// followed into.
    fn addresses_of(&mut self, image: &'z Image, target: &[u8]) -> Result<(), Full> {
        let Some(name) = Name::read(target) else {
            return Ok(());
        };
        let Some(node) = self.node_of(image, &name) else {
            return Ok(());
        };
        if self.added.iter().any(|added| added.is(node)) {
            return Ok(());
        }
        self.added.push(node);
        for rtype in [Rtype::A, Rtype::AAAA] {
            if let Some(set) = node.set(rtype) {
                self.try_put(Section::Additional, name.as_wire(), node, set)?;
            }
        }
        Ok(())
    }

    /// The node of `name` in this zone, glue or not, or else in the zone that it is of.
    fn node_of(&self, image: &'z Image, name: &Name) -> Option<Node<'z>> {
        let below = name.labels().checked_sub(image.apex_labels());
        if let Some(below) = below.filter(|below| name.without(*below) == image.apex()) {
            return image.find(Key::new(name, below).as_octets()).ok();
        }
        if self.follow == Follow::OwnZone {
            return None;
        }
        let (zone, below) = self.view.nearest(name, 0, self.hidden)?;
        match look_up(&zone.image, &Key::new(name, below), false) {
            Found::Node(node) => Some(node),
            _ => None,
        }
    }
}
