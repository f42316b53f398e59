//! Goes through a master file record by record.

use std::ops::Range;

use super::Limits;
use super::error::{ReadError, Warning, WarningKind};
use super::head::Head;
use super::runs::Runs;
use crate::escape::Excerpt;
use crate::layout::Layout;
use crate::record::{MAX_TTL, covered};
use crate::text::{push_name, read_rdata};
use crate::tokens::{Broken, Line, Place, Token, Tokens};
use crate::wire::{ends_with, name_from_checked};
use crate::words::Words;
use crate::{DomainName, Rtype, ZoneName, time};

/// A record as it was found; ranges are into [`Found::octets`].
pub(super) struct Record {
    pub(super) owner: Range<u32>,
    pub(super) rtype: Rtype,
    pub(super) covered: Option<Rtype>,
    pub(super) ttl: u32,
    pub(super) rdata: Range<u32>,
    pub(super) place: Place,
}

/// All records of a text, in its order.
pub(super) struct Found {
    pub(super) octets: Vec<u8>,
    pub(super) records: Vec<Record>,
}

/// The name that records are being read for.
struct Owner {
    range: Range<u32>,
    inside: bool,
    place: Place,
    written: Excerpt,
}

pub(super) struct Reader<'a> {
    tokens: Tokens<'a>,
    limits: &'a Limits,
    apex: DomainName,
    origin: Vec<u8>,
    owner: Option<Owner>,
    /// The owner in hand as it was written, and room to read the next one.
    cased: Vec<u8>,
    scratch: Vec<u8>,
    default_ttl: Option<u32>,
    last_ttl: Option<u32>,
    runs: Runs,
    seen: usize,
    found: Found,
    warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        name: &ZoneName,
        text: &'a [u8],
        limits: &'a Limits,
    ) -> Result<Self, ReadError> {
        // Places and ranges are 32 bits wide.
        if text.len() > limits.max_bytes || u32::try_from(text.len()).is_err() {
            return Err(ReadError::whole(format!(
                "the text is longer than {} octets",
                limits.max_bytes
            )));
        }
        if text.starts_with(b"\xef\xbb\xbf") {
            return Err(ReadError::whole(
                "the text starts with a byte order mark, which is no part of a zone".into(),
            ));
        }
        let apex = name.to_domain_name();
        Ok(Self {
            tokens: Tokens::new(text),
            limits,
            origin: apex.as_slice().to_vec(),
            apex,
            owner: None,
            cased: Vec::new(),
            scratch: Vec::new(),
            default_ttl: None,
            last_ttl: None,
            runs: Runs::default(),
            seen: 0,
            found: Found {
                octets: Vec::with_capacity(text.len()),
                records: Vec::with_capacity(text.len() / 40 + 1),
            },
            warnings: Vec::new(),
        })
    }

    pub(super) fn finish(self) -> (Found, Vec<Warning>) {
        (self.found, self.warnings)
    }

    pub(super) fn read_all(&mut self) -> Result<(), ReadError> {
        let plain = |broken| ReadError::new(broken, None);
        while let Some(line) = self.tokens.next_line().map_err(plain)? {
            match line {
                Line::Word(word) if word.text.starts_with(b"$") => {
                    self.directive(&word).map_err(plain)?
                }
                Line::Word(word) => {
                    self.enter(&word).map_err(plain)?;
                    self.record(word.place)?;
                }
                Line::Blank => {
                    let place = self.tokens.place();
                    if self.owner.is_none() {
                        let rule = "the first record has no owner name".into();
                        return Err(plain(Broken {
                            place,
                            text: None,
                            rule,
                        }));
                    }
                    self.record(place)?;
                }
            }
        }
        Ok(())
    }

    fn directive(&mut self, word: &Token<'a>) -> Result<(), Broken> {
        let is = |name: &[u8]| word.text.eq_ignore_ascii_case(name);
        if is(b"$ORIGIN") {
            let name = self.argument(word, "a domain name")?;
            self.scratch.clear();
            let text = name
                .plain()
                .ok_or_else(|| name.broken("is quoted where a domain name should be"))?;
            push_name(text, &self.origin, false, &mut self.scratch)
                .map_err(|rule| name.broken(rule))?;
            std::mem::swap(&mut self.origin, &mut self.scratch);
        } else if is(b"$TTL") {
            let period = self.argument(word, "a TTL")?;
            let seconds = period
                .plain()
                .and_then(time::period)
                .ok_or_else(|| period.broken("is not a TTL"))?;
            let seconds = self.limited(seconds, &period, None);
            self.default_ttl = Some(seconds);
            self.last_ttl = Some(seconds);
        } else if is(b"$INCLUDE") || is(b"$GENERATE") {
            return Err(word.broken("is not allowed: a zone has to bring all its records itself"));
        } else {
            return Err(word.broken("is not a directive that is known"));
        }
        match self.tokens.next()? {
            Some(extra) => Err(extra.broken("is more than the directive takes")),
            None => Ok(()),
        }
    }

    fn argument(&mut self, directive: &Token<'a>, wanted: &str) -> Result<Token<'a>, Broken> {
        self.tokens.next()?.ok_or_else(|| Broken {
            place: directive.place,
            text: Some(Excerpt::new(directive.text)),
            rule: format!("needs {wanted}"),
        })
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
            place: word.place,
            written: Excerpt::new(word.text),
        });
        Ok(())
    }

    /// Reads a record after its owner.
    fn record(&mut self, place: Place) -> Result<(), ReadError> {
        let plain = |broken| ReadError::new(broken, None);
        let head = Head::read(&mut self.tokens, place).map_err(plain)?;
        let start = self.found.octets.len();
        let result = self.data(&head, start);
        result.map_err(|broken| ReadError::new(broken, Some((head.rtype, self.owner_name()))))
    }

    fn data(&mut self, head: &Head<'a>, start: usize) -> Result<(), Broken> {
        let &Head { rtype, word, .. } = head;
        let layout = Layout::of(rtype).map_err(|rule| word.broken(rule))?;
        let split_long = matches!(rtype, Rtype::TXT | Rtype::SPF);
        let mut words = Words::new(&mut self.tokens, &self.origin, word.place, split_long);
        read_rdata(rtype, layout, &mut words, &mut self.found.octets)?;
        let split = words.split;
        self.seen += 1;
        if self.seen > self.limits.max_records {
            return Err(word.starts("the zone has more records than are allowed"));
        }
        if self.found.octets.len() > self.limits.max_wire_bytes.min(u32::MAX as usize) {
            return Err(word.starts("the zone is larger than is allowed"));
        }
        if let Some((seconds, word)) = head.ttl {
            self.last_ttl = Some(self.limited(seconds, &word, Some(rtype)));
        }
        if let Some((text, len)) = split {
            let kind = WarningKind::Split { len };
            self.warn(text.place, Excerpt::new(text.text), Some(rtype), kind);
        }
        if let Some(owner) = self.owner.as_ref().filter(|owner| !owner.inside) {
            let (place, text) = (owner.place, owner.written.clone());
            self.found.octets.truncate(start);
            self.warn(place, text, Some(rtype), WarningKind::Outside);
            return Ok(());
        }
        self.keep(head, start)
    }

    /// Adds the record whose data starts at `start` to what was found.
    fn keep(&mut self, head: &Head<'a>, start: usize) -> Result<(), Broken> {
        let &Head { rtype, word, .. } = head;
        let rdata = &self.found.octets[start..];
        if rtype == Rtype::SOA && head.ttl.is_none() && self.default_ttl.or(self.last_ttl).is_none()
        {
            // BIND takes the minimum, the last field of the SOA, for a TTL that nothing gives.
            let minimum = rdata
                .last_chunk()
                .map_or(0, |octets| u32::from_be_bytes(*octets));
            self.default_ttl = Some(if minimum > MAX_TTL { 0 } else { minimum });
        }
        let explicit = self.last_ttl.filter(|_| head.ttl.is_some());
        let Some(ttl) = explicit.or(self.default_ttl).or(self.last_ttl) else {
            return Err(
                word.starts("the record has no TTL, and no $TTL or record before gives one")
            );
        };
        let covered = covered(rtype, rdata);
        let ttl = self.runs.add((rtype, covered), ttl, rdata);
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
            rdata,
            place: word.place,
        });
        Ok(())
    }

    /// `seconds`, or 0 with a warning if that is no TTL any more (RFC 2181 §8).
    fn limited(&mut self, seconds: u32, word: &Token<'a>, rtype: Option<Rtype>) -> u32 {
        if seconds <= MAX_TTL {
            return seconds;
        }
        self.warn(word.place, Excerpt::new(word.text), rtype, WarningKind::Ttl);
        0
    }

    /// Adds a warning, about a record of the owner in hand if there is a type.
    fn warn(&mut self, place: Place, text: Excerpt, rtype: Option<Rtype>, kind: WarningKind) {
        let record = rtype.map(|rtype| (rtype, self.owner_name()));
        self.warnings.push(Warning {
            place,
            text,
            record,
            kind,
        });
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
