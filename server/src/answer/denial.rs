//! Authenticated denial of existence: NSEC (RFC 4035 §3.1.3) and NSEC3 (RFC 5155 §7.2).

use dadns_dns::Name;
use dadns_zone::Rtype;

use crate::image::hash::{DIGITS, hashed};
use crate::image::key::Key;
use crate::image::{Chain, Image, Node};

/// How far up a closest encloser is looked for. A chain has it at the true one, or a little above under
/// opt-out. A hostile zone does not have it at all, and each look costs all iterations.
const MAX_CLIMB: usize = 6;

/// What is denied of a name. Enclosers are counted in labels below the apex.
#[derive(Debug, Clone, Copy)]
pub(super) enum Denial {
    /// The name is there, the type is not.
    NoData,
    /// The name is not there, nor a wildcard that could stand for it.
    NoName { encloser: usize },
    /// The name is not there; the wildcard that stands for it has not the type.
    WildcardNoData { encloser: usize },
    /// The name is not there, so that a wildcard could stand for it.
    Expanded { encloser: usize },
    /// The delegation of the name is not signed.
    Insecure,
}

/// The type of the records that deny what `image` does not have.
pub(super) fn record_type(image: &Image) -> Rtype {
    match image.chain() {
        Chain::Nsec3 { .. } => Rtype::NSEC3,
        _ => Rtype::NSEC,
    }
}

/// Adds the nodes whose NSEC or NSEC3 records give the `denial` of `name`, which has so many labels
/// `below` the apex. None is there twice; none is there of a zone without denials.
pub(super) fn nodes<'z>(
    image: &'z Image,
    name: &Name,
    below: usize,
    denial: Denial,
    denials: &mut Vec<Node<'z>>,
) {
    let mut add = |node: Node<'z>| {
        if !denials.iter().any(|known| known.is(node)) {
            denials.push(node);
        }
    };
    match image.chain() {
        Chain::None => {}
        Chain::Nsec(_) => by_nsec(image, &Key::new(name, below), denial, &mut add),
        Chain::Nsec3 {
            iterations, salt, ..
        } => {
            let hashes = Hashes {
                image,
                name,
                below,
                iterations: *iterations,
                salt,
            };
            hashes.deny(denial, &mut add);
        }
    }
}

fn by_nsec<'z>(image: &'z Image, key: &Key, denial: Denial, add: &mut impl FnMut(Node<'z>)) {
    let mut at = |key: &[u8]| {
        if let Some((node, _)) = image.nsec(key) {
            add(node);
        }
    };
    at(key.as_octets());
    match denial {
        Denial::NoName { encloser } | Denial::WildcardNoData { encloser } => {
            at(&[key.top(encloser), b"*\0"].concat());
        }
        Denial::NoData | Denial::Expanded { .. } | Denial::Insecure => {}
    }
}

/// Finds the NSEC3 records about a name and its ancestors.
struct Hashes<'z, 'n> {
    image: &'z Image,
    name: &'n Name,
    below: usize,
    iterations: u16,
    salt: &'z [u8],
}

impl<'z> Hashes<'z, '_> {
    fn deny(&self, denial: Denial, add: &mut impl FnMut(Node<'z>)) {
        match denial {
            Denial::NoData | Denial::Insecure => match self.at(self.name.as_wire()) {
                Some((node, true)) => add(node),
                // An unsigned delegation, or an empty name above such, that an opt-out span covers.
                _ => drop(self.closest_encloser(self.below.saturating_sub(1), add)),
            },
            // The wildcard is covered where there is none, and matched where it lacks the type.
            Denial::NoName { encloser } | Denial::WildcardNoData { encloser } => {
                let Some(encloser) = self.closest_encloser(encloser, add) else {
                    return;
                };
                let wildcard = Name::join([&b"*"[..]].into_iter(), self.encloser(encloser));
                // A wildcard that is too long to be a name needs no denial.
                if let Some((node, _)) = wildcard.and_then(|name| self.at(name.as_wire())) {
                    add(node);
                }
            }
            Denial::Expanded { encloser } => self.next_closer(encloser, add),
        }
    }

    /// Adds the NSEC3 records of the closest encloser that has one, from the true one upwards, and of the
    /// next closer name, which does not exist (RFC 5155 §7.2.1). Returns which it is.
    fn closest_encloser(&self, from: usize, add: &mut impl FnMut(Node<'z>)) -> Option<usize> {
        for encloser in (0..=from).rev().take(MAX_CLIMB) {
            if let Some((node, true)) = self.at(self.encloser(encloser)) {
                add(node);
                self.next_closer(encloser, add);
                return Some(encloser);
            }
        }
        None
    }

    fn next_closer(&self, encloser: usize, add: &mut impl FnMut(Node<'z>)) {
        let next = self.name.without((self.below - encloser).saturating_sub(1));
        if let Some((node, _)) = self.at(next) {
            add(node);
        }
    }

    fn encloser(&self, encloser: usize) -> &[u8] {
        self.name.without(self.below - encloser)
    }

    /// The NSEC3 record that is about this name (then `true`) or covers it.
    fn at(&self, name: &[u8]) -> Option<(Node<'z>, bool)> {
        // The key of an owner of one label: the label and its end.
        let mut key = [0; DIGITS + 1];
        key[..DIGITS].copy_from_slice(&hashed(name, self.iterations, self.salt));
        self.image.nsec3(&key)
    }
}
