//! Reads master files (RFC 1035 §5) as BIND 9.18 does, of input that nobody trusts.
//!
//! `parts` reads a single record of a database.
//! `reader` goes from record to record, `gather` makes sets and a zone of what it found. All data of
//! a zone is written into one buffer, and record sets share it, so that a zone costs few allocations.

mod error;
mod gather;
mod head;
mod parts;
mod reader;
mod runs;

pub use error::{ReadError, Warning, WarningKind};
pub use parts::{PartsError, record};

use crate::{Zone, ZoneName};

/// How much a zone text may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most octets of text.
    pub max_bytes: usize,
    /// Most records, those left out included.
    pub max_records: usize,
    /// Most octets of owners and RDATA in wire form. Names relative to a long `$ORIGIN` take many
    /// times more room than their text.
    pub max_wire_bytes: usize,
}

impl Default for Limits {
    /// 16 MiB of text, 100,000 records, 64 MiB in wire form.
    fn default() -> Self {
        Self {
            max_bytes: 16 << 20,
            max_records: 100_000,
            max_wire_bytes: 64 << 20,
        }
    }
}

/// What reading a zone text gave.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The zone.
    pub zone: Zone,
    /// What was not taken as it was written, in order of the text.
    pub warnings: Vec<Warning>,
}

/// Reads the zone `name` from its text. Relative names end in the zone's name until `$ORIGIN` says
/// otherwise.
///
/// Two things are forgiven with a warning: a character-string of more than 255 octets in a TXT or SPF
/// record is split, and records outside the zone are left out. A TTL above 2^31 − 1 counts as 0
/// (RFC 2181 §8), with a warning too. All else that BIND refuses is an error, as are `$INCLUDE` and
/// `$GENERATE`.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn read(name: &ZoneName, text: &[u8], limits: &Limits) -> Result<Reading, ReadError> {
    let mut reader = reader::Reader::new(name, text, limits)?;
    reader.read_all()?;
    let (found, warnings) = reader.finish();
    let zone = gather::zone(name, found)?;
    Ok(Reading { zone, warnings })
}
