//! Record data with every name of well-known types expanded and in lower case.

use domain::base::iana::Rtype;
use domain::base::name::{Name, ParsedName, ToName};
use domain::base::rdata::{ParseAnyRecordData, RecordData};
use domain::base::wire::ParseError;
use domain::dep::octseq::{Octets, Parser};

use super::message::DnsName;

/// Record data with the names of well-known types expanded and in lower case.
pub struct Data {
    rtype: Rtype,
    pub octets: Vec<u8>,
}

impl RecordData for Data {
    fn rtype(&self) -> Rtype {
        self.rtype
    }
}

impl<'a, Octs: Octets + ?Sized> ParseAnyRecordData<'a, Octs> for Data {
    fn parse_any_rdata(rtype: Rtype, parser: &mut Parser<'a, Octs>) -> Result<Self, ParseError> {
        let start = parser.pos();
        let octets = expanded(rtype, parser, &mut Vec::new()).or_else(|_| {
            // Not as its type has it, as RFC 3597 text may be: then octet by octet.
            parser.seek(start)?;
            rest(parser)
        })?;
        Ok(Self { rtype, octets })
    }
}

pub fn expanded<Octs: Octets + ?Sized>(
    rtype: Rtype,
    parser: &mut Parser<'_, Octs>,
    found: &mut Vec<DnsName>,
) -> Result<Vec<u8>, ParseError> {
    // Octets before the names, character-strings before the names, names.
    let (fixed, strings, names) = match rtype.to_int() {
        2..=5 | 7..=9 | 12 | 23 | 39 | 47 => (0, 0, 1), // NS, CNAME, PTR, DNAME, NSEC and old ones
        6 | 14 | 17 | 58 => (0, 0, 2),                  // SOA, MINFO, RP, TALINK
        15 | 18 | 21 | 36 | 64 | 65 | 107 => (2, 0, 1), // MX, AFSDB, RT, KX, SVCB, HTTPS, LP
        26 => (2, 0, 2),                                // PX
        33 => (6, 0, 1),                                // SRV
        35 => (4, 3, 1),                                // NAPTR
        46 => (18, 0, 1),                               // RRSIG
        66 => (5, 0, 1),                                // DSYNC
        _ => (0, 0, 0),
    };
    let mut octets = vec![0; fixed];
    parser.parse_buf(&mut octets)?;
    for _ in 0..strings {
        let length = parser.parse_u8()?;
        octets.push(length);
        let start = octets.len();
        octets.resize(start + usize::from(length), 0);
        parser.parse_buf(&mut octets[start..])?;
    }
    for _ in 0..names {
        let name = lower(&ParsedName::parse_ref(parser)?);
        octets.extend(name.as_slice());
        found.push(name);
    }
    octets.extend(rest(parser)?);
    Ok(octets)
}

fn rest<Octs: Octets + ?Sized>(parser: &mut Parser<'_, Octs>) -> Result<Vec<u8>, ParseError> {
    let mut octets = vec![0; parser.remaining()];
    parser.parse_buf(&mut octets)?;
    Ok(octets)
}

pub fn lower(name: &impl ToName) -> DnsName {
    let mut octets = Vec::new();
    let _ = name.compose_canonical(&mut octets);
    Name::from_octets(octets).unwrap()
}
