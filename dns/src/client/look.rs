//! One question and the whole of its answer, for people who look.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use dadns_zone::{DomainName, NameText, Rdata, Rtype, presentation};
use hickory_proto::op::{Header, ResponseCode};
use hickory_proto::rr::Name;
use hickory_proto::serialize::binary::DecodeError;

use super::exchange::{self, Packet};
use super::question::Question;
use super::reply::{CLASS_IN, Case, each, expand};
use super::{NoAnswer, code};

/// The most records of an answer that are kept.
const MOST: usize = 500;

/// Over what a question is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// UDP, and TCP once more where the answer is truncated.
    Udp,
    /// TCP.
    Tcp,
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The response code, such as `NOERROR`.
    pub code: String,
    /// Whether it claims authority (AA).
    pub authoritative: bool,
    /// Whether it was truncated over UDP (TC), so that this is what came over TCP.
    pub truncated: bool,
    /// Whether the server offers recursion (RA).
    pub recursion: bool,
    /// Whether this came over TCP.
    pub tcp: bool,
    /// The records of the answer section; where there are none, those of the authority section.
    pub records: Vec<SeenRecord>,
    /// How many more there were.
    pub more: usize,
    /// How long it took.
    pub took: Duration,
}

/// A record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRecord {
    /// Whether it stands in the authority section.
    pub authority: bool,
    /// Its owner name.
    pub name: String,
    /// Its type.
    pub rtype: Rtype,
    /// Its TTL.
    pub ttl: u32,
    /// Its data, as a master file has it.
    pub data: String,
}

/// What the name server at `server` answers for the RRset of `rtype` at `name`, asked without recursion.
///
/// # Errors
/// [`NoAnswer`] when no usable answer comes.
pub async fn look(
    server: SocketAddr,
    name: &DomainName,
    rtype: Rtype,
    transport: Transport,
) -> Result<Seen, NoAnswer> {
    let failed = |cause: io::Error| {
        let (name, rtype) = (NameText(name), dadns_zone::TypeName(rtype));
        NoAnswer::new(format!("asking {server} for {name} {rtype}"), cause)
    };
    let question = Question::new(name, rtype, false).map_err(failed)?;
    let packets = [Packet::new(question.octets)];
    let began = Instant::now();
    let mut answer = Vec::new();
    let mut take = |_: usize, octets: &[u8]| answer = octets.to_vec();
    let over_tcp = match transport {
        Transport::Tcp => vec![0],
        Transport::Udp => exchange::over_udp(server, &packets, &mut take)
            .await
            .map_err(failed)?,
    };
    let tcp = !over_tcp.is_empty();
    if tcp {
        let asked = exchange::over_tcp(server, &packets, over_tcp, &mut take).await;
        asked.map_err(failed)?;
    }
    let took = began.elapsed();
    let (header, all) = decode(&answer).map_err(|error| {
        failed(io::Error::other(format!(
            "the answer cannot be decoded: {error}"
        )))
    })?;
    let answers = all.iter().any(|record| !record.authority);
    let mut records: Vec<_> = all
        .into_iter()
        .filter(|record| record.authority != answers)
        .collect();
    let more = records.len().saturating_sub(MOST);
    records.truncate(MOST);
    let flags = &header.metadata;
    Ok(Seen {
        code: match flags.response_code {
            ResponseCode::NoError => "NOERROR".to_owned(),
            other => code(other),
        },
        authoritative: flags.authoritative,
        truncated: tcp && transport == Transport::Udp,
        recursion: flags.recursion_available,
        tcp,
        records,
        more,
        took,
    })
}

fn decode(octets: &[u8]) -> Result<(Header, Vec<SeenRecord>), DecodeError> {
    let mut records = Vec::new();
    let header = each(octets, |found, mut data| {
        if found.class == CLASS_IN {
            let rdata = expand(found.rtype, &mut data, found.raw, Case::Kept)?;
            records.push(SeenRecord {
                authority: found.authority,
                name: text(&found.owner),
                rtype: found.rtype,
                ttl: found.ttl,
                data: match Rdata::from_wire(found.rtype, &rdata) {
                    Ok(rdata) => presentation(found.rtype, &rdata),
                    Err(_) => opaque(&rdata),
                },
            });
        }
        Ok(())
    })?;
    Ok((header, records))
}

/// A name as master files have it.
fn text(name: &Name) -> String {
    let mut octets = Vec::new();
    for label in name.iter() {
        // A label has at most 63 octets.
        octets.push(label.len() as u8);
        octets.extend(label.iter().map(u8::to_ascii_lowercase));
    }
    octets.push(0);
    match DomainName::from_octets(octets.into()) {
        Ok(name) => NameText(&name).to_string(),
        Err(_) => name.to_ascii(),
    }
}

/// RDATA that is not of its type (RFC 3597 §5).
fn opaque(rdata: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = format!("\\# {} ", rdata.len());
    for octet in rdata {
        let _ = write!(text, "{octet:02x}");
    }
    text
}
