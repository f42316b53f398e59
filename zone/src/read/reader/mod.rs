//! Goes through a master file record by record.

mod directive;
mod errors;
mod noting;

use std::ops::Range;

use super::Limits;
use super::error::{MAX_ERRORS, ReadError};
use super::head::Head;
use super::notes::{MAX_NOTES, NoteKind, Noted};
use super::runs::Runs;
use crate::escape::Excerpt;
use crate::firsts::Firsts;
use crate::layout::Layout;
use crate::record::{MAX_TTL, covered};
use crate::text::{push_name, read_rdata};
use crate::tokens::{Broken, Line, Position, Token, Tokens};
use crate::wire::{ends_with, name_from_checked};
use crate::words::Words;
use crate::{DomainName, Rtype, ZoneName};
use errors::{about, commented};

/// Errors after which the rest of a text is not looked at.
const ENOUGH: usize = 1_000;

/// A record as it was found; ranges are into [`Found::octets`].
pub(super) struct Record {
    pub(super) owner: Range<u32>,
    pub(super) rtype: Rtype,
    pub(super) covered: Option<Rtype>,
    pub(super) ttl: u32,
    /// Whether the record itself gives its TTL.
    pub(super) has_ttl: bool,
    pub(super) rdata: Range<u32>,
    pub(super) position: Position,
}

/// All records of a text, in its order.
pub(super) struct Found {
    pub(super) octets: Vec<u8>,
    pub(super) records: Vec<Record>,
    /// The first SOA that is outside the zone: its owner is what the text takes for the zone.
    pub(super) outside_soa: Option<(Position, DomainName)>,
}

/// What became of a text.
pub(super) struct Read {
    pub(super) found: Found,
    pub(super) noted: Noted,
    pub(super) errors: Firsts<ReadError>,
    /// How many records could be read.
    pub(super) seen: usize,
    /// Whether a line at least begins as one of a zone does.
    pub(super) has_begun: bool,
}

/// The name that records are being read for.
struct Owner {
    range: Range<u32>,
    inside: bool,
    position: Position,
    written: Excerpt,
}

pub(super) struct Reader<'a> {
    tokens: Tokens<'a>,
    limits: &'a Limits,
    apex: DomainName,
    origin: Vec<u8>,
    owner: Option<Owner>,
    /// Whether the owner in hand could not be read, so that records without one have none.
    owner_lost: bool,
    /// Whether no owner was written since the last `$ORIGIN`.
    after_origin: bool,
    /// The owner in hand as it was written, and room to read the next one.
    cased: Vec<u8>,
    scratch: Vec<u8>,
    default_ttl: Option<u32>,
    last_ttl: Option<u32>,
    runs: Runs,
    seen: usize,
    found: Found,
    noted: Noted,
    errors: Firsts<ReadError>,
    /// Whether it was said that other signs than ";" begin no comment.
    comment_told: bool,
    /// Whether what follows cannot be read on its own.
    stopped: bool,
    /// Whether a line was a directive, or had a type after its owner.
    has_begun: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        name: &ZoneName,
        text: &'a [u8],
        limits: &'a Limits,
    ) -> Result<Self, ReadError> {
        // Positions and ranges are 32 bits wide.
        if text.len() > limits.max_bytes || u32::try_from(text.len()).is_err() {
            return Err(ReadError::whole(format!(
                "the text is longer than {} octets",
                limits.max_bytes
            )));
        }
        let apex = name.to_domain_name();
        Ok(Self {
            tokens: Tokens::new(text),
            limits,
            origin: apex.as_slice().to_vec(),
            apex,
            owner: None,
            owner_lost: false,
            after_origin: false,
            cased: Vec::new(),
            scratch: Vec::new(),
            default_ttl: None,
            last_ttl: None,
            runs: Runs::default(),
            seen: 0,
            found: Found {
                octets: Vec::with_capacity(text.len()),
                records: Vec::with_capacity(text.len() / 40 + 1),
                outside_soa: None,
            },
            noted: Firsts::new(MAX_NOTES),
            errors: Firsts::new(MAX_ERRORS),
            comment_told: false,
            stopped: false,
            has_begun: false,
        })
    }

    pub(super) fn finish(self) -> Read {
        Read {
            found: self.found,
            noted: self.noted,
            errors: self.errors,
            seen: self.seen,
            has_begun: self.has_begun,
        }
    }

    /// Reads all records. What is wrong with one keeps none of the others from being read.
    pub(super) fn read_all(&mut self) {
        while !self.stopped && self.errors.count() < ENOUGH {
            let done = match self.tokens.next_line() {
                Ok(None) => return,
                Ok(Some(line)) => self.line(line),
                Err(broken) => {
                    self.owner_lost = true;
                    Err(ReadError::new(broken, None))
                }
            };
            if let Err(error) = done {
                self.note_error(error);
            }
        }
    }

    fn line(&mut self, line: Line<'a>) -> Result<(), ReadError> {
        let plain = |broken| ReadError::new(broken, None);
        match line {
            Line::Word(word) if word.text.starts_with(b"$") => {
                self.has_begun = true;
                self.directive(&word).map_err(plain)
            }
            Line::Word(word) => {
                self.owner_lost = true;
                self.enter(&word).map_err(|broken| about(broken, &word))?;
                self.owner_lost = false;
                self.after_origin = false;
                self.record(word.position, Some(&word))
                    .map_err(|error| commented(error, &word))
            }
            // Nothing can be said of a record whose owner is not known.
            Line::Blank if self.owner_lost => {
                let _ = self.tokens.recover();
                Ok(())
            }
            Line::Blank => {
                let position = self.tokens.position();
                if self.owner.is_none() {
                    self.owner_lost = true;
                    self.has_begun = true;
                    let rule = "the first record has no owner name";
                    return Err(plain(Broken::new(position, None, rule)));
                }
                self.record(position, None)
            }
        }
    }

    /// Makes the name that `word` is the owner of the records that follow.
    fn enter(&mut self, word: &Token<'a>) -> Result<(), Broken> {
        self.scratch.clear();
        push_name(word.text, &self.origin, false, &mut self.scratch)
            .map_err(|rule| word.broken(rule))?;
        self.runs.enter(&self.scratch);
        let range = match &self.owner {
            Some(owner) if self.scratch == self.cased => owner.range.clone(),
            _ => {
                let octets = &mut self.found.octets;
                let start = octets.len();
                octets.extend_from_slice(&self.scratch);
                octets[start..].make_ascii_lowercase();
                std::mem::swap(&mut self.cased, &mut self.scratch);
                start as u32..octets.len() as u32
            }
        };
        let inside = ends_with(self.octets(&range), self.apex.as_slice());
        self.owner = Some(Owner {
            range,
            inside,
            position: word.position,
            written: Excerpt::new(word.text),
        });
        Ok(())
    }

    /// Reads a record after its owner, which is `written` where it is on the line.
    fn record(&mut self, position: Position, written: Option<&Token<'a>>) -> Result<(), ReadError> {
        let plain = |broken| ReadError::new(broken, None);
        let head = Head::read(&mut self.tokens, position, written).map_err(plain)?;
        self.has_begun = true;
        let start = self.found.octets.len();
        let inherits = written.is_none() && self.after_origin;
        let result = self.data(&head, start, inherits);
        result.map_err(|broken| {
            self.found.octets.truncate(start);
            ReadError::new(broken, Some((head.rtype, self.owner_name())))
        })?;
        if let Some(written) = written.filter(|written| written.is_comment_elsewhere()) {
            let text = Some(Excerpt::new(written.text));
            self.note(
                written.position,
                text,
                Some(head.rtype),
                NoteKind::CommentedName,
            );
        }
        Ok(())
    }

    fn data(&mut self, head: &Head<'a>, start: usize, inherits: bool) -> Result<(), Broken> {
        let &Head { rtype, word, .. } = head;
        let layout = Layout::of(rtype).map_err(|rule| word.broken(rule))?;
        let split_long = matches!(rtype, Rtype::TXT | Rtype::SPF);
        let mut words = Words::new(&mut self.tokens, &self.origin, word.position, split_long);
        let read = read_rdata(rtype, layout, &mut words, &mut self.found.octets);
        let seen = words.seen;
        read.map_err(|broken| self.with_comment(rtype, broken))?;
        self.seen += 1;
        if self.seen > self.limits.max_records {
            self.stopped = true;
            return Err(word.starts("the zone has more records than are allowed"));
        }
        if self.found.octets.len() > self.limits.max_wire_bytes.min(u32::MAX as usize) {
            self.stopped = true;
            return Err(word.starts("the zone is larger than is allowed"));
        }
        if let Some((seconds, word)) = head.ttl {
            self.last_ttl = Some(self.limited(seconds, &word, Some(rtype)));
        }
        if let Some((text, len)) = seen.split {
            let kind = NoteKind::Split { len };
            let excerpt = Some(Excerpt::new(text.text));
            self.note(text.position, excerpt, Some(rtype), kind);
        }
        if let Some(owner) = self.owner.as_ref().filter(|owner| !owner.inside) {
            let (position, text) = (owner.position, owner.written.clone());
            self.found.octets.truncate(start);
            if rtype == Rtype::SOA && self.found.outside_soa.is_none() {
                self.found.outside_soa = Some((position, self.owner_name()));
            }
            self.note(position, Some(text), Some(rtype), NoteKind::Outside);
            return Ok(());
        }
        if inherits {
            self.after_origin = false;
            self.note(word.position, None, Some(rtype), NoteKind::InheritedOwner);
        }
        self.note_words(rtype, word.position, &seen, start);
        self.keep(head, start)
    }

    /// Adds the record whose data starts at `start` to what was found.
    fn keep(&mut self, head: &Head<'a>, start: usize) -> Result<(), Broken> {
        let &Head { rtype, word, .. } = head;
        let is_first = self.default_ttl.or(self.last_ttl).is_none();
        if rtype == Rtype::SOA && head.ttl.is_none() && is_first {
            // BIND takes the minimum, the last field of the SOA, for a TTL that nothing gives.
            let minimum = self.found.octets[start..].last_chunk();
            let minimum = minimum.map_or(0, |octets| u32::from_be_bytes(*octets));
            self.default_ttl = Some(if minimum > MAX_TTL { 0 } else { minimum });
            self.note(word.position, None, Some(rtype), NoteKind::TtlFromSoa);
        }
        let explicit = self.last_ttl.filter(|_| head.ttl.is_some());
        let Some(ttl) = explicit.or(self.default_ttl).or(self.last_ttl) else {
            // Once is enough for all that follow.
            self.default_ttl = Some(0);
            return Err(
                word.starts("the record has no TTL, and no $TTL or record before gives one")
            );
        };
        let rdata = &self.found.octets[start..];
        let covered = covered(rtype, rdata);
        let served = self.runs.add((rtype, covered), ttl, rdata);
        if let Some((_, written)) = head.ttl.filter(|_| served != ttl) {
            let text = Some(Excerpt::new(written.text));
            self.note(
                written.position,
                text,
                Some(rtype),
                NoteKind::TtlOfSet { served },
            );
        }
        let ttl = served;
        self.last_ttl = Some(ttl);
        let Some(owner) = &self.owner else {
            return Ok(());
        };
        let rdata = start as u32..self.found.octets.len() as u32;
        self.found.records.push(Record {
            owner: owner.range.clone(),
            rtype,
            covered,
            ttl,
            has_ttl: head.ttl.is_some(),
            rdata,
            position: word.position,
        });
        Ok(())
    }

    /// `seconds`, or 0 with a note if that is no TTL any more (RFC 2181 §8).
    fn limited(&mut self, seconds: u32, word: &Token<'a>, rtype: Option<Rtype>) -> u32 {
        if seconds <= MAX_TTL {
            return seconds;
        }
        let text = Some(Excerpt::new(word.text));
        self.note(word.position, text, rtype, NoteKind::TtlTooLarge);
        0
    }

    /// The owner in hand; before the first record, the apex.
    fn owner_name(&self) -> DomainName {
        let octets = |owner: &Owner| self.octets(&owner.range).to_vec();
        self.owner.as_ref().map_or(self.apex.clone(), |owner| {
            name_from_checked(octets(owner).into())
        })
    }

    fn octets(&self, range: &Range<u32>) -> &[u8] {
        &self.found.octets[range.start as usize..range.end as usize]
    }
}
