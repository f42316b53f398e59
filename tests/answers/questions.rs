//! What to ask about a zone.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::iana::Rtype;
use domain::base::name::{Label, Name};

use super::message::{DnsName, Question, Record};

/// At most so many questions about one zone; a larger set is thinned out evenly.
const MOST: usize = 2000;

/// Asked for at every name that there is.
const USUAL: [Rtype; 11] = [
    Rtype::A,
    Rtype::AAAA,
    Rtype::TXT,
    Rtype::MX,
    Rtype::NS,
    Rtype::SOA,
    Rtype::DS,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::from_int(65400),
    Rtype::ANY,
];

/// Asked for at names that there may not be.
const FEW: [Rtype; 4] = [Rtype::A, Rtype::NS, Rtype::DS, Rtype::ANY];

/// Every question about a zone that is worth asking.
pub fn questions(apex: &DnsName, records: &[Record]) -> Vec<Question> {
    let mut types = BTreeMap::<&DnsName, BTreeSet<Rtype>>::new();
    for record in records {
        types.entry(&record.owner).or_default().insert(record.rtype);
    }
    // The hashed names are many and all alike (RFC 5155 section 7.2.8).
    let hashed = |_: &&DnsName, types: &mut BTreeSet<Rtype>| types.contains(&Rtype::NSEC3);
    let hashes: Vec<_> = types
        .extract_if(.., hashed)
        .map(|(owner, _)| owner)
        .collect();
    // By octets: in another case it is another question.
    let octets = |name: &DnsName| name.as_slice().to_vec();
    let mut asked = BTreeSet::new();
    for (&owner, types) in &types {
        asked.extend(types.iter().map(|&rtype| (octets(owner), rtype)));
        let mut usual = vec![owner.clone(), upper(owner)];
        usual.extend(parents(owner, apex));
        for name in usual {
            asked.extend(USUAL.map(|rtype| (octets(&name), rtype)));
        }
    }
    for hash in hashes.into_iter().take(3) {
        asked.extend([Rtype::A, Rtype::NSEC3, Rtype::RRSIG].map(|rtype| (octets(hash), rtype)));
    }
    let dnames = records.iter().filter(|record| record.rtype == Rtype::DNAME);
    let maybe = types
        .keys()
        .flat_map(|owner| around(owner))
        .chain(dnames.flat_map(limits))
        .chain(outside(apex));
    for name in maybe {
        asked.extend(FEW.map(|rtype| (octets(&name), rtype)));
    }
    let asked = thinned(asked.into_iter().collect());
    asked
        .into_iter()
        .flat_map(|(name, rtype)| {
            [false, true].map(|dnssec| Question {
                name: Name::from_octets(name.clone()).unwrap(),
                rtype,
                dnssec,
            })
        })
        .collect()
}

fn thinned<T>(all: Vec<T>) -> Vec<T> {
    let (most, count) = (MOST / 2, all.len());
    let kept = |&(index, _): &(usize, T)| {
        count <= most || index * most / count != (index + 1) * most / count
    };
    let chosen = all.into_iter().enumerate().filter(kept);
    chosen.map(|(_, one)| one).collect()
}

/// Names that stand near a name: below it, before and after it, instead of its asterisk.
fn around(owner: &DnsName) -> Vec<DnsName> {
    let mut names = vec![
        below(owner, &[b"missing"]),
        below(owner, &[b"very", b"Missing"]),
        below(owner, &[b"*"]),
    ];
    let Some(parent) = parent(owner) else {
        return names.into_iter().flatten().collect();
    };
    let first = owner.first().as_slice();
    names.push(below(&parent, &[&[first, b"0"].concat()]));
    names.push(below(&parent, &[&[b"0", first].concat()]));
    if first == b"*" {
        names.push(below(&parent, &[b"Matched"]));
        names.push(below(&parent, &[b"twice", b"matched"]));
    }
    names.into_iter().flatten().collect()
}

/// Names below a DNAME that become as long as a name may be, and one octet longer.
fn limits(dname: &Record) -> Vec<DnsName> {
    let Some(target) = dname.name_at(0) else {
        return Vec::new();
    };
    let longer = target.len().max(dname.owner.len());
    let padded = |room: usize| {
        // Labels of 40 octets, and one for the rest.
        let mut labels = vec![vec![b'x'; 39]; room / 40];
        labels.extend((room % 40).checked_sub(1).map(|rest| vec![b'y'; rest]));
        labels.retain(|label| !label.is_empty());
        let labels: Vec<_> = labels.iter().map(Vec::as_slice).collect();
        below(&dname.owner, &labels)
    };
    [255 - longer, 256 - longer]
        .into_iter()
        .filter_map(padded)
        .collect()
}

fn outside(apex: &DnsName) -> Vec<DnsName> {
    let mut names = vec![Name::root_vec(), "outside.test".parse().unwrap()];
    names.extend(parent(apex));
    names.extend(parent(apex).and_then(|parent| below(&parent, &[b"no-such-zone"])));
    names
}

/// The names between an owner and the apex.
fn parents(owner: &DnsName, apex: &DnsName) -> Vec<DnsName> {
    std::iter::successors(parent(owner), parent)
        .take_while(|name| name.ends_with(apex))
        .collect()
}

fn parent(name: &DnsName) -> Option<DnsName> {
    name.iter_suffixes()
        .nth(1)
        .map(|name| Name::from_octets(name.as_slice().to_vec()).unwrap())
}

fn below(name: &DnsName, labels: &[&[u8]]) -> Option<DnsName> {
    let mut octets = Vec::new();
    for label in labels {
        octets.push(u8::try_from(label.len()).ok()?);
        octets.extend(*label);
        Label::from_slice(label).ok()?;
    }
    octets.extend(name.as_slice());
    Name::from_octets(octets).ok()
}

fn upper(name: &DnsName) -> DnsName {
    Name::from_octets(name.as_slice().to_ascii_uppercase()).unwrap()
}
