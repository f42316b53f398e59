//! A zone: its name and its RRsets, in canonical order and fit for a name server.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use crate::checks::{self, zone::Faults};
use crate::digest::{self, Digest};
use crate::record::{Rdata, Rrset, type_key};
use crate::wire::{self, canonical_cmp};
use crate::{DomainName, Rtype, ZoneError, ZoneName};

/// A zone that a name server takes as primary: SOA and NS at the apex, nothing outside, no CNAME
/// beside other data. Equal zones hold the same records. A clone shares the records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    name: ZoneName,
    records: Arc<Records>,
    serial_at: usize,
}

/// The records of a zone, and their digests once somebody has asked: a push is compared, applied and
/// verified by them.
#[derive(Clone, Default, Debug)]
struct Records {
    sets: Vec<Rrset>,
    digest: OnceLock<Digest>,
    content: OnceLock<Digest>,
}

impl From<Vec<Rrset>> for Records {
    fn from(sets: Vec<Rrset>) -> Self {
        Self {
            sets,
            ..Self::default()
        }
    }
}

impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        self.sets == other.sets
    }
}

impl Eq for Records {}

impl Zone {
    /// Puts RRsets in canonical order and checks them as BIND 9.18 does when it loads a primary
    /// zone, its limits on numbers of records apart.
    ///
    /// # Errors
    /// The first rule that the records break.
    pub fn new(name: ZoneName, sets: impl IntoIterator<Item = Rrset>) -> Result<Self, ZoneError> {
        Self::checked(name, sets).map_err(|errors| {
            // There is one at least.
            errors.into_iter().next().unwrap_or(ZoneError::NoSoa)
        })
    }

    /// As [`new`](Self::new).
    ///
    /// # Errors
    /// All rules that the records break, up to ten.
    pub fn checked(
        name: ZoneName,
        sets: impl IntoIterator<Item = Rrset>,
    ) -> Result<Self, Vec<ZoneError>> {
        let mut sets: Vec<Rrset> = sets.into_iter().collect();
        sets.sort_unstable_by(Rrset::canonical_cmp);
        Self::from_sorted(name, sets).map_err(|faults| faults.into_parts().0)
    }

    /// As [`new`](Self::new) for sets that are in order.
    ///
    /// # Errors
    /// All rules that the records break.
    pub(crate) fn from_sorted(name: ZoneName, sets: Vec<Rrset>) -> Result<Self, Faults> {
        let serial_at = checks::zone::check(&name.to_domain_name(), &sets)?;
        Ok(Self {
            name,
            records: Arc::new(sets.into()),
            serial_at,
        })
    }

    /// As [`new`](Self::new) for sets that are in order, and were checked before at all names but `changed`.
    ///
    /// # Errors
    /// All rules that the records at these names and at the apex break.
    pub(crate) fn from_checked(
        name: ZoneName,
        sets: Vec<Rrset>,
        changed: &[&DomainName],
    ) -> Result<Self, Vec<ZoneError>> {
        let checked = checks::zone::check_changed(&name.to_domain_name(), &sets, changed);
        let serial_at = checked.map_err(|faults| faults.into_parts().0)?;
        Ok(Self {
            name,
            records: Arc::new(sets.into()),
            serial_at,
        })
    }

    /// The zone's name.
    pub fn name(&self) -> &ZoneName {
        &self.name
    }

    /// All sets: the SOA first, then by owner (RFC 4034 §6.1), then by type.
    pub fn rrsets(&self) -> &[Rrset] {
        &self.records.sets
    }

    /// The set of this owner (in any case) and type. Of RRSIG sets, the first; see
    /// [`signatures`](Self::signatures).
    pub fn get(&self, owner: &DomainName, rtype: Rtype) -> Option<&Rrset> {
        self.at(owner).iter().find(|set| set.rtype() == rtype)
    }

    /// The signatures of this owner over records of type `covered`.
    pub fn signatures(&self, owner: &DomainName, covered: Rtype) -> Option<&Rrset> {
        self.at(owner)
            .iter()
            .find(|set| set.covered() == Some(covered))
    }

    /// All sets of this owner (in any case).
    pub fn at(&self, owner: &DomainName) -> &[Rrset] {
        at(self.rrsets(), &wire::lower_cased(owner))
    }

    /// How many records there are.
    pub fn record_count(&self) -> usize {
        self.rrsets().iter().map(|set| set.rdata().len()).sum()
    }

    /// The serial number of the SOA.
    pub fn serial(&self) -> u32 {
        let octets = self
            .soa()
            .as_bytes()
            .get(self.serial_at..)
            .and_then(<[u8]>::first_chunk);
        octets.map_or(0, |octets| u32::from_be_bytes(*octets))
    }

    /// Whether the zone holds signatures, so that any change to it breaks them.
    pub fn is_signed(&self) -> bool {
        self.rrsets().iter().any(|set| set.rtype() == Rtype::RRSIG)
    }

    /// The same zone with another serial number. Signatures and ZONEMD records stay as they are and
    /// no longer match.
    #[must_use]
    pub fn with_serial(&self, serial: u32) -> Self {
        self.clone().into_serial(serial)
    }

    /// As [`with_serial`](Self::with_serial), without a copy of the records where nobody else has them.
    #[must_use]
    pub fn into_serial(mut self, serial: u32) -> Self {
        let mut octets = self.soa().as_bytes().to_vec();
        octets[self.serial_at..self.serial_at + 4].copy_from_slice(&serial.to_be_bytes());
        let Records { sets, content, .. } = Arc::unwrap_or_clone(self.records);
        let mut records = Records {
            content,
            ..sets.into()
        };
        records.sets[0].replace_only(Rdata::from_canonical(octets.into()));
        self.records = Arc::new(records);
        self
    }

    /// The digest of everything: equal exactly for equal zones.
    pub fn digest(&self) -> Digest {
        let digest = || digest::of(&self.name, self.rrsets(), None);
        *self.records.digest.get_or_init(digest)
    }

    /// The digest of everything but the serial number.
    pub fn content_digest(&self) -> Digest {
        let digest = || digest::of(&self.name, self.rrsets(), Some(self.serial_at));
        *self.records.content.get_or_init(digest)
    }

    /// The data of the SOA, which `new` found at the front.
    fn soa(&self) -> &Rdata {
        &self.rrsets()[0].rdata()[0]
    }
}

/// The sets at a lower-case owner, of sets in canonical order.
pub(crate) fn at<'a>(sets: &'a [Rrset], owner: &DomainName) -> &'a [Rrset] {
    let start = sets.partition_point(|set| canonical_cmp(set.owner(), owner) == Ordering::Less);
    let len = sets[start..]
        .iter()
        .take_while(|set| set.owner().as_slice() == owner.as_slice())
        .count();
    &sets[start..start + len]
}

/// Whether two sets would be one.
pub(crate) fn same_key(left: &Rrset, right: &Rrset) -> bool {
    left.owner().as_slice() == right.owner().as_slice()
        && type_key(left.rtype(), left.covered()) == type_key(right.rtype(), right.covered())
}
