//! Signed zones whose serial does not advance.
//!
//! The gateway gives other content another serial, and never goes back (RFC 1982). It cannot do so for a
//! signed zone: the serial is part of the SOA record, which is signed. Such a zone passes as it came, and
//! where its serial is not ahead of one that it was served with before, every secondary that has that serial
//! keeps its records and signatures until they expire there. That is no rare case: DirectAdmin signs a copy of
//! its zone file with `dnssec-signzone -N INCREMENT`, so a zone that is signed anew without an edit has fresh
//! signatures under the serial that it had before.
//!
//! What is remembered of such a zone is the highest serial that a secondary may have. The serial of the head
//! does not say it: after 10 and then 9, another 10 is ahead of 9, and of no use to who has the first.

use std::cmp::Ordering;
use std::fmt;

use dadns_zone::is_ahead;
use serde::{Deserialize, Serialize};

use super::Head;

/// The highest serial that a zone was served with, while the present one is not ahead of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Highest {
    pub serial: u32,
    /// The digest of the content that it stands for at whoever has it; `None`: there may be several.
    content: Option<[u8; 32]>,
    /// Whether the zone is served now, and with other records.
    pub differs: bool,
}

/// A signed zone is served with a serial that is not ahead of one that it had with other records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAhead {
    /// The serial of the zone as it is now.
    pub serial: u32,
    /// The serial that it had with other records.
    pub before: u32,
}

/// What happens to the highest serial that is remembered of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum HighestEdit {
    /// It stays, if there is one.
    AsItIs,
    /// This one is remembered from now on.
    Keep(Highest),
    /// It is passed, if there is one.
    Drop,
}

impl From<Option<Highest>> for HighestEdit {
    fn from(highest: Option<Highest>) -> Self {
        highest.map_or(Self::Drop, Self::Keep)
    }
}

impl Highest {
    /// What is to be remembered once a zone that stood as `head` is served with this serial and content.
    pub fn after(
        highest: Option<&Self>,
        head: Option<&Head>,
        serial: u32,
        content: &[u8; 32],
    ) -> Option<Self> {
        let served = head.map(|head| Self {
            serial: head.serial,
            content: Some(head.content),
            differs: false,
        });
        let known = highest.cloned().into_iter().chain(served);
        let not_passed = known.filter(|known| !is_ahead(serial, known.serial));
        let mut highest = not_passed.reduce(Self::and)?;
        if highest.serial == serial {
            if highest.content.as_ref() == Some(content) {
                return None;
            }
            highest.content = None;
        }
        highest.differs = highest.content.as_ref() != Some(content);
        Some(highest)
    }

    /// What is to be remembered once a serial was found at a backend, with other records, that a signed zone
    /// is not ahead of.
    /// `None`: nothing that is not known.
    pub fn found(highest: Option<&Self>, head: &Head, found: u32) -> Option<Self> {
        let known = highest.is_some_and(|highest| !is_ahead(found, highest.serial));
        (!is_ahead(head.serial, found) && !known).then_some(Self {
            serial: found,
            content: None,
            differs: true,
        })
    }

    /// What is to be remembered of the zone while it is removed: secondaries may keep it.
    pub fn removed(&self) -> Self {
        Self {
            differs: false,
            ..self.clone()
        }
    }

    /// Whether the zone is served with other records now.
    pub fn not_ahead(&self, serial: u32) -> Option<NotAhead> {
        self.differs.then_some(NotAhead {
            serial,
            before: self.serial,
        })
    }

    /// Both in one: the higher serial, and the content if it is the same.
    fn and(self, other: Self) -> Self {
        let serial = match is_ahead(other.serial, self.serial) {
            true => other.serial,
            false => self.serial,
        };
        Self {
            serial,
            content: self
                .content
                .filter(|content| other.content == Some(*content)),
            differs: false,
        }
    }
}

impl NotAhead {
    /// How the two serials stand to each other.
    fn relation(&self) -> Ordering {
        if self.serial == self.before {
            Ordering::Equal
        } else if is_ahead(self.before, self.serial) {
            Ordering::Less
        } else {
            // Exactly half the way round apart.
            Ordering::Greater
        }
    }
}

impl fmt::Display for NotAhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { serial, before } = self;
        match self.relation() {
            Ordering::Equal => write!(
                f,
                "the zone is signed and has serial {serial}, as it had before with other records"
            )?,
            Ordering::Less => write!(
                f,
                "the zone is signed and has serial {serial}, which is behind serial {before} that it had \
                 before"
            )?,
            Ordering::Greater => write!(
                f,
                "the zone is signed and has serial {serial}, which is not ahead of serial {before} that it \
                 had before (they are 2^31 apart, RFC 1982)"
            )?,
        }
        write!(
            f,
            ". Secondaries that have serial {before} keep their old records and signatures until these \
             expire. A signed serial cannot be raised here: sign the zone with a serial ahead of {before} \
             and push it again (raise the serial in the zone file before signing it, or use \
             dnssec-signzone -N unixtime if that is ahead)"
        )
    }
}

#[cfg(test)]
mod tests;
