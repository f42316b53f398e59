//! What tells zones apart: a BLAKE3 hash over the canonical records.

use std::fmt;
use std::str::FromStr;

use crate::escape::Excerpt;
use crate::record::Rrset;
use crate::{Rtype, ZoneName};

/// A hash of a zone, 32 octets; its text is 64 hexadecimal digits. It depends on the records only, not
/// on their order, case or formatting, and stays the same across versions of this crate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a digest of 64 hexadecimal digits")]
pub struct DigestError(Excerpt);

impl Digest {
    /// The digest with these octets.
    pub fn from_bytes(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// The octets of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Hashes sets in canonical order; leaves out the serial number at `serial_at` in the SOA's data.
pub(crate) fn of(name: &ZoneName, sets: &[Rrset], serial_at: Option<usize>) -> Digest {
    // Every part has a length or a fixed size, so that no two zones give the same octets. One buffer,
    // because the hash is fastest over long runs.
    let mut octets = Vec::with_capacity(sets.len() * 96);
    octets.extend_from_slice(b"dadns zone 1\0");
    put(name.as_str().as_bytes(), &mut octets);
    for set in sets {
        put(set.owner().as_slice(), &mut octets);
        octets.extend_from_slice(&set.rtype().to_int().to_be_bytes());
        octets.extend_from_slice(&set.ttl().to_be_bytes());
        octets.extend_from_slice(&(set.rdata().len() as u32).to_be_bytes());
        for rdata in set.rdata() {
            put(rdata.as_bytes(), &mut octets);
            if let Some(at) = serial_at.filter(|_| set.rtype() == Rtype::SOA) {
                let serial = octets.len() - rdata.as_bytes().len() + at;
                octets[serial..serial + 4].fill(0);
            }
        }
    }
    if serial_at.is_some() {
        octets.extend_from_slice(b"content");
    }
    Digest(*blake3::hash(&octets).as_bytes())
}

/// RDATA is at most 65535 octets long, names less.
fn put(part: &[u8], octets: &mut Vec<u8>) {
    octets.extend_from_slice(&(part.len() as u32).to_be_bytes());
    octets.extend_from_slice(part);
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let fault = || DigestError(Excerpt::new(text.as_bytes()));
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut octets = [0; 32];
        if pairs.len() != octets.len() || !rest.is_empty() {
            return Err(fault());
        }
        for (octet, pair) in octets.iter_mut().zip(pairs) {
            let digit = |byte: u8| char::from(byte).to_digit(16).ok_or_else(fault);
            *octet = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Ok(Self(octets))
    }
}
