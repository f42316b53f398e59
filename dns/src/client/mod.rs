//! Verifies over DNS what a name server serves: the SOA of an apex ([`served`]), and every RRset of a
//! zone ([`compare`]).
//!
//! Messages are built and decoded by hickory-proto on purpose. The gateway's own reader and printer
//! are not asked whether their own output arrived, so a bug of theirs cannot confirm itself.
//!
//! A server is asked without recursion. Only an authoritative answer counts, since a server that also
//! resolves may have somebody else's SOA in its cache; and only an SOA in the *answer* section whose
//! owner is exactly the apex: a server with `example.com` answers for `sub.example.com` with the
//! parent's SOA in the authority section, and that says the subzone is absent.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use dadns_zone::{DomainName, ZoneName};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RData;

use self::exchange::Packet;
use self::question::Question;

mod answers;
mod compare;
mod datagrams;
mod error;
mod exchange;
mod expected;
mod look;
mod notify;
mod question;
mod reply;
mod served;

pub use answers::{Answers, MOST_TOLD, Tally, Wrong};
pub use compare::compare;
pub use error::NoAnswer;
pub use look::{Seen, SeenRecord, Transport, look};
pub use notify::notify;
pub use served::Served;

/// How long each UDP try waits for its answer. A daemon that loads many zones can be slow to
/// answer, and a datagram can be lost: later tries wait longer.
const UDP_WAITS: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// How long over TCP the first answer may take, from connect on, and each further one.
const TCP_WAIT: Duration = Duration::from_secs(4);
/// Most octets of one UDP answer that are received. The question for the SOA has no EDNS, so its answer
/// keeps to 512 (RFC 1035 §4.2.1); those of [`compare`] say themselves how much they take (RFC 6891 §6.2.3).
const MAX_DATAGRAM: usize = 4096;

/// Whether answers count that do not claim authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Only those with the AA bit count: the server may also resolve.
    Required,
    /// The server never sets the bit, though it answers from its own zones.
    Ignored,
}

/// What the name server at `server` answers for the SOA of `zone`; see [`serials`].
///
/// # Errors
/// [`NoAnswer`] when no usable answer comes.
pub async fn served(
    server: SocketAddr,
    zone: &ZoneName,
    authority: Authority,
) -> Result<Served, NoAnswer> {
    let mut served = serials(server, &[zone], authority).await;
    served.swap_remove(0)
}

/// What the name server at `server` answers for the SOA of each of `zones`, in their order.
///
/// Opens one socket, over which some questions are under way at a time, so any number of calls can run at
/// once; whoever makes them bounds how many. A server that does not answer is given up after 3.5 seconds,
/// one that answers in part after 7.5.
///
/// # Errors
/// [`NoAnswer`] for each zone of which no usable answer comes.
pub async fn serials(
    server: SocketAddr,
    zones: &[&ZoneName],
    authority: Authority,
) -> Vec<Result<Served, NoAnswer>> {
    let failed = |zone: &ZoneName, cause: &str| {
        NoAnswer::new(format!("asking {server} for the SOA of {zone}"), cause)
    };
    let mut answers = vec![None; zones.len()];
    let asked = async {
        let questions = zones
            .iter()
            .map(|zone| Question::soa(&zone.to_domain_name()));
        let questions: Vec<_> = questions.collect::<io::Result<_>>()?;
        exchange::ask_each(server, &questions, |at, octets| {
            let answer = Message::from_vec(octets);
            let answer = answer.map(|answer| judge(&questions[at], &answer, authority));
            let answer = answer.map_err(|error| format!("the answer cannot be decoded: {error}"));
            answers[at] = Some(answer);
        })
        .await
    };
    let unanswered = asked.await.err().map_or_else(
        || "the server gave no answer".to_owned(),
        |error| error.to_string(),
    );
    let all = zones.iter().zip(answers);
    all.map(|(zone, answer)| match answer {
        Some(Ok(served)) => Ok(served),
        Some(Err(cause)) => Err(failed(zone, &cause)),
        None => Err(failed(zone, &unanswered)),
    })
    .collect()
}

/// Whether anything answers DNS at `server`: any answer will do, a refusal too.
///
/// # Errors
/// [`NoAnswer`] when none comes.
pub async fn answers(server: SocketAddr) -> Result<(), NoAnswer> {
    let failed =
        |cause: io::Error| NoAnswer::new(format!("asking {server} whether it answers DNS"), cause);
    let question = Question::soa(&DomainName::root_bytes()).map_err(failed)?;
    let packets = [Packet::for_any_response(question.octets)];
    let asked = exchange::over_udp(server, &packets, |_, _| {}).await;
    asked.map(drop).map_err(failed)
}

fn judge(question: &Question, answer: &Message, authority: Authority) -> Served {
    match answer.metadata.response_code {
        ResponseCode::NoError => {
            serial(question, answer, authority).map_or(Served::Absent, Served::Serial)
        }
        ResponseCode::Refused | ResponseCode::NXDomain | ResponseCode::NotAuth => Served::Absent,
        other => Served::Broken(code(other)),
    }
}

fn serial(question: &Question, answer: &Message, authority: Authority) -> Option<u32> {
    if authority == Authority::Required && !answer.metadata.authoritative {
        return None;
    }
    answer.answers.iter().find_map(|record| match &record.data {
        RData::SOA(soa) if record.name == question.name => Some(soa.serial),
        _ => None,
    })
}

/// A response code as operators know it.
fn code(code: ResponseCode) -> String {
    match code {
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotAuth => "NOTAUTH".to_owned(),
        other => format!("RCODE {}", u16::from(other)),
    }
}

#[cfg(test)]
mod tests;
