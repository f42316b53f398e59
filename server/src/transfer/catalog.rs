//! The catalog zone: lists all zones, so that a secondary that is told of it once picks up new and
//! removed zones by itself (RFC 9432).

use std::collections::{BTreeSet, HashSet};

use dadns_dns::Name;
use dadns_zone::{DomainName, Rdata, Rrset, Rtype, Zone, ZoneName};

use crate::image::hash::hashed;

/// The TTL of its records, in seconds; only secondaries read them.
const TTL: u32 = 0;
/// Refresh, retry, expire and minimum of its SOA, in seconds: a secondary that missed a notify looks
/// again after five minutes, and keeps its zones for four weeks.
const TIMES: [u32; 4] = [300, 60, 2_419_200, 0];
/// A name that does not exist (RFC 2606 §2), for names that nobody asks (RFC 9432 §4).
const INVALID: &[u8] = b"\x07invalid\0";
/// Version 2 as a character-string (RFC 9432 §4.2.1).
const VERSION: &[u8] = b"\x012";

/// The catalog as it is and whom it lists. Made anew from what it was: with many members that takes
/// a fraction of the time.
#[derive(Debug)]
pub(crate) struct Catalog {
    name: ZoneName,
    zone: Option<Zone>,
    members: BTreeSet<Box<[u8]>>,
}

impl Catalog {
    /// One that lists nothing yet.
    pub fn new(name: ZoneName) -> Self {
        Self {
            name,
            zone: None,
            members: BTreeSet::new(),
        }
    }

    /// Its own name.
    pub fn name(&self) -> &ZoneName {
        &self.name
    }

    /// Whether it lists just these already.
    pub fn lists(&self, members: &BTreeSet<Box<[u8]>>) -> bool {
        self.zone.is_some() && self.members == *members
    }

    /// The zone as it was made last.
    pub fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// Lists the zones with these apexes in wire form, and no others, from `serial` on. `None` where
    /// the catalog's own name is so long that nothing fits below it.
    pub fn list(&mut self, serial: u32, members: BTreeSet<Box<[u8]>>) -> Option<&Zone> {
        let gone: HashSet<DomainName> = self
            .members
            .difference(&members)
            .filter_map(|member| self.owner_of(member))
            .collect();
        let old = self.zone.as_ref().map(Zone::rrsets);
        let kept = old
            .unwrap_or_default()
            .iter()
            .filter(|set| set.rtype() == Rtype::PTR && !gone.contains(set.owner()));
        let mut sets: Vec<Rrset> = kept.cloned().collect();
        for member in members.difference(&self.members) {
            sets.push(set(&self.owner_of(member)?, Rtype::PTR, member)?);
        }
        sets.extend(self.head(serial)?);
        self.zone = Some(Zone::new(self.name.clone(), sets).ok()?);
        self.members = members;
        self.zone.as_ref()
    }

    /// What a catalog has besides its members.
    fn head(&self, serial: u32) -> Option<[Rrset; 3]> {
        let apex = self.name.to_domain_name();
        let mut soa = [INVALID, INVALID].concat();
        for number in [serial].iter().chain(&TIMES) {
            soa.extend_from_slice(&number.to_be_bytes());
        }
        Some([
            set(&apex, Rtype::SOA, &soa)?,
            set(&apex, Rtype::NS, INVALID)?,
            set(&self.below(&[b"version"])?, Rtype::TXT, VERSION)?,
        ])
    }

    /// Where a member stands: what is called the same is the same member, and keeps its label.
    fn owner_of(&self, member: &[u8]) -> Option<DomainName> {
        self.below(&[&hashed(member, 0, &[]), b"zones"])
    }

    fn below(&self, labels: &[&[u8]]) -> Option<DomainName> {
        let apex = self.name.to_domain_name();
        let name = Name::join(labels.iter().copied(), apex.as_slice())?;
        DomainName::from_octets(name.as_wire().to_vec().into()).ok()
    }
}

fn set(owner: &DomainName, rtype: Rtype, rdata: &[u8]) -> Option<Rrset> {
    let rdata = Rdata::from_wire(rtype, rdata).ok()?;
    Rrset::new(owner, rtype, TTL, [rdata]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(names: &[&str]) -> BTreeSet<Box<[u8]>> {
        let wire = |name: &&str| ZoneName::parse(name).unwrap().to_domain_name();
        names
            .iter()
            .map(|name| wire(name).as_slice().into())
            .collect()
    }

    fn listed(zone: &Zone) -> Vec<String> {
        let text = zone.to_string();
        let words = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        words.filter(|line| line.contains(" PTR ")).collect()
    }

    #[test]
    fn a_catalog_lists_its_members_as_rfc_9432_wants() {
        let mut catalog = Catalog::new("catalog.example".parse().unwrap());
        let zone = catalog
            .list(7, members(&["a.example", "b.example"]))
            .unwrap();
        let text = zone.to_string();
        for line in [
            "version.catalog.example. 0 IN TXT \"2\"",
            "catalog.example. 0 IN NS invalid.",
            ".zones.catalog.example. 0 IN PTR a.example.",
            ".zones.catalog.example. 0 IN PTR b.example.",
        ] {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let found = text.lines().any(|found| words(found).ends_with(line));
            assert!(found, "{line} is not in\n{text}");
        }
        assert_eq!(zone.serial(), 7);
    }

    #[test]
    fn a_catalog_that_is_made_from_what_it_was_is_the_same_as_one_made_anew() {
        let name: ZoneName = "catalog.example".parse().unwrap();
        let mut catalog = Catalog::new(name.clone());
        for (serial, names) in [
            (1, &["a.example", "b.example"][..]),
            (2, &["b.example", "c.example", "d.example"]),
            (3, &[]),
            (4, &["a.example"]),
        ] {
            let zone = catalog.list(serial, members(names)).unwrap();
            assert_eq!(listed(zone).len(), names.len());
            let mut anew = Catalog::new(name.clone());
            assert_eq!(Some(zone), anew.list(serial, members(names)));
        }
    }

    #[test]
    fn below_a_name_that_is_too_long_there_is_no_catalog() {
        let name = ["a".repeat(63).as_str(); 3].join(".") + &".b".repeat(20);
        let mut catalog = Catalog::new(name.parse().unwrap());
        assert!(catalog.list(1, members(&["a"])).is_none());
    }
}
