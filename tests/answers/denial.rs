//! Makes two answers alike in one tabled difference of how they deny.

use domain::base::iana::{OptRcode, Rtype};

use super::case::{Case, Chain, Reply, common, cut};
use super::levels::{both_ways, is};
use super::message::Record;

pub fn nsec_at_cut(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let at_cut = cut(case, &one.answer).as_ref() == Some(&case.question.name);
        let nsec = |record: &Record| is(record, Rtype::NSEC);
        let given = !other.answer.answer.is_empty() && other.answer.answer.iter().all(nsec);
        if case.question.rtype == Rtype::NSEC && at_cut && given {
            one.answer = other.answer.clone();
        }
    });
}

pub fn empty_wildcard(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let mut missing = other.answer.authority.clone();
        common(&mut missing, &mut one.answer.authority.clone());
        let leads_below_wildcard = |record: &&Record| {
            let next = (record.rtype == Rtype::NSEC)
                .then(|| record.name_at(0))
                .flatten();
            next.is_some_and(|next| next.iter().skip(1).any(|label| label.as_slice() == b"*"))
        };
        let owners: Vec<_> = missing
            .iter()
            .filter(leads_below_wildcard)
            .map(|r| &r.owner)
            .collect();
        let all = |record: &Record| is(record, Rtype::NSEC) && owners.contains(&&record.owner);
        if ["BIND", "Knot"].contains(&one.server) && missing.iter().all(all) {
            one.answer.authority.extend(missing.iter().cloned());
            one.answer.authority.sort();
        }
    });
}

pub fn denial_behind_dname(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let dname = |record: &Record| record.rtype == Rtype::DNAME;
        if one.server == "NSD" && one.answer.answer.iter().any(dname) {
            deny_alike(one, other);
        }
    });
}

pub fn wildcard_itself(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let last = Chain::of(case, &one.answer).names.pop();
        let wildcard = last.is_some_and(|name| name.first().as_slice() == b"*");
        if one.server == "NSD" && wildcard && missing(other, one).is_empty() {
            deny_alike(one, other);
        }
    });
}

pub fn wildcard_without_encloser(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        // One NSEC3 and its signature.
        let part = missing(one, other).is_empty() && missing(other, one).len() == 2;
        if one.server == "NSD" && one.answer.rcode == OptRcode::NOERROR && part {
            deny_alike(one, other);
        }
    });
}

pub fn hash_of_empty_wildcard(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let found_nothing = one.answer.rcode == OptRcode::NOERROR;
        let part = missing(one, other).is_empty() && one.answer.authority.iter().any(empty);
        if one.server == "Knot" && found_nothing && part {
            deny_alike(one, other);
        }
    });
}

/// Whether the record is the NSEC3 of a name that has no records (RFC 5155 section 3.2).
fn empty(record: &Record) -> bool {
    let behind_salt = record.data.get(4).map(|&salt| 5 + usize::from(salt));
    let hash = behind_salt.and_then(|at| Some((at, *record.data.get(at)?)));
    let end = hash.map(|(at, hash)| at + 1 + usize::from(hash));
    record.rtype == Rtype::NSEC3 && end == Some(record.data.len())
}

pub fn unhashed(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let opt_out =
            |record: &Record| record.rtype == Rtype::NSEC3 && record.data.get(1) == Some(&1);
        let opt_out = other.answer.authority.iter().any(opt_out);
        if one.server == "NSD" && opt_out {
            deny_alike(one, other);
        }
        let nothing = !one.answer.authoritative && one.answer.authority.is_empty();
        let denied = [&one.answer, &other.answer].map(|answer| answer.rcode);
        if one.server == "Knot" && opt_out && nothing && denied == [OptRcode::NXDOMAIN; 2] {
            one.answer = other.answer.clone();
        }
    });
}

pub fn hash_asked_for(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let nothing = one.answer.rcode == OptRcode::NOERROR && one.answer.answer.is_empty();
        if one.server == "NSD" && case.question.rtype == Rtype::NSEC3 && nothing {
            one.answer = other.answer.clone();
        }
    });
}

fn denies(record: &Record) -> bool {
    is(record, Rtype::NSEC) || is(record, Rtype::NSEC3)
}

/// What the first has to deny with and the second has not.
fn missing(one: &Reply, other: &Reply) -> Vec<Record> {
    let mut missing = one.answer.authority.clone();
    missing.retain(denies);
    common(&mut missing, &mut other.answer.authority.clone());
    missing
}

/// Gives the first the denial of the second.
fn deny_alike(one: &mut Reply, other: &Reply) {
    let theirs = other
        .answer
        .authority
        .iter()
        .filter(|record| denies(record));
    one.answer.authority.retain(|record| !denies(record));
    one.answer.authority.extend(theirs.cloned());
    one.answer.authority.sort();
}
