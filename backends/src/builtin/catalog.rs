//! The catalog zone: lists all zones, so that a secondary that is told of it once picks up new and
//! removed zones by itself (RFC 9432).

use dadns_zone::{DomainName, Rdata, RecordSet, Rtype, Zone, ZoneName};

use super::hash::hashed;
use super::name::Name;

/// The TTL of its records, in seconds; only secondaries read them.
const TTL: u32 = 0;
/// Refresh, retry, expire and minimum of its SOA, in seconds: a secondary that missed a notify looks
/// again after five minutes, and keeps its zones for four weeks.
const TIMES: [u32; 4] = [300, 60, 2_419_200, 0];
/// A name that does not exist (RFC 2606 §2), for names that nobody asks (RFC 9432 §4).
const INVALID: &[u8] = b"\x07invalid\0";
/// Version 2 as a character-string (RFC 9432 §4.2.1).
const VERSION: &[u8] = b"\x012";

/// The catalog `name` of the zones with these apexes in wire form; `None` where `name` is so long that
/// nothing fits below it.
pub(super) fn zone<'m>(
    name: &ZoneName,
    serial: u32,
    members: impl Iterator<Item = &'m [u8]>,
) -> Option<Zone> {
    let apex = name.to_domain_name();
    let below = |labels: &[&[u8]]| {
        let name = Name::join(labels.iter().copied(), apex.as_slice())?;
        DomainName::from_octets(name.as_wire().to_vec().into()).ok()
    };
    let mut soa = [INVALID, INVALID].concat();
    for number in [serial].iter().chain(&TIMES) {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    let mut sets = vec![
        set(&apex, Rtype::SOA, &soa)?,
        set(&apex, Rtype::NS, INVALID)?,
        set(&below(&[b"version"])?, Rtype::TXT, VERSION)?,
    ];
    for member in members {
        // What is called the same is the same member: a zone keeps its label.
        let label = hashed(member, 0, &[]);
        sets.push(set(&below(&[&label, b"zones"])?, Rtype::PTR, member)?);
    }
    Zone::new(name.clone(), sets).ok()
}

fn set(owner: &DomainName, rtype: Rtype, rdata: &[u8]) -> Option<RecordSet> {
    let rdata = Rdata::from_wire(rtype, rdata).ok()?;
    RecordSet::new(owner, rtype, TTL, [rdata]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_lists_its_members_as_rfc_9432_wants() {
        let name: ZoneName = "catalog.example".parse().unwrap();
        let members = [&b"\x01a\x07example\0"[..], b"\x01b\x07example\0"];
        let zone = zone(&name, 7, members.into_iter()).unwrap();
        let text = zone.to_string();
        for line in [
            "version.catalog.example. 0 IN TXT \"2\"",
            "catalog.example. 0 IN NS invalid.",
            ".zones.catalog.example. 0 IN PTR a.example.",
            ".zones.catalog.example. 0 IN PTR b.example.",
        ] {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let found = text.lines().any(|found| words(found).ends_with(line));
            assert!(found, "{line} is not in\n{text}");
        }
        assert_eq!(zone.serial(), 7);
    }

    #[test]
    fn below_a_name_that_is_too_long_there_is_no_catalog() {
        let name = ["a".repeat(63).as_str(); 3].join(".") + &".b".repeat(20);
        let members = [&b"\x01a\0"[..]];
        assert!(zone(&name.parse().unwrap(), 1, members.into_iter()).is_none());
    }
}
