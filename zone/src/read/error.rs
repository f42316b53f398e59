//! Why a zone text was refused, with positions.

use std::fmt;

use crate::escape::Excerpt;
use crate::firsts::Firsts;
use crate::present::{NameText, TypeName};
use crate::tokens::{Broken, Position};
use crate::{DomainName, Rtype, ZoneError};

/// Most errors of one text that are told of.
pub(super) const MAX_ERRORS: usize = 10;

/// Why a zone text was refused: all errors that do not follow from others, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadErrors {
    errors: Vec<ReadError>,
    more: usize,
}

impl ReadErrors {
    pub(super) fn new(errors: Firsts<ReadError>) -> Self {
        let (mut errors, more) = errors.into_parts();
        // What has no position is about the zone as a whole, and comes last.
        errors.sort_by_key(|error| (error.position.is_none(), error.position));
        Self { errors, more }
    }

    /// The same, unless no line of the text even begins as one of a zone does: then it is something else.
    pub(super) fn of_text(self, has_begun: bool) -> Self {
        match self.errors.first() {
            Some(first) if !has_begun && first.zone_error.is_none() => ReadError::whole(format!(
                "the text is no zone file: none of its lines is a record; {first}"
            ))
            .into(),
            _ => self,
        }
    }

    /// The first errors, ten at most.
    pub fn errors(&self) -> &[ReadError] {
        &self.errors
    }

    /// How many there are beyond these.
    pub fn more(&self) -> usize {
        self.more
    }
}

impl From<ReadError> for ReadErrors {
    fn from(error: ReadError) -> Self {
        Self {
            errors: vec![error],
            more: 0,
        }
    }
}

impl std::error::Error for ReadErrors {}

impl fmt::Display for ReadErrors {
    /// On one line: `2 errors: line 3, column 1: …; line 5, column 7: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.errors.len() + self.more;
        if count > 1 {
            write!(f, "{count} errors: ")?;
        }
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// One rule that a zone text breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    pub(super) position: Option<Position>,
    pub(super) text: Option<Excerpt>,
    pub(super) rule: Box<str>,
    pub(super) record: Option<(Rtype, DomainName)>,
    pub(super) field: Option<&'static str>,
    zone_error: Option<Box<ZoneError>>,
}

impl ReadError {
    pub(super) fn new(broken: Broken, record: Option<(Rtype, DomainName)>) -> Self {
        Self {
            position: Some(broken.position),
            text: broken.text,
            rule: broken.rule.into(),
            record,
            field: broken.field,
            zone_error: None,
        }
    }

    /// An error that is about the text as a whole.
    pub(super) fn whole(rule: impl Into<String>) -> Self {
        Self {
            position: None,
            text: None,
            rule: rule.into().into(),
            record: None,
            field: None,
            zone_error: None,
        }
    }

    /// An error of the zone, at the record that brought it about if there is one. `beside` is what else
    /// there is to see.
    pub(super) fn zone(
        error: ZoneError,
        position: Option<Position>,
        beside: Option<String>,
    ) -> Self {
        let beside = beside.map(|beside| format!("; {beside}"));
        Self {
            position,
            zone_error: Some(Box::new(error.clone())),
            ..Self::whole(error.to_string() + beside.as_deref().unwrap_or_default())
        }
    }

    /// The line, from 1; `None` if the error is about the zone as a whole.
    pub fn line(&self) -> Option<u32> {
        self.position.map(|position| position.line)
    }

    /// The column in octets, from 1.
    pub fn column(&self) -> Option<u32> {
        self.position.map(|position| position.column)
    }

    /// The rule, worded to follow the text at fault if there is one.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The error of the zone, if every record could be read but together they do not form one.
    pub fn zone_error(&self) -> Option<&ZoneError> {
        self.zone_error.as_deref()
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "{position}: ")?;
        }
        if let Some(text) = &self.text {
            write!(f, "{text} ")?;
        }
        f.write_str(&self.rule)?;
        let Some((rtype, owner)) = &self.record else {
            return Ok(());
        };
        let (rtype, owner) = (TypeName(*rtype), NameText(owner));
        match self.field {
            Some(field) => write!(f, " ({field} of the {rtype} record of {owner})"),
            None => write!(f, " ({rtype} record of {owner})"),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}
