//! A server that answers as it is told to.

use std::net::Ipv4Addr;
use std::sync::Arc;

use dadns_zone::Rrset;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use super::*;

/// Flags of answers: QR, and AA, TC or a code.
pub const QR: u16 = 0x8000;
pub const AA: u16 = 0x0400;
pub const TC: u16 = 0x0200;
pub const NXDOMAIN: u16 = 3;

/// A record of an answer.
#[derive(Debug, Clone)]
pub struct Rr {
    pub owner: Vec<u8>,
    pub rtype: u16,
    pub ttl: u32,
    pub rdata: Vec<u8>,
}

/// An answer in the making: flags, answer section, authority section.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub flags: u16,
    pub answer: Vec<Rr>,
    pub authority: Vec<Rr>,
}

impl Draft {
    pub fn encode(&self, query: &[u8]) -> Vec<u8> {
        let question = &query[12..12 + question_len(query)];
        let mut octets = query[..2].to_vec();
        let counts = [1, self.answer.len() as u16, self.authority.len() as u16, 0];
        for number in [[QR | self.flags].as_slice(), &counts].concat() {
            octets.extend(number.to_be_bytes());
        }
        octets.extend_from_slice(question);
        for rr in self.answer.iter().chain(&self.authority) {
            octets.extend_from_slice(&rr.owner);
            octets.extend(rr.rtype.to_be_bytes());
            octets.extend([0, 1]);
            octets.extend(rr.ttl.to_be_bytes());
            octets.extend((rr.rdata.len() as u16).to_be_bytes());
            octets.extend_from_slice(&rr.rdata);
        }
        octets
    }
}

pub fn question_len(query: &[u8]) -> usize {
    let name = query[12..].iter().position(|octet| *octet == 0).unwrap();
    name + 5
}

/// The owner and type that are asked for.
pub fn asked(query: &[u8]) -> (DomainName, Rtype) {
    let (name, kind) = query[12..12 + question_len(query)].split_at(question_len(query) - 4);
    let name = DomainName::from_octets(name.to_vec().into()).unwrap();
    (
        name,
        Rtype::from_int(u16::from_be_bytes([kind[0], kind[1]])),
    )
}

pub fn rrs(set: &Rrset) -> Vec<Rr> {
    let rdata = set.rdata().iter().map(|rdata| rdata.as_bytes().to_vec());
    rdata
        .map(|rdata| Rr {
            owner: set.owner().as_slice().to_vec(),
            rtype: set.rtype().to_int(),
            ttl: set.ttl(),
            rdata,
        })
        .collect()
}

/// What a good server answers from `zone`.
pub fn right(zone: &Zone, query: &[u8]) -> Draft {
    let (owner, rtype) = asked(query);
    Draft {
        flags: AA,
        answer: zone.get(&owner, rtype).map(rrs).unwrap_or_default(),
        authority: Vec::new(),
    }
}

pub type Script = Arc<dyn Fn(&[u8]) -> Vec<Vec<u8>> + Send + Sync>;

/// Compares `zone` with what a server answers over UDP, and over TCP.
pub async fn compare_with(zone: &Zone, udp: Script, tcp: Script) -> Result<Answers, NoAnswer> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let socket = UdpSocket::bind(address).await.unwrap();
    let over_udp = tokio::spawn(async move {
        let mut query = [0; 512];
        loop {
            let (len, client) = socket.recv_from(&mut query).await.unwrap();
            for message in udp(&query[..len]) {
                socket.send_to(&message, client).await.unwrap();
            }
        }
    });
    let over_tcp = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            // One connection after the other, each for ten answers.
            for _ in 0..10 {
                let Ok(len) = stream.read_u16().await else {
                    break;
                };
                let mut query = vec![0; len.into()];
                stream.read_exact(&mut query).await.unwrap();
                for message in tcp(&query) {
                    stream.write_u16(message.len() as u16).await.unwrap();
                    stream.write_all(&message).await.unwrap();
                }
            }
        }
    });
    let answers = compare(address, zone, Authority::Required, &HashSet::new()).await;
    over_udp.abort();
    over_tcp.abort();
    answers
}
