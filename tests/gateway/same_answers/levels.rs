//! Makes an answer of CoreDNS and another alike in one tabled difference.

use domain::base::iana::{OptRcode, Rtype};

use super::answers::case::{Case, Chain, Reply, cut};
use super::answers::levels::{both_ways, is};
use super::answers::message::{Answer, DnsName, Record};

/// The name that it has among the servers.
pub const COREDNS: &str = "CoreDNS";

/// Where `explained`, CoreDNS (the first) is taken to have answered as the other.
fn excuse(left: &mut Reply, right: &mut Reply, explained: impl Fn(&Answer, &Answer) -> bool) {
    both_ways(left, right, |one, other| {
        if one.server == COREDNS && explained(&one.answer, &other.answer) {
            one.answer = other.answer.clone();
        }
    });
}

/// Takes records out of the authority section of CoreDNS (`ours`) or of the other: those of which
/// the server opposite has none of the type.
fn leave_out(left: &mut Reply, right: &mut Reply, ours: bool, types: &[Rtype]) {
    both_ways(left, right, |one, other| {
        let gone = |record: &Record| {
            let of = |rtype: &Rtype| {
                is(record, *rtype) && !other.answer.authority.iter().any(|o| is(o, *rtype))
            };
            types.iter().any(of)
        };
        let coredns = if ours { one.server } else { other.server };
        if coredns == COREDNS {
            one.answer.authority.retain(|record| !gone(record));
        }
    });
}

fn is_negative(answer: &Answer) -> bool {
    answer.authority.iter().any(|record| is(record, Rtype::SOA))
}

pub fn any_refused(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    excuse(left, right, |coredns, _| {
        case.question.rtype == Rtype::ANY && coredns.rcode == OptRcode::REFUSED
    });
}

pub fn too_long(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    excuse(left, right, |coredns, other| {
        (coredns.rcode, other.rcode) == (OptRcode::NXDOMAIN, OptRcode::YXDOMAIN)
    });
}

pub fn bare_loop(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    excuse(left, right, |coredns, other| {
        let failed = coredns.rcode == OptRcode::SERVFAIL && coredns.answer.is_empty();
        failed && Chain::of(case, other).endless
    });
}

pub fn signatures_asked_for(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    excuse(left, right, |coredns, other| {
        let asked = [Rtype::RRSIG, Rtype::NSEC].contains(&case.question.rtype);
        asked && coredns.rcode == other.rcode && !other.answer.is_empty()
    });
}

pub fn no_nsec3param(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    // The one name in the samples that has this type and no other.
    let only = case.question.name == "r.types.example".parse::<DnsName>().unwrap();
    let asked = case.question.rtype == Rtype::NSEC3PARAM;
    excuse(left, right, |coredns, other| {
        let codes = (coredns.rcode, other.rcode);
        let gone = only && codes == (OptRcode::NXDOMAIN, OptRcode::NOERROR);
        gone || (asked && is_negative(coredns) && !other.answer.is_empty())
    });
}

pub fn no_nsec3(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    leave_out(left, right, false, &[Rtype::NSEC3]);
}

pub fn unsigned(_: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    leave_out(left, right, true, &[Rtype::DS, Rtype::NSEC]);
}

pub fn proof_left_out(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    both_ways(left, right, |one, other| {
        let has = |record: &Record| one.answer.authority.contains(record);
        let fewer = other.answer.authority.iter().all(has);
        let at_cut = cut(case, &one.answer).is_some();
        let negative = is_negative(&one.answer) && one.answer.answer.is_empty();
        if other.server == COREDNS && fewer && (at_cut || negative) {
            let theirs = &other.answer.authority;
            one.answer
                .authority
                .retain(|record| !is(record, Rtype::NSEC) || theirs.contains(record));
        }
    });
}

pub fn no_soa_behind_alias(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    excuse(left, right, |coredns, other| {
        let ns = |record: &Record| is(record, Rtype::NS);
        let aliased = Chain::of(case, coredns).names.len() > 1;
        let same = coredns.rcode == other.rcode && coredns.answer == other.answer;
        aliased && same && is_negative(other) && coredns.authority.iter().all(ns)
    });
}

pub fn end_in_other_zone(case: &Case<'_>, left: &mut Reply, right: &mut Reply) {
    excuse(left, right, |coredns, other| {
        let leaves = Chain::of(case, coredns).leaves_at.is_some();
        let part = coredns
            .answer
            .iter()
            .all(|record| other.answer.contains(record));
        leaves && part && !coredns.answer.is_empty() && coredns.rcode == other.rcode
    });
}
