//! Asks a name server for the SOA of an apex, the proof that a zone is served, and for all that a zone
//! holds ([`compare`]).
//!
//! Messages are built and decoded by hickory-proto on purpose. The gateway's own reader and printer
//! are not asked whether their own output arrived, so a bug of theirs cannot confirm itself.
//!
//! A server is asked without recursion. Only an authoritative answer counts, since a server that also
//! resolves may have somebody else's SOA in its cache; and only an SOA in the *answer* section whose
//! owner is exactly the apex: a server that holds `example.com` answers for `sub.example.com` with the
//! parent's SOA in the authority section, and that says the subzone is absent.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use dadns_zone::ZoneName;
use hickory_proto::ProtoError;
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

mod answers;
mod compare;
mod error;
mod exchange;
mod expected;
mod reply;
mod served;

pub use answers::{Answers, MOST_TOLD, Tally, Wrong};
pub use compare::compare;
pub use error::NoAnswer;
pub use served::Served;

/// How long each UDP try waits for its answer. A daemon that loads many zones can be slow to
/// answer, and a datagram can be lost: later tries wait longer.
const UDP_WAITS: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// How long the one TCP try may take, from connect to the last octet.
const TCP_WAIT: Duration = Duration::from_secs(4);
/// Most octets of one UDP answer that are received. The question for the SOA has no EDNS, so its answer
/// keeps to 512 (RFC 1035 §4.2.1); those of [`compare`] say themselves how much they take (RFC 6891 §6.2.3).
const MAX_DATAGRAM: usize = 4096;

/// Whether answers count that do not claim authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Only those with the AA bit count: the server may also resolve.
    Required,
    /// The server never sets the bit, though it answers from what it holds.
    Ignored,
}

/// What the name server at `server` answers for the SOA of `zone`: [`Served::Absent`],
/// [`Served::Serial`] or [`Served::Broken`].
///
/// Opens one socket of its own, so any number can run at once; the caller bounds how many.
/// Takes at most 7.5 seconds.
///
/// # Errors
/// [`NoAnswer`] when no usable answer comes.
pub async fn served(
    server: SocketAddr,
    zone: &ZoneName,
    authority: Authority,
) -> Result<Served, NoAnswer> {
    let failed =
        |cause: String| NoAnswer::new(format!("asking {server} for the SOA of {zone}"), cause);
    let question = Question::new(zone).map_err(failed)?;
    let answer = match over_udp(server, &question, |octets| question.recognise(octets)).await {
        Ok(answer) if answer.metadata.truncation => {
            match timeout(TCP_WAIT, over_tcp(server, &question)).await {
                Ok(answer) => answer.map_err(|error| failed(format!("over TCP: {error}")))?,
                Err(_) => {
                    return Err(failed(format!(
                        "no answer over TCP within {} s",
                        TCP_WAIT.as_secs()
                    )));
                }
            }
        }
        Ok(answer) => answer,
        Err(error) => return Err(failed(error.to_string())),
    };
    Ok(question.judge(&answer, authority))
}

/// Whether anything answers DNS at `server`: any answer will do, a refusal too.
///
/// # Errors
/// [`NoAnswer`] when none comes.
pub async fn answers(server: SocketAddr) -> Result<(), NoAnswer> {
    let failed =
        |cause: String| NoAnswer::new(format!("asking {server} whether it answers DNS"), cause);
    let question = Question::about(Name::root()).map_err(|error| failed(error.to_string()))?;
    let any = |octets: &[u8]| question.is_answered_by(octets).then_some(());
    over_udp(server, &question, any)
        .await
        .map_err(|error| failed(error.to_string()))
}

/// One question, encoded once and recognised in any answer to it.
struct Question {
    id: u16,
    query: Query,
    octets: Vec<u8>,
}

impl Question {
    fn new(zone: &ZoneName) -> Result<Self, String> {
        // Label by label: the parser of names would refuse zones that hosts could not be called.
        let labels = zone.as_str().split('.').map(str::as_bytes);
        let mut apex = Name::from_labels(labels).map_err(|error| error.to_string())?;
        apex.set_fqdn(true);
        Self::about(apex).map_err(|error| error.to_string())
    }

    fn about(apex: Name) -> Result<Self, ProtoError> {
        let query = Query::query(apex, RecordType::SOA);
        // `Message::query` takes a random id; recursion is not desired unless asked for.
        let mut message = Message::query();
        message.add_query(query.clone());
        let octets = message.to_vec()?;
        Ok(Self {
            id: message.metadata.id,
            query,
            octets,
        })
    }

    /// The message in `octets` if it answers this question, and not an earlier or a forged one.
    fn recognise(&self, octets: &[u8]) -> Option<Message> {
        let message = Message::from_vec(octets).ok()?;
        let header = &message.metadata;
        let answers_us = header.id == self.id
            && header.message_type == MessageType::Response
            && header.op_code == OpCode::Query
            && message.queries == [self.query.clone()];
        answers_us.then_some(message)
    }

    /// Whether `octets` are a response to this question, be it one that does not even repeat it, as
    /// some refusals do.
    fn is_answered_by(&self, octets: &[u8]) -> bool {
        const HEADER: usize = 12;
        let is_response = octets.get(2).is_some_and(|flags| flags & 0x80 != 0);
        octets.len() >= HEADER && is_response && octets.starts_with(&self.id.to_be_bytes())
    }

    fn judge(&self, answer: &Message, authority: Authority) -> Served {
        match answer.metadata.response_code {
            ResponseCode::NoError => self
                .serial(answer, authority)
                .map_or(Served::Absent, Served::Serial),
            ResponseCode::Refused | ResponseCode::NXDomain | ResponseCode::NotAuth => {
                Served::Absent
            }
            other => Served::Broken(code(other)),
        }
    }

    fn serial(&self, answer: &Message, authority: Authority) -> Option<u32> {
        if authority == Authority::Required && !answer.metadata.authoritative {
            return None;
        }
        answer.answers.iter().find_map(|record| match &record.data {
            RData::SOA(soa) if record.name == *self.query.name() => Some(soa.serial),
            _ => None,
        })
    }
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

/// A socket that sends to `server` and receives from nobody else: the kernel drops what comes from
/// others, and says when nobody listens.
async fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let any = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket)
}

/// Asks `question` until `recognise` knows an answer to it.
async fn over_udp<T>(
    server: SocketAddr,
    question: &Question,
    recognise: impl Fn(&[u8]) -> Option<T>,
) -> io::Result<T> {
    let socket = connected(server).await?;
    for wait in UDP_WAITS {
        socket.send(&question.octets).await?;
        match timeout(wait, receive(&socket, &recognise)).await {
            Ok(answer) => return answer,
            Err(_) => continue,
        }
    }
    let waited: Duration = UDP_WAITS.iter().sum();
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("no answer to {} queries within {waited:?}", UDP_WAITS.len()),
    ))
}

/// The first datagram that is recognised. Others are passed over: giving up on them would let anyone
/// who can send one datagram break a proof.
async fn receive<T>(socket: &UdpSocket, recognise: impl Fn(&[u8]) -> Option<T>) -> io::Result<T> {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let len = socket.recv(&mut buffer).await?;
        if let Some(answer) = recognise(&buffer[..len]) {
            return Ok(answer);
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &Question) -> io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let len = u16::try_from(question.octets.len()).map_err(io::Error::other)?;
    stream
        .write_all(&[&len.to_be_bytes(), question.octets.as_slice()].concat())
        .await?;
    let mut octets = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut octets).await?;
    question.recognise(&octets).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the answer is not to our question",
        )
    })
}

#[cfg(test)]
mod tests;
