//! From a zone to its image.

use dadns_dns::Name;
use dadns_zone::{DomainName, Rrset, Rtype, Zone};

use super::key::Key;
use super::{Chain, Image, Node, NodeAt, Set, SetAt};

/// Most extra NSEC3 iterations that denials are computed with; zones with more are answered without
/// (RFC 9276 §3.2 lets validators take those for insecure).
pub(crate) const MAX_ITERATIONS: u16 = 150;

/// The NSEC3 hash algorithm SHA-1 (RFC 5155 §11), the only one.
const SHA1: u8 = 1;

/// The zone has more octets than 32 bits can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the zone is larger than 4 GiB")]
pub struct TooLarge;

impl Image {
    /// Of `zone`.
    pub fn new(zone: &Zone) -> Result<Self, TooLarge> {
        let apex = zone.name().to_domain_name();
        let apex_labels = read(&apex).labels();
        let mut builder = Builder {
            octets: apex.as_slice().to_vec(),
            nodes: Vec::new(),
            hashed: Vec::new(),
            sets: Vec::with_capacity(zone.rrsets().len()),
        };
        let same_owner = |a: &Rrset, b: &Rrset| a.owner().as_slice() == b.owner().as_slice();
        for sets in zone.rrsets().chunk_by(same_owner) {
            let name = read(sets[0].owner());
            let key = Key::new(&name, name.labels() - apex_labels);
            let (hashed, plain): (Vec<&Rrset>, Vec<&Rrset>) = sets.iter().partition(is_hashed);
            for (of_hash, sets) in [(false, plain), (true, hashed)] {
                if !sets.is_empty() {
                    let node = builder.node(&key, &sets)?;
                    match of_hash {
                        true => builder.hashed.push(node),
                        false => builder.nodes.push(node),
                    }
                }
            }
        }
        let has_cuts = zone.rrsets().iter().any(|set| match set.rtype() {
            Rtype::NS => set.owner().as_slice() != apex.as_slice(),
            rtype => rtype == Rtype::DNAME,
        });
        let mut image = Self {
            apex_len: apex.as_slice().len() as u8,
            // A name has 127 labels at the most.
            apex_labels: apex_labels as u8,
            octets: builder.octets.into(),
            nodes: builder.nodes.into(),
            hashed: builder.hashed.into(),
            sets: builder.sets.into(),
            chain: Chain::None,
            has_cuts,
        };
        image.chain = image.find_chain();
        Ok(image)
    }

    /// A zone has one chain; which it is stands at the apex.
    fn find_chain(&self) -> Chain {
        let apex = self.apex_node();
        let params = apex.set(Rtype::NSEC3PARAM);
        let params = params.iter().flat_map(Set::rdata);
        for params in params {
            // Algorithm, flags, iterations, salt (RFC 5155 §4.2). Flags other than 0: not ready.
            let &[SHA1, 0, high, low, ref salt @ ..] = params else {
                continue;
            };
            let iterations = u16::from_be_bytes([high, low]);
            if iterations > MAX_ITERATIONS {
                continue;
            }
            let of_chain = |data: &[u8]| {
                let (start, rest) = data.split_at_checked(4).unwrap_or_default();
                start.first() == Some(&SHA1) && start[2..] == [high, low] && rest.starts_with(salt)
            };
            let nodes = indices(&self.hashed, |at| {
                let node = Node { image: self, at };
                node.set(Rtype::NSEC3)
                    .is_some_and(|set| set.rdata().any(of_chain))
            });
            if !nodes.is_empty() {
                let salt = salt.get(1..).unwrap_or_default().into();
                return Chain::Nsec3 {
                    nodes,
                    iterations,
                    salt,
                };
            }
        }
        match apex.set(Rtype::NSEC) {
            Some(_) => Chain::Nsec(indices(&self.nodes, |at| {
                Node { image: self, at }.set(Rtype::NSEC).is_some()
            })),
            None => Chain::None,
        }
    }
}

fn indices(nodes: &[NodeAt], is: impl Fn(&NodeAt) -> bool) -> Box<[u32]> {
    let indices = (0_u32..).zip(nodes);
    indices
        .filter(|(_, at)| is(at))
        .map(|(index, _)| index)
        .collect()
}

struct Builder {
    octets: Vec<u8>,
    nodes: Vec<NodeAt>,
    hashed: Vec<NodeAt>,
    sets: Vec<SetAt>,
}

impl Builder {
    fn node(&mut self, key: &Key, sets: &[&Rrset]) -> Result<NodeAt, TooLarge> {
        let key = key.as_octets();
        let node = NodeAt {
            key: self.end()?,
            sets: u32::try_from(self.sets.len()).map_err(|_| TooLarge)?,
            key_len: key.len() as u16,
            // There are at most as many sets at a name as there are types.
            set_count: sets.len() as u16,
        };
        self.octets.extend_from_slice(key);
        for set in sets {
            let data = self.end()?;
            for rdata in set.rdata() {
                let rdata = rdata.as_bytes();
                // RDATA is at most 65535 octets long.
                self.octets
                    .extend_from_slice(&(rdata.len() as u16).to_be_bytes());
                self.octets.extend_from_slice(rdata);
            }
            self.sets.push(SetAt {
                data,
                ttl: set.ttl(),
                rtype: set.rtype().to_int(),
                covered: set.covered().map_or(0, Rtype::to_int),
                // A zone's sets have at most a hundred records.
                count: set.rdata().len() as u16,
            });
        }
        Ok(node)
    }

    fn end(&self) -> Result<u32, TooLarge> {
        u32::try_from(self.octets.len()).map_err(|_| TooLarge)
    }
}

fn is_hashed(set: &&Rrset) -> bool {
    set.rtype() == Rtype::NSEC3 || set.covered() == Some(Rtype::NSEC3)
}

fn read(name: &DomainName) -> Name {
    Name::read(name.as_slice()).unwrap_or_else(Name::root)
}
