//! Makes two answers alike in one tabled difference.

use domain::base::iana::{OptRcode, Rtype};

use super::case::{Case, Chain, Reply, common, cut};
use super::message::{Answer, DnsName, Record};

pub type Level = fn(&Case<'_>, &mut Reply, &mut Reply);

/// Changes each answer with a look at what the other was.
pub fn both_ways(left: &mut Reply, right: &mut Reply, level: impl Fn(&mut Reply, &Reply)) {
    let before = left.clone();
    level(left, right);
    level(right, &before);
}

/// Leaves of both answers what both have to the question itself.
fn only_common(left: &mut Reply, right: &mut Reply) {
    let (left, right) = (&mut left.answer, &mut right.answer);
    let both = common(&mut left.answer, &mut right.answer);
    right.rcode = left.rcode;
    for answer in [left, right] {
        answer.answer = both.clone();
        answer.authority.clear();
        answer.additional.clear();
    }
}

pub fn any_behind_dname(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    let first = |reply: &Reply| {
        let name = &case.question.name;
        let dname = |record: &Record| record.rtype == Rtype::DNAME && record.owner != *name;
        reply.answer.answer.iter().any(dname)
    };
    if case.question.rtype == Rtype::ANY && first(left) && first(right) {
        only_common(left, right);
    }
}

pub fn part_of_any(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    let (one, other) = (&left.answer, &right.answer);
    let same = one.rcode == other.rcode && one.authoritative == other.authoritative;
    let both = common(&mut one.answer.clone(), &mut other.answer.clone()).len();
    let part = both > 0 && both == one.answer.len().min(other.answer.len());
    // Of two who give a part each, BIND, who gives all, is the judge.
    let parts = [left.server, right.server]
        .iter()
        .all(|server| *server != "BIND")
        && !one.answer.is_empty()
        && !other.answer.is_empty();
    if case.question.rtype == Rtype::ANY && same && (part || parts) {
        only_common(left, right);
    }
}

pub fn any_of_dnssec(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    const HIDDEN: [Rtype; 6] = [
        Rtype::DS,
        Rtype::DNSKEY,
        Rtype::RRSIG,
        Rtype::NSEC,
        Rtype::NSEC3,
        Rtype::NSEC3PARAM,
    ];
    both_ways(left, right, |one, other| {
        let hidden = other
            .answer
            .answer
            .iter()
            .all(|record| HIDDEN.contains(&record.rtype));
        let empty = one.answer.answer.is_empty() && one.answer.authority.is_empty();
        if one.server == "BIND" && case.question.rtype == Rtype::ANY && empty && hidden {
            one.answer = other.answer.clone();
        }
    });
}

pub fn one_signature(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let (some, all) = (&one.answer.answer, &other.answer.answer);
        let part = some.len() == 1 && all.contains(&some[0]);
        if one.server == "Knot" && case.question.rtype == Rtype::RRSIG && part {
            one.answer.answer = all.clone();
        }
    });
}

pub fn long_chain(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let (some, all) = (&one.answer.answer, &other.answer.answer);
        let stopped = Chain::of(case, &one.answer).names.len() > 5
            && one.answer.authority.is_empty()
            && some.iter().all(|record| all.contains(record));
        if one.server == "Knot" && stopped {
            one.answer = other.answer.clone();
        }
    });
}

pub fn too_long(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let same = one.answer.answer == other.answer.answer;
        let codes = [OptRcode::NXDOMAIN, OptRcode::YXDOMAIN];
        let too_long = other.answer.rcode == OptRcode::YXDOMAIN;
        if one.server == "Knot" && same && too_long && codes.contains(&one.answer.rcode) {
            one.answer = other.answer.clone();
        }
    });
}

pub fn referral_into_served(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    for reply in [left, right] {
        let chain = Chain::of(case, &reply.answer);
        let answer = &mut reply.answer;
        let into = answer.authority.iter().find(|record| is(record, Rtype::NS));
        let served = into.is_some_and(|ns| {
            let last = chain.names.last();
            last.is_some_and(|last| last.ends_with(&ns.owner)) && case.is_apex(&ns.owner)
        });
        let leaves = chain.leaves_at == Some(chain.names.len() - 1);
        if reply.server == "Knot" && leaves && served {
            answer.authority.clear();
            answer.additional.clear();
        }
    }
}

pub fn endless(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    let endless = |reply: &Reply| Chain::of(case, &reply.answer).endless;
    if endless(left) && endless(right) {
        only_common(left, right);
    }
}

pub fn other_zone(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |long, short| {
        let chain = Chain::of(case, &short.answer);
        let negative = |record: &Record| is(record, Rtype::SOA) || is(record, Rtype::NS);
        let stopped = short.answer.rcode == OptRcode::NOERROR
            && chain.leaves_at == Some(chain.names.len() - 1)
            && !short.answer.authority.iter().any(negative);
        let before = Chain::of(case, &long.answer).within(&long.answer.answer);
        if stopped && long.answer.authoritative && before == short.answer.answer {
            let answer = &mut long.answer;
            answer.rcode = OptRcode::NOERROR;
            answer.answer = before;
            answer.authority = common(&mut answer.authority, &mut short.answer.authority.clone());
            answer.additional.clear();
        }
    });
}

pub fn ds_behind_alias(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    let chain = Chain::of(case, &left.answer);
    let last = chain.names.last();
    let aliased = chain.names.len() > 1;
    if case.question.rtype == Rtype::DS && aliased && last.is_some_and(|name| case.is_apex(name)) {
        only_common(left, right);
    }
}

pub fn zero_ttl(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let ttl = other
            .answer
            .authority
            .iter()
            .find(|record| is(record, Rtype::SOA));
        let (true, Some(ttl)) = (one.server == "BIND", ttl.map(|record| record.ttl)) else {
            return;
        };
        let zero = |record: &&mut Record| is(record, Rtype::SOA) && record.ttl == 0;
        if case.question.rtype == Rtype::SOA {
            let soa = one.answer.authority.iter_mut().filter(zero);
            soa.for_each(|record| record.ttl = ttl);
            one.answer.authority.sort();
        }
    });
}

pub fn names_of_others(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let soa = |record: &Record| record.rtype == Rtype::SOA;
        let found_nothing = one.answer.authority.iter().any(soa);
        let last = Chain::of(case, &one.answer).names.pop();
        if one.server == "NSD" && found_nothing && last.is_some_and(|name| case.nested(&name)) {
            one.answer = other.answer.clone();
        }
    });
}

pub fn apex_ns(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let positive =
            |reply: &Reply| reply.answer.authoritative && !reply.answer.answer.is_empty();
        let ns = |record: &Record| is(record, Rtype::NS);
        if positive(one) && positive(other) && !other.answer.authority.iter().any(ns) {
            let gone: Vec<_> = one
                .answer
                .authority
                .extract_if(.., |record| ns(record))
                .collect();
            let named: Vec<_> = gone.iter().flat_map(Record::names).collect();
            let additional = &mut one.answer.additional;
            additional.retain(|record| !named.contains(&record.owner));
        }
    });
}

pub fn wildcard_glue(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let makes_it = ["NSD", "Knot"].contains(&one.server);
        if makes_it && one.answer.authority == other.answer.authority {
            let cut = cut(case, &one.answer);
            let here =
                |record: &Record| cut.as_ref().is_some_and(|cut| record.owner.ends_with(cut));
            let known = |record: &Record| {
                other
                    .answer
                    .additional
                    .iter()
                    .any(|o| o.owner == record.owner)
            };
            one.answer
                .additional
                .retain(|record| !here(record) || known(record));
        }
    });
}

pub fn part_of_glue(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    let room = if case.question.dnssec { 1232 } else { 512 };
    both_ways(left, right, |one, other| {
        let full = other.size + 40 > room && other.size <= room;
        if other.server != "dadns" && full && cut(case, &one.answer).is_some() {
            let theirs = &other.answer.additional;
            one.answer
                .additional
                .retain(|record| theirs.contains(record));
        }
    });
}

pub fn wrong_owner(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    for reply in [left, right] {
        if reply.server == "NSD" {
            let named = named(&reply.answer);
            reply
                .answer
                .additional
                .retain(|record| named.contains(&record.owner));
        }
    }
}

pub fn hash_beside(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    for reply in [left, right] {
        if reply.server == "Knot" {
            let additional = &mut reply.answer.additional;
            additional.retain(|record| !is(record, Rtype::NSEC3));
        }
    }
}

pub fn additional(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    let both = common(&mut left.answer.additional, &mut right.answer.additional);
    both_ways(left, right, |one, other| {
        let cut = cut(case, &one.answer);
        let mut named = named(&one.answer);
        named.extend(both.iter().flat_map(Record::names));
        // Left out are whole sets: what the other has of one cannot differ.
        let differs = |record: &Record| {
            let same = |o: &Record| (&o.owner, o.rtype) == (&record.owner, record.rtype);
            other.answer.additional.iter().any(same)
        };
        one.answer.additional.retain(|record| {
            let glue = cut.as_ref().is_some_and(|cut| record.owner.ends_with(cut));
            glue || !named.contains(&record.owner) || differs(record)
        });
    });
    for reply in [left, right] {
        reply.answer.additional.extend(both.iter().cloned());
        reply.answer.additional.sort();
    }
}

/// The names that the records of an answer lead to.
fn named(answer: &Answer) -> Vec<DnsName> {
    let sections = [&answer.answer, &answer.authority, &answer.additional];
    sections
        .into_iter()
        .flatten()
        .flat_map(Record::names)
        .collect()
}

/// Whether the record is of this type or signs such.
pub fn is(record: &Record, rtype: Rtype) -> bool {
    record.rtype == rtype || record.covers() == Some(rtype)
}
