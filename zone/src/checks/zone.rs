//! What BIND 9.18 demands of a primary zone when it loads it, with default options.
//!
//! Only what makes it refuse the zone is here. What it merely logs (missing glue, MX and SRV that point
//! to a CNAME, SPF without TXT, expired signatures) is let through.

use crate::layout::Layout;
use crate::record::RecordSet;
use crate::wire::{self, ends_with, name_from_checked, parent};
use crate::zone::{at, same_key};
use crate::{DomainName, NameText, Rtype, TypeName};

/// Most records in one set: BIND's default `max-records-per-type`.
pub const MAX_SET_LEN: usize = 100;
/// Most types at one name: BIND's default `max-types-per-name`.
pub const MAX_TYPES_PER_NAME: usize = 100;

/// Why records do not form a zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// No SOA at the apex.
    #[error("the zone has no SOA record")]
    NoSoa,
    /// No NS at the apex.
    #[error("the zone has no NS record at its apex")]
    NoNs,
    /// A record whose owner is neither the apex nor below it.
    #[error("{} is outside the zone", NameText(.0))]
    Outside(DomainName),
    /// Two sets with the same owner, type and covered type.
    #[error("{} has two sets of type {}", NameText(.0), TypeName(*.1))]
    Twice(DomainName, Rtype),
    /// A SOA below the apex.
    #[error("{} has a SOA record but is not the apex", NameText(.0))]
    SoaBelowApex(DomainName),
    /// A DS at the apex, where only the parent zone may have one.
    #[error("{} has a DS record, which belongs into the parent zone", NameText(.0))]
    DsAtApex(DomainName),
    /// More than one record of a type that allows one.
    #[error("{} has more than one {} record", NameText(.0), TypeName(*.1))]
    NotSingle(DomainName, Rtype),
    /// A CNAME beside records other than RRSIG, NSEC and KEY.
    #[error("{} has a CNAME record and other data ({})", NameText(.0), TypeName(*.1))]
    CnameAndOther(DomainName, Rtype),
    /// NS or NSEC3 at a wildcard, or NSEC3 at the apex, where BIND loses it.
    #[error("{} cannot have {} records", NameText(.0), TypeName(*.1))]
    Misplaced(DomainName, Rtype),
    /// More records in a set than BIND takes by default.
    #[error("{} has more than {MAX_SET_LEN} records of type {}", NameText(.0), TypeName(*.1))]
    SetTooLong(DomainName, Rtype),
    /// More types at a name than BIND takes by default.
    #[error("{} has records of more than {MAX_TYPES_PER_NAME} types", NameText(.0))]
    TooManyTypes(DomainName),
    /// A name server of the zone that is inside it and has no address.
    #[error("the name server {} has no address record (A or AAAA)", NameText(.0))]
    NsWithoutAddress(DomainName),
    /// A name server of the zone that is an alias.
    #[error("the name server {} is a CNAME", NameText(.0))]
    NsIsAlias(DomainName),
    /// A name server of the zone that is below a DNAME.
    #[error("the name server {} is below a DNAME", NameText(.0))]
    NsBelowDname(DomainName),
    /// NSEC3PARAM records none of which has a hash algorithm that is known.
    #[error("the zone has no NSEC3PARAM record with a known hash algorithm")]
    UnknownNsec3Hash,
    /// CDS or CDNSKEY records that do not match the DNSKEY records.
    #[error("the {} records do not match the DNSKEY records", TypeName(*.0))]
    ChildKeys(Rtype),
    /// A type that no zone holds.
    #[error("{} has a record of type {}, which {}", NameText(.0), TypeName(*.1), .2)]
    Unserved(DomainName, Rtype, &'static str),
}

impl ZoneError {
    /// The owner at fault, and the type where one is.
    pub(crate) fn subject(&self) -> Option<(&DomainName, Option<Rtype>)> {
        match self {
            Self::NoSoa | Self::NoNs | Self::UnknownNsec3Hash | Self::ChildKeys(_) => None,
            Self::Outside(owner) | Self::TooManyTypes(owner) => Some((owner, None)),
            Self::SoaBelowApex(owner) => Some((owner, Some(Rtype::SOA))),
            Self::DsAtApex(owner) => Some((owner, Some(Rtype::DS))),
            Self::NsWithoutAddress(owner) | Self::NsIsAlias(owner) | Self::NsBelowDname(owner) => {
                Some((owner, None))
            }
            Self::Twice(owner, rtype)
            | Self::NotSingle(owner, rtype)
            | Self::CnameAndOther(owner, rtype)
            | Self::Misplaced(owner, rtype)
            | Self::SetTooLong(owner, rtype)
            | Self::Unserved(owner, rtype, _) => Some((owner, Some(*rtype))),
        }
    }
}

/// Checks sets in canonical order. Returns where in the SOA's data the serial number is.
pub(crate) fn check(apex: &DomainName, sets: &[RecordSet]) -> Result<usize, ZoneError> {
    for pair in sets.windows(2) {
        if same_key(&pair[0], &pair[1]) {
            return Err(ZoneError::Twice(pair[0].owner().clone(), pair[0].rtype()));
        }
    }
    for name in sets.chunk_by(|left, right| left.owner().as_slice() == right.owner().as_slice()) {
        check_name(apex, name)?;
    }
    let serial_at = serial_at(apex, sets)?;
    let zone = Lookup { apex, sets };
    let servers = at(sets, apex)
        .iter()
        .find(|set| set.rtype() == Rtype::NS)
        .ok_or(ZoneError::NoNs)?;
    for server in servers.rdata() {
        zone.check_server(server.as_bytes())?;
    }
    check_apex_keys(at(sets, apex))?;
    Ok(serial_at)
}

fn serial_at(apex: &DomainName, sets: &[RecordSet]) -> Result<usize, ZoneError> {
    let soa = sets
        .first()
        .filter(|set| set.rtype() == Rtype::SOA && set.owner() == apex)
        .ok_or(ZoneError::NoSoa)?;
    let octets = soa.rdata()[0].as_bytes();
    let names =
        wire::name_len(octets).and_then(|first| Ok(first + wire::name_len(&octets[first..])?));
    names.map_err(|_| ZoneError::NoSoa)
}

/// Checks all sets of one owner.
fn check_name(apex: &DomainName, sets: &[RecordSet]) -> Result<(), ZoneError> {
    let owner = sets[0].owner();
    let fault = |fault: fn(DomainName, Rtype) -> ZoneError, set: &RecordSet| {
        Err(fault(owner.clone(), set.rtype()))
    };
    if !ends_with(owner.as_slice(), apex.as_slice()) {
        return Err(ZoneError::Outside(owner.clone()));
    }
    if sets.len() > MAX_TYPES_PER_NAME {
        return Err(ZoneError::TooManyTypes(owner.clone()));
    }
    let is_apex = owner == apex;
    let is_wildcard = owner.as_slice().starts_with(b"\x01*");
    for set in sets {
        match set.rtype() {
            Rtype::SOA if !is_apex => return Err(ZoneError::SoaBelowApex(owner.clone())),
            Rtype::DS if is_apex => return Err(ZoneError::DsAtApex(owner.clone())),
            Rtype::NS | Rtype::NSEC3 if is_wildcard => return fault(ZoneError::Misplaced, set),
            _ if is_apex && is_hashed(set) => return fault(ZoneError::Misplaced, set),
            rtype if is_single(rtype) && set.rdata().len() > 1 => {
                return fault(ZoneError::NotSingle, set);
            }
            _ => {}
        }
        if set.rdata().len() > MAX_SET_LEN {
            return fault(ZoneError::SetTooLong, set);
        }
        if let Err(rule) = Layout::of(set.rtype()) {
            return Err(ZoneError::Unserved(owner.clone(), set.rtype(), rule));
        }
    }
    let other = sets
        .iter()
        .find(|set| !stands_beside_cname(set.rtype(), set.covered()));
    match other {
        Some(other) if sets.iter().any(|set| set.rtype() == Rtype::CNAME) => {
            fault(ZoneError::CnameAndOther, other)
        }
        _ => Ok(()),
    }
}

/// Whether a set is about a hashed name (RFC 5155), kept apart from the names of the zone.
fn is_hashed(set: &RecordSet) -> bool {
    set.rtype() == Rtype::NSEC3 || set.covered() == Some(Rtype::NSEC3)
}

/// Types that allow one record for each owner.
fn is_single(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::SOA | Rtype::CNAME | Rtype::DNAME | Rtype::RESINFO
    )
}

/// NSEC3 records and their signatures are in a tree of their own, where a CNAME cannot be beside them.
fn stands_beside_cname(rtype: Rtype, covered: Option<Rtype>) -> bool {
    matches!(
        rtype,
        Rtype::CNAME | Rtype::RRSIG | Rtype::NSEC | Rtype::KEY | Rtype::NSEC3
    ) || covered.is_some()
}

/// Answers from the zone as a server would, as far as the check of name servers needs it.
struct Lookup<'a> {
    apex: &'a DomainName,
    sets: &'a [RecordSet],
}

impl Lookup<'_> {
    /// A name server of the zone that is in the zone needs an address there, unless it is delegated.
    fn check_server(&self, server: &[u8]) -> Result<(), ZoneError> {
        let name = || name_from_checked(server.to_vec().into());
        let Some(above) = server.len().checked_sub(self.apex.len()) else {
            return Ok(());
        };
        if !ends_with(server, self.apex.as_slice()) {
            return Ok(());
        }
        // From the apex down to the server itself, the first cut or alias decides.
        let mut starts: Vec<usize> = std::iter::successors(Some(0), |&at| {
            (at < above).then(|| at + usize::from(server[at]) + 1)
        })
        .collect();
        starts.reverse();
        for start in starts {
            let sets = at(
                self.sets,
                &name_from_checked(server[start..].to_vec().into()),
            );
            let has = |rtype| sets.iter().any(|set| set.rtype() == rtype);
            if start < above && has(Rtype::NS) {
                return Ok(());
            }
            if start > 0 && has(Rtype::DNAME) {
                return Err(ZoneError::NsBelowDname(name()));
            }
        }
        let sets = self.answer(&name());
        let has = |rtype| sets.iter().any(|set| set.rtype() == rtype);
        match () {
            () if has(Rtype::A) || has(Rtype::AAAA) => Ok(()),
            () if has(Rtype::CNAME) => Err(ZoneError::NsIsAlias(name())),
            () => Err(ZoneError::NsWithoutAddress(name())),
        }
    }

    /// The sets that answer for a name: its own, or those of the wildcard at its closest encloser
    /// (RFC 4592 §3.3.1).
    fn answer(&self, name: &DomainName) -> &[RecordSet] {
        let mut encloser = name.clone();
        while !self.exists(&encloser) {
            let Some(up) = parent(&encloser) else {
                return &[];
            };
            encloser = up;
        }
        if encloser == *name {
            return at(self.sets, name);
        }
        let wildcard = [b"\x01*", encloser.as_slice()].concat();
        at(self.sets, &name_from_checked(wildcard.into()))
    }

    /// Whether the zone has records at or below a name. Hashed names (NSEC3) do not count.
    fn exists(&self, name: &DomainName) -> bool {
        let from = self
            .sets
            .partition_point(|set| wire::canonical_cmp(set.owner(), name).is_lt());
        let below = self.sets[from..]
            .iter()
            .take_while(|set| ends_with(set.owner().as_slice(), name.as_slice()));
        below.into_iter().any(|set| !is_hashed(set))
    }
}

/// NSEC3PARAM, CDS and CDNSKEY at the apex, as BIND checks them.
fn check_apex_keys(apex: &[RecordSet]) -> Result<(), ZoneError> {
    const SHA1: u8 = 1;
    let data = |rtype| {
        let set = apex.iter().find(|set| set.rtype() == rtype);
        set.map(|set| set.rdata().iter().map(|rdata| rdata.as_bytes()))
    };
    if data(Rtype::NSEC3PARAM).is_some_and(|mut all| all.all(|params| params[0] != SHA1)) {
        return Err(ZoneError::UnknownNsec3Hash);
    }
    let keys: Vec<u8> = data(Rtype::DNSKEY)
        .into_iter()
        .flatten()
        .map(|key| key[3])
        .collect();
    // A record that asks for deletion (RFC 8078 §4) must be alone; others need a key of their algorithm.
    let children = [
        (Rtype::CDS, 2, &[0, 0, 0, 0, 0]),
        (Rtype::CDNSKEY, 3, &[0, 0, 3, 0, 0]),
    ];
    for (rtype, algorithm_at, deletion) in children {
        let Some(all) = data(rtype) else { continue };
        let (deletions, others): (Vec<&[u8]>, Vec<&[u8]>) = all.partition(|data| data == deletion);
        let deletes_beside = !deletions.is_empty() && !others.is_empty();
        if deletes_beside
            || others
                .iter()
                .any(|data| !keys.contains(&data[algorithm_at]))
        {
            return Err(ZoneError::ChildKeys(rtype));
        }
    }
    Ok(())
}
