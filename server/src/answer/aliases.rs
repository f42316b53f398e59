//! The answer section: from the name asked for, along aliases as far as they may be followed.

use dadns_dns::Name;
use dadns_dns::message::Section;
use dadns_zone::Rtype;
use domain::base::iana::Rcode;

use super::denial::Denial;
use super::lookup::{Found, Wildcard, look_up};
use super::{Answering, Expanded};
use crate::image::key::Key;
use crate::image::{Image, Node, Set};
use crate::settings::Follow;

/// How many aliases one answer follows.
const MAX_ALIASES: usize = 11;

/// How the walk ended.
pub(super) enum Ending<'z> {
    /// With these records.
    Records(&'z Image, Option<Set<'z>>),
    /// With a name of this zone that lacks them, or that is not there.
    Denied {
        code: Rcode,
        image: &'z Image,
        /// How many labels the name has below the apex.
        below: usize,
        denial: Denial,
    },
    /// At a delegation.
    Referral(&'z Image, Node<'z>),
    /// With an alias that is not followed: it leads out of the zones that may be followed into, in a
    /// circle, too far, or, with YXDOMAIN, to no name (RFC 6672 §2.2).
    Alias(Rcode),
    /// Before it began: the name is in none of our zones.
    NotOurs,
}

impl<'z> Answering<'z, '_, '_> {
    /// Walks from the name asked for to the end.
    pub(super) fn follow(&mut self) -> Ending<'z> {
        loop {
            let Some((image, below)) = self.zone().filter(|(image, _)| self.may_enter(image))
            else {
                return match self.passed.is_empty() {
                    true => Ending::NotOurs,
                    false => Ending::Alias(Rcode::NOERROR),
                };
            };
            self.home.get_or_insert(image);
            if let Some(ending) = self.step(image, below) {
                return ending;
            }
        }
    }

    /// Whether the walk may go on in this zone. Another than that of the question may be somebody
    /// else's: whoever puts up a zone of a name that is not theirs would write the end of others'
    /// answers. A resolver asks again for a name of another zone anyway (RFC 5452 §6).
    fn may_enter(&self, image: &Image) -> bool {
        let is_home = |home: &Image| home.apex() == image.apex();
        self.follow == Follow::All || self.home.is_none_or(is_home)
    }

    /// The zone of the present name, and how many labels that has below its apex.
    fn zone(&self) -> Option<(&'z Image, usize)> {
        // A DS stands in the parent, which we may not have.
        let parent = match self.qtype {
            Rtype::DS => self.view.nearest(&self.name, 1, self.hidden),
            _ => None,
        };
        let (zone, below) = parent.or_else(|| self.view.nearest(&self.name, 0, self.hidden))?;
        Some((&zone.image, below))
    }

    /// Writes what the zone has of the present name. `None`: that is an alias, and the name is now
    /// another.
    fn step(&mut self, image: &'z Image, below: usize) -> Option<Ending<'z>> {
        let denied = |code, denial| {
            Some(Ending::Denied {
                code,
                image,
                below,
                denial,
            })
        };
        let key = Key::new(&self.name, below);
        match look_up(image, &key, self.qtype == Rtype::DS) {
            Found::Cut(cut) => Some(Ending::Referral(image, cut)),
            Found::Redirected(node, labels) => {
                self.made.get_or_insert(image);
                self.redirect(node, below - labels)
            }
            Found::Empty => denied(Rcode::NOERROR, Denial::NoData),
            Found::Node(node) => match self.at_node(node) {
                At::Records(set) => Some(Ending::Records(image, set)),
                At::Alias(target) => self.go_on(Name::read(target)),
                At::Nothing => denied(Rcode::NOERROR, Denial::NoData),
            },
            Found::Absent { encloser, wildcard } => match wildcard {
                Wildcard::None => denied(Rcode::NXDOMAIN, Denial::NoName { encloser }),
                Wildcard::Empty => denied(Rcode::NOERROR, Denial::WildcardNoData { encloser }),
                Wildcard::Node(node) => match self.at_node(node) {
                    At::Nothing => denied(Rcode::NOERROR, Denial::WildcardNoData { encloser }),
                    At::Records(set) => {
                        self.expand(image, below, encloser);
                        Some(Ending::Records(image, set))
                    }
                    At::Alias(target) => {
                        self.expand(image, below, encloser);
                        self.go_on(Name::read(target))
                    }
                },
            },
        }
    }

    /// Notes that a wildcard stood for the present name.
    fn expand(&mut self, image: &'z Image, below: usize, encloser: usize) {
        self.made.get_or_insert(image);
        self.expanded.push(Expanded {
            image,
            name: self.name.clone(),
            below,
            encloser,
        });
    }

    /// Writes the DNAME of `node`, which the present name is so many labels below, and the alias that
    /// follows from it.
    fn redirect(&mut self, node: Node<'z>, labels: usize) -> Option<Ending<'z>> {
        let Some(dname) = node.set(Rtype::DNAME) else {
            return Some(Ending::Alias(Rcode::NOERROR));
        };
        let owner = node.owner();
        self.put(Section::Answer, owner.as_wire(), node, dname);
        let target = dname.rdata().next().unwrap_or_default();
        let Some(target) = self.name.redirected(self.name.without(labels), target) else {
            return Some(Ending::Alias(Rcode::YXDOMAIN));
        };
        let put = self.writer.record(
            Section::Answer,
            self.name.as_wire(),
            Rtype::CNAME,
            dname.ttl(),
            target.as_wire(),
        );
        self.need(put);
        self.go_on(Some(target))
    }

    /// Goes on at `target`, if that makes sense.
    fn go_on(&mut self, target: Option<Name>) -> Option<Ending<'z>> {
        let Some(target) = target else {
            return Some(Ending::Alias(Rcode::NOERROR));
        };
        self.passed.push(std::mem::replace(&mut self.name, target));
        let target = self.name.as_wire();
        let known = self.passed.iter().any(|name| name.as_wire() == target);
        (known || self.passed.len() > MAX_ALIASES).then_some(Ending::Alias(Rcode::NOERROR))
    }

    /// Writes what `node` has of the type asked for, or its alias, with the present name as owner.
    fn at_node(&mut self, node: Node<'z>) -> At<'z> {
        let owner = self.name.clone();
        let wanted = match self.qtype {
            Rtype::RRSIG => return self.signatures(&owner, node),
            Rtype::ANY => match node.sets().find(|set| set.rtype() != Rtype::RRSIG) {
                None => return self.signatures(&owner, node),
                any => any,
            },
            qtype => node.set(qtype),
        };
        if let Some(set) = wanted {
            self.put(Section::Answer, owner.as_wire(), node, set);
            return At::Records(Some(set));
        }
        let Some(alias) = node.set(Rtype::CNAME) else {
            return At::Nothing;
        };
        self.put(Section::Answer, owner.as_wire(), node, alias);
        At::Alias(alias.rdata().next().unwrap_or_default())
    }

    /// Writes the signatures over all sets of `node`: they are what was asked for.
    fn signatures(&mut self, owner: &Name, node: Node<'z>) -> At<'z> {
        let mut at = At::Nothing;
        for set in node.sets().filter(|set| set.rtype() == Rtype::RRSIG) {
            let put = self.write(Section::Answer, owner.as_wire(), set.into());
            self.need(put);
            at = At::Records(None);
        }
        at
    }
}

/// What was written of a node.
enum At<'z> {
    /// Records of the type asked for.
    Records(Option<Set<'z>>),
    /// An alias to this name, in wire form.
    Alias(&'z [u8]),
    Nothing,
}
