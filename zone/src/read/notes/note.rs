//! One note, and all of a text.

use std::fmt;

use super::{MAX_NOTES, Noted};
use crate::escape::Excerpt;
use crate::present::{NameText, TypeName};
use crate::tokens::Position;
use crate::{DomainName, Rtype};

/// Something in a zone text that its author would want to know about: it was not taken as it was
/// written, or is served as nobody can have meant it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub(in crate::read) position: Position,
    pub(in crate::read) text: Option<Excerpt>,
    pub(in crate::read) record: Option<(Rtype, DomainName)>,
    pub(in crate::read) kind: NoteKind,
}

/// What a note is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteKind {
    /// A character-string of more than 255 octets was split.
    Split {
        /// How many octets it has.
        len: usize,
    },
    /// A record outside the zone was left out.
    Outside,
    /// A TTL above 2^31 − 1 counts as 0.
    TtlTooLarge,
    /// Records that have the minimum of the SOA for a TTL, as nothing gives one.
    TtlFromSoa,
    /// A TTL that differs from that of the set.
    TtlOfSet {
        /// The one that is served.
        served: u32,
    },
    /// An unquoted `;` cut data off.
    Cut {
        /// What is not served.
        rest: Excerpt,
    },
    /// A record that begins with what is a comment elsewhere.
    CommentedName,
    /// Data that holds what is a comment elsewhere.
    CommentedData,
    /// Unquoted words of a text.
    Words,
    /// A quotation mark that is none in a master file.
    CurlyQuote,
    /// A record without an owner right after `$ORIGIN`.
    InheritedOwner,
    /// An owner that is not ASCII.
    OwnerNotAscii {
        /// What it should be.
        hint: String,
    },
    /// An owner that cannot be the name of a host.
    OwnerNotHost,
    /// An owner that ends in the name of the zone twice.
    OwnerTwice,
    /// An owner with a `*` that is not its first label.
    InnerWildcard,
    /// A name in the data that is not ASCII.
    TargetNotAscii {
        /// The name.
        target: DomainName,
        /// What it should be.
        hint: String,
    },
    /// A name in the data that ends in the name of the zone twice.
    TargetTwice(DomainName),
    /// A name in the data that is in a reverse zone.
    TargetReverse(DomainName),
    /// A name in the data that is an address.
    TargetAddress(DomainName),
    /// A name in the data that cannot be the name of a host.
    TargetNotHost(DomainName),
    /// A name in the data that has no address in the zone.
    TargetWithoutAddress {
        /// The name.
        target: DomainName,
        /// Whether it has other records.
        exists: bool,
    },
    /// A name in the data that has nothing in the zone.
    TargetMissing(DomainName),
    /// A name in the data that is an alias.
    TargetAlias(DomainName),
    /// A name in the data that is below a DNAME.
    TargetBelowDname(DomainName),
    /// A name server of a delegation that has no address in the zone.
    GlueMissing(DomainName),
    /// An alias for itself.
    Itself,
    /// A mail address with an `@`.
    MailAt(DomainName),
    /// More than one SPF policy.
    SpfTwice,
    /// An SPF policy whose strings run into each other.
    SpfJoined,
    /// An SPF policy of type SPF without one of type TXT.
    SpfType,
}

impl Note {
    /// The line, from 1.
    pub fn line(&self) -> u32 {
        self.position.line
    }

    /// The column in octets, from 1.
    pub fn column(&self) -> u32 {
        self.position.column
    }

    /// What it is about.
    pub fn kind(&self) -> &NoteKind {
        &self.kind
    }

    /// The type and the owner of the record; `None` if the note is about a directive.
    pub fn record(&self) -> Option<(Rtype, &DomainName)> {
        self.record.as_ref().map(|(rtype, owner)| (*rtype, owner))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.position)?;
        if let Some(text) = &self.text {
            write!(f, "{text} ")?;
        }
        self.kind.fmt(f)?;
        match &self.record {
            Some((rtype, owner)) => {
                write!(f, " ({} record of {})", TypeName(*rtype), NameText(owner))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Split { len } => write!(f, "has {len} octets and is split at 255"),
            Self::Outside => f.write_str("is outside the zone, the record is left out"),
            Self::TtlTooLarge => f.write_str("is above 2147483647 and counts as 0"),
            Self::TtlFromSoa => f.write_str(
                "there is no $TTL before the SOA: its minimum is the TTL of records without one",
            ),
            Self::TtlOfSet { served } => write!(
                f,
                "is another TTL than that of the records beside it: all records of one name and type are \
                 served with {served}"
            ),
            Self::Cut { rest } => write!(
                f,
                "an unquoted \";\" begins a comment, so that {rest} is not served; put the data in \
                 quotes"
            ),
            Self::CommentedName => f.write_str(
                "does not begin a comment, comments begin with \";\": the line is served as a record",
            ),
            Self::CommentedData => f.write_str(
                "does not begin a comment, comments begin with \";\": it is served as data",
            ),
            Self::Words => f.write_str(
                "the words are separate strings, which are joined without blanks; put the text in \
                 quotes",
            ),
            Self::CurlyQuote => f.write_str(
                "the text has curly quotes, which are served as part of it; write plain ones (\")",
            ),
            Self::InheritedOwner => f.write_str(
                "the line has no name and follows $ORIGIN: the record is read for the name before",
            ),
            Self::OwnerNotAscii { hint } => {
                write!(f, "the name is not plain ASCII, so that nobody finds it; {hint}")
            }
            Self::OwnerNotHost => f.write_str(
                "the name is not that of a host: its labels may have letters, digits and \"-\" inside",
            ),
            Self::OwnerTwice => f.write_str(
                "the name ends in the name of the zone twice: a final dot is missing",
            ),
            Self::InnerWildcard => {
                f.write_str("\"*\" is a wildcard only as the first label of a name")
            }
            Self::TargetNotAscii { target, hint } => {
                write!(f, "{} is not plain ASCII; {hint}", NameText(target))
            }
            Self::TargetTwice(target) => write!(
                f,
                "{} ends in the name of the zone twice: a final dot is missing",
                NameText(target)
            ),
            Self::TargetReverse(target) => write!(
                f,
                "{} is in the reverse zone: a final dot is missing",
                NameText(target)
            ),
            Self::TargetAddress(target) => write!(
                f,
                "{} is an address, where the name of a host should stand",
                NameText(target)
            ),
            Self::TargetNotHost(target) => write!(
                f,
                "{} is not the name of a host: its labels may have letters, digits and \"-\" inside",
                NameText(target)
            ),
            Self::TargetWithoutAddress { target, exists } => {
                let target = NameText(target);
                write!(f, "{target} has no address record (A or AAAA) in the zone")?;
                match exists {
                    true => Ok(()),
                    false => f.write_str("; a name of another domain ends in a dot"),
                }
            }
            Self::TargetMissing(target) => write!(
                f,
                "{} does not exist in the zone; a name of another domain ends in a dot",
                NameText(target)
            ),
            Self::TargetAlias(target) => write!(
                f,
                "{} is an alias (CNAME), which it must not be",
                NameText(target)
            ),
            Self::TargetBelowDname(target) => write!(
                f,
                "{} is below a DNAME record, which it must not be",
                NameText(target)
            ),
            Self::GlueMissing(target) => write!(
                f,
                "the name server {} has no address record (A or AAAA) in the zone, so that it \
                 cannot be found",
                NameText(target)
            ),
            Self::Itself => f.write_str("the alias points to itself"),
            Self::MailAt(mail) => write!(
                f,
                "{} has an \"@\", where a mail address in a SOA has a dot",
                NameText(mail)
            ),
            Self::SpfTwice => {
                f.write_str("the name has more than one SPF policy, which makes all of them void")
            }
            Self::SpfJoined => f.write_str(
                "the strings of the SPF policy are joined without blanks, which changes it",
            ),
            Self::SpfType => f.write_str(
                "the SPF policy is not found as type SPF: it has to be a TXT record",
            ),
        }
    }
}

/// The notes of one text, in its order: the first twenty, and how many others there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notes {
    notes: Vec<Note>,
    more: usize,
}

impl Notes {
    pub(in crate::read) fn new(noted: [Noted; 2]) -> Self {
        let [(mut notes, first), (others, second)] = noted.map(Noted::into_parts);
        notes.extend(others);
        notes.sort_by_key(|note| note.position);
        // Strings that are joined because they lack their quotes are told of once.
        notes.dedup_by(|later, earlier| {
            later.position == earlier.position
                && (&earlier.kind, &later.kind) == (&NoteKind::Words, &NoteKind::SpfJoined)
        });
        let beyond = notes.len().saturating_sub(MAX_NOTES);
        notes.truncate(MAX_NOTES);
        Self {
            notes,
            more: first + second + beyond,
        }
    }

    /// The first notes.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How many there are beyond these.
    pub fn more(&self) -> usize {
        self.more
    }

    /// Each note as a line; where there are more, a line that says so.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.notes.iter().map(ToString::to_string).collect();
        if self.more > 0 {
            lines.push(format!("and {} more", self.more));
        }
        lines
    }
}
