//! Many questions to one server: some in flight at a time, over one socket.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout_at};

use super::datagrams::{self, Datagrams};
use super::question::Question;
use super::{TCP_WAIT, UDP_WAITS};
use crate::message::{HEADER, Head, flag};
use crate::wire::name_len;

/// How many questions wait for their answers at the same time. Their answers fit into the buffer that
/// a socket has by default.
const WINDOW: usize = 16;
/// The flags of an answer to a query: QR, and the opcode, which is 0.
const ANSWER: u16 = flag::QR;
const KIND: u16 = flag::QR | 0xf << 11;

/// One question, encoded.
#[derive(Debug)]
pub(super) struct Packet {
    octets: Vec<u8>,
    /// Whether any response with its ID will do.
    takes_any: bool,
}

impl Packet {
    /// `query` of one question, to which only an answer to that question counts.
    pub fn new(query: Vec<u8>) -> Self {
        Self {
            octets: query,
            takes_any: false,
        }
    }

    /// The same with the ID that it shall have.
    pub fn with_id(query: &[u8], id: u16) -> Self {
        let mut octets = query.to_vec();
        octets[..2].copy_from_slice(&id.to_be_bytes());
        Self::new(octets)
    }

    /// What is sent.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// `query`, to which any response counts, be it one that does not even repeat the question, as some
    /// refusals do.
    pub fn for_any_response(query: Vec<u8>) -> Self {
        Self {
            octets: query,
            takes_any: true,
        }
    }

    /// Whether `octets` answer this question, and not an earlier or a forged one. The name may come back
    /// in another case.
    fn is_answered_by(&self, octets: &[u8]) -> bool {
        let Some(head) = Head::read(octets) else {
            return false;
        };
        if head.id != self.octets[..2] || !head.has(flag::QR) {
            return false;
        }
        if self.takes_any {
            return true;
        }
        let [question, answer] = [&self.octets, octets].map(|octets| {
            let len = name_len(&octets[HEADER..])?;
            octets[HEADER..].get(..len + 4).map(|all| all.split_at(len))
        });
        let (Some((name, kind)), Some((same_name, same_kind))) = (question, answer) else {
            return false;
        };
        head.flags & KIND == ANSWER
            && octets[4..6] == [0, 1]
            && name.eq_ignore_ascii_case(same_name)
            && kind == same_kind
    }
}

/// A socket that sends to `server` and receives from nobody else: the kernel drops what comes from
/// others, and says when nobody listens.
pub(super) async fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let any = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket)
}

/// Asks all questions, whatever their IDs, and gives each whole answer to `take` with the index of its question.
pub(super) async fn ask_each(
    server: SocketAddr,
    questions: &[Question],
    take: impl FnMut(usize, &[u8]),
) -> io::Result<()> {
    let first = Message::query().metadata.id;
    // Different for all that are in flight together, whatever their number.
    let numbered = (0_usize..).zip(questions);
    let packets = numbered.map(|(number, question)| {
        Packet::with_id(&question.octets, first.wrapping_add(number as u16))
    });
    ask(server, &packets.collect::<Vec<_>>(), take).await
}

/// Asks all questions, over TCP where the answer is truncated, and gives each whole answer to `take` with
/// the index of its question.
pub(super) async fn ask(
    server: SocketAddr,
    questions: &[Packet],
    mut take: impl FnMut(usize, &[u8]),
) -> io::Result<()> {
    if questions.is_empty() {
        return Ok(());
    }
    let truncated = over_udp(server, questions, &mut take).await?;
    over_tcp(server, questions, truncated, take).await
}

/// A question on its way.
struct Flying {
    at: usize,
    tries: usize,
    until: Instant,
}

/// Asks all questions over UDP, each again where it gets lost, and gives each whole answer to `take` with
/// the index of its question. Returns the indices of those that are to be asked over TCP: the answer was
/// truncated, or none came though others did.
pub(super) async fn over_udp(
    server: SocketAddr,
    questions: &[Packet],
    mut take: impl FnMut(usize, &[u8]),
) -> io::Result<Vec<usize>> {
    let socket = connected(server).await?;
    let mut flying: Vec<Flying> = Vec::with_capacity(WINDOW);
    let (mut next, mut rest, mut answered) = (0, Vec::new(), false);
    let mut datagrams = Datagrams::of(questions.len().min(WINDOW));
    loop {
        let room = WINDOW - flying.len();
        let fresh = &questions[next..questions.len().min(next + room)];
        datagrams::send(&socket, fresh).await?;
        let until = Instant::now() + UDP_WAITS[0];
        flying.extend(fresh.iter().enumerate().map(|(index, _)| Flying {
            at: next + index,
            tries: 1,
            until,
        }));
        next += fresh.len();
        let Some(until) = flying.iter().map(|question| question.until).min() else {
            return Ok(rest);
        };
        if let Ok(received) = timeout_at(until, datagrams.receive(&socket)).await {
            for octets in received? {
                let answers = |question: &Flying| questions[question.at].is_answered_by(octets);
                let Some(index) = flying.iter().position(answers) else {
                    continue;
                };
                let at = flying.swap_remove(index).at;
                answered = true;
                match Head::read(octets).is_some_and(|head| head.has(flag::TC)) {
                    true => rest.push(at),
                    false => take(at, octets),
                }
            }
        }
        again(&socket, questions, &mut flying, &mut rest, answered).await?;
    }
}

/// Sends again what has waited long enough, and gives up what was sent often enough.
async fn again(
    socket: &UdpSocket,
    questions: &[Packet],
    flying: &mut Vec<Flying>,
    rest: &mut Vec<usize>,
    answered: bool,
) -> io::Result<()> {
    let now = Instant::now();
    let mut index = 0;
    while let Some(question) = flying.get_mut(index) {
        if question.until > now {
            index += 1;
        } else if let Some(wait) = UDP_WAITS.get(question.tries) {
            let packet = &questions[question.at..=question.at];
            datagrams::send(socket, packet).await?;
            question.tries += 1;
            question.until = now + *wait;
            index += 1;
        } else if answered {
            rest.push(flying.swap_remove(index).at);
        } else {
            let (tries, waited) = (UDP_WAITS.len(), UDP_WAITS.iter().sum::<Duration>());
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no answer to {tries} queries within {waited:?}"),
            ));
        }
    }
    Ok(())
}

/// Asks the questions at the indices `asked` over one TCP connection; over another one where the server
/// closes it after some answers.
pub(super) async fn over_tcp(
    server: SocketAddr,
    questions: &[Packet],
    asked: Vec<usize>,
    mut take: impl FnMut(usize, &[u8]),
) -> io::Result<()> {
    let mut waiting = VecDeque::from(asked);
    let mut octets = Vec::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut flying = Vec::with_capacity(WINDOW);
        let ended = converse(
            server,
            questions,
            &mut waiting,
            &mut flying,
            &mut octets,
            &mut take,
        )
        .await;
        waiting.extend(flying);
        if waiting.len() == before {
            ended.map_err(|error| io::Error::new(error.kind(), format!("over TCP: {error}")))?;
        }
    }
    Ok(())
}

/// One connection, until all is answered or it ends.
async fn converse(
    server: SocketAddr,
    questions: &[Packet],
    waiting: &mut VecDeque<usize>,
    flying: &mut Vec<usize>,
    octets: &mut Vec<u8>,
    take: &mut impl FnMut(usize, &[u8]),
) -> io::Result<()> {
    let late = |_| {
        let waited = TCP_WAIT.as_secs();
        io::Error::new(
            io::ErrorKind::TimedOut,
            format!("no answer within {waited} s"),
        )
    };
    let mut until = Instant::now() + TCP_WAIT;
    let connecting = timeout_at(until, TcpStream::connect(server)).await;
    let stream = connecting.map_err(late)??;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        while flying.len() < WINDOW
            && let Some(at) = waiting.pop_front()
        {
            flying.push(at);
            let question = &questions[at].octets;
            let len = u16::try_from(question.len()).map_err(io::Error::other)?;
            let message = [&len.to_be_bytes(), question.as_slice()].concat();
            let written = timeout_at(until, stream.get_mut().write_all(&message)).await;
            written.map_err(late)??;
        }
        if flying.is_empty() {
            return Ok(());
        }
        let read = async {
            octets.resize(usize::from(stream.read_u16().await?), 0);
            stream.read_exact(octets).await
        };
        timeout_at(until, read).await.map_err(late)??;
        until = Instant::now() + TCP_WAIT;
        let answers = |at: &usize| questions[*at].is_answered_by(octets);
        let Some(index) = flying.iter().position(answers) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the answer is not to our question",
            ));
        };
        take(flying.swap_remove(index), octets);
    }
}
