//! A compact binary form for zones at rest.
//!
//! ```text
//! pack  = version:u8 (1), count:varint, set*
//! set   = owner, type:u16, ttl:varint, count:varint, data*
//! owner = 0xff                  the owner of the set before
//!       | (len:u8 label)* 0x00  relative to the apex
//! data  = len:varint, octets    wire RDATA
//! ```
//! Numbers are big-endian; a varint has seven bits an octet, least first, the high bit set on all but
//! the last (LEB128).

use bytes::Bytes;

use crate::record::{Rdata, RdataError, Rrset, RrsetError};
use crate::wire::{lower_cased, name_from_checked};
use crate::{DomainName, Rtype, Zone, ZoneError, ZoneName};

const VERSION: u8 = 1;
const SAME_OWNER: u8 = 0xff;

/// Why octets are not a packed zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// A version that this crate does not read.
    #[error("packed zone of unknown version {0}")]
    Version(u8),
    /// The octets end within a set, or go on after the last.
    #[error("packed zone has a wrong length")]
    Length,
    /// A number does not fit where it is used.
    #[error("packed zone has a number out of range")]
    Number,
    /// An owner is not a domain name.
    #[error("packed zone has an invalid owner name")]
    Owner,
    /// Data that its type does not allow.
    #[error("packed zone has invalid data: {0}")]
    Rdata(#[from] RdataError),
    /// Records that do not form a set.
    #[error("packed zone has an invalid set: {0}")]
    Set(#[from] RrsetError),
    /// Octets that unpack, but are not what packing the zone gives.
    #[error("packed zone is not in its one form")]
    Form,
    /// Sets that do not form a zone.
    #[error("packed zone is no zone: {0}")]
    Zone(#[from] ZoneError),
}

impl Zone {
    /// The zone in compact binary form, without its name. Equal zones give equal octets.
    pub fn pack(&self) -> Vec<u8> {
        let apex_len = self.name().as_str().len() + 2;
        let mut out = Vec::with_capacity(self.rrsets().len() * 48);
        out.push(VERSION);
        put_varint(self.rrsets().len() as u32, &mut out);
        let mut last: &[u8] = &[];
        for set in self.rrsets() {
            let owner = set.owner().as_slice();
            if owner == last {
                out.push(SAME_OWNER);
            } else {
                out.extend_from_slice(&owner[..owner.len() - apex_len]);
                out.push(0);
                last = owner;
            }
            out.extend_from_slice(&set.rtype().to_int().to_be_bytes());
            put_varint(set.ttl(), &mut out);
            put_varint(set.rdata().len() as u32, &mut out);
            for rdata in set.rdata() {
                put_varint(rdata.as_bytes().len() as u32, &mut out);
                out.extend_from_slice(rdata.as_bytes());
            }
        }
        out
    }

    /// The zone `name` from its packed form. Everything is checked as if it came from outside.
    ///
    /// # Errors
    /// See [`UnpackError`].
    pub fn unpack(name: ZoneName, packed: &[u8]) -> Result<Self, UnpackError> {
        let apex = name.to_domain_name();
        let packed = Bytes::copy_from_slice(packed);
        let mut reader = Unpacker {
            packed: &packed,
            at: 0,
        };
        match reader.octet()? {
            VERSION => {}
            version => return Err(UnpackError::Version(version)),
        }
        let count = reader.varint()? as usize;
        // A set takes at least six octets; more are not promised room than can be there.
        let mut sets = Vec::with_capacity(count.min(packed.len() / 6));
        let mut owner = apex.clone();
        for _ in 0..count {
            owner = reader.owner(&apex, owner)?;
            sets.push(reader.set(owner.clone())?);
        }
        if reader.at != packed.len() {
            return Err(UnpackError::Length);
        }
        let zone = Self::new(name, sets)?;
        // Equal zones have equal packs, so that packs can be compared and hashed.
        if zone.pack() == packed {
            Ok(zone)
        } else {
            Err(UnpackError::Form)
        }
    }
}

/// One name of a packed zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    /// The RRsets at the name.
    pub sets: Vec<Rrset>,
    /// Whether the zone holds signatures.
    pub is_signed: bool,
}

impl Peeked {
    /// The RRsets at `owner` (in any case) in the packed zone `name`. The others are passed over without a look
    /// at their data.
    ///
    /// # Errors
    /// See [`UnpackError`].
    pub fn at(name: &ZoneName, packed: &[u8], owner: &DomainName) -> Result<Self, UnpackError> {
        let apex = name.to_domain_name();
        let owner = lower_cased(owner);
        let wanted = owner.as_slice().strip_suffix(apex.as_slice());
        let mut reader = Unpacker { packed, at: 0 };
        match reader.octet()? {
            VERSION => {}
            version => return Err(UnpackError::Version(version)),
        }
        let mut sets = Vec::new();
        let (mut is_here, mut is_signed) = (false, false);
        for _ in 0..reader.varint()? {
            if let Some(labels) = reader.labels()? {
                is_here = wanted == Some(labels);
            }
            let start = reader.at;
            is_signed |= reader.pass_set()? == Rtype::RRSIG;
            if is_here {
                // On its own, so that it does not keep the whole zone in memory.
                let packed = Bytes::copy_from_slice(&packed[start..reader.at]);
                let mut set = Unpacker {
                    packed: &packed,
                    at: 0,
                };
                sets.push(set.set(owner.clone())?);
            }
        }
        match reader.at == packed.len() {
            true => Ok(Self { sets, is_signed }),
            false => Err(UnpackError::Length),
        }
    }
}

fn put_varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

struct Unpacker<'a, P: ?Sized> {
    packed: &'a P,
    at: usize,
}

impl<P: AsRef<[u8]> + ?Sized> Unpacker<'_, P> {
    fn octet(&mut self) -> Result<u8, UnpackError> {
        let octet = *self
            .packed
            .as_ref()
            .get(self.at)
            .ok_or(UnpackError::Length)?;
        self.at += 1;
        Ok(octet)
    }

    fn varint(&mut self) -> Result<u32, UnpackError> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let octet = self.octet()?;
            value |= u64::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| UnpackError::Number);
            }
        }
        Err(UnpackError::Number)
    }

    /// The labels of the next owner below the apex; `None`: it is that of the set before.
    fn labels(&mut self) -> Result<Option<&[u8]>, UnpackError> {
        if self.packed.as_ref().get(self.at) == Some(&SAME_OWNER) {
            self.at += 1;
            return Ok(None);
        }
        let start = self.at;
        loop {
            match self.octet()? {
                0 => break,
                len @ 1..=63 => self.at += usize::from(len),
                _ => return Err(UnpackError::Owner),
            }
        }
        let labels = self.packed.as_ref().get(start..self.at - 1);
        labels.map(Some).ok_or(UnpackError::Length)
    }

    /// Passes over a set, and returns its type.
    fn pass_set(&mut self) -> Result<Rtype, UnpackError> {
        let rtype = self.rtype()?;
        self.varint()?;
        for _ in 0..self.varint()? {
            let len = self.varint()? as usize;
            if len > self.packed.as_ref().len() - self.at {
                return Err(UnpackError::Length);
            }
            self.at += len;
        }
        Ok(rtype)
    }

    fn rtype(&mut self) -> Result<Rtype, UnpackError> {
        let octets = [self.octet()?, self.octet()?];
        Ok(Rtype::from_int(u16::from_be_bytes(octets)))
    }
}

impl Unpacker<'_, Bytes> {
    fn take(&mut self, len: usize) -> Result<Bytes, UnpackError> {
        if len > self.packed.len() - self.at {
            return Err(UnpackError::Length);
        }
        self.at += len;
        Ok(self.packed.slice(self.at - len..self.at))
    }

    fn owner(&mut self, apex: &DomainName, last: DomainName) -> Result<DomainName, UnpackError> {
        let Some(labels) = self.labels()? else {
            return Ok(last);
        };
        match labels.len() {
            0 => Ok(apex.clone()),
            len if len + apex.len() > 255 => Err(UnpackError::Owner),
            _ => Ok(name_from_checked(
                [labels, apex.as_slice()]
                    .concat()
                    .to_ascii_lowercase()
                    .into(),
            )),
        }
    }

    fn set(&mut self, owner: DomainName) -> Result<Rrset, UnpackError> {
        let rtype = self.rtype()?;
        let ttl = self.varint()?;
        let count = self.varint()? as usize;
        let mut rdata = Vec::with_capacity(count.min(self.packed.len() - self.at));
        for _ in 0..count {
            let len = self.varint()? as usize;
            rdata.push(Rdata::from_bytes(rtype, self.take(len)?)?);
        }
        Ok(Rrset::from_canonical(owner, rtype, ttl, rdata)?)
    }
}
