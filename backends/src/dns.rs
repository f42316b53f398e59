//! Asks a name server for the SOA of an apex: the proof that a zone is served.
//!
//! Messages are built and decoded by hickory-proto on purpose. The gateway's own reader and printer
//! are not asked whether their own output arrived, so a bug of theirs cannot confirm itself.
//!
//! A server is asked without recursion. Only an SOA in the *answer* section whose owner is exactly
//! the apex counts: a server that holds `example.com` answers for `sub.example.com` with the
//! parent's SOA in the authority section, and that says the subzone is absent.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use dadns_zone::ZoneName;
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::{BackendError, Served};

/// How long each UDP try waits for its answer. A daemon that loads many zones can be slow to
/// answer, and a datagram can be lost: later tries wait longer.
const UDP_WAITS: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// How long the one TCP try may take, from connect to the last octet.
const TCP_WAIT: Duration = Duration::from_secs(4);
/// Most octets of one UDP answer. No EDNS is sent, so a server keeps to 512.
const MAX_DATAGRAM: usize = 4096;

/// What the name server at `server` answers for the SOA of `zone`: [`Served::Absent`],
/// [`Served::Serial`] or [`Served::Broken`].
///
/// Opens one socket of its own, so any number can run at once; the caller bounds how many.
/// Takes at most 7.5 seconds.
///
/// # Errors
/// [`BackendError::Unreachable`] when no usable answer comes.
pub async fn served(server: SocketAddr, zone: &ZoneName) -> Result<Served, BackendError> {
    let failed = |cause: String| {
        BackendError::unreachable(format!("asking {server} for the SOA of {zone}"), cause)
    };
    let question = Question::new(zone).map_err(failed)?;
    let answer = match over_udp(server, &question).await {
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
    Ok(question.judge(&answer))
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
        let query = Query::query(apex, RecordType::SOA);
        // `Message::query` takes a random id; recursion is not desired unless asked for.
        let mut message = Message::query();
        message.add_query(query.clone());
        let octets = message.to_vec().map_err(|error| error.to_string())?;
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

    fn judge(&self, answer: &Message) -> Served {
        match answer.metadata.response_code {
            ResponseCode::NoError => self.serial(answer).map_or(Served::Absent, Served::Serial),
            ResponseCode::Refused | ResponseCode::NXDomain | ResponseCode::NotAuth => {
                Served::Absent
            }
            ResponseCode::ServFail => Served::Broken("SERVFAIL".to_owned()),
            ResponseCode::FormErr => Served::Broken("FORMERR".to_owned()),
            ResponseCode::NotImp => Served::Broken("NOTIMP".to_owned()),
            other => Served::Broken(format!("RCODE {}", u16::from(other))),
        }
    }

    fn serial(&self, answer: &Message) -> Option<u32> {
        answer.answers.iter().find_map(|record| match &record.data {
            RData::SOA(soa) if record.name == *self.query.name() => Some(soa.serial),
            _ => None,
        })
    }
}

async fn over_udp(server: SocketAddr, question: &Question) -> io::Result<Message> {
    let any = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
    };
    let socket = UdpSocket::bind(any).await?;
    // Connected: the kernel drops what does not come from `server`, and says when nobody listens.
    socket.connect(server).await?;
    for wait in UDP_WAITS {
        socket.send(&question.octets).await?;
        match timeout(wait, receive(&socket, question)).await {
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

/// The first datagram that answers `question`. Others are passed over: giving up on them would let
/// anyone who can send one datagram break a proof.
async fn receive(socket: &UdpSocket, question: &Question) -> io::Result<Message> {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let len = socket.recv(&mut buffer).await?;
        if let Some(answer) = question.recognise(&buffer[..len]) {
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
mod tests {
    use hickory_proto::rr::Record;
    use hickory_proto::rr::rdata::{NS, SOA};
    use tokio::net::TcpListener;

    use super::*;

    fn soa(owner: &str, serial: u32) -> Record {
        let host = Name::from_ascii("ns.example.").unwrap();
        let soa = SOA::new(host.clone(), host, serial, 1, 1, 1, 1);
        Record::from_rdata(Name::from_ascii(owner).unwrap(), 60, RData::SOA(soa))
    }

    /// An answer to `query` with this code and these records.
    fn answer(
        query: &[u8],
        code: ResponseCode,
        answers: &[Record],
        authorities: &[Record],
    ) -> Message {
        let query = Message::from_vec(query).unwrap();
        assert!(!query.metadata.recursion_desired);
        let mut answer = Message::response(query.metadata.id, OpCode::Query);
        answer.metadata.response_code = code;
        answer.add_queries(query.queries);
        answer.add_answers(answers.to_vec());
        answer.add_authorities(authorities.to_vec());
        answer
    }

    /// Asks a server that sends, for each query, the messages that `script` makes of it and of its
    /// number.
    async fn ask(
        script: impl Fn(usize, &[u8]) -> Vec<Message> + Send + 'static,
    ) -> Result<Served, BackendError> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let mut query = [0; 512];
            for number in 0.. {
                let (len, client) = socket.recv_from(&mut query).await.unwrap();
                for message in script(number, &query[..len]) {
                    socket
                        .send_to(&message.to_vec().unwrap(), client)
                        .await
                        .unwrap();
                }
            }
        });
        let served = served(address, &"sub.example".parse().unwrap()).await;
        server.abort();
        served
    }

    #[tokio::test]
    async fn the_soa_of_the_apex_in_the_answer_gives_the_serial() {
        let served = ask(|_, query| {
            vec![answer(
                query,
                ResponseCode::NoError,
                &[soa("SUB.example.", 7)],
                &[],
            )]
        })
        .await;
        assert_eq!(served.unwrap(), Served::Serial(7));
    }

    #[tokio::test]
    async fn the_soa_of_the_parent_proves_nothing_wherever_it_stands() {
        for in_answer in [true, false] {
            let served = ask(move |_, query| {
                let (answers, authorities) = if in_answer { (1, 0) } else { (0, 1) };
                let parent = [soa("example.", 7)];
                vec![answer(
                    query,
                    ResponseCode::NoError,
                    &parent[..answers],
                    &parent[..authorities],
                )]
            });
            assert_eq!(served.await.unwrap(), Served::Absent);
        }
        let served = ask(|_, query| {
            let own = Record::from_rdata(
                Name::from_ascii("sub.example.").unwrap(),
                60,
                RData::NS(NS(Name::from_ascii("ns.example.").unwrap())),
            );
            vec![answer(
                query,
                ResponseCode::NoError,
                &[own],
                &[soa("sub.example.", 7)],
            )]
        });
        assert_eq!(
            served.await.unwrap(),
            Served::Absent,
            "an SOA in the authority section is a denial"
        );
    }

    #[tokio::test]
    async fn codes_that_deny_the_zone_are_told_from_codes_that_break_it() {
        for (code, expected) in [
            (ResponseCode::Refused, Served::Absent),
            (ResponseCode::NXDomain, Served::Absent),
            (ResponseCode::NotAuth, Served::Absent),
            (
                ResponseCode::ServFail,
                Served::Broken("SERVFAIL".to_owned()),
            ),
            (ResponseCode::YXDomain, Served::Broken("RCODE 6".to_owned())),
        ] {
            // An SOA in the answer does not soften the code.
            let served =
                ask(move |_, query| vec![answer(query, code, &[soa("sub.example.", 7)], &[])]);
            assert_eq!(served.await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn what_does_not_answer_the_question_is_passed_over() {
        let served = ask(|_, query| {
            let right = answer(query, ResponseCode::NoError, &[soa("sub.example.", 7)], &[]);
            let stray = answer(query, ResponseCode::NoError, &[soa("sub.example.", 6)], &[]);
            let mut other_id = stray.clone();
            other_id.metadata.id ^= 1;
            let mut other_question = stray.clone();
            other_question.queries[0].set_query_type(RecordType::NS);
            let mut no_question = stray.clone();
            no_question.queries.clear();
            let mut a_query = stray;
            a_query.metadata.message_type = MessageType::Query;
            vec![other_id, other_question, no_question, a_query, right]
        });
        assert_eq!(served.await.unwrap(), Served::Serial(7));
    }

    #[tokio::test]
    async fn a_lost_datagram_is_sent_again() {
        let served = ask(|number, query| match number {
            0 => Vec::new(),
            _ => vec![answer(
                query,
                ResponseCode::NoError,
                &[soa("sub.example.", 7)],
                &[],
            )],
        });
        assert_eq!(served.await.unwrap(), Served::Serial(7));
    }

    #[tokio::test]
    async fn a_truncated_answer_is_asked_for_again_over_tcp() {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = tcp.local_addr().unwrap();
        let udp = UdpSocket::bind(address).await.unwrap();
        let server = tokio::spawn(async move {
            let mut query = [0; 512];
            let (len, client) = udp.recv_from(&mut query).await.unwrap();
            let mut truncated = answer(&query[..len], ResponseCode::NoError, &[], &[]);
            truncated.metadata.truncation = true;
            udp.send_to(&truncated.to_vec().unwrap(), client)
                .await
                .unwrap();

            let (mut stream, _) = tcp.accept().await.unwrap();
            let mut query = vec![0; stream.read_u16().await.unwrap().into()];
            stream.read_exact(&mut query).await.unwrap();
            let whole = answer(
                &query,
                ResponseCode::NoError,
                &[soa("sub.example.", 8)],
                &[],
            )
            .to_vec()
            .unwrap();
            stream.write_u16(whole.len() as u16).await.unwrap();
            stream.write_all(&whole).await.unwrap();
        });
        let zone = "sub.example".parse().unwrap();
        assert_eq!(served(address, &zone).await.unwrap(), Served::Serial(8));
        server.await.unwrap();
    }

    #[tokio::test]
    async fn a_port_that_nobody_listens_on_is_unreachable_at_once() {
        let free = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let start = std::time::Instant::now();
        let error = served(free, &"sub.example".parse().unwrap())
            .await
            .unwrap_err();
        assert!(
            error.is_unreachable() && error.to_string().contains("the SOA of sub.example"),
            "{error}"
        );
        assert!(
            start.elapsed() < UDP_WAITS[0],
            "the kernel says so: there is nothing to wait for"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_is_given_up_on() {
        let error = ask(|_, _| Vec::new()).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("no answer to 3 queries within 3.5s"),
            "{error}"
        );
    }
}
