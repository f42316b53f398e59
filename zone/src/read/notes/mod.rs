//! What a zone text says that its author would want to know about, though it is served as it is read.
//!
//! Each is something that BIND logs (by default, or with the checks that our stanzas turn off), or that
//! is served as nobody can have meant it. `words` is about single records as they are written, `names`
//! about owners, `targets` about the names that records point to.

mod names;
mod note;
mod puny;
mod targets;
pub(super) mod words;

pub use note::{Note, NoteKind, Notes};

use super::reader::Record;
use crate::checks::lookup::Lookup;
use crate::firsts::Firsts;
use crate::wire::name_from_checked;
use crate::{Rtype, Zone};

/// Most notes of one text that are told of.
pub(super) const MAX_NOTES: usize = 20;

/// Notes as they come up.
pub(super) type Noted = Firsts<Note>;

/// Notes what there is to say of a zone that was made of these records, which are in canonical order.
pub(super) fn of_zone(zone: &Zone, records: &[Record], octets: &[u8], noted: &mut Noted) {
    let apex = zone.name().to_domain_name();
    let lookup = Lookup::new(&apex, zone.rrsets());
    let of = |record: &Record| {
        let range = |range: &std::ops::Range<u32>| range.start as usize..range.end as usize;
        (&octets[range(&record.owner)], &octets[range(&record.rdata)])
    };
    let same_owner = |left: &Record, right: &Record| of(left).0 == of(right).0;
    for records in records.chunk_by(same_owner) {
        let owner = of(&records[0]).0;
        let note = |record: &Record, kind: NoteKind| Note {
            position: record.position,
            text: None,
            record: Some((record.rtype, name_from_checked(owner.to_vec().into()))),
            kind,
        };
        names::of_owner(apex.as_slice(), owner, records, |record, kind| {
            noted.push(|| note(record, kind));
        });
        for (index, record) in records.iter().enumerate() {
            let data = of(record).1;
            // The same record twice is one.
            let again = index
                .checked_sub(1)
                .is_some_and(|before| of(&records[before]).1 == data);
            if !again {
                targets::of_record(&lookup, owner, record.rtype, data, |kind| {
                    noted.push(|| note(record, kind));
                });
            }
        }
        let is_text = |record: &Record| matches!(record.rtype, Rtype::TXT | Rtype::SPF);
        if records.iter().any(is_text) {
            words::of_texts(
                records,
                |record| of(record).1,
                |record, kind| {
                    noted.push(|| note(record, kind));
                },
            );
        }
    }
}
