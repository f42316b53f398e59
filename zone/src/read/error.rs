//! What an operator is told about a zone text: errors and warnings with their place.

use std::fmt;

use crate::escape::Excerpt;
use crate::present::{NameText, TypeName};
use crate::tokens::{Broken, Place};
use crate::{DomainName, Rtype, ZoneError};

/// Why a zone text was refused: one rule, and where it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    place: Option<Place>,
    text: Option<Excerpt>,
    rule: String,
    record: Option<(Rtype, DomainName)>,
    zone_error: Option<Box<ZoneError>>,
}

impl ReadError {
    pub(super) fn new(broken: Broken, record: Option<(Rtype, DomainName)>) -> Self {
        Self {
            place: Some(broken.place),
            text: broken.text,
            rule: broken.rule,
            record,
            zone_error: None,
        }
    }

    /// An error that is about the text as a whole.
    pub(super) fn whole(rule: String) -> Self {
        Self {
            place: None,
            text: None,
            rule,
            record: None,
            zone_error: None,
        }
    }

    /// An error of the zone, at the record that brought it about if there is one.
    pub(super) fn zone(error: ZoneError, place: Option<Place>) -> Self {
        let rule = error.to_string();
        Self {
            place,
            text: None,
            rule,
            record: None,
            zone_error: Some(Box::new(error)),
        }
    }

    /// The line, from 1; `None` if the error is about the zone as a whole.
    pub fn line(&self) -> Option<u32> {
        self.place.map(|place| place.line)
    }

    /// The column in octets, from 1.
    pub fn column(&self) -> Option<u32> {
        self.place.map(|place| place.column)
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

impl std::error::Error for ReadError {}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(text) = &self.text {
            write!(f, "{text} ")?;
        }
        f.write_str(&self.rule)?;
        write_record(self.record.as_ref(), f)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Something in a zone text that was not taken as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub(super) place: Place,
    pub(super) text: Excerpt,
    pub(super) record: Option<(Rtype, DomainName)>,
    pub(super) kind: WarningKind,
}

/// What was done instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningKind {
    /// A character-string of more than 255 octets was split.
    Split {
        /// How many octets it has.
        len: usize,
    },
    /// A record outside the zone was left out.
    Outside,
    /// A TTL above 2^31 − 1 counts as 0.
    Ttl,
}

impl Warning {
    /// The line, from 1.
    pub fn line(&self) -> u32 {
        self.place.line
    }

    /// The column in octets, from 1.
    pub fn column(&self) -> u32 {
        self.place.column
    }

    /// What was done.
    pub fn kind(&self) -> WarningKind {
        self.kind
    }

    /// The type and the owner of the record; `None` if the warning is about a directive.
    pub fn record(&self) -> Option<(Rtype, &DomainName)> {
        self.record.as_ref().map(|(rtype, owner)| (*rtype, owner))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ", self.place, self.text)?;
        match self.kind {
            WarningKind::Split { len } => write!(f, "has {len} octets and is split at 255")?,
            WarningKind::Outside => f.write_str("is outside the zone, the record is left out")?,
            WarningKind::Ttl => f.write_str("is above 2147483647 and counts as 0")?,
        }
        write_record(self.record.as_ref(), f)
    }
}

/// Says which record a message is about.
fn write_record(record: Option<&(Rtype, DomainName)>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match record {
        Some((rtype, owner)) => write!(f, " ({} record of {})", TypeName(*rtype), NameText(owner)),
        None => Ok(()),
    }
}
