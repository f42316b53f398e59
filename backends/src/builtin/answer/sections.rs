//! Sets with their signatures; the authority and additional sections.

use dadns_zone::Rtype;

use super::{Answering, Expanded};
use crate::builtin::denial::{self, Denial};
use crate::builtin::image::{Image, Node, Set};
use crate::builtin::message::{Full, Section};
use crate::builtin::name::{Key, Name};

/// Most targets whose addresses are added to a positive answer: it must not grow without bound.
const MAX_TARGETS: usize = 32;

impl<'z> Answering<'z, '_, '_> {
    /// Writes `set` of `node` and, where they are wanted, its signatures.
    pub(super) fn put(
        &mut self,
        section: Section,
        owner: &[u8],
        node: Node<'z>,
        set: Set<'z>,
    ) -> Result<(), Full> {
        // So that the first of many addresses is not always the same; ids of queries are random.
        let first = usize::from(u16::from_be_bytes(self.query.head.id)) % set.len().max(1);
        self.writer.set(section, owner, set, first)?;
        match node.signatures(set.rtype()).filter(|_| self.dnssec) {
            Some(signatures) => self.writer.set(section, owner, signatures, 0),
            None => Ok(()),
        }
    }

    /// The SOA in the authority section, with the TTL that negative answers are kept for (RFC 2308 §3).
    pub(super) fn soa(&mut self, image: &'z Image) -> Result<(), Full> {
        let apex = image.apex_node();
        let (_, ttl) = image.serial_and_negative_ttl();
        let signatures = apex.signatures(Rtype::SOA).filter(|_| self.dnssec);
        for set in apex.set(Rtype::SOA).into_iter().chain(signatures) {
            for rdata in set.rdata() {
                self.writer
                    .record(Section::Authority, image.apex(), set.rtype(), ttl, rdata)?;
            }
        }
        Ok(())
    }

    /// The proof of `denial`, where proofs are wanted and the zone has them.
    pub(super) fn prove(
        &mut self,
        image: &'z Image,
        name: &Name,
        below: usize,
        denial: Denial,
    ) -> Result<(), Full> {
        if !self.dnssec {
            return Ok(());
        }
        // One record may prove several things, and is sent once.
        let before = self.proofs.len();
        denial::prove(image, name, below, denial, &mut self.proofs);
        let rtype = denial::proving_type(image);
        for index in before..self.proofs.len() {
            let node = self.proofs[index];
            if let Some(set) = node.set(rtype) {
                self.put(Section::Authority, node.owner().as_wire(), node, set)?;
            }
        }
        Ok(())
    }

    /// The proofs that wildcards were right to stand for names.
    pub(super) fn prove_expanded(&mut self) -> Result<(), Full> {
        for expanded in std::mem::take(&mut self.expanded) {
            let Expanded {
                image,
                name,
                below,
                encloser,
            } = expanded;
            self.prove(image, &name, below, Denial::Expanded { encloser })?;
        }
        Ok(())
    }

    /// A referral to the servers of `cut`, with what is known of its keys.
    pub(super) fn refer(
        &mut self,
        image: &'z Image,
        cut: Node<'z>,
        owner: &Name,
    ) -> Result<(), Full> {
        let Some(servers) = cut.set(Rtype::NS) else {
            return Ok(());
        };
        self.writer
            .set(Section::Authority, owner.as_wire(), servers, 0)?;
        // What nobody signed proves nothing (RFC 4035 §3.1.4).
        let keys = cut.set(Rtype::DS);
        match keys.filter(|_| cut.signatures(Rtype::DS).is_some()) {
            Some(keys) if self.dnssec => {
                self.put(Section::Authority, owner.as_wire(), cut, keys)?
            }
            Some(_) => {}
            None => {
                let below = owner.labels() - image.apex_labels();
                self.prove(image, owner, below, Denial::Insecure)?;
            }
        }
        // Servers inside the delegation cannot be found without their addresses (RFC 9471 §3); what
        // is known of others is a courtesy.
        let inside = |server: &&[u8]| server.ends_with(owner.as_wire());
        for server in servers.rdata().filter(inside) {
            self.addresses_of(image, server)?;
        }
        for server in servers.rdata().filter(|server| !inside(server)) {
            let _ = self.addresses_of(image, server);
        }
        Ok(())
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

    /// The addresses of the name at the start of `target`, if this zone has it.
    fn addresses_of(&mut self, image: &'z Image, target: &[u8]) -> Result<(), Full> {
        let Some(name) = Name::read(target) else {
            return Ok(());
        };
        let Some(below) = name.labels().checked_sub(image.apex_labels()) else {
            return Ok(());
        };
        if name.without(below) != image.apex() {
            return Ok(());
        }
        let Ok(node) = image.find(Key::new(&name, below).as_octets()) else {
            return Ok(());
        };
        if self.added.iter().any(|added| added.is(node)) {
            return Ok(());
        }
        self.added.push(node);
        for rtype in [Rtype::A, Rtype::AAAA] {
            if let Some(set) = node.set(rtype) {
                self.put(Section::Additional, name.as_wire(), node, set)?;
            }
        }
        Ok(())
    }
}
