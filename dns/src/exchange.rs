//! Many questions to one server: some in flight at a time, over one socket.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{MAX_DATAGRAM, TCP_WAIT, UDP_WAITS, connected};

/// How many questions wait for their answers at the same time. Their answers fit into the buffer that
/// a socket has by default.
const WINDOW: usize = 16;
/// Octets of the header of a message.
const HEADER: usize = 12;

/// One question, encoded.
#[derive(Debug)]
pub(super) struct Packet(Vec<u8>);

impl Packet {
    /// `query` of one question, with the ID that it shall have.
    pub fn new(query: &[u8], id: u16) -> Self {
        let mut octets = query.to_vec();
        octets[..2].copy_from_slice(&id.to_be_bytes());
        Self(octets)
    }

    /// Whether `octets` answer this question, and not an earlier or a forged one. The name may come back
    /// in another case.
    fn is_answered_by(&self, octets: &[u8]) -> bool {
        let [question, answer] = [&self.0, octets].map(|octets| {
            let len = name_len(octets.get(HEADER..)?)?;
            octets[HEADER..].get(..len + 4).map(|all| all.split_at(len))
        });
        let (Some((name, kind)), Some((same_name, same_kind))) = (question, answer) else {
            return false;
        };
        // The ID; a response to a query of kind QUERY; one question, and that is ours.
        octets[..2] == self.0[..2]
            && octets[2] & 0xf8 == 0x80
            && octets[4..6] == [0, 1]
            && name.eq_ignore_ascii_case(same_name)
            && kind == same_kind
    }
}

/// How long the uncompressed name is that `octets` start with.
fn name_len(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match *octets.get(at)? {
            0 => return Some(at + 1),
            len @ ..64 => at += 1 + usize::from(len),
            _ => return None,
        }
    }
}

fn is_truncated(answer: &[u8]) -> bool {
    answer.get(2).is_some_and(|flags| flags & 2 != 0)
}

/// A question on its way.
struct Flying {
    at: usize,
    tries: usize,
    until: Instant,
}

/// Asks all questions over UDP, each again where it gets lost, and gives each whole answer to `take` with
/// the place of its question. Returns the places of those that are to be asked over TCP: the answer was
/// truncated, or none came though others did.
pub(super) async fn over_udp(
    server: SocketAddr,
    questions: &[Packet],
    mut take: impl FnMut(usize, &[u8]),
) -> io::Result<Vec<usize>> {
    let socket = connected(server).await?;
    let mut flying: Vec<Flying> = Vec::with_capacity(WINDOW);
    let (mut next, mut rest, mut answered) = (0, Vec::new(), false);
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        while flying.len() < WINDOW && next < questions.len() {
            socket.send(&questions[next].0).await?;
            flying.push(Flying {
                at: next,
                tries: 1,
                until: Instant::now() + UDP_WAITS[0],
            });
            next += 1;
        }
        let Some(until) = flying.iter().map(|question| question.until).min() else {
            return Ok(rest);
        };
        let mut received = timeout_at(until, socket.recv(&mut buffer)).await.ok();
        while let Some(len) = received {
            let octets = &buffer[..len?];
            let answers = |question: &Flying| questions[question.at].is_answered_by(octets);
            if let Some(index) = flying.iter().position(answers) {
                let at = flying.swap_remove(index).at;
                answered = true;
                match is_truncated(octets) {
                    true => rest.push(at),
                    false => take(at, octets),
                }
            }
            // What has come meanwhile costs no further wait.
            received = socket.try_recv(&mut buffer).ok().map(Ok);
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
            socket.send(&questions[question.at].0).await?;
            question.tries += 1;
            question.until = now + *wait;
            index += 1;
        } else if answered {
            rest.push(flying.swap_remove(index).at);
        } else {
            let tries = UDP_WAITS.len();
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no answer to {tries} queries"),
            ));
        }
    }
    Ok(())
}

/// Asks the questions at the places `asked` over one TCP connection; over another one where the server
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
            ended?;
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
            format!("no answer over TCP within {waited} s"),
        )
    };
    let connecting = timeout(TCP_WAIT, TcpStream::connect(server)).await;
    let stream = connecting.map_err(late)??;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        while flying.len() < WINDOW
            && let Some(at) = waiting.pop_front()
        {
            flying.push(at);
            let question = &questions[at].0;
            let len = u16::try_from(question.len()).map_err(io::Error::other)?;
            let message = [&len.to_be_bytes(), question.as_slice()].concat();
            let written = timeout(TCP_WAIT, stream.get_mut().write_all(&message)).await;
            written.map_err(late)??;
        }
        if flying.is_empty() {
            return Ok(());
        }
        let read = async {
            octets.resize(usize::from(stream.read_u16().await?), 0);
            stream.read_exact(octets).await
        };
        timeout(TCP_WAIT, read).await.map_err(late)??;
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
