//! Makes record sets and a zone of the records that a text has.

use std::cmp::Ordering;

use bytes::Bytes;

use super::error::ReadError;
use super::reader::{Found, Record};
use crate::record::{Rdata, RecordSet, type_key};
use crate::tokens::Place;
use crate::wire::{canonical_cmp_labels, name_from_checked};
use crate::{Zone, ZoneError, ZoneName};

/// The zone of all records found.
pub(super) fn zone(
    name: &ZoneName,
    Found {
        octets,
        mut records,
    }: Found,
) -> Result<Zone, ReadError> {
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
    let mut sets: Vec<RecordSet> = Vec::with_capacity(records.len());
    let same_set = |left: &Record, right: &Record| {
        type_key(left.rtype, left.covered) == type_key(right.rtype, right.covered)
            && relative(left) == relative(right)
    };
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
        let rdata = set
            .iter()
            .map(|record| Rdata::from_canonical(slice(&octets, &record.rdata)))
            .collect();
        let set = RecordSet::from_canonical(owner, first.rtype, ttl, rdata);
        sets.push(set.map_err(|error| ReadError::whole(error.to_string()))?);
    }
    Zone::from_sorted(name.clone(), sets).map_err(|error| {
        let place = place_of(&error, &records, &octets);
        ReadError::zone(error, place)
    })
}

fn slice(octets: &Bytes, range: &std::ops::Range<u32>) -> Bytes {
    octets.slice(range.start as usize..range.end as usize)
}

/// Where the last record is that the error is about.
fn place_of(error: &ZoneError, records: &[Record], octets: &Bytes) -> Option<Place> {
    let (owner, rtype) = error.subject()?;
    let of_owner = records
        .iter()
        .filter(|record| slice(octets, &record.owner).as_ref() == owner.as_slice());
    let of_type = of_owner.filter(|record| rtype.is_none_or(|rtype| record.rtype == rtype));
    of_type.map(|record| record.place).max()
}
