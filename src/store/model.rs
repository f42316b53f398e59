//! The nouns of desired state: changes, owners, heads.

use std::fmt;
use std::net::IpAddr;

use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The DirectAdmin host and user that a zone belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The master's host name, lower-case.
    pub master: String,
    /// The user there, where the master said it.
    pub user: Option<String>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "{user} on {}", self.master),
            None => f.write_str(&self.master),
        }
    }
}

/// Who makes a change.
#[derive(Debug, Clone)]
pub struct Author {
    /// The account that the request was authenticated with.
    pub credential: String,
    /// The address it came from.
    pub peer: IpAddr,
    /// The master that the request names, lower-case.
    pub master: Option<String>,
    /// The user that the request names.
    pub user: Option<String>,
}

/// One edit of desired state, by whom.
#[derive(Debug, Clone)]
pub struct Change {
    /// Who makes it.
    pub author: Author,
    /// What shall change.
    pub edit: Edit,
}

/// What shall change.
#[derive(Debug, Clone)]
pub enum Edit {
    /// The zone as a master pushed it, with the reader's warnings.
    Push {
        /// The zone.
        zone: Zone,
        /// What the reader let pass with a warning.
        warnings: Vec<String>,
    },
    /// A master removes the zone.
    Remove(ZoneName),
}

impl Edit {
    /// The zone it is about.
    pub fn zone(&self) -> &ZoneName {
        match self {
            Self::Push { zone, .. } => zone.name(),
            Self::Remove(name) => name,
        }
    }
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// The desired state changed.
    Stored {
        /// Its new revision.
        revision: u64,
        /// The serial that will be served.
        serial: u32,
        /// The owner on another master whom this push took the zone from.
        moved_from: Option<Owner>,
    },
    /// The zone was pushed again as it is; backends are asked to prove that they serve it.
    Same {
        /// Its revision, as before.
        revision: u64,
        /// The serial that is served.
        serial: u32,
        /// The owner on another master whom this push took the zone from.
        moved_from: Option<Owner>,
    },
    /// The zone is wanted nowhere from now on.
    Removed {
        /// The revision of the tombstone.
        revision: u64,
    },
    /// There was no such zone to remove.
    NotHeld {
        /// It was pushed here once and has been removed since.
        known: bool,
    },
    /// The zone belongs to another master; nothing changed.
    NotOwner {
        /// Whose it is.
        owner: Owner,
    },
}

/// What is known of a zone without loading its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Counts accepted changes of this zone, from 1.
    pub revision: u64,
    /// Whether it is wanted; `false` is a tombstone, which remembers serial, content and owner.
    pub held: bool,
    /// Whose it is, where a master said so.
    pub owner: Option<Owner>,
    /// The serial to serve.
    pub serial: u32,
    /// The digest of its content without the serial.
    pub content: [u8; 32],
    /// How many records it has.
    pub records: u32,
    /// When desired state last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub changed: Timestamp,
    /// The account and address that changed it.
    pub changed_by: String,
    /// What the reader let pass with a warning.
    pub warnings: Vec<String>,
}
