//! A zone as it is answered from: immutable, in few blocks of memory, every name and set found by
//! comparing octets.
//!
//! A [`Zone`] is made for comparing and printing: each name and each record is an allocation of its
//! own. Here the octets of all names and data stand in one block, nodes point into it in canonical
//! order, and a zone of fifteen records takes about 1 KiB.

mod build;
pub(crate) mod hash;
pub(crate) mod key;
pub(crate) mod zones;

use dadns_dns::Name;
use dadns_zone::{DomainName, Rdata, Rrset, Rtype, Zone, ZoneName};

use self::key::owner;

pub(crate) use build::MAX_ITERATIONS;
pub use build::TooLarge;

/// One zone, compact. See the head of this module. Equal zones have equal images, and no others do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The apex in wire form, then keys and data.
    octets: Box<[u8]>,
    /// In the order of their keys: the apex first.
    nodes: Box<[NodeAt]>,
    /// The owners of NSEC3 records, which are no names of the zone (RFC 5155 §7.2.8).
    hashed: Box<[NodeAt]>,
    sets: Box<[SetAt]>,
    chain: Chain,
    apex_len: u8,
    apex_labels: u8,
    /// Whether there is anything below the apex that names could be delegated or redirected by.
    has_cuts: bool,
}

/// How the zone denies what it does not have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chain {
    /// It does not.
    None,
    /// By NSEC records, at these nodes.
    Nsec(Box<[u32]>),
    /// By NSEC3 records, at these hashed nodes.
    Nsec3 {
        nodes: Box<[u32]>,
        iterations: u16,
        salt: Box<[u8]>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NodeAt {
    key: u32,
    sets: u32,
    key_len: u16,
    set_count: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SetAt {
    data: u32,
    ttl: u32,
    rtype: u16,
    /// For RRSIG the type that is signed; for others 0.
    covered: u16,
    count: u16,
}

/// A name that the zone has records at.
#[derive(Clone, Copy)]
pub(crate) struct Node<'z> {
    image: &'z Image,
    at: &'z NodeAt,
}

/// One set at a node.
#[derive(Clone, Copy)]
pub(crate) struct Set<'z> {
    image: &'z Image,
    at: &'z SetAt,
}

impl Image {
    /// The zone that this is the image of, put together from what is answered; `None` if that is no
    /// zone, which only a fault of ours could bring about.
    pub fn to_zone(&self, name: &ZoneName) -> Option<Zone> {
        let nodes = self.nodes.iter().chain(&self.hashed);
        let sets = nodes.flat_map(|at| {
            let node = Node { image: self, at };
            let owner = node.owner();
            node.sets().map(move |set| set.to_rrset(&owner))
        });
        Zone::new(name.clone(), sets.collect::<Option<Vec<_>>>()?).ok()
    }

    /// Whether exactly the records of `zone` are answered from it, by looking at each.
    pub fn has(&self, zone: &Zone) -> bool {
        if !self.hashed.is_empty() {
            // They stand apart, and in the zone among the others.
            return self.to_zone(zone.name()).is_some_and(|has| has == *zone);
        }
        let mut wanted = zone.rrsets().iter();
        let has_each = self.nodes.iter().all(|at| {
            let node = Node { image: self, at };
            let owner = node.owner();
            node.sets().all(|set| {
                wanted.next().is_some_and(|wanted| {
                    wanted.owner().as_slice() == owner.as_wire()
                        && wanted.rtype() == set.rtype()
                        && wanted.ttl() == set.ttl()
                        && set.rdata().eq(wanted.rdata().iter().map(Rdata::as_bytes))
                })
            })
        });
        has_each && wanted.next().is_none()
    }

    /// The apex in wire form.
    pub fn apex(&self) -> &[u8] {
        &self.octets[..usize::from(self.apex_len)]
    }

    /// How many labels the apex has.
    pub fn apex_labels(&self) -> usize {
        usize::from(self.apex_labels)
    }

    /// The node of the apex.
    pub fn apex_node(&self) -> Node<'_> {
        self.node(0)
    }

    /// The SOA.
    pub fn soa(&self) -> Option<Set<'_>> {
        self.apex_node().set(Rtype::SOA)
    }

    /// The serial number and the TTL of negative answers, in seconds (RFC 2308 §5).
    pub fn serial_and_negative_ttl(&self) -> (u32, u32) {
        let Some(soa) = self.soa() else {
            return (0, 0);
        };
        // Serial, refresh, retry, expire, minimum.
        let numbers = soa.rdata().next().and_then(|data| data.last_chunk::<20>());
        let (numbers, _) = numbers.map_or(&[][..], |data| &data[..]).as_chunks::<4>();
        match numbers {
            [serial, .., minimum] => (
                u32::from_be_bytes(*serial),
                soa.ttl().min(u32::from_be_bytes(*minimum)),
            ),
            _ => (0, 0),
        }
    }

    /// Whether names below the apex may be delegated or redirected.
    pub fn has_cuts(&self) -> bool {
        self.has_cuts
    }

    /// How the zone denies what it does not have.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The node with this key, or where it would stand.
    pub fn find(&self, key: &[u8]) -> Result<Node<'_>, usize> {
        let found = self.nodes.binary_search_by(|at| self.key(at).cmp(key));
        found.map(|index| self.node(index))
    }

    /// The node at `index` in canonical order, if there are as many.
    pub fn get(&self, index: usize) -> Option<Node<'_>> {
        let at = self.nodes.get(index)?;
        Some(Node { image: self, at })
    }

    fn node(&self, index: usize) -> Node<'_> {
        let at = &self.nodes[index];
        Node { image: self, at }
    }

    /// Of the nodes at `indices`, the one with this key and the last one not after it; the last of all
    /// where none is before (a chain is a ring).
    fn last_before<'z>(
        &'z self,
        nodes: &'z [NodeAt],
        indices: &[u32],
        key: &[u8],
    ) -> Option<(Node<'z>, bool)> {
        let at = |index: usize| &nodes[indices[index] as usize];
        let after = indices.partition_point(|index| self.key(&nodes[*index as usize]) <= key);
        let last = at(after.checked_sub(1).or(indices.len().checked_sub(1))?);
        let exact = self.key(last) == key;
        Some((
            Node {
                image: self,
                at: last,
            },
            exact,
        ))
    }

    /// The node of the chain of NSEC records that is at `key` (then `true`) or covers it.
    pub fn nsec(&self, key: &[u8]) -> Option<(Node<'_>, bool)> {
        match &self.chain {
            Chain::Nsec(indices) => self.last_before(&self.nodes, indices, key),
            _ => None,
        }
    }

    /// The same in the chain of NSEC3 records, by the key of a hashed name.
    pub fn nsec3(&self, key: &[u8]) -> Option<(Node<'_>, bool)> {
        match &self.chain {
            Chain::Nsec3 { nodes, .. } => self.last_before(&self.hashed, nodes, key),
            _ => None,
        }
    }

    /// All nodes, the apex first, then those of hashed names.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        let all = self.nodes.iter().chain(&self.hashed);
        all.map(|at| Node { image: self, at })
    }

    fn key(&self, at: &NodeAt) -> &[u8] {
        &self.octets[at.key as usize..][..usize::from(at.key_len)]
    }

    /// Octets of memory that it takes, roughly.
    pub fn size(&self) -> usize {
        let nodes = (self.nodes.len() + self.hashed.len()) * size_of::<NodeAt>();
        self.octets.len() + nodes + size_of_val(&*self.sets)
    }
}

impl<'z> Node<'z> {
    /// Its sets.
    pub fn sets(self) -> impl Iterator<Item = Set<'z>> {
        let Self { image, at } = self;
        let sets = &image.sets[at.sets as usize..][..usize::from(at.set_count)];
        sets.iter().map(move |at| Set { image, at })
    }

    /// Its set of type `rtype`; of RRSIG, the first.
    pub fn set(self, rtype: Rtype) -> Option<Set<'z>> {
        self.sets().find(|set| set.rtype() == rtype)
    }

    /// The signatures over its set of type `rtype`.
    pub fn signatures(self, rtype: Rtype) -> Option<Set<'z>> {
        self.sets()
            .find(|set| set.rtype() == Rtype::RRSIG && set.at.covered == rtype.to_int())
    }

    /// Its key.
    pub fn key(self) -> &'z [u8] {
        self.image.key(self.at)
    }

    /// Its name.
    pub fn owner(self) -> Name {
        owner(self.key(), self.image.apex())
    }

    /// Whether both are the same node of the same zone.
    pub fn is(self, other: Self) -> bool {
        std::ptr::eq(self.at, other.at)
    }
}

impl<'z> Set<'z> {
    /// The type of its records.
    pub fn rtype(self) -> Rtype {
        Rtype::from_int(self.at.rtype)
    }

    /// Time to live, in seconds.
    pub fn ttl(self) -> u32 {
        self.at.ttl
    }

    /// How many records it has.
    pub fn len(self) -> usize {
        usize::from(self.at.count)
    }

    /// The data of its records.
    pub fn rdata(&self) -> impl Iterator<Item = &'z [u8]> + Clone + use<'z> {
        let mut rest = &self.image.octets[self.at.data as usize..];
        (0..self.at.count).map(move |_| {
            let (len, data) = rest.split_first_chunk().unwrap_or((&[0; 2], &[]));
            let (data, next) = data
                .split_at_checked(usize::from(u16::from_be_bytes(*len)))
                .unwrap_or_default();
            rest = next;
            data
        })
    }

    fn to_rrset(self, owner: &Name) -> Option<Rrset> {
        let owner = DomainName::from_octets(owner.as_wire().to_vec().into()).ok()?;
        let rdata = self
            .rdata()
            .map(|data| Rdata::from_wire(self.rtype(), data).ok())
            .collect::<Option<Vec<_>>>()?;
        Rrset::new(&owner, self.rtype(), self.ttl(), rdata).ok()
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node({})", self.key().escape_ascii())
    }
}

impl std::fmt::Debug for Set<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Set({} {})", self.rtype(), self.len())
    }
}
