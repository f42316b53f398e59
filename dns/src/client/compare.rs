//! What a server answers for each RRset of a zone, against what it should.
//!
//! Only RRsets of the zone can be asked for. An RRset that the server has and the zone does not is found by
//! reading back what the server was given.
//!
//! A server may have a zone below this one as well, and answers for all names in it from there. That is
//! no fault of this zone, and it has no part in it; so what seems wrong is asked about once more: which
//! zone it was answered from, which the SOA of the answer or of the denial tells.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::net::SocketAddr;

use dadns_zone::{DomainName, Rtype, Zone};
use hickory_proto::rr::Name;

use super::answers::{Answers, Tally, Wrong};
use super::exchange;
use super::expected::{self, Expected};
use super::question::{Question, hickory_name};
use super::reply::Reply;
use super::{Authority, NoAnswer};

/// Asks the name server at `server` for each RRset of `zone`, without recursion, and compares data and
/// TTLs. What `expected` lists is left out, and so are the records that the
/// server is known not to serve, `unsupported`, each as `owner TYPE`.
///
/// One UDP socket, and one TCP connection for what is truncated: whoever calls it bounds how many zones are
/// compared at once.
///
/// # Errors
/// [`NoAnswer`] when the server does not answer.
pub async fn compare(
    server: SocketAddr,
    zone: &Zone,
    authority: Authority,
    unsupported: &HashSet<&str>,
) -> Result<Answers, NoAnswer> {
    let failed = |error: io::Error| {
        let doing = format!("asking {server} for the records of {}", zone.name());
        NoAnswer::new(doing, error)
    };
    let all = expected::of_zone(zone, unsupported);
    let questions = all.iter().map(|one| {
        let set = one.set;
        Question::new(set.owner(), set.rtype(), one.signatures.is_some())
    });
    let questions: Vec<_> = questions.collect::<io::Result<_>>().map_err(failed)?;
    let mut faults: Vec<Option<String>> = vec![None; all.len()];
    exchange::ask_each(server, &questions, |at, octets| {
        faults[at] = fault(&all[at], &questions[at], octets, authority);
    })
    .await
    .map_err(failed)?;

    let wrong = all.iter().zip(&faults);
    let wrong = wrong.filter_map(|(one, fault)| fault.as_ref().map(|_| one.set.owner()));
    let below = answered_from_below(server, zone, wrong).await;
    let below = below.map_err(failed)?;
    let mut tally = Tally::default();
    for (one, fault) in all.iter().zip(faults) {
        // The DS of a zone below is answered by this one (RFC 4035 §3.1.4.1).
        let ours = one.set.rtype() == Rtype::DS || !below.contains(one.set.owner().as_slice());
        match fault {
            Some(found) if ours => tally.wrong(|| Wrong {
                record: one.record(),
                found,
            }),
            Some(_) => {}
            None => tally.right(),
        }
    }
    Ok(tally.answers())
}

/// What is wrong with an answer.
fn fault(
    expected: &Expected<'_>,
    question: &Question,
    octets: &[u8],
    authority: Authority,
) -> Option<String> {
    let rtype = expected.set.rtype();
    let wanted = |owner: &Name, found: Rtype| {
        (found == rtype || found == Rtype::RRSIG) && *owner == question.name
    };
    match Reply::decode(octets, wanted) {
        Ok(reply) => reply.fault(expected, authority),
        Err(error) => Some(format!("the answer cannot be decoded: {error}")),
    }
}

/// Those of `owners` that the server answers for from a zone below this one.
async fn answered_from_below<'z>(
    server: SocketAddr,
    zone: &Zone,
    owners: impl Iterator<Item = &'z DomainName>,
) -> io::Result<BTreeSet<&'z [u8]>> {
    let apex = zone.name().to_domain_name();
    let mut owners: Vec<&DomainName> = owners.filter(|owner| **owner != apex).collect();
    owners.dedup();
    let questions = owners
        .iter()
        .map(|owner| Question::new(owner, Rtype::SOA, false));
    let questions: Vec<_> = questions.collect::<io::Result<_>>()?;
    let apex = hickory_name(&apex)?;
    let mut below = BTreeSet::new();
    exchange::ask_each(server, &questions, |at, octets| {
        let deeper =
            |owner: &Name, rtype| rtype == Rtype::SOA && *owner != apex && apex.zone_of(owner);
        if Reply::decode(octets, deeper).is_ok_and(|reply| !reply.records.is_empty()) {
            below.insert(owners[at].as_slice());
        }
    })
    .await?;
    Ok(below)
}

#[cfg(test)]
mod tests;
