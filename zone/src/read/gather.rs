//! Makes RRsets and a zone of the records that a text has.

use std::cmp::Ordering;

use bytes::Bytes;

use super::error::ReadError;
use super::notes::{self, MAX_NOTES, Note, NoteKind, Noted};
use super::reader::{Found, Record};
use crate::checks::{self, fault::Subject};
use crate::escape::Excerpt;
use crate::firsts::Firsts;
use crate::record::{Rdata, Rrset, type_key};
use crate::tokens::Position;
use crate::wire::{canonical_cmp_labels, name_from_checked};
use crate::{DomainName, NameText, Rtype, TypeName, Zone, ZoneError, ZoneName};

/// The zone of all records found, with what there is to note of it. Where `errors` has some, not all
/// records were read, and only what is wrong with those is added to them.
pub(super) fn zone(
    name: &ZoneName,
    Found {
        octets,
        mut records,
        outside_soa,
    }: Found,
    errors: &mut Firsts<ReadError>,
) -> Option<(Zone, Noted)> {
    let octets = Bytes::from(octets);
    let apex_len = name.as_str().len() + 2;
    // All owners end in the apex, so only what is before it is compared.
    let relative = |record: &Record| {
        &octets[record.owner.start as usize..record.owner.end as usize - apex_len]
    };
    // The sort is stable: records of one set stay in the order of the text, which its TTL depends on.
    records.sort_by(|left, right| {
        let by_owner = match left.owner == right.owner {
            true => Ordering::Equal,
            false => canonical_cmp_labels(relative(left), relative(right)),
        };
        by_owner.then_with(|| {
            type_key(left.rtype, left.covered).cmp(&type_key(right.rtype, right.covered))
        })
    });
    let mut sets: Vec<Rrset> = Vec::with_capacity(records.len());
    let same_set = |left: &Record, right: &Record| {
        type_key(left.rtype, left.covered) == type_key(right.rtype, right.covered)
            && relative(left) == relative(right)
    };
    let mut noted = Firsts::new(MAX_NOTES);
    for set in records.chunk_by(same_set) {
        let first = &set[0];
        // All records of a run have its TTL, and the last run counts.
        let ttl = set.last().map_or(first.ttl, |last| last.ttl);
        let owner = match sets.last() {
            Some(last) if last.owner().as_slice() == slice(&octets, &first.owner).as_ref() => {
                last.owner().clone()
            }
            _ => name_from_checked(slice(&octets, &first.owner)),
        };
        note_ttls(set, ttl, &owner, &mut noted);
        let rdata = set
            .iter()
            .map(|record| Rdata::from_canonical(slice(&octets, &record.rdata)))
            .collect();
        match Rrset::from_canonical(owner, first.rtype, ttl, rdata) {
            Ok(set) => sets.push(set),
            Err(error) => errors.push(|| ReadError::whole(error.to_string())),
        }
    }
    let faults = if errors.is_empty() {
        match Zone::from_sorted(name.clone(), sets) {
            Ok(zone) => {
                notes::of_zone(&zone, &records, &octets, &mut noted);
                return Some((zone, noted));
            }
            Err(faults) => faults,
        }
    } else {
        checks::zone::check_names(&name.to_domain_name(), &sets)
    };
    let positions = Positions {
        apex: name.to_domain_name(),
        records: &records,
        octets: &octets,
        outside_soa,
    };
    let (mut faults, more) = faults.into_parts();
    if positions.outside_soa.is_some() && faults.contains(&ZoneError::NoSoa) {
        // It is the text of another zone.
        faults.retain(|fault| *fault != ZoneError::NoNs);
    }
    for fault in faults {
        errors.push(|| positions.located(fault));
    }
    errors.add_unseen(more);
    None
}

fn slice(octets: &Bytes, range: &std::ops::Range<u32>) -> Bytes {
    octets.slice(range.start as usize..range.end as usize)
}

/// Notes a set whose TTL a later run replaced: the first record says another one.
fn note_ttls(set: &[Record], served: u32, owner: &DomainName, noted: &mut Noted) {
    let differs = |record: &&Record| record.has_ttl && record.ttl != served;
    if let Some(other) = set.iter().find(differs) {
        noted.push(|| Note {
            position: other.position,
            text: Some(Excerpt::new(other.ttl.to_string().as_bytes())),
            record: Some((other.rtype, owner.clone())),
            kind: NoteKind::TtlOfSet { served },
        });
    }
}

/// Finds the records that errors of a zone are about.
struct Positions<'a> {
    apex: DomainName,
    records: &'a [Record],
    octets: &'a Bytes,
    outside_soa: Option<(Position, DomainName)>,
}

impl Positions<'_> {
    /// The error with the position of the record at fault, and with that of the other one where two are.
    fn located(&self, error: ZoneError) -> ReadError {
        let Some(subject) = error.subject(&self.apex) else {
            let beside = self
                .outside_soa
                .as_ref()
                .filter(|_| error == ZoneError::NoSoa);
            let beside = beside.map(|(position, owner)| {
                let line = position.line;
                format!(
                    "the one in line {line} is of another zone, {}",
                    NameText(owner)
                )
            });
            return ReadError::zone(error, None, beside);
        };
        let found = self.positions(&subject);
        let (first, last) = (found.iter().min().copied(), found.iter().max().copied());
        let (position, beside) = match &error {
            ZoneError::CnameAndOther(owner, other) => {
                let alias = self.positions(&Subject {
                    owner,
                    rtype: Some(Rtype::CNAME),
                    rdata: None,
                });
                // The later of the two is at fault, as for BIND.
                match (alias.iter().min().copied(), first) {
                    (Some(alias), Some(first)) if alias > first => {
                        let what = format!("the {} record", TypeName(*other));
                        (Some(alias), Some((what, first)))
                    }
                    (Some(alias), first) => (first, Some(("the CNAME record".into(), alias))),
                    (None, first) => (first, None),
                }
            }
            ZoneError::NotSingle(..) => {
                let beside = first.map(|first| ("the first one".to_owned(), first));
                (last, beside)
            }
            ZoneError::NsIsAlias(server) => {
                let alias = self.positions(&Subject {
                    owner: server,
                    rtype: Some(Rtype::CNAME),
                    rdata: None,
                });
                let beside = alias
                    .first()
                    .map(|position| ("the CNAME record".to_owned(), *position));
                (last, beside)
            }
            _ => (last, None),
        };
        let beside = beside.map(|(what, position)| format!("{what} is in line {}", position.line));
        ReadError::zone(error, position, beside)
    }

    /// Where the records are that an error is about.
    fn positions(&self, subject: &Subject<'_>) -> Vec<Position> {
        let octets =
            |range: &std::ops::Range<u32>| &self.octets[range.start as usize..range.end as usize];
        let of_owner = self
            .records
            .iter()
            .filter(|record| octets(&record.owner) == subject.owner.as_slice());
        of_owner
            .filter(|record| subject.rtype.is_none_or(|rtype| record.rtype == rtype))
            .filter(|record| {
                subject
                    .rdata
                    .is_none_or(|data| octets(&record.rdata) == data)
            })
            .map(|record| record.position)
            .collect()
    }
}
