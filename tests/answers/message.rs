//! Questions and answers in a form that can be compared: every name expanded and in lower case.
//! Nothing here is the project's own code, so that no mistake of it is on both sides.

use std::fmt;

use domain::base::iana::{Class, Opcode, OptRcode, Rtype};
use domain::base::name::{Name, ParsedName, ToName};
use domain::base::rdata::ParseAnyRecordData;
use domain::base::{Message, MessageBuilder, RecordSection};
use domain::dep::octseq::Parser;
use domain::rdata::AllRecordData;

use super::rdata::{Data, expanded, lower};

/// A name whose comparison ignores case.
pub type DnsName = Name<Vec<u8>>;

#[derive(Debug, Clone)]
pub struct Question {
    pub name: DnsName,
    pub rtype: Rtype,
    /// With EDNS and the DO bit.
    pub dnssec: bool,
}

impl Question {
    /// What a server may send in one datagram.
    pub fn room(&self) -> usize {
        if self.dnssec { 4096 } else { 512 }
    }

    pub fn message(&self, id: u16) -> Vec<u8> {
        let mut message = MessageBuilder::new_vec();
        message.header_mut().set_id(id);
        let mut message = message.question();
        message.push((&self.name, self.rtype)).unwrap();
        let mut message = message.additional();
        if self.dnssec {
            let edns = message.opt(|opt| {
                opt.set_udp_payload_size(4096);
                opt.set_dnssec_ok(true);
                Ok(())
            });
            edns.unwrap();
        }
        message.finish()
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = if self.dnssec { "DO=1" } else { "no EDNS" };
        write!(f, "{} {}, {form}", self.name.fmt_with_dot(), self.rtype)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub owner: DnsName,
    pub rtype: Rtype,
    pub class: Class,
    pub ttl: u32,
    pub data: Vec<u8>,
}

impl Record {
    /// The name that begins at this octet of the data.
    pub fn name_at(&self, offset: usize) -> Option<DnsName> {
        let mut parser = Parser::from_ref(self.data.as_slice());
        parser.advance(offset).ok()?;
        Some(ParsedName::parse_ref(&mut parser).ok()?.to_vec())
    }

    /// The names that the data of a well-known type holds; `.` in SVCB is the owner.
    pub fn names(&self) -> Vec<DnsName> {
        let mut parser = Parser::from_ref(self.data.as_slice());
        let mut names = Vec::new();
        let _ = expanded(self.rtype, &mut parser, &mut names);
        let here = |name: DnsName| {
            if name.is_root() {
                self.owner.clone()
            } else {
                name
            }
        };
        names.into_iter().map(here).collect()
    }

    /// The record in the form of RFC 3597, which takes any type.
    pub fn generic(&self) -> String {
        let (owner, ttl, rtype) = (self.owner.fmt_with_dot(), self.ttl, self.rtype.to_int());
        let length = self.data.len();
        let data: String = self
            .data
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        format!("{owner} {ttl} IN TYPE{rtype} \\# {length} {data}")
    }

    /// The type that an RRSIG covers.
    pub fn covers(&self) -> Option<Rtype> {
        let octets = self.data.first_chunk::<2>()?;
        (self.rtype == Rtype::RRSIG).then(|| u16::from_be_bytes(*octets).into())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (owner, ttl, rtype) = (self.owner.fmt_with_dot(), self.ttl, self.rtype);
        write!(f, "{owner} {ttl} {rtype} ")?;
        let mut parser = Parser::from_ref(self.data.as_slice());
        let known = AllRecordData::<_, ParsedName<_>>::parse_any_rdata(rtype, &mut parser);
        match known {
            Ok(data) => {
                // Signatures and keys would only push the rest off the screen.
                let text: String = data.to_string().chars().take(80).collect();
                f.write_str(&text)
            }
            Err(_) => write!(f, "{:02x?}", self.data),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub rcode: OptRcode,
    pub authoritative: bool,
    pub truncated: bool,
    pub recursion_available: bool,
    /// Whether there is an OPT record, and with the DO bit.
    pub edns: Option<bool>,
    /// Each section sorted, with what is in it twice twice.
    pub answer: Vec<Record>,
    pub authority: Vec<Record>,
    pub additional: Vec<Record>,
}

impl Answer {
    /// Reads what came for a question; the text says what is wrong with it.
    pub fn read(octets: &[u8], question: &Question) -> Result<Self, String> {
        Self::parse(octets, question).map_err(|error| format!("{error}: {octets:02x?}"))
    }

    fn parse(octets: &[u8], question: &Question) -> Result<Self, String> {
        let message = Message::from_slice(octets).map_err(|_| "shorter than a header")?;
        let header = message.header();
        if !header.qr() || header.opcode() != Opcode::QUERY {
            return Err(format!("not an answer to a query: {header:?}"));
        }
        let asked = message.sole_question().map_err(text)?;
        let mut echoed = Vec::new();
        let _ = asked.qname().compose(&mut echoed);
        if echoed != question.name.as_slice() || asked.qtype() != question.rtype {
            return Err(format!("answers another question: {asked}"));
        }
        let (_, answer, authority, additional) = message.sections().map_err(text)?;
        let opt = message.opt();
        let answer = unsorted(answer)?;
        in_order(&question.name, &answer)?;
        Ok(Self {
            rcode: message.opt_rcode(),
            authoritative: header.aa(),
            truncated: header.tc(),
            recursion_available: header.ra(),
            edns: opt.map(|opt| opt.dnssec_ok()),
            answer: sorted(answer),
            authority: sorted(unsorted(authority)?),
            additional: sorted(unsorted(additional)?),
        })
    }

    pub fn sections(&self) -> [(&'static str, &Vec<Record>); 3] {
        [
            ("answer", &self.answer),
            ("authority", &self.authority),
            ("additional", &self.additional),
        ]
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rcode)?;
        for (flag, set) in [
            (" AA", self.authoritative),
            (" TC", self.truncated),
            (" RA", self.recursion_available),
            (" OPT", self.edns.is_some()),
            (" DO", self.edns == Some(true)),
        ] {
            f.write_str(if set { flag } else { "" })?;
        }
        Ok(())
    }
}

/// The records of a message of a transfer.
pub fn transferred(octets: &[u8]) -> Vec<Record> {
    let message = Message::from_slice(octets).unwrap();
    let rcode = message.opt_rcode();
    assert_eq!(rcode, OptRcode::NOERROR, "the transfer is not refused");
    unsorted(message.answer().unwrap()).unwrap()
}

/// Resolvers follow an alias only to what comes after it (RFC 1034 section 4.3.1 shows no other).
fn in_order(question: &DnsName, answer: &[Record]) -> Result<(), String> {
    let mut reached = vec![question.clone()];
    for record in answer {
        let rtype = record.covers().unwrap_or(record.rtype);
        let found = match rtype {
            Rtype::DNAME => reached.iter().any(|name| name.ends_with(&record.owner)),
            _ => reached.contains(&record.owner),
        };
        if !found {
            return Err(format!("nothing before it leads to {record}"));
        }
        if record.rtype == Rtype::CNAME {
            reached.extend(record.name_at(0));
        }
    }
    Ok(())
}

fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.retain(|record| record.rtype != Rtype::OPT);
    records.sort();
    records
}

fn unsorted(section: RecordSection<'_, [u8]>) -> Result<Vec<Record>, String> {
    section
        .map(|record| {
            let record = record.map_err(text)?;
            let data = record.to_any_record::<Data>().map_err(text)?;
            Ok(Record {
                owner: lower(&record.owner()),
                rtype: record.rtype(),
                class: record.class(),
                ttl: record.ttl().as_secs(),
                data: data.into_data().octets,
            })
        })
        .collect()
}

fn text(error: impl fmt::Display) -> String {
    error.to_string()
}
