//! Reads master files (RFC 1035 §5) as BIND 9.18 does, of input that nobody trusts.
//!
//! `parts` reads a single record of a database, `pieces` only divides its data into words.
//! `reader` goes from record to record, and on after an error; `gather` makes sets and a zone of what it
//! found, `notes` says what is odd about them. All data of
//! a zone is written into one buffer, and RRsets share it, so that a zone costs few allocations.

mod error;
mod gather;
mod head;
mod not_a_zone;
mod notes;
mod odd;
mod panel_types;
mod parts;
mod pieces;
mod reader;
mod runs;

pub use error::{ReadError, ReadErrors};
pub use notes::{Note, NoteKind, Notes};
pub use parts::{PartsError, owner_name, record, record_type};
pub use pieces::{Word, quoted, words};

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
    /// What its author would want to know about it.
    pub notes: Notes,
}

/// Reads the zone `name` from its text. Relative names end in the zone's name until `$ORIGIN` says
/// otherwise.
///
/// Two things are forgiven with a note: a character-string of more than 255 octets in a TXT or SPF
/// record is split, and records outside the zone are left out. A TTL above 2^31 − 1 counts as 0
/// (RFC 2181 §8), with a note too. All else that BIND refuses is an error, as are `$INCLUDE` and
/// `$GENERATE`. What BIND would log, or serve as nobody can have meant it, has a note.
///
/// # Errors
/// All that is wrong with the text, with positions, as far as it does not follow from what else is; of a
/// text that is no zone file only that.
pub fn read(name: &ZoneName, text: &[u8], limits: &Limits) -> Result<Reading, ReadErrors> {
    let mut reader = reader::Reader::new(name, text, limits)?;
    reader.read_all();
    let reader::Read {
        found,
        noted,
        mut errors,
        seen,
        has_begun,
    } = reader.finish();
    let is_read = errors.is_empty();
    if let Some((zone, of_zone)) = gather::zone(name, found, &mut errors) {
        let notes = Notes::new([noted, of_zone]);
        return Ok(Reading { zone, notes });
    }
    let without_records = || (is_read && seen == 0).then(|| "the text has no record in it".into());
    Err(
        match not_a_zone::what(text, is_read).or_else(without_records) {
            Some(what) => ReadError::whole(what).into(),
            None => ReadErrors::new(errors).of_text(has_begun),
        },
    )
}
