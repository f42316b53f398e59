//! Which RRset a rule is about.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::record::type_key;
use crate::wire::{canonical_cmp, lower_cased};
use crate::{DomainName, Rrset, Rtype};

/// An owner name, lower-case, and a type. Sorts as RRsets do in a zone: by name (RFC 4034 §6.1), SOA first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RrsetKey {
    owner: DomainName,
    rtype: Rtype,
}

impl RrsetKey {
    /// The RRset of this type at `owner`, in any case.
    pub fn new(owner: &DomainName, rtype: Rtype) -> Self {
        Self {
            owner: lower_cased(owner),
            rtype,
        }
    }

    /// The name that the RRset is at, lower-case.
    pub fn owner(&self) -> &DomainName {
        &self.owner
    }

    /// The type of its records.
    pub fn rtype(&self) -> Rtype {
        self.rtype
    }
}

impl RrsetKey {
    /// The names that keys are about, in their order, each once.
    pub fn owners(keys: &BTreeSet<Self>) -> impl Iterator<Item = &DomainName> {
        let mut last: Option<&DomainName> = None;
        keys.iter().map(Self::owner).filter(move |owner| {
            let before = last.replace(owner);
            before.is_none_or(|before| before.as_slice() != owner.as_slice())
        })
    }
}

impl From<&Rrset> for RrsetKey {
    fn from(set: &Rrset) -> Self {
        Self {
            owner: set.owner().clone(),
            rtype: set.rtype(),
        }
    }
}

impl Ord for RrsetKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let types = || type_key(self.rtype, None).cmp(&type_key(other.rtype, None));
        canonical_cmp(&self.owner, &other.owner).then_with(types)
    }
}

impl PartialOrd for RrsetKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
