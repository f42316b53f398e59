//! One rule: what an RRset is to be, given the one below it.

use crate::record::{Rdata, Rrset};
use crate::{RrsetError, RrsetKey};

/// What a layer says of one RRset. TTLs are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The RRset is exactly this.
    Replace {
        /// Its TTL.
        ttl: u32,
        /// Its data: at least one, sorted, no duplicates.
        rdata: Vec<Rdata>,
    },
    /// Some records stand beside those below, some of those below are left out.
    Amend {
        /// The TTL of the whole RRset; `None`: that of the RRset below.
        ttl: Option<u32>,
        /// The TTL where nothing lies below and none is given.
        otherwise: u32,
        /// The records beside those below; sorted, no duplicates.
        add: Vec<Rdata>,
        /// The records below that are left out; sorted, no duplicates, none of `add`.
        remove: Vec<Rdata>,
    },
    /// The RRset below is hidden.
    Absent,
}

/// Octets that are no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("octets that are no rule of a layer")]
pub struct RuleError;

impl Rule {
    /// The rule that makes an RRset exactly this one.
    pub fn replace(set: &Rrset) -> Self {
        Self::Replace {
            ttl: set.ttl(),
            rdata: set.rdata().to_vec(),
        }
    }

    /// The RRset at `key`, given the one below; `None`: there is none.
    ///
    /// # Errors
    /// When the data is not of that type, which a rule made of RRsets cannot have.
    pub fn apply(
        &self,
        key: &RrsetKey,
        below: Option<&Rrset>,
    ) -> Result<Option<Rrset>, RrsetError> {
        let set = |ttl, rdata: Vec<Rdata>| {
            Rrset::from_canonical(key.owner().clone(), key.rtype(), ttl, rdata).map(Some)
        };
        match self {
            Self::Absent => Ok(None),
            Self::Replace { ttl, rdata } => set(*ttl, rdata.clone()),
            Self::Amend {
                ttl,
                otherwise,
                add,
                remove,
            } => {
                let kept = below.map_or(&[][..], Rrset::rdata).iter();
                let kept = kept.filter(|rdata| remove.binary_search(rdata).is_err());
                let rdata: Vec<_> = kept.chain(add).cloned().collect();
                let below = below.map(Rrset::ttl);
                match rdata.is_empty() {
                    true => Ok(None),
                    false => set(ttl.or(below).unwrap_or(*otherwise), rdata),
                }
            }
        }
    }

    /// The rule as octets, to be kept. Equal rules give equal octets.
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Absent => out.push(ABSENT),
            Self::Replace { ttl, rdata } => {
                out.push(REPLACE);
                out.extend_from_slice(&ttl.to_be_bytes());
                put(rdata, &mut out);
            }
            Self::Amend {
                ttl,
                otherwise,
                add,
                remove,
            } => {
                out.push(AMEND);
                out.extend_from_slice(&ttl.unwrap_or(u32::MAX).to_be_bytes());
                out.extend_from_slice(&otherwise.to_be_bytes());
                put(add, &mut out);
                put(remove, &mut out);
            }
        }
        out
    }

    /// The rule at `key` from its octets.
    ///
    /// # Errors
    /// When they are none, or hold data that is not of the type.
    pub fn unpack(key: &RrsetKey, packed: &[u8]) -> Result<Self, RuleError> {
        let mut rest = packed;
        let [kind] = *take::<1>(&mut rest)?;
        let rule = match kind {
            ABSENT => Self::Absent,
            REPLACE => Self::Replace {
                ttl: u32::from_be_bytes(*take(&mut rest)?),
                rdata: list(key, &mut rest)?,
            },
            AMEND => Self::Amend {
                ttl: Some(u32::from_be_bytes(*take(&mut rest)?)).filter(|ttl| *ttl != u32::MAX),
                otherwise: u32::from_be_bytes(*take(&mut rest)?),
                add: list(key, &mut rest)?,
                remove: list(key, &mut rest)?,
            },
            _ => return Err(RuleError),
        };
        match rest.is_empty() {
            true => Ok(rule),
            false => Err(RuleError),
        }
    }
}

const ABSENT: u8 = 0;
const REPLACE: u8 = 1;
const AMEND: u8 = 2;

fn put(list: &[Rdata], out: &mut Vec<u8>) {
    out.extend_from_slice(&(list.len() as u32).to_be_bytes());
    for rdata in list {
        // RDATA is at most 65,535 octets long.
        out.extend_from_slice(&(rdata.as_bytes().len() as u16).to_be_bytes());
        out.extend_from_slice(rdata.as_bytes());
    }
}

fn take<'p, const N: usize>(rest: &mut &'p [u8]) -> Result<&'p [u8; N], RuleError> {
    let (taken, left) = rest.split_first_chunk().ok_or(RuleError)?;
    *rest = left;
    Ok(taken)
}

fn list(key: &RrsetKey, rest: &mut &[u8]) -> Result<Vec<Rdata>, RuleError> {
    let count = u32::from_be_bytes(*take(rest)?) as usize;
    let mut list = Vec::with_capacity(count.min(rest.len() / 2));
    for _ in 0..count {
        let len = usize::from(u16::from_be_bytes(*take(rest)?));
        let (octets, left) = rest.split_at_checked(len).ok_or(RuleError)?;
        *rest = left;
        list.push(Rdata::from_wire(key.rtype(), octets).map_err(|_| RuleError)?);
    }
    Ok(list)
}
