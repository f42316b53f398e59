//! Writes a response: names compressed (RFC 1035 §4.1.4), never longer than it may be.

use dadns_zone::Rtype;

use crate::compress::{Names, POINTER, name_len};
use crate::image::Set;
use crate::query::flag;

/// Octets of a message header.
pub(super) const HEADER: usize = 12;
/// The class IN.
pub(super) const IN: u16 = 1;

/// The sections of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Answer,
    Authority,
    Additional,
}

/// A set with what goes with it.
#[derive(Clone, Copy)]
pub(super) struct Whole<'z> {
    pub set: Set<'z>,
    pub signatures: Option<Set<'z>>,
    /// The place of the record that comes first; those before it come last.
    pub first: usize,
    /// The TTL, where it is not that of the set.
    pub ttl: Option<u32>,
}

impl<'z> From<Set<'z>> for Whole<'z> {
    /// The set alone, as it stands in the zone.
    fn from(set: Set<'z>) -> Self {
        Self {
            set,
            signatures: None,
            first: 0,
            ttl: None,
        }
    }
}

/// What did not fit; nothing of it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// A response under construction, at the end of `out`.
pub(super) struct Writer<'b> {
    out: &'b mut Vec<u8>,
    /// Where the message starts in `out`.
    start: usize,
    /// Most octets that the message may have now.
    limit: usize,
    names: Names,
}

impl<'b> Writer<'b> {
    /// Starts a message of at most `limit` octets with this header and question, of which the name
    /// comes first. The message begins where `out` ends.
    pub fn new(out: &'b mut Vec<u8>, limit: usize, head: Head, question: &[u8]) -> Self {
        let start = out.len();
        out.extend_from_slice(&head.id);
        out.extend_from_slice(&head.flags.to_be_bytes());
        out.extend_from_slice(&u16::from(!question.is_empty()).to_be_bytes());
        out.extend_from_slice(&[0; 6]);
        let mut writer = Self {
            out,
            start,
            limit,
            names: Names::new(),
        };
        writer.out.extend_from_slice(question);
        writer.names.note(question, HEADER);
        writer
    }

    /// How long the message is.
    pub fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Keeps `octets` free for what has to come last.
    pub fn reserve(&mut self, octets: usize) {
        self.limit = self.limit.saturating_sub(octets);
    }

    /// Gives back what was reserved.
    pub fn release(&mut self, octets: usize) {
        self.limit += octets;
    }

    /// Sets these bits among the flags.
    pub fn set_flags(&mut self, bits: u16) {
        let at = self.start + 2;
        let flags = u16::from_be_bytes([self.out[at], self.out[at + 1]]) | bits;
        self.out[at..at + 2].copy_from_slice(&flags.to_be_bytes());
    }

    /// Something that belongs into the message did not fit: says so (TC), and takes no more records, so
    /// that all that is there is what would come first.
    pub fn truncate(&mut self) {
        self.set_flags(flag::TC);
        self.limit = 0;
    }

    /// Whether nothing more can be written.
    pub fn is_truncated(&self) -> bool {
        self.limit == 0
    }

    /// All records of a set with this owner, and its signatures; or none of them.
    pub fn set(&mut self, section: Section, owner: &[u8], whole: Whole<'_>) -> Result<(), Full> {
        let Whole {
            set,
            signatures,
            first,
            ttl,
        } = whole;
        let mark = self.len();
        let data = set.rdata();
        let in_order = data.clone().skip(first).chain(data.take(first));
        let signing = signatures
            .iter()
            .flat_map(|of| of.rdata().map(|data| (*of, data)));
        for (of, rdata) in in_order.map(|data| (set, data)).chain(signing) {
            let put = self.put(owner, of.rtype(), ttl.unwrap_or(of.ttl()), rdata);
            if put.is_err() {
                self.out.truncate(self.start + mark);
                self.names.forget_from(mark);
                return Err(Full);
            }
        }
        self.count(section, set.len() + signatures.map_or(0, Set::len));
        Ok(())
    }

    /// One record.
    pub fn record(
        &mut self,
        section: Section,
        owner: &[u8],
        rtype: Rtype,
        ttl: u32,
        rdata: &[u8],
    ) -> Result<(), Full> {
        let mark = self.len();
        let put = self.put(owner, rtype, ttl, rdata);
        match put {
            Ok(()) => self.count(section, 1),
            Err(Full) => {
                self.out.truncate(self.start + mark);
                self.names.forget_from(mark);
            }
        }
        put
    }

    /// Octets that are a record in the additional section already.
    pub fn additional(&mut self, record: &[u8]) {
        self.out.extend_from_slice(record);
        self.count(Section::Additional, 1);
    }

    fn put(&mut self, owner: &[u8], rtype: Rtype, ttl: u32, rdata: &[u8]) -> Result<(), Full> {
        self.put_in(owner, rtype, IN, ttl, rdata)
    }

    /// A record of another class than IN, of data without names.
    pub fn chaos(
        &mut self,
        owner: &[u8],
        class: u16,
        rtype: Rtype,
        rdata: &[u8],
    ) -> Result<(), Full> {
        self.put_in(owner, rtype, class, 0, rdata)?;
        self.count(Section::Answer, 1);
        Ok(())
    }

    fn put_in(
        &mut self,
        owner: &[u8],
        rtype: Rtype,
        class: u16,
        ttl: u32,
        rdata: &[u8],
    ) -> Result<(), Full> {
        self.name(owner);
        self.out.extend_from_slice(&rtype.to_int().to_be_bytes());
        self.out.extend_from_slice(&class.to_be_bytes());
        self.out.extend_from_slice(&ttl.to_be_bytes());
        let len_at = self.out.len();
        self.out.extend_from_slice(&[0; 2]);
        self.data(rtype, rdata);
        let len = self.out.len() - len_at - 2;
        self.out[len_at..len_at + 2].copy_from_slice(&(len as u16).to_be_bytes());
        if self.len() > self.limit {
            Err(Full)
        } else {
            Ok(())
        }
    }

    /// Data of a record. Names in it are compressed where RFC 3597 §4 lets them be.
    fn data(&mut self, rtype: Rtype, rdata: &[u8]) {
        let (before, names) = match rtype {
            Rtype::NS | Rtype::CNAME | Rtype::PTR => (0, 1),
            Rtype::MX => (2, 1),
            Rtype::SOA => (0, 2),
            _ => (rdata.len(), 0),
        };
        let (fixed, mut rest) = rdata.split_at_checked(before).unwrap_or((rdata, &[]));
        self.out.extend_from_slice(fixed);
        for _ in 0..names {
            let (name, behind) = rest.split_at(name_len(rest));
            self.name(name);
            rest = behind;
        }
        self.out.extend_from_slice(rest);
    }

    /// A name in wire form, with a pointer for as much of its end as the message has already.
    fn name(&mut self, name: &[u8]) {
        let (kept, pointer) = self.names.find(name, &self.out[self.start..]);
        let at = self.len();
        self.out.extend_from_slice(&name[..kept]);
        match pointer {
            Some(to) => {
                let pointer = u16::from_be_bytes([POINTER, 0]) | to;
                self.out.extend_from_slice(&pointer.to_be_bytes());
            }
            None => self.out.extend_from_slice(&name[kept..]),
        }
        self.names.note_new(name, kept, at);
    }

    fn count(&mut self, section: Section, records: usize) {
        let at = self.start
            + match section {
                Section::Answer => 6,
                Section::Authority => 8,
                Section::Additional => 10,
            };
        let count = u16::from_be_bytes([self.out[at], self.out[at + 1]]);
        // A record takes more than an octet, a message has less than 65536.
        let count = count.saturating_add(records as u16);
        self.out[at..at + 2].copy_from_slice(&count.to_be_bytes());
    }
}

/// The first four octets of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub id: [u8; 2],
    pub flags: u16,
}
