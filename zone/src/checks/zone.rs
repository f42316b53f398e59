//! What BIND 9.18 demands of a primary zone when it loads it, whatever its options.
//!
//! Only what makes it refuse the zone is here. What it merely logs (missing glue, MX and SRV that point
//! to a CNAME, SPF without TXT) is a note of the reader. How many records and types a name may have is
//! an option of BIND's, and so a matter of that backend.

use super::fault::{ChildKeys, ZoneError};
use super::lookup::{Lookup, Target, is_hashed};
use crate::firsts::Firsts;
use crate::layout::{Field, Layout};
use crate::record::Rrset;
use crate::wire::{self, ends_with, name_from_checked};
use crate::zone::{at, same_key};
use crate::{DomainName, Rtype};

/// Most errors of one zone that are worded.
pub(crate) const MAX_ERRORS: usize = 10;

/// What is wrong with a zone: at least one error.
pub(crate) type Faults = Firsts<ZoneError>;

/// Checks sets in canonical order. Returns where in the SOA's data the serial number is.
///
/// # Errors
/// All that is wrong, as far as it does not follow from what else is.
pub(crate) fn check(apex: &DomainName, sets: &[Rrset]) -> Result<usize, Faults> {
    let faults = check_names(apex, sets);
    check_apex(apex, sets, faults)
}

/// As [`check`] for sets that were checked before at all names but `changed`.
///
/// # Errors
/// All that is wrong at these names and at the apex.
pub(crate) fn check_changed(
    apex: &DomainName,
    sets: &[Rrset],
    changed: &[&DomainName],
) -> Result<usize, Faults> {
    let mut faults = Firsts::new(MAX_ERRORS);
    for owner in changed {
        let name = at(sets, owner);
        if !name.is_empty() {
            check_name(apex, name, &mut faults);
        }
    }
    check_apex(apex, sets, faults)
}

/// What the apex has to have, beside the faults that were found already.
fn check_apex(apex: &DomainName, sets: &[Rrset], mut faults: Faults) -> Result<usize, Faults> {
    let apex_sets = at(sets, apex);
    let serial_at = serial_at(apex, sets);
    let misplaced_soa = || sets.iter().any(|set| set.rtype() == Rtype::SOA);
    if serial_at.is_none() && !misplaced_soa() {
        faults.push(|| ZoneError::NoSoa);
    }
    match apex_sets.iter().find(|set| set.rtype() == Rtype::NS) {
        Some(servers) => {
            let zone = Lookup::new(apex, sets);
            for server in servers.rdata() {
                check_server(&zone, server.as_bytes(), &mut faults);
            }
        }
        // A SOA at another name says that the apex is another one.
        None if serial_at.is_none() && misplaced_soa() => {}
        None => faults.push(|| ZoneError::NoNs),
    }
    check_apex_keys(apex_sets, &mut faults);
    match serial_at {
        Some(serial_at) if faults.is_empty() => Ok(serial_at),
        _ => Err(faults),
    }
}

/// Checks each name on its own: what is wrong there stays wrong, whatever else the zone had.
pub(crate) fn check_names(apex: &DomainName, sets: &[Rrset]) -> Faults {
    let mut faults = Firsts::new(MAX_ERRORS);
    for pair in sets.windows(2) {
        if same_key(&pair[0], &pair[1]) {
            faults.push(|| ZoneError::Twice(pair[0].owner().clone(), pair[0].rtype()));
        }
    }
    for name in sets.chunk_by(|left, right| left.owner().as_slice() == right.owner().as_slice()) {
        check_name(apex, name, &mut faults);
    }
    faults
}

fn serial_at(apex: &DomainName, sets: &[Rrset]) -> Option<usize> {
    let soa = sets
        .first()
        .filter(|set| set.rtype() == Rtype::SOA && set.owner() == apex)?;
    let octets = soa.rdata()[0].as_bytes();
    let first = wire::name_len(octets).ok()?;
    Some(first + wire::name_len(&octets[first..]).ok()?)
}

/// Checks all sets of one owner.
fn check_name(apex: &DomainName, sets: &[Rrset], faults: &mut Faults) {
    let owner = sets[0].owner();
    if !ends_with(owner.as_slice(), apex.as_slice()) {
        return faults.push(|| ZoneError::Outside(owner.clone()));
    }
    let is_apex = owner == apex;
    let is_wildcard = owner.as_slice().starts_with(b"\x01*");
    for set in sets {
        let rtype = set.rtype();
        let owner = || owner.clone();
        match rtype {
            Rtype::SOA if !is_apex => faults.push(|| ZoneError::SoaBelowApex(owner())),
            Rtype::DS if is_apex => faults.push(|| ZoneError::DsAtApex(owner())),
            Rtype::NS | Rtype::NSEC3 if is_wildcard => {
                faults.push(|| ZoneError::Misplaced(owner(), rtype));
            }
            _ if is_apex && is_hashed(set) => {
                faults.push(|| ZoneError::Misplaced(owner(), rtype));
            }
            _ if is_single(rtype) && set.rdata().len() > 1 => {
                faults.push(|| ZoneError::NotSingle(owner(), rtype));
            }
            _ if !fits_an_answer(set) => {
                faults.push(|| ZoneError::SetTooLarge(owner(), rtype, set.rdata().len()));
            }
            _ => {}
        }
        if let Err(rule) = Layout::of(rtype) {
            faults.push(|| ZoneError::Unserved(owner(), rtype, rule));
        }
    }
    check_alias(is_apex, sets, faults);
}

/// A CNAME stands alone.
fn check_alias(is_apex: bool, sets: &[Rrset], faults: &mut Faults) {
    let owner = || sets[0].owner().clone();
    if !sets.iter().any(|set| set.rtype() == Rtype::CNAME) {
        return;
    }
    if is_apex {
        return faults.push(|| ZoneError::CnameAtApex(owner()));
    }
    let other = sets
        .iter()
        .find(|set| !stands_beside_cname(set.rtype(), set.covered()));
    if let Some(other) = other {
        faults.push(|| ZoneError::CnameAndOther(owner(), other.rtype()));
    }
}

/// Types that allow one record for each owner.
fn is_single(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::SOA | Rtype::CNAME | Rtype::DNAME | Rtype::RESINFO
    )
}

/// NSEC3 records and their signatures are in a tree of their own, where a CNAME cannot be beside them.
pub(crate) fn stands_beside_cname(rtype: Rtype, covered: Option<Rtype>) -> bool {
    matches!(
        rtype,
        Rtype::CNAME | Rtype::RRSIG | Rtype::NSEC | Rtype::KEY | Rtype::NSEC3
    ) || covered.is_some()
}

/// Whether one message can hold the set, which DNS over TCP limits to 65,535 octets (RFC 1035 §4.2.2).
/// Servers shorten names in the data of the older types, so these count as short as they can be.
fn fits_an_answer(set: &Rrset) -> bool {
    const MESSAGE: usize = 65_535;
    const HEADER: usize = 12;
    const QUESTION_BEYOND_NAME: usize = 4;
    // The owner as a pointer, type, class, TTL and length.
    const RECORD_BEYOND_DATA: usize = 12;
    let room = MESSAGE - HEADER - set.owner().len() - QUESTION_BEYOND_NAME;
    let needed = |most: usize| -> usize {
        let of_one = |octets: usize| RECORD_BEYOND_DATA + octets.min(most);
        let all = set.rdata().iter();
        all.map(|rdata| of_one(rdata.as_bytes().len())).sum()
    };
    let shortens = || match Layout::of(set.rtype()) {
        Ok(Some(layout)) => layout.fields.contains(&Field::Name),
        _ => false,
    };
    needed(usize::MAX) <= room || (shortens() && needed(2) <= room)
}

/// A name server of the zone that is in the zone needs an address there, unless it is delegated.
fn check_server(zone: &Lookup<'_>, server: &[u8], faults: &mut Faults) {
    let name = || name_from_checked(server.to_vec().into());
    match zone.target(server) {
        Target::Address | Target::Elsewhere => {}
        Target::Alias => faults.push(|| ZoneError::NsIsAlias(name())),
        Target::BelowDname => faults.push(|| ZoneError::NsBelowDname(name())),
        Target::Other | Target::Missing => faults.push(|| ZoneError::NsWithoutAddress(name())),
    }
}

/// NSEC3PARAM, CDS and CDNSKEY at the apex, as BIND checks them.
fn check_apex_keys(apex: &[Rrset], faults: &mut Faults) {
    const SHA1: u8 = 1;
    let set = |rtype| apex.iter().find(|set| set.rtype() == rtype);
    if set(Rtype::NSEC3PARAM).is_some_and(|set| {
        let mut all = set.rdata().iter();
        all.all(|params| params.as_bytes()[0] != SHA1)
    }) {
        faults.push(|| ZoneError::UnknownNsec3Hash);
    }
    let mut keys = [false; 256];
    for key in set(Rtype::DNSKEY).map_or(&[][..], Rrset::rdata) {
        keys[usize::from(key.as_bytes()[3])] = true;
    }
    // A record that asks for deletion (RFC 8078 §4) must be alone; others need a key of their algorithm.
    let children = [
        (Rtype::CDS, 2, &[0, 0, 0, 0, 0]),
        (Rtype::CDNSKEY, 3, &[0, 0, 3, 0, 0]),
    ];
    for (rtype, algorithm_at, deletion) in children {
        let all = set(rtype).map_or(&[][..], Rrset::rdata);
        for rdata in all {
            let octets = rdata.as_bytes();
            let algorithm = octets[algorithm_at];
            let why = match octets == deletion {
                true if all.len() > 1 => ChildKeys::DeletionBeside,
                true => continue,
                false if keys[usize::from(algorithm)] => continue,
                false if set(Rtype::DNSKEY).is_none() => ChildKeys::NoKeys,
                false => ChildKeys::Algorithm(algorithm),
            };
            faults.push(|| ZoneError::ChildKeys(rtype, rdata.clone(), why));
        }
    }
}
