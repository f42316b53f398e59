//! Reads a request: what is asked, and what the asker can take.

use dadns_dns::Name;
use dadns_dns::message::{HEADER, Head, MIN_UDP, flag};
use dadns_dns::wire::skip_name;
use domain::base::iana::{Opcode, Rcode};

const OPCODE: u16 = 0xf << 11;
/// DNSSEC records are wanted, in the TTL of an OPT record (RFC 3225).
pub(crate) const DO: u32 = 1 << 15;
const OPT: u16 = 41;
const SOA: u16 = 6;
const TSIG: u16 = 250;

/// A request that is well formed.
#[derive(Clone)]
pub(crate) struct Query<'q> {
    /// The id and flags to answer with.
    pub head: Head,
    /// The question as it was sent, case and all.
    pub question: &'q [u8],
    pub name: Name,
    pub qtype: u16,
    pub class: u16,
    /// Whether it is no query but a NOTIFY (RFC 1996).
    pub is_notify: bool,
    pub edns: Option<Edns>,
    /// Whether the last record is a TSIG.
    pub is_signed: bool,
    /// The serial of the SOA in the authority section: what an IXFR starts from (RFC 1995 §3).
    pub serial: Option<u32>,
}

/// What an OPT record says (RFC 6891 §6.1.3).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edns {
    pub udp_size: usize,
    pub version: u8,
    pub dnssec_ok: bool,
}

/// Why a request is not answered as asked.
pub(crate) enum Unfit<'q> {
    /// It is no request: nothing must be sent.
    Silence,
    /// It is answered with this code, and with its question and an OPT record where it has those and
    /// they could be read.
    Code(Head, Rcode, &'q [u8], Option<Edns>),
    /// It is a dynamic update (RFC 2136).
    Update(Box<UpdateHead<'q>>),
}

/// What a dynamic update has in common with a query.
pub(crate) struct UpdateHead<'q> {
    /// The id and flags to answer with.
    pub head: Head,
    /// The entry of the zone section, where there is exactly one.
    pub zone: Option<(Name, &'q [u8])>,
    pub edns: Option<Edns>,
    /// Whether all records could be read.
    pub is_whole: bool,
}

impl<'q> Query<'q> {
    /// Reads `octets`. Octets behind the last record are passed over, as other servers do.
    pub fn read(octets: &'q [u8]) -> Result<Self, Unfit<'q>> {
        let Some((&[id0, id1, flags0, flags1, counts @ ..], body)) =
            octets.split_first_chunk::<HEADER>()
        else {
            return Err(Unfit::Silence);
        };
        let flags = u16::from_be_bytes([flags0, flags1]);
        if flags & flag::QR != 0 {
            return Err(Unfit::Silence);
        }
        let opcode = Opcode::from_int((flags & OPCODE).to_be_bytes()[0] >> 3);
        let head = Head {
            id: [id0, id1],
            // CD is for resolvers, and cleared (RFC 4035 §3.1.6); AD, RA and Z are never set here.
            flags: flag::QR | flags & (OPCODE | flag::RD),
        };
        let counts = Counts::read(counts);
        if !matches!(opcode, Opcode::QUERY | Opcode::NOTIFY) {
            let records = Records::behind_questions(body, &counts);
            let edns = records.as_ref().and_then(|records| records.edns);
            if opcode == Opcode::UPDATE {
                return Err(Unfit::Update(Box::new(UpdateHead {
                    head,
                    zone: one_question(body, &counts),
                    edns,
                    is_whole: records.is_some(),
                })));
            }
            return Err(Unfit::Code(head, Rcode::NOTIMP, &[], edns));
        }
        if counts.questions == 0 {
            let edns = Records::read(body, &counts).and_then(|records| records.edns);
            return Err(Unfit::Code(head, Rcode::FORMERR, &[], edns));
        }
        let malformed = Unfit::Code(head, Rcode::FORMERR, &[], None);
        let (Some(name), 1) = (Name::read(body), counts.questions) else {
            return Err(malformed);
        };
        let len = name.as_wire().len() + 4;
        let (Some(question), Some(rest)) = (body.get(..len), body.get(len..)) else {
            return Err(malformed);
        };
        let number = |at: usize| u16::from_be_bytes([question[at], question[at + 1]]);
        let Some(records) = Records::read(rest, &counts) else {
            return Err(Unfit::Code(head, Rcode::FORMERR, question, None));
        };
        Ok(Self {
            head,
            question,
            qtype: number(len - 4),
            class: number(len - 2),
            name,
            is_notify: opcode == Opcode::NOTIFY,
            edns: records.edns,
            is_signed: records.is_signed,
            serial: records.serial,
        })
    }

    /// Whether DNSSEC records are wanted.
    pub fn dnssec_ok(&self) -> bool {
        self.edns.is_some_and(|edns| edns.dnssec_ok)
    }
}

/// The only entry of the first section: its name, and all of it.
fn one_question<'q>(body: &'q [u8], counts: &Counts) -> Option<(Name, &'q [u8])> {
    let name = Name::read(body).filter(|_| counts.questions == 1)?;
    let question = body.get(..name.as_wire().len() + 4)?;
    Some((name, question))
}

/// How many entries the sections of a message have.
struct Counts {
    questions: usize,
    answers: usize,
    authorities: usize,
    additionals: usize,
}

impl Counts {
    fn read(octets: [u8; 8]) -> Self {
        let (pairs, _) = octets.as_chunks::<2>();
        let [questions, answers, authorities, additionals] =
            [0, 1, 2, 3].map(|index| usize::from(u16::from_be_bytes(pairs[index])));
        Self {
            questions,
            answers,
            authorities,
            additionals,
        }
    }
}

/// What the records of a request say.
#[derive(Default)]
struct Records {
    edns: Option<Edns>,
    is_signed: bool,
    serial: Option<u32>,
}

impl Records {
    /// Reads the records behind questions of any number. `None`: they are malformed.
    fn behind_questions(body: &[u8], counts: &Counts) -> Option<Self> {
        let mut rest = body;
        for _ in 0..counts.questions {
            rest = rest.get(skip_name(rest)? + 4..)?;
        }
        Self::read(rest, counts)
    }

    /// Reads what is behind the questions. `None`: it is malformed.
    fn read(mut rest: &[u8], counts: &Counts) -> Option<Self> {
        let authority = counts.answers;
        let additional = authority + counts.authorities;
        let mut records = Self::default();
        for index in 0..additional + counts.additionals {
            let owner = skip_name(rest)?;
            let (fixed, behind) = rest.get(owner..)?.split_first_chunk::<10>()?;
            let [t0, t1, c0, c1, ttl @ .., l0, l1] = *fixed;
            let data = behind.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
            rest = &behind[data.len()..];
            let ttl = u32::from_be_bytes(ttl);
            // After a signature nothing may come (RFC 8945 §5.1).
            if records.is_signed {
                return None;
            }
            match u16::from_be_bytes([t0, t1]) {
                OPT if index < additional || owner != 1 || records.edns.is_some() => return None,
                OPT => {
                    whole_options(data)?;
                    records.edns = Some(Edns {
                        udp_size: usize::from(u16::from_be_bytes([c0, c1])).max(MIN_UDP),
                        version: ttl.to_be_bytes()[1],
                        dnssec_ok: ttl & DO != 0,
                    });
                }
                TSIG if index < additional => return None,
                TSIG => records.is_signed = true,
                SOA if (authority..additional).contains(&index) => records.serial = serial(data),
                _ => {}
            }
        }
        Some(records)
    }
}

/// Whether the options of an OPT record end where its data ends (RFC 6891 §6.1.2). What they are does
/// not matter: none is known here, and unknown ones are passed over.
fn whole_options(mut data: &[u8]) -> Option<()> {
    while !data.is_empty() {
        let (&[_, _, l0, l1], rest) = data.split_first_chunk()?;
        data = rest.get(usize::from(u16::from_be_bytes([l0, l1]))..)?;
    }
    Some(())
}

/// The serial number in the data of an SOA, whose two names may end in pointers.
fn serial(data: &[u8]) -> Option<u32> {
    let first = skip_name(data)?;
    let second = skip_name(data.get(first..)?)?;
    let serial = data.get(first + second..)?.first_chunk()?;
    Some(u32::from_be_bytes(*serial))
}
