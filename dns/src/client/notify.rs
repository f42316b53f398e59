//! Tells a secondary that a zone has changed (RFC 1996).

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use dadns_zone::Rtype;
use domain::base::iana::Rcode;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::MAX_DATAGRAM;
use super::exchange::connected;
use crate::message::{Head, IN, MIN_UDP, Writer, flag};
use crate::tsig::{self, Signing, TsigKey};

/// The opcode NOTIFY, where it is among the flags (RFC 1996 §3.3).
const NOTIFY: u16 = 4 << 11;
/// How long each try waits for its answer.
const WAITS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Notifies the secondary at `address` that the zone with this apex, in wire form, has changed, signed with
/// `key`; again until it answers or all tries are over. Returns the code of its answer.
///
/// # Errors
/// When no answer comes, or none that is signed as the request was.
pub async fn notify(address: SocketAddr, apex: &[u8], key: Option<TsigKey>) -> io::Result<Rcode> {
    let socket = connected(address).await?;
    for wait in WAITS {
        let (request, signing) = request(apex, key.clone());
        socket.send(&request).await?;
        match timeout(wait, answer(&socket, &request, signing)).await {
            Ok(answered) => return answered,
            Err(_) => continue,
        }
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("no answer to {} tries", WAITS.len()),
    ))
}

fn request(apex: &[u8], key: Option<TsigKey>) -> (Vec<u8>, Option<Signing>) {
    let id = RandomState::new().hash_one(apex) as u16;
    let head = Head {
        id: id.to_be_bytes(),
        flags: NOTIFY | flag::AA,
    };
    let types = [Rtype::SOA.to_int().to_be_bytes(), IN.to_be_bytes()].concat();
    let mut message = Vec::new();
    Writer::new(&mut message, MIN_UDP, head, &[apex, &types].concat());
    let signing = key.map(|key| Signing::request(key, &mut message, 0, tsig::now()));
    (message, signing)
}

/// Waits for the answer to `request`, and returns its code; datagrams that are no answer are passed over.
async fn answer(socket: &UdpSocket, request: &[u8], signing: Option<Signing>) -> io::Result<Rcode> {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let len = socket.recv(&mut buffer).await?;
        let answer = &buffer[..len];
        let head = Head::read(answer);
        let Some(head) = head.filter(|head| head.id == request[..2] && head.has(flag::QR)) else {
            continue;
        };
        let code = Rcode::masked_from_int(head.flags.to_be_bytes()[1]);
        let is_signed = |signing: &Signing| signing.is_answered_by(answer, tsig::now());
        if signing.as_ref().is_none_or(is_signed) {
            return Ok(code);
        }
        return Err(io::Error::other(format!(
            "it answers {code} without a right signature: do both sides have the same key, and the same time?"
        )));
    }
}
