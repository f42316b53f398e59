//! An answer, decoded record by record, and judged.
//!
//! Header, names and their compression are decoded by hickory-proto; RDATA is taken as octets, so that a
//! record that hickory-proto finds fault with is compared all the same. Names in RDATA may be compressed
//! in the types of RFC 1035, and receivers have to expect it in a few others (RFC 3597 §4); in these they
//! are written out. Names compare in any case (RFC 4343).

use dadns_zone::{Excerpt, Rdata, Rrset, Rtype, presentation};
use hickory_proto::op::{Header, ResponseCode};
use hickory_proto::rr::Name;
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder, DecodeError};

use super::expected::Expected;
use super::{Authority, code};

pub(super) const CLASS_IN: u16 = 1;
/// How many records are told, and how much of each.
const MOST_RECORDS: usize = 3;
const MOST_CHARACTERS: usize = 80;

/// A record of the answer or authority section.
pub(super) struct Record {
    authority: bool,
    rtype: Rtype,
    ttl: u32,
    rdata: Vec<u8>,
}

/// An answer, with those of its records that were wanted.
pub(super) struct Reply {
    pub header: Header,
    pub records: Vec<Record>,
}

impl Reply {
    /// Decodes `octets`, and keeps the records of class IN that are `wanted`.
    pub fn decode(
        octets: &[u8],
        wanted: impl Fn(&Name, Rtype) -> bool,
    ) -> Result<Self, DecodeError> {
        let mut records = Vec::new();
        let header = each(octets, |found, mut data| {
            if found.class == CLASS_IN && wanted(&found.owner, found.rtype) {
                records.push(Record {
                    authority: found.authority,
                    rtype: found.rtype,
                    ttl: found.ttl,
                    rdata: expand(found.rtype, &mut data, found.raw, Case::Folded)?,
                });
            }
            Ok(())
        })?;
        Ok(Self { header, records })
    }

    /// What is wrong with this answer to a question for `expected`; `None`: nothing.
    pub fn fault(&self, expected: &Expected<'_>, authority: Authority) -> Option<String> {
        if self.header.metadata.response_code != ResponseCode::NoError {
            return Some(code(self.header.metadata.response_code));
        }
        let rtype = expected.set.rtype();
        let in_answer = |record: &&Record| !record.authority && record.rtype == rtype;
        // A server that has the child zone too answers a referral itself.
        let referred = expected.referral && !self.records.iter().any(|one| in_answer(&one));
        let claims = self.header.metadata.authoritative || authority == Authority::Ignored;
        if !referred && !claims {
            return Some("it does not claim authority".into());
        }
        let part: Vec<&Record> = self
            .records
            .iter()
            .filter(|record| record.authority == referred)
            .collect();
        let data = part.iter().filter(|record| record.rtype == rtype);
        difference(expected.set, data.copied()).or_else(|| {
            let signatures = expected.signatures?;
            let found = part.iter().filter(|record| {
                record.rtype == Rtype::RRSIG
                    && record.rdata.starts_with(&rtype.to_int().to_be_bytes())
            });
            let differs = difference(signatures, found.copied())?;
            Some(format!("its signatures: {differs}"))
        })
    }
}

/// A record as a message has it.
pub(super) struct Raw<'m> {
    pub authority: bool,
    pub owner: Name,
    pub rtype: Rtype,
    pub class: u16,
    pub ttl: u32,
    pub raw: &'m [u8],
}

/// Decodes `octets`, and gives each record of the answer and authority sections to `take`, with a decoder at its
/// RDATA. Returns the header.
pub(super) fn each<'m>(
    octets: &'m [u8],
    mut take: impl FnMut(Raw<'m>, BinDecoder<'m>) -> Result<(), DecodeError>,
) -> Result<Header, DecodeError> {
    let mut decoder = BinDecoder::new(octets);
    let header = Header::read(&mut decoder)?;
    for _ in 0..header.counts.queries {
        Name::read(&mut decoder)?;
        decoder.read_u32()?;
    }
    let answers = usize::from(header.counts.answers);
    for number in 0..answers + usize::from(header.counts.authorities) {
        let owner = Name::read(&mut decoder)?;
        let rtype = Rtype::from_int(decoder.read_u16()?.unverified());
        let class = decoder.read_u16()?.unverified();
        let ttl = decoder.read_u32()?.unverified();
        let len = usize::from(decoder.read_u16()?.unverified());
        // No message is longer than 65535 octets.
        let start = decoder.index() as u16;
        let found = Raw {
            authority: number >= answers,
            owner,
            rtype,
            class,
            ttl,
            raw: decoder.read_slice(len)?.unverified(),
        };
        take(found, decoder.clone(start))?;
    }
    Ok(header)
}

/// How names in RDATA are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// In lower case, to be compared.
    Folded,
    /// As they came.
    Kept,
}

/// RDATA with its names written out where they may be compressed.
pub(super) fn expand(
    rtype: Rtype,
    data: &mut BinDecoder<'_>,
    raw: &[u8],
    case: Case,
) -> Result<Vec<u8>, DecodeError> {
    let (before, names) = match rtype {
        Rtype::NS | Rtype::CNAME | Rtype::PTR | Rtype::MB | Rtype::MG | Rtype::MR => (0, 1),
        Rtype::SOA | Rtype::MINFO | Rtype::RP => (0, 2),
        Rtype::MX | Rtype::AFSDB | Rtype::RT | Rtype::KX => (2, 1),
        Rtype::PX => (2, 2),
        Rtype::SRV => (6, 1),
        _ => return Ok(raw.to_vec()),
    };
    let start = data.index();
    let mut octets = data.read_slice(before)?.unverified().to_vec();
    for _ in 0..names {
        for label in Name::read(data)?.iter() {
            // A label has at most 63 octets.
            octets.push(label.len() as u8);
            match case {
                Case::Folded => octets.extend(label.iter().map(u8::to_ascii_lowercase)),
                Case::Kept => octets.extend_from_slice(label),
            }
        }
        octets.push(0);
    }
    // What follows the names: the numbers of an SOA.
    let after = raw.get(data.index() - start..).unwrap_or_default();
    octets.extend_from_slice(after);
    Ok(octets)
}

/// In what the records found differ from `wanted`; `None`: in nothing.
fn difference<'r>(
    wanted: &Rrset,
    found: impl Iterator<Item = &'r Record> + Clone,
) -> Option<String> {
    let mut octets: Vec<&[u8]> = found.clone().map(|record| &*record.rdata).collect();
    octets.sort_unstable();
    octets.dedup();
    let exactly = wanted.rdata().iter().map(Rdata::as_bytes);
    if !octets.iter().copied().eq(exactly)
        && let Some(differs) = data_difference(wanted, &octets)
    {
        return Some(differs);
    }
    let other = found
        .map(|record| record.ttl)
        .find(|ttl| *ttl != wanted.ttl())?;
    Some(format!("TTL {other} instead of {}", wanted.ttl()))
}

/// Which data is lacking and which is too much, names in any case: octets may differ where data does
/// not.
fn data_difference(wanted: &Rrset, octets: &[&[u8]]) -> Option<String> {
    if octets.is_empty() {
        return Some("no such record".into());
    }
    let rtype = wanted.rtype();
    let (mut found, mut extra) = (Vec::with_capacity(octets.len()), Vec::new());
    for octets in octets {
        match folded(rtype, octets) {
            Some(rdata) => found.push(rdata),
            None => extra.push(Excerpt::new(octets).to_string()),
        }
    }
    let wanted = wanted.rdata().iter();
    let mut wanted: Vec<Rdata> = wanted
        .filter_map(|rdata| folded(rtype, rdata.as_bytes()))
        .collect();
    found.sort_unstable();
    wanted.sort_unstable();
    let only = |these: &[Rdata], others: &[Rdata]| -> Vec<String> {
        let only = these
            .iter()
            .filter(|one| others.binary_search(one).is_err());
        only.map(|rdata| presentation(rtype, rdata)).collect()
    };
    let lacking = only(&wanted, &found);
    extra.extend(only(&found, &wanted));
    let told = [("without", lacking), ("with", extra)].map(|(word, records)| {
        (!records.is_empty()).then(|| format!("{word} {}", listed(&records)))
    });
    let told: Vec<_> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// RDATA with its names in lower case; `None`: it is not of this type. In HIP, IPSECKEY, AMTRELAY and
/// DSYNC the names, which are rare, are taken as they are.
fn folded(rtype: Rtype, octets: &[u8]) -> Option<Rdata> {
    let (before, names) = match rtype {
        Rtype::NSEC => (0, 1),
        Rtype::SVCB | Rtype::HTTPS | Rtype::LP => (2, 1),
        Rtype::TALINK => (0, 2),
        // The canonical form has them so.
        _ => return Rdata::from_wire(rtype, octets).ok(),
    };
    let mut folded = octets.to_vec();
    let mut at = before;
    for _ in 0..names {
        while let Some(&len @ 1..) = folded.get(at) {
            let end = at + 1 + usize::from(len);
            folded.get_mut(at + 1..end)?.make_ascii_lowercase();
            at = end;
        }
        at += 1;
    }
    Rdata::from_wire(rtype, &folded).ok()
}

/// The first few records, none of them at length.
fn listed(records: &[String]) -> String {
    let shown = records.iter().take(MOST_RECORDS).map(|record| {
        let cut = record.char_indices().nth(MOST_CHARACTERS);
        match cut {
            Some((at, _)) => format!("{}…", &record[..at]),
            None => record.clone(),
        }
    });
    let shown = shown.collect::<Vec<_>>().join("; ");
    match records.len().saturating_sub(MOST_RECORDS) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
