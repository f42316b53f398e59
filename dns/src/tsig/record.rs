//! The TSIG record (RFC 8945 §4.2): found in a message, appended to one.

use subtle::ConstantTimeEq;

use super::key::TsigKey;
use super::{ADDITIONAL, Time, length};
use crate::Name;
use crate::message::HEADER;
use crate::wire::skip_name;

/// By how many seconds clocks may differ.
pub(super) const FUDGE: u16 = 300;

const TSIG: u16 = 250;
const ANY: u16 = 255;

#[derive(Debug, Clone)]
pub(super) struct Record {
    /// The name of the key, in wire form, lower-case.
    pub name: Vec<u8>,
    /// The same of the algorithm.
    pub algorithm: Vec<u8>,
    pub time: Time,
    pub fudge: u16,
    pub mac: Vec<u8>,
    pub original_id: [u8; 2],
    pub error: u16,
    pub other: Vec<u8>,
}

/// A record that cannot be read, or that is not the last one.
#[derive(Debug)]
pub(super) struct Malformed;

/// The record of a message.
pub(super) struct Found<'m> {
    pub record: Record,
    /// The message before it.
    before: &'m [u8],
}

impl Record {
    /// Octets in a message, without the signature.
    pub fn len(&self) -> usize {
        const FIXED: usize = 10 + 16;
        self.name.len() + self.algorithm.len() + FIXED + self.other.len()
    }

    /// That of a response which refuses the request of this one.
    pub fn refused(&self, error: u16) -> Self {
        Self {
            mac: Vec::new(),
            other: Vec::new(),
            error,
            ..self.clone()
        }
    }

    /// What is signed beside the message (RFC 8945 §4.3.3).
    pub fn variables(&self) -> Vec<u8> {
        let mut out = self.name.clone();
        out.extend(ANY.to_be_bytes());
        out.extend([0; 4]);
        out.extend_from_slice(&self.algorithm);
        out.extend(self.timers());
        out.extend(self.error.to_be_bytes());
        out.extend(length(&self.other));
        out.extend_from_slice(&self.other);
        out
    }

    /// What is signed beside a message that carries on.
    pub fn timers(&self) -> Vec<u8> {
        let mut out = self.time.to_be_bytes()[2..].to_vec();
        out.extend(self.fudge.to_be_bytes());
        out
    }

    pub fn is_valid_at(&self, now: Time) -> bool {
        self.time.abs_diff(now) <= u64::from(self.fudge)
    }

    /// Appends it to the message that `out` has from `start` on.
    pub fn append(&self, out: &mut Vec<u8>, start: usize) {
        out.extend_from_slice(&self.name);
        out.extend(TSIG.to_be_bytes());
        out.extend(ANY.to_be_bytes());
        out.extend([0; 4]);
        let mut data = self.algorithm.clone();
        data.extend(self.timers());
        data.extend(length(&self.mac));
        data.extend_from_slice(&self.mac);
        data.extend(self.original_id);
        data.extend(self.error.to_be_bytes());
        data.extend(length(&self.other));
        data.extend_from_slice(&self.other);
        out.extend(length(&data));
        out.append(&mut data);
        if let Some([high, low]) = out[start..].get_mut(ADDITIONAL) {
            let count = u16::from_be_bytes([*high, *low]).wrapping_add(1);
            [*high, *low] = count.to_be_bytes();
        }
    }

    /// Reads the data of a record.
    fn read(name: Vec<u8>, mut data: &[u8]) -> Option<Self> {
        let algorithm = Name::read(data)?;
        data = data.get(algorithm.as_wire().len()..)?;
        let (&[t0, t1, t2, t3, t4, t5, f0, f1, m0, m1], rest) = data.split_first_chunk()?;
        let (mac, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([m0, m1])))?;
        let (&[i0, i1, e0, e1, o0, o1], other) = rest.split_first_chunk()?;
        (other.len() == usize::from(u16::from_be_bytes([o0, o1]))).then(|| Self {
            name,
            algorithm: algorithm.as_wire().to_vec(),
            time: u64::from_be_bytes([0, 0, t0, t1, t2, t3, t4, t5]),
            fudge: u16::from_be_bytes([f0, f1]),
            mac: mac.to_vec(),
            original_id: [i0, i1],
            error: u16::from_be_bytes([e0, e1]),
            other: other.to_vec(),
        })
    }
}

impl<'m> Found<'m> {
    /// That of `message`, if it has one. It is the last record of the additional section.
    pub fn in_message(message: &'m [u8]) -> Result<Option<Self>, Malformed> {
        let counts = message.get(4..HEADER).ok_or(Malformed)?;
        let count = |at: usize| usize::from(u16::from_be_bytes([counts[at], counts[at + 1]]));
        let records = count(2) + count(4) + count(6);
        let mut at = HEADER;
        for _ in 0..count(0) {
            at += skip_name(message.get(at..).ok_or(Malformed)?).ok_or(Malformed)? + 4;
        }
        for index in 1..=records {
            let start = at;
            let rest = message.get(at..).ok_or(Malformed)?;
            at += skip_name(rest).ok_or(Malformed)?;
            let fixed = message.get(at..).and_then(<[u8]>::first_chunk::<10>);
            let [t0, t1, c0, c1, ttl @ .., l0, l1] = *fixed.ok_or(Malformed)?;
            at += 10;
            let data = at..at + usize::from(u16::from_be_bytes([l0, l1]));
            at = data.end;
            let data = message.get(data).ok_or(Malformed)?;
            if u16::from_be_bytes([t0, t1]) != TSIG {
                continue;
            }
            let is_last = index == records && count(6) > 0;
            if !is_last || u16::from_be_bytes([c0, c1]) != ANY || ttl != [0; 4] {
                return Err(Malformed);
            }
            let (name, _) = Name::unpack(message, start).ok_or(Malformed)?;
            let record = Record::read(name.as_wire().to_vec(), data).ok_or(Malformed)?;
            let before = &message[..start];
            return Ok(Some(Self { record, before }));
        }
        Ok(None)
    }

    /// Whether the message is signed with `key`, `mac` being the signature of the message before, if this one
    /// is an answer.
    pub fn is_signed_with(&self, key: &TsigKey, mac: &[u8], answers: bool) -> bool {
        let (header, rest) = self.before.split_at(HEADER);
        let mut header = header.to_vec();
        header[..2].copy_from_slice(&self.record.original_id);
        let count = u16::from_be_bytes([header[HEADER - 2], header[HEADER - 1]]);
        header[ADDITIONAL].copy_from_slice(&count.wrapping_sub(1).to_be_bytes());
        let before = match answers {
            true => [&length(mac), mac].concat(),
            false => Vec::new(),
        };
        let variables = self.record.variables();
        let right = key.sign(&[&before, &header, rest, &variables]);
        right.ct_eq(&self.record.mac).into()
    }
}
