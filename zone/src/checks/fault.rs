//! Why records do not form a zone.

use crate::record::Rdata;
use crate::{DomainName, NameText, Rtype, TypeName};

/// Why records do not form a zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// No SOA at the apex.
    #[error("the zone has no SOA record")]
    NoSoa,
    /// No NS at the apex.
    #[error("the zone has no NS record at its own name")]
    NoNs,
    /// A record whose owner is neither the apex nor below it.
    #[error("{} is outside the zone", NameText(.0))]
    Outside(DomainName),
    /// Two sets with the same owner, type and covered type.
    #[error("{} has two sets of type {}", NameText(.0), TypeName(*.1))]
    Twice(DomainName, Rtype),
    /// A SOA below the apex.
    #[error(
        "{} has a SOA record, which only the name of the zone itself can have: a zone below it is sent on its own{}",
        NameText(.0), doubled(.0)
    )]
    SoaBelowApex(DomainName),
    /// A DS at the apex, where only the parent zone may have one.
    #[error(
        "{} has a DS record at the name of the zone itself: it belongs in the parent zone, so give it to the registrar",
        NameText(.0)
    )]
    DsAtApex(DomainName),
    /// More than one record of a type that allows one.
    #[error("{} has more than one {} record", NameText(.0), TypeName(*.1))]
    NotSingle(DomainName, Rtype),
    /// A CNAME at the apex, which has a SOA and NS records.
    #[error(
        "an alias (CNAME) cannot stand at {}, the name of the zone itself; use A and AAAA records there",
        NameText(.0)
    )]
    CnameAtApex(DomainName),
    /// A CNAME beside records other than RRSIG, NSEC and KEY.
    #[error(
        "{} has a CNAME record and other data ({}); an alias cannot have other records",
        NameText(.0), TypeName(*.1)
    )]
    CnameAndOther(DomainName, Rtype),
    /// NS or NSEC3 at a wildcard, or NSEC3 at the apex, where BIND loses it.
    #[error("{} cannot have {} records, {}", NameText(.0), TypeName(*.1), place(.0, *.1))]
    Misplaced(DomainName, Rtype),
    /// Records that do not fit into one message, so that no server can answer with them.
    #[error(
        "{} has {} records of type {}, which do not fit into one answer (65535 octets): no name server can serve them",
        NameText(.0), .2, TypeName(*.1)
    )]
    SetTooLarge(DomainName, Rtype, usize),
    /// A name server of the zone that is inside it and has no address.
    #[error(
        "the name server {} has no address record (A or AAAA) in the zone{}",
        NameText(.0), doubled(.0)
    )]
    NsWithoutAddress(DomainName),
    /// A name server of the zone that is an alias.
    #[error("the name server {} is an alias (CNAME); it needs A or AAAA records instead", NameText(.0))]
    NsIsAlias(DomainName),
    /// A name server of the zone that is below a DNAME.
    #[error(
        "the name server {} is below a DNAME record, so that it cannot have an address here",
        NameText(.0)
    )]
    NsBelowDname(DomainName),
    /// NSEC3PARAM records none of which has a hash algorithm that is known.
    #[error("the zone has no NSEC3PARAM record with a known hash algorithm (1)")]
    UnknownNsec3Hash,
    /// A CDS or CDNSKEY record that does not match the DNSKEY records.
    #[error("the {} record does not match the DNSKEY records: {}", TypeName(*.0), .2)]
    ChildKeys(Rtype, Rdata, ChildKeys),
    /// A type that no zone holds.
    #[error("{} has a record of type {}, which {}", NameText(.0), TypeName(*.1), .2)]
    Unserved(DomainName, Rtype, &'static str),
}

/// How CDS or CDNSKEY records do not match the DNSKEY records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChildKeys {
    /// There is nothing to match.
    #[error("the zone has no DNSKEY records")]
    NoKeys,
    /// No key has the algorithm of the record.
    #[error("none of them has algorithm {0}")]
    Algorithm(u8),
    /// A record that asks for the removal of DS (RFC 8078 §4) has to be alone.
    #[error("it asks the parent to remove all DS records, and another one asks for a key")]
    DeletionBeside,
}

/// What records have to be about for an error.
pub(crate) struct Subject<'a> {
    pub(crate) owner: &'a DomainName,
    pub(crate) rtype: Option<Rtype>,
    pub(crate) rdata: Option<&'a [u8]>,
}

impl ZoneError {
    /// The records at fault in the zone `apex`, if there are any.
    pub(crate) fn subject<'a>(&'a self, apex: &'a DomainName) -> Option<Subject<'a>> {
        let subject = |owner, rtype, rdata| {
            Some(Subject {
                owner,
                rtype,
                rdata,
            })
        };
        match self {
            Self::NoSoa | Self::NoNs => None,
            Self::UnknownNsec3Hash => subject(apex, Some(Rtype::NSEC3PARAM), None),
            Self::ChildKeys(rtype, rdata, _) => subject(apex, Some(*rtype), Some(rdata.as_bytes())),
            Self::Outside(owner) => subject(owner, None, None),
            Self::SoaBelowApex(owner) => subject(owner, Some(Rtype::SOA), None),
            Self::DsAtApex(owner) => subject(owner, Some(Rtype::DS), None),
            Self::CnameAtApex(owner) => subject(owner, Some(Rtype::CNAME), None),
            Self::NsWithoutAddress(server)
            | Self::NsIsAlias(server)
            | Self::NsBelowDname(server) => subject(apex, Some(Rtype::NS), Some(server.as_slice())),
            Self::Twice(owner, rtype)
            | Self::NotSingle(owner, rtype)
            | Self::CnameAndOther(owner, rtype)
            | Self::Misplaced(owner, rtype)
            | Self::SetTooLarge(owner, rtype, _)
            | Self::Unserved(owner, rtype, _) => subject(owner, Some(*rtype), None),
        }
    }
}

/// Why records of a type cannot be at an owner.
fn place(owner: &DomainName, rtype: Rtype) -> &'static str {
    match rtype {
        Rtype::NS => "which cannot delegate a wildcard",
        Rtype::NSEC3 if owner.as_slice().starts_with(b"\x01*") => "whose owners are hashes",
        _ => "which belong to hashed names",
    }
}

/// A hint for a name that ends in the same labels twice.
pub(crate) fn doubled(name: &DomainName) -> &'static str {
    match crate::wire::ends_twice(name.as_slice()) {
        true => "; it ends in the same name twice, so a final dot is missing",
        false => "",
    }
}
