//! Writes a response: names compressed (RFC 1035 §4.1.4), never longer than it may be.

use dadns_zone::Rtype;

use super::names::{Names, POINTER};
use super::{HEADER, Head, IN, flag};
use crate::wire::name_len;

/// The sections of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What was asked for.
    Answer,
    /// Who answers for it, or why there is nothing.
    Authority,
    /// What is of use besides.
    Additional,
}

/// What did not fit; nothing of it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// A response under construction, at the end of `out`.
pub struct Writer<'b> {
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
    #[inline]
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
    #[inline]
    fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Keeps `octets` free for what has to come last.
    #[inline]
    pub fn reserve(&mut self, octets: usize) {
        self.limit = self.limit.saturating_sub(octets);
    }

    /// Gives back what was reserved.
    #[inline]
    pub fn release(&mut self, octets: usize) {
        self.limit += octets;
    }

    /// Sets these bits among the flags.
    #[inline]
    pub fn set_flags(&mut self, bits: u16) {
        let at = self.start + 2;
        let flags = u16::from_be_bytes([self.out[at], self.out[at + 1]]) | bits;
        self.out[at..at + 2].copy_from_slice(&flags.to_be_bytes());
    }

    /// Something that belongs into the message did not fit: says so (TC), and takes no more records, so
    /// that all that is there is what would come first.
    #[inline]
    pub fn truncate(&mut self) {
        self.set_flags(flag::TC);
        self.limit = 0;
    }

    /// Whether nothing more can be written.
    #[inline]
    pub fn is_truncated(&self) -> bool {
        self.limit == 0
    }

    /// All of these records with this owner, or none of them: each a type, a TTL and data.
    #[inline]
    pub fn records<'r>(
        &mut self,
        section: Section,
        owner: &[u8],
        records: impl Iterator<Item = (Rtype, u32, &'r [u8])>,
    ) -> Result<(), Full> {
        let mark = self.len();
        let mut count = 0;
        for (rtype, ttl, rdata) in records {
            if self.put(owner, rtype, ttl, rdata).is_err() {
                self.out.truncate(self.start + mark);
                self.names.forget_from(mark);
                return Err(Full);
            }
            count += 1;
        }
        self.count(section, count);
        Ok(())
    }

    /// One record.
    #[inline]
    pub fn record(
        &mut self,
        section: Section,
        owner: &[u8],
        rtype: Rtype,
        ttl: u32,
        rdata: &[u8],
    ) -> Result<(), Full> {
        self.records(section, owner, std::iter::once((rtype, ttl, rdata)))
    }

    /// Octets that are a record in the additional section already.
    #[inline]
    pub fn additional(&mut self, record: &[u8]) {
        self.out.extend_from_slice(record);
        self.count(Section::Additional, 1);
    }

    #[inline]
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

    #[inline]
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
    #[inline]
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
            let (name, behind) = rest.split_at(name_len(rest).unwrap_or(rest.len()));
            self.name(name);
            rest = behind;
        }
        self.out.extend_from_slice(rest);
    }

    /// A name in wire form, with a pointer for as much of its end as the message has already.
    #[inline]
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

    #[inline]
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
