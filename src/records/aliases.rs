//! A CNAME stands alone at its name (RFC 1034, section 3.6.2). The layers would hide what stands beside one; a door whose
//! clients see no layers refuses that.

use std::collections::{BTreeMap, BTreeSet};

use dadns_zone::{DomainName, NameText, Rrset, Rtype, TypeName, Zone};

use crate::store::RecordEdit;

/// The names at which `edits` of `zone` would leave a CNAME beside other records, each in words.
pub fn aliases(zone: &Zone, edits: &[RecordEdit]) -> Vec<String> {
    let mut left: BTreeMap<DomainName, BTreeSet<Rtype>> = BTreeMap::new();
    for edit in edits {
        let key = edit.key();
        let there = || zone.at(key.owner()).iter().map(Rrset::rtype).collect();
        let types = left.entry(key.owner().clone()).or_insert_with(there);
        match edit {
            RecordEdit::Replace(_) | RecordEdit::Add { .. } => types.insert(key.rtype()),
            RecordEdit::Delete(_) => types.remove(&key.rtype()),
            // What is left then, only the store knows.
            RecordEdit::Remove { .. } | RecordEdit::Release(_) => false,
        };
    }
    let stands_beside = |(owner, types): (DomainName, BTreeSet<Rtype>)| {
        let other = types.iter().find(|rtype| **rtype != Rtype::CNAME);
        let other = other.filter(|_| types.contains(&Rtype::CNAME))?;
        Some(format!(
            "{} would have a CNAME record beside one of type {}",
            NameText(&owner),
            TypeName(*other)
        ))
    };
    left.into_iter().filter_map(stands_beside).collect()
}
