//! Zones and a query give an answer: pure, without sockets or clock.
//!
//! The way is that of RFC 1034 §4.3.2 with what came later: wildcards (RFC 4592), DNAME (RFC 6672),
//! negative answers (RFC 2308), DNSSEC (RFC 4035 §3.1, RFC 5155 §7.2), EDNS (RFC 6891), minimal ANY
//! (RFC 8482 §4.1), referrals with all the glue they need (RFC 9471).
//!
//! An answer carries what was asked for and what has to be proven, and addresses of servers that it
//! names. The NS records of the zone are not added to positive answers: nobody needs them there.

use std::hash::{Hash, Hasher};

use dadns_zone::Rtype;
use domain::base::iana::{OptRcode, Rcode};

use super::denial::{self, Denial};
use super::image::{Image, Node, Set};
use super::lookup::{Found, look_up};
use super::message::{Full, HEADER, Section, Writer};
use super::name::{Key, Name};
use super::query::{DO, Query, flag};
use super::zones::View;

/// How many aliases one answer follows.
const MAX_ALIASES: usize = 11;

/// The largest answer that is sent over UDP: no path fragments it (RFC 9715 §3.2).
pub(super) const MAX_UDP: usize = 1232;
/// Octets of our OPT record.
pub(super) const OPT_LEN: usize = 11;
/// Most addresses that are added to a positive answer: it must not grow without bound.
const MAX_ADDITIONAL: usize = 32;

/// What kind of answer was given, and about what: alike answers to one network are limited together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    kind: Kind,
    about: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Answer,
    Negative,
    Referral,
    Error,
}

impl Subject {
    fn new(kind: Kind, about: &[u8]) -> Self {
        let mut hasher = std::hash::DefaultHasher::new();
        about.hash(&mut hasher);
        Self {
            kind,
            about: hasher.finish(),
        }
    }

    /// Of an error.
    pub fn error() -> Self {
        Self {
            kind: Kind::Error,
            about: 0,
        }
    }
}

/// Answers `query` of class IN with a message of at most `limit` octets at the end of `out`, of which
/// `reserved` stay free.
pub(super) fn answer(
    view: &View<'_>,
    query: &Query<'_>,
    limit: usize,
    reserved: usize,
    out: &mut Vec<u8>,
) -> Subject {
    let mut writer = Writer::new(out, limit, query.head, query.question);
    let edns = if query.edns.is_some() { OPT_LEN } else { 0 };
    writer.reserve(edns + reserved);
    let mut answering = Answering {
        view,
        query,
        qtype: Rtype::from_int(query.qtype),
        dnssec: query.dnssec_ok(),
        writer,
        expanded: Vec::new(),
    };
    let (rcode, subject) = match answering.run() {
        Ok(done) => done,
        Err(Full) => {
            answering.writer.clear(query.question);
            answering.writer.set_flags(|flags| flags | flag::TC);
            (
                Rcode::NOERROR,
                Subject::new(Kind::Answer, query.name.as_wire()),
            )
        }
    };
    let mut writer = answering.writer;
    writer.set_flags(|flags| flags | u16::from(rcode.to_int()));
    writer.release(edns);
    put_opt(&mut writer, query, OptRcode::NOERROR);
    subject
}

/// Answers with a code and nothing else.
pub(super) fn answer_code(query: &Query<'_>, code: OptRcode, out: &mut Vec<u8>) {
    let limit = HEADER + query.question.len() + OPT_LEN;
    let mut writer = Writer::new(out, limit, query.head, query.question);
    writer.set_flags(|flags| flags | u16::from(code.rcode().to_int()));
    put_opt(&mut writer, query, code);
}

/// Adds an OPT record if the query had one.
pub(super) fn put_opt(writer: &mut Writer<'_>, query: &Query<'_>, code: OptRcode) {
    if query.edns.is_none() {
        return;
    }
    let ttl = u32::from(code.ext()) << 24 | if query.dnssec_ok() { DO } else { 0 };
    // Root, type, size, extended code with version and flags, no options.
    let mut opt = [0; OPT_LEN];
    opt[1..3].copy_from_slice(&Rtype::OPT.to_int().to_be_bytes());
    opt[3..5].copy_from_slice(&(MAX_UDP as u16).to_be_bytes());
    opt[5..9].copy_from_slice(&ttl.to_be_bytes());
    writer.additional(&opt);
}

/// How the walk along aliases ended.
enum Ending<'z> {
    /// With these records.
    Records(&'z Image, Option<Set<'z>>),
    /// With a name of this zone that lacks them.
    Denied {
        rcode: Rcode,
        image: &'z Image,
        name: Name,
        below: usize,
        denial: Denial<'z>,
    },
    /// At a delegation.
    Referral(&'z Image, Node<'z>),
    /// With an alias that leads out of our zones, or in a circle, or too far.
    Alias,
    /// With a DNAME that gives no name.
    TooLong,
    /// Before it began: the name is in none of our zones.
    NotOurs,
}

/// A wildcard that stood for a name, which has to be proven not to be there.
struct Expanded<'z> {
    image: &'z Image,
    name: Name,
    below: usize,
    encloser: usize,
}

struct Answering<'z, 'q, 'b> {
    view: &'z View<'z>,
    query: &'q Query<'q>,
    qtype: Rtype,
    dnssec: bool,
    writer: Writer<'b>,
    expanded: Vec<Expanded<'z>>,
}

impl<'z> Answering<'z, '_, '_> {
    fn run(&mut self) -> Result<(Rcode, Subject), Full> {
        let mut passed = Vec::new();
        let ending = self.follow(&mut passed)?;
        let first = passed.is_empty();
        let about_name = || Subject::new(Kind::Answer, self.query.name.as_wire());
        let authoritative = |writer: &mut Writer<'_>| writer.set_flags(|flags| flags | flag::AA);
        let done = match ending {
            Ending::NotOurs => return Ok((Rcode::REFUSED, Subject::error())),
            Ending::Records(image, set) => {
                authoritative(&mut self.writer);
                // What a wildcard gives is alike whatever name was asked for.
                let subject = match self.expanded.first() {
                    Some(expanded) => Subject::new(Kind::Answer, expanded.image.apex()),
                    None => about_name(),
                };
                self.prove_expanded()?;
                if let Some(set) = set {
                    self.addresses(image, set);
                }
                (Rcode::NOERROR, subject)
            }
            Ending::Denied {
                rcode,
                image,
                name,
                below,
                denial,
            } => {
                authoritative(&mut self.writer);
                let subject = Subject::new(Kind::Negative, image.apex());
                self.soa(image)?;
                self.prove_expanded()?;
                self.prove(image, &name, below, denial)?;
                (rcode, subject)
            }
            Ending::Referral(image, cut) => {
                if !first {
                    authoritative(&mut self.writer);
                }
                let owner = cut.owner();
                let subject = Subject::new(Kind::Referral, owner.as_wire());
                self.prove_expanded()?;
                self.refer(image, cut, &owner)?;
                (Rcode::NOERROR, subject)
            }
            Ending::Alias => {
                authoritative(&mut self.writer);
                self.prove_expanded()?;
                (Rcode::NOERROR, about_name())
            }
            Ending::TooLong => {
                authoritative(&mut self.writer);
                self.prove_expanded()?;
                (Rcode::YXDOMAIN, about_name())
            }
        };
        Ok(done)
    }

    /// Writes the answer section: follows aliases from the name asked for as long as they stay in our
    /// zones. Names that were `passed` are noted.
    fn follow(&mut self, passed: &mut Vec<Name>) -> Result<Ending<'z>, Full> {
        let for_parent = self.qtype == Rtype::DS;
        let mut name = self.query.name.clone();
        loop {
            // A DS stands in the parent, which we may not have.
            let zone = for_parent
                .then(|| self.view.nearest(&name, 1))
                .flatten()
                .or_else(|| self.view.nearest(&name, 0));
            let Some((held, below)) = zone else {
                return Ok(if passed.is_empty() {
                    Ending::NotOurs
                } else {
                    Ending::Alias
                });
            };
            let image = &held.image;
            let key = Key::new(&name, below);
            let denied = |rcode, denial, name| Ending::Denied {
                rcode,
                image,
                name,
                below,
                denial,
            };
            let target = match look_up(image, &key, for_parent) {
                Found::Cut(cut) => return Ok(Ending::Referral(image, cut)),
                Found::Empty => return Ok(denied(Rcode::NOERROR, Denial::NoData, name)),
                Found::Absent {
                    encloser,
                    wildcard: None,
                } => {
                    return Ok(denied(Rcode::NXDOMAIN, Denial::NoName { encloser }, name));
                }
                Found::Redirected(node, labels) => {
                    let owner = name.without(below - labels);
                    let Some(dname) = node.set(Rtype::DNAME) else {
                        return Ok(Ending::Alias);
                    };
                    self.put(Section::Answer, owner, node, dname)?;
                    let target = dname.rdata().next().unwrap_or_default();
                    let Some(target) = name.redirected(owner, target) else {
                        return Ok(Ending::TooLong);
                    };
                    self.writer.record(
                        Section::Answer,
                        name.as_wire(),
                        Rtype::CNAME,
                        dname.ttl(),
                        target.as_wire(),
                    )?;
                    target
                }
                found @ (Found::Node(_) | Found::Absent { .. }) => {
                    let (node, encloser) = match found {
                        Found::Absent {
                            encloser,
                            wildcard: Some(node),
                        } => (node, Some(encloser)),
                        Found::Node(node) => (node, None),
                        _ => return Ok(Ending::Alias),
                    };
                    match self.at_node(&name, node)? {
                        At::Lacks => {
                            let denial = match encloser {
                                Some(encloser) => Denial::WildcardNoData {
                                    encloser,
                                    wildcard: node,
                                },
                                None => Denial::NoData,
                            };
                            return Ok(denied(Rcode::NOERROR, denial, name));
                        }
                        at => {
                            if let Some(encloser) = encloser {
                                let name = name.clone();
                                self.expanded.push(Expanded {
                                    image,
                                    name,
                                    below,
                                    encloser,
                                });
                            }
                            match at {
                                At::Has(set) => return Ok(Ending::Records(image, set)),
                                At::Alias(target) => target,
                                At::Lacks => return Ok(Ending::Alias),
                            }
                        }
                    }
                }
            };
            passed.push(name);
            let known = passed.iter().any(|name| name.as_wire() == target.as_wire());
            if known || passed.len() > MAX_ALIASES {
                return Ok(Ending::Alias);
            }
            name = target;
        }
    }

    /// Writes what `node` has of the type asked for, or its alias, with `name` as owner.
    fn at_node(&mut self, name: &Name, node: Node<'z>) -> Result<At<'z>, Full> {
        let wanted = match self.qtype {
            Rtype::ANY => node.sets().find(|set| set.rtype() != Rtype::RRSIG),
            Rtype::RRSIG => return self.signatures(name, node),
            qtype => node.set(qtype),
        };
        if let Some(set) = wanted {
            self.put(Section::Answer, name.as_wire(), node, set)?;
            return Ok(At::Has(Some(set)));
        }
        let Some(alias) = node.set(Rtype::CNAME) else {
            return Ok(At::Lacks);
        };
        self.put(Section::Answer, name.as_wire(), node, alias)?;
        let target = alias.rdata().next().and_then(Name::read);
        Ok(target.map_or(At::Has(None), At::Alias))
    }

    /// Signatures that are asked for themselves: those over all sets.
    fn signatures(&mut self, name: &Name, node: Node<'z>) -> Result<At<'z>, Full> {
        let mut found = At::Lacks;
        for set in node.sets().filter(|set| set.rtype() == Rtype::RRSIG) {
            self.writer.set(Section::Answer, name.as_wire(), set, 0)?;
            found = At::Has(None);
        }
        Ok(found)
    }

    /// Writes `set` of `node` and, where they are wanted, its signatures.
    fn put(
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
    fn soa(&mut self, image: &'z Image) -> Result<(), Full> {
        let Some(soa) = image.soa() else {
            return Ok(());
        };
        let (_, ttl) = image.serial_and_negative_ttl();
        let apex = image.apex();
        for rdata in soa.rdata() {
            self.writer
                .record(Section::Authority, apex, Rtype::SOA, ttl, rdata)?;
        }
        let signatures = image
            .apex_node()
            .signatures(Rtype::SOA)
            .filter(|_| self.dnssec);
        for rdata in signatures.iter().flat_map(Set::rdata) {
            self.writer
                .record(Section::Authority, apex, Rtype::RRSIG, ttl, rdata)?;
        }
        Ok(())
    }

    fn prove(
        &mut self,
        image: &'z Image,
        name: &Name,
        below: usize,
        denial: Denial<'z>,
    ) -> Result<(), Full> {
        if !self.dnssec {
            return Ok(());
        }
        let mut proofs = Vec::new();
        denial::prove(image, name, below, denial, &mut proofs);
        self.put_proofs(image, &proofs)
    }

    fn prove_expanded(&mut self) -> Result<(), Full> {
        for Expanded {
            image,
            name,
            below,
            encloser,
        } in std::mem::take(&mut self.expanded)
        {
            self.prove(image, &name, below, Denial::Expanded { encloser })?;
        }
        Ok(())
    }

    fn put_proofs(&mut self, image: &'z Image, proofs: &[Node<'z>]) -> Result<(), Full> {
        let rtype = denial::proving_type(image);
        for node in proofs {
            if let Some(set) = node.set(rtype) {
                self.put(Section::Authority, node.owner().as_wire(), *node, set)?;
            }
        }
        Ok(())
    }

    /// A referral to the servers of `cut`, with what is known of its keys.
    fn refer(&mut self, image: &'z Image, cut: Node<'z>, owner: &Name) -> Result<(), Full> {
        let Some(servers) = cut.set(Rtype::NS) else {
            return Ok(());
        };
        self.writer
            .set(Section::Authority, owner.as_wire(), servers, 0)?;
        match cut.set(Rtype::DS) {
            Some(keys) if self.dnssec => {
                self.put(Section::Authority, owner.as_wire(), cut, keys)?
            }
            Some(_) => {}
            None => {
                let below = owner.labels() - labels(image.apex());
                self.prove(image, owner, below, Denial::Insecure)?;
            }
        }
        // Servers inside the delegation cannot be found without their addresses; others can.
        for needed in [true, false] {
            for server in servers.rdata() {
                if server.ends_with(owner.as_wire()) == needed {
                    let put = self.addresses_of(image, server);
                    if needed {
                        put?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The addresses of the names that `set` sends clients to, as far as they are here and fit.
    fn addresses(&mut self, image: &'z Image, set: Set<'z>) {
        let skipped = match set.rtype() {
            Rtype::NS => 0,
            Rtype::MX | Rtype::SVCB | Rtype::HTTPS => 2,
            Rtype::SRV => 6,
            _ => return,
        };
        for rdata in set.rdata().take(MAX_ADDITIONAL) {
            // What does not fit is left out: this is a courtesy (RFC 2181 §9).
            if let Some(target) = rdata.get(skipped..) {
                let _ = self.addresses_of(image, target);
            }
        }
    }

    /// The addresses of the name at the start of `target`, if this zone has it.
    fn addresses_of(&mut self, image: &'z Image, target: &[u8]) -> Result<(), Full> {
        let Some(name) = Name::read(target) else {
            return Ok(());
        };
        let Some(below) = name.labels().checked_sub(labels(image.apex())) else {
            return Ok(());
        };
        if name.without(below) != image.apex() {
            return Ok(());
        }
        let Ok(node) = image.find(Key::new(&name, below).as_octets()) else {
            return Ok(());
        };
        for rtype in [Rtype::A, Rtype::AAAA] {
            if let Some(set) = node.set(rtype) {
                self.put(Section::Additional, name.as_wire(), node, set)?;
            }
        }
        Ok(())
    }
}

/// What was written of a node.
enum At<'z> {
    /// Records of the type asked for.
    Has(Option<Set<'z>>),
    /// An alias to this name.
    Alias(Name),
    /// Nothing.
    Lacks,
}

fn labels(name: &[u8]) -> usize {
    let mut labels = 0;
    let mut at = 0;
    while let Some(&len @ 1..) = name.get(at) {
        at += usize::from(len) + 1;
        labels += 1;
    }
    labels
}
