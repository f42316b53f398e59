//! Answers from a zone as a server would, as far as a look at the targets of its records needs it.

use crate::record::Rrset;
use crate::wire::{canonical_cmp, ends_with, name_from_checked};
use crate::zone::at;
use crate::{DomainName, Rtype};

/// What a zone has for the target of a record (of NS, MX, SRV).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Not in this zone, or in one that it delegates without an address here.
    Elsewhere,
    /// A or AAAA.
    Address,
    /// A CNAME.
    Alias,
    /// A DNAME is above it.
    BelowDname,
    /// Other records than these.
    Other,
    /// Nothing at or below it.
    Missing,
}

/// A zone that is asked for names.
pub(crate) struct Lookup<'a> {
    apex: &'a DomainName,
    sets: &'a [Rrset],
    /// The sets that are not about hashed names, where there are such sets.
    plain: Option<Vec<&'a Rrset>>,
}

impl<'a> Lookup<'a> {
    /// A lookup in sets that are in canonical order.
    pub(crate) fn new(apex: &'a DomainName, sets: &'a [Rrset]) -> Self {
        let plain = sets
            .iter()
            .any(is_hashed)
            .then(|| sets.iter().filter(|set| !is_hashed(set)).collect());
        Self { apex, sets, plain }
    }

    /// The name of the zone.
    pub(crate) fn apex(&self) -> &DomainName {
        self.apex
    }

    /// What the zone has for a lower-case name.
    pub(crate) fn target(&self, name: &[u8]) -> Target {
        let Some(above) = name.len().checked_sub(self.apex.len()) else {
            return Target::Elsewhere;
        };
        if !ends_with(name, self.apex.as_slice()) {
            return Target::Elsewhere;
        }
        // From the apex down to the closest encloser, the first cut or alias decides.
        let mut starts: Vec<usize> = std::iter::successors(Some(0), |&at| {
            (at < above).then(|| at + usize::from(name[at]) + 1)
        })
        .collect();
        starts.reverse();
        let mut encloser = above;
        for start in starts {
            let owner = name_from_checked(name[start..].to_vec().into());
            if !self.exists(&owner) {
                break;
            }
            encloser = start;
            let sets = at(self.sets, &owner);
            let has = |rtype| sets.iter().any(|set| set.rtype() == rtype);
            if start < above && has(Rtype::NS) {
                return Target::Elsewhere;
            }
            if start > 0 && has(Rtype::DNAME) {
                return Target::BelowDname;
            }
        }
        // The name itself, or the wildcard at its closest encloser (RFC 4592 §3.3.1).
        let answering = match encloser {
            0 => name.to_vec(),
            at => [b"\x01*", &name[at..]].concat(),
        };
        let sets = at(self.sets, &name_from_checked(answering.into()));
        let has = |rtype| sets.iter().any(|set| set.rtype() == rtype);
        match () {
            () if has(Rtype::A) || has(Rtype::AAAA) => Target::Address,
            () if has(Rtype::CNAME) => Target::Alias,
            () if sets.is_empty() && encloser > 0 => Target::Missing,
            () => Target::Other,
        }
    }

    /// Whether the zone has records at or below a lower-case name, wildcards not counted.
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        self.exists(&name_from_checked(name.to_vec().into()))
    }

    /// Whether there is an address at a lower-case name, be it glue below a delegation.
    pub(crate) fn has_address(&self, name: &[u8]) -> bool {
        let name = name_from_checked(name.to_vec().into());
        at(self.sets, &name)
            .iter()
            .any(|set| matches!(set.rtype(), Rtype::A | Rtype::AAAA))
    }

    /// Whether the zone has records at or below a name. Hashed names (NSEC3) do not count.
    fn exists(&self, name: &DomainName) -> bool {
        let before = |set: &Rrset| canonical_cmp(set.owner(), name).is_lt();
        let next = match &self.plain {
            Some(plain) => plain.get(plain.partition_point(|set| before(set))).copied(),
            None => self.sets.get(self.sets.partition_point(before)),
        };
        next.is_some_and(|set| ends_with(set.owner().as_slice(), name.as_slice()))
    }
}

/// Whether a set is about a hashed name (RFC 5155), kept apart from the names of the zone.
pub(crate) fn is_hashed(set: &Rrset) -> bool {
    set.rtype() == Rtype::NSEC3 || set.covered() == Some(Rtype::NSEC3)
}
