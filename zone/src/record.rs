//! RRsets: one owner, one type, one TTL, and the RDATA in canonical wire form.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::layout::Layout;
use crate::wire::{self, canonical_cmp};
use crate::{DomainName, Rtype, present};

/// Largest TTL, in seconds: 2^31 − 1 (RFC 2181 §8).
pub const MAX_TTL: u32 = 0x7fff_ffff;

/// The data of one record: valid for its type, uncompressed, in the canonical form of RFC 4034 §6.2
/// as amended by RFC 6840 §5.1 (embedded names of the older types are lower-case).
///
/// Sorts as RFC 4034 §6.3 does. Cloning shares the octets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rdata(Bytes);

/// Why octets or a text are not the RDATA of a type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rtype} data: {rule} (octet {offset})", rtype = present::TypeName(*rtype))]
pub struct RdataError {
    /// The type that the octets were read as.
    pub rtype: Rtype,
    /// Offset of the field at fault, in octets.
    pub offset: usize,
    /// The rule that is broken.
    pub rule: &'static str,
}

impl Rdata {
    /// Checks uncompressed wire RDATA and brings it into canonical form. Types that this crate does
    /// not know may hold any octets.
    ///
    /// # Errors
    /// The first field that breaks a rule of its type; types that no zone can hold (meta types such
    /// as OPT and ANY, and the obsolete MD, MF, NULL, WKS, SIG, NXT, ATMA and A6).
    pub fn from_wire(rtype: Rtype, wire: &[u8]) -> Result<Self, RdataError> {
        Self::from_bytes(rtype, Bytes::copy_from_slice(wire))
    }

    /// As [`from_wire`](Self::from_wire), sharing `wire` where it is canonical already.
    pub(crate) fn from_bytes(rtype: Rtype, wire: Bytes) -> Result<Self, RdataError> {
        let fail = |(offset, rule)| RdataError {
            rtype,
            offset,
            rule,
        };
        if wire.len() > usize::from(u16::MAX) {
            return Err(fail((0, "longer than 65535 octets")));
        }
        match Layout::of(rtype).map_err(|rule| fail((0, rule)))? {
            None => Ok(Self(wire)),
            Some(layout) => match wire::canonical(layout, &wire).map_err(fail)? {
                None => Ok(Self(wire)),
                Some(lowered) => Ok(Self(lowered.into())),
            },
        }
    }

    /// RDATA that has been validated and lower-cased.
    pub(crate) fn from_canonical(wire: Bytes) -> Self {
        Self(wire)
    }

    /// The octets as they go into a message, without their length.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Rdata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rdata(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// All records of one owner and type; for RRSIG, of one owner and covered type. Cloning shares the data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rrset {
    owner: DomainName,
    rtype: Rtype,
    covered: Option<Rtype>,
    ttl: u32,
    rdata: Arc<[Rdata]>,
}

/// Why records do not form a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RrsetError {
    /// There is no record.
    #[error("an RRset needs at least one record")]
    Empty,
    /// The TTL is above 2^31 − 1 (RFC 2181 §8).
    #[error("a TTL of {0} seconds is above 2147483647")]
    Ttl(u32),
    /// A record's octets are not of the set's type.
    #[error(transparent)]
    Rdata(#[from] RdataError),
    /// RRSIG records that cover different types.
    #[error("signatures over different types are different sets")]
    Covered,
}

impl Rrset {
    /// Forms a set: lower-cases the owner, sorts the data and drops duplicates. `ttl` in seconds.
    ///
    /// # Errors
    /// See [`RrsetError`].
    pub fn new(
        owner: &DomainName,
        rtype: Rtype,
        ttl: u32,
        rdata: impl IntoIterator<Item = Rdata>,
    ) -> Result<Self, RrsetError> {
        let rdata = rdata
            .into_iter()
            .map(|rdata| Rdata::from_bytes(rtype, rdata.0))
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_canonical(wire::lower_cased(owner), rtype, ttl, rdata)
    }

    /// As [`new`](Self::new) for a lower-case owner and RDATA known to be of this type.
    pub(crate) fn from_canonical(
        owner: DomainName,
        rtype: Rtype,
        ttl: u32,
        mut rdata: Vec<Rdata>,
    ) -> Result<Self, RrsetError> {
        if ttl > MAX_TTL {
            return Err(RrsetError::Ttl(ttl));
        }
        rdata.sort_unstable();
        rdata.dedup();
        let first = rdata.first().ok_or(RrsetError::Empty)?;
        let covered = covered(rtype, first.as_bytes());
        if covered.is_some()
            && rdata
                .iter()
                .any(|other| self::covered(rtype, other.as_bytes()) != covered)
        {
            return Err(RrsetError::Covered);
        }
        Ok(Self {
            owner,
            rtype,
            covered,
            ttl,
            rdata: rdata.into(),
        })
    }

    /// The name that the records are at, lower-case.
    pub fn owner(&self) -> &DomainName {
        &self.owner
    }

    /// The type of the records.
    pub fn rtype(&self) -> Rtype {
        self.rtype
    }

    /// For RRSIG the type that is signed, otherwise `None`.
    pub fn covered(&self) -> Option<Rtype> {
        self.covered
    }

    /// Time to live, in seconds.
    pub fn ttl(&self) -> u32 {
        self.ttl
    }

    /// The data: at least one, sorted (RFC 4034 §6.3), no duplicates.
    pub fn rdata(&self) -> &[Rdata] {
        &self.rdata
    }

    /// The serial number, if this is a SOA record.
    pub fn serial(&self) -> Option<u32> {
        let at = self.serial_at()?;
        let octets = self.rdata.first()?.as_bytes().get(at..)?.first_chunk()?;
        Some(u32::from_be_bytes(*octets))
    }

    /// The same SOA record with another serial number; any other set as it is.
    #[must_use]
    pub fn with_serial(mut self, serial: u32) -> Self {
        if let (Some(at), Some(first)) = (self.serial_at(), self.rdata.first()) {
            let mut octets = first.as_bytes().to_vec();
            octets[at..at + 4].copy_from_slice(&serial.to_be_bytes());
            self.replace_only(Rdata(octets.into()));
        }
        self
    }

    /// Where the serial number stands in the data of a SOA record (RFC 1035 §3.3.13).
    fn serial_at(&self) -> Option<usize> {
        let octets = match (self.rtype, self.rdata.as_ref()) {
            (Rtype::SOA, [only]) => only.as_bytes(),
            _ => return None,
        };
        let primary = wire::name_len(octets).ok()?;
        Some(primary + wire::name_len(&octets[primary..]).ok()?)
    }

    /// Puts `rdata` in place of the data of a set of one.
    pub(crate) fn replace_only(&mut self, rdata: Rdata) {
        self.rdata = Arc::from([rdata]);
    }

    /// Canonical order: owner (RFC 4034 §6.1), SOA before other types, type, covered type.
    pub fn canonical_cmp(&self, other: &Self) -> Ordering {
        canonical_cmp(&self.owner, &other.owner).then_with(|| {
            type_key(self.rtype, self.covered).cmp(&type_key(other.rtype, other.covered))
        })
    }
}

/// Sorts types: SOA first, then by number, signatures by the type they cover.
pub(crate) fn type_key(rtype: Rtype, covered: Option<Rtype>) -> (bool, u16, u16) {
    (
        rtype != Rtype::SOA,
        rtype.to_int(),
        covered.map_or(0, Rtype::to_int),
    )
}

/// The type that a signature covers: the first two octets of RRSIG RDATA (RFC 4034 §3.1).
pub(crate) fn covered(rtype: Rtype, rdata: &[u8]) -> Option<Rtype> {
    match rdata {
        [high, low, ..] if rtype == Rtype::RRSIG => {
            Some(Rtype::from_int(u16::from_be_bytes([*high, *low])))
        }
        _ => None,
    }
}
