//! What may be missing in a datagram of what there is over TCP.

use std::collections::BTreeMap;

use domain::base::iana::Rtype;

use crate::message::{Answer, DnsName, Record};

/// What is wrong with the first answer of ours, by the whole one.
///
/// Only whole RRsets may be missing, each with its signatures, and with TC (RFC 2181 section 9). Without
/// it only additional records may, and no glue (RFC 9471 section 3.1).
pub fn fault(first: &Answer, whole: &Answer) -> Option<String> {
    let header = |answer: &Answer| (answer.rcode, answer.authoritative, answer.edns);
    if header(first) != header(whole) {
        return Some(format!("{first} in a datagram, {whole} over TCP"));
    }
    let sections = first.sections().into_iter().zip(whole.sections());
    for ((section, some), (_, all)) in sections {
        let (some, all) = (sets(some), sets(all));
        let torn = some
            .iter()
            .find(|(of, records)| all.get(*of) != Some(*records));
        if let Some((of, _)) = torn {
            return Some(format!("{section}: {of:?} is not whole"));
        }
        let missing = all.keys().find(|of| !some.contains_key(*of));
        if let Some(of) = missing
            && !first.truncated
            && (section != "additional" || is_glue(&of.0, whole))
        {
            return Some(format!("{section}: {of:?} is missing without TC"));
        }
    }
    None
}

/// The records of a section by owner and type; signatures with what they sign.
fn sets(records: &[Record]) -> BTreeMap<(DnsName, Rtype), Vec<&Record>> {
    let mut sets = BTreeMap::<_, Vec<_>>::new();
    for record in records {
        let rtype = record.covers().unwrap_or(record.rtype);
        sets.entry((record.owner.clone(), rtype))
            .or_default()
            .push(record);
    }
    sets
}

/// Whether addresses of this owner are needed to follow a referral.
fn is_glue(owner: &DnsName, answer: &Answer) -> bool {
    let referral = |record: &&Record| record.rtype == Rtype::NS;
    let soa = |record: &Record| record.rtype == Rtype::SOA;
    let mut cuts = answer.authority.iter().filter(referral);
    !answer.authority.iter().any(soa) && cuts.any(|ns| owner.ends_with(&ns.owner))
}
