//! The header and the OPT record of a message, taken apart bit by bit, and what follows from its size.

use std::fmt;

use domain::base::Message;

/// What is compared of two messages, one thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Whether there is an answer at all.
    Answered,
    Opcode,
    /// With the bits that the OPT record adds.
    Code,
    Aa,
    Tc,
    Rd,
    Ra,
    Z,
    Ad,
    Cd,
    /// The question as it was asked, or none.
    Question,
    /// Whether there is an OPT record.
    Opt,
    UdpSize,
    Version,
    Do,
    /// The other flags of the OPT record.
    OptFlags,
    /// Codes of options.
    Options,
    /// Octets of a datagram.
    Size,
}

/// What is compared of every message.
pub const FIELDS: [Field; 17] = [
    Field::Answered,
    Field::Opcode,
    Field::Code,
    Field::Aa,
    Field::Tc,
    Field::Rd,
    Field::Ra,
    Field::Z,
    Field::Ad,
    Field::Cd,
    Field::Question,
    Field::Opt,
    Field::UdpSize,
    Field::Version,
    Field::Do,
    Field::OptFlags,
    Field::Options,
];

/// One message, or that there was none.
#[derive(Debug, Clone)]
pub struct Header {
    pub fields: Vec<(Field, u32)>,
    /// Octets of the message.
    pub size: usize,
}

impl Header {
    /// Takes an answer to `request` apart; the text says what is no message in it.
    pub fn read(request: &[u8], answer: Option<&[u8]>) -> Result<Self, String> {
        let Some(octets) = answer else {
            return Ok(Self {
                fields: vec![(Field::Answered, 0)],
                size: 0,
            });
        };
        let message = Message::from_slice(octets).map_err(|error| error.to_string())?;
        let (header, counts) = (message.header(), message.header_counts());
        if !header.qr() || octets.get(..2) != request.get(..2) {
            return Err("not an answer to this request".to_owned());
        }
        let whole = message.opt();
        let bit = |bit: u8| u32::from(octets[3] >> bit & 1);
        let mut fields = vec![
            (Field::Answered, 1),
            (Field::Opcode, header.opcode().to_int().into()),
            (Field::Code, message.opt_rcode().to_int().into()),
            (Field::Aa, header.aa().into()),
            (Field::Tc, header.tc().into()),
            (Field::Rd, header.rd().into()),
            (Field::Ra, bit(7)),
            (Field::Z, bit(6)),
            (Field::Ad, bit(5)),
            (Field::Cd, bit(4)),
            (
                Field::Question,
                question(request, octets, counts.qdcount())?,
            ),
            (Field::Opt, whole.is_some().into()),
        ];
        if let Some(opt) = &whole {
            // The flags stand where another record has its TTL.
            let ttl = opt.as_record().ttl().as_secs();
            fields.extend([
                (Field::UdpSize, opt.udp_payload_size().into()),
                (Field::Version, opt.version().into()),
                (Field::Do, opt.dnssec_ok().into()),
                (Field::OptFlags, ttl & 0x7fff),
            ]);
            let options = opt.opt().iter::<domain::base::opt::UnknownOptData<_>>();
            for option in options {
                let code = option.map_err(|error| error.to_string())?.code();
                fields.push((Field::Options, code.to_int().into()));
            }
        }
        Ok(Self {
            fields,
            size: octets.len(),
        })
    }

    pub fn get(&self, field: Field) -> Option<u32> {
        let found = self.fields.iter().find(|(of, _)| *of == field);
        found.map(|(_, value)| *value)
    }

    /// All values of a field, of which only options can have several.
    pub fn all(&self, field: Field) -> Vec<u32> {
        let of = self.fields.iter().filter(|(of, _)| *of == field);
        of.map(|(_, value)| *value).collect()
    }
}

/// How many questions there are, which must be those of the request, case and all.
fn question(request: &[u8], answer: &[u8], count: u16) -> Result<u32, String> {
    if count == 0 {
        return Ok(0);
    }
    let end = |octets: &[u8]| {
        let mut at = 12;
        while let Some(&label @ 1..=63) = octets.get(at) {
            at += usize::from(label) + 1;
        }
        at + 5
    };
    let asked = request.get(12..end(request));
    match asked.is_some() && asked == answer.get(12..end(answer)) {
        true => Ok(count.into()),
        // NSD counts the question where it leaves it out, behind a malformed request.
        false if answer.len() == 12 => Ok(0),
        false => Err("another question".to_owned()),
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (field, value) in &self.fields {
            match field {
                Field::Code | Field::UdpSize | Field::Options | Field::Answered => {
                    write!(f, "{field:?}={value} ")?;
                }
                _ if *value > 0 => write!(f, "{field:?} ")?,
                _ => {}
            }
        }
        write!(f, "({} octets)", self.size)
    }
}
