//! What desired state knows of a zone without its records, and since when a decision about it holds.

use dadns_zone::Layer;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Owner;

/// When something was decided about a zone.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The revision at which it stood; 0: never heard of.
    pub revision: u64,
    /// Since when nobody may have pushed it, not even as it was.
    pub since: Option<Timestamp>,
}

impl Moment {
    /// At this revision.
    pub fn at(revision: u64) -> Self {
        Self {
            revision,
            since: None,
        }
    }
}

/// What is known of a zone without loading its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Counts accepted changes of this zone, from 1.
    pub revision: u64,
    /// Whether it is in desired state; `false` is a tombstone, which remembers serial, content and owner.
    pub present: bool,
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

/// How a revision came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersionKind {
    /// It was pushed.
    Pushed,
    /// The zone was removed.
    Removed,
    /// It is what that earlier revision was.
    RolledBack(u64),
    /// Only the serial was raised, past one that a backend had.
    Advanced,
    /// It was held by the guard, and approved.
    Approved,
    /// It was fetched from its master, which listed it although it was not present here.
    Fetched,
    /// It was taken in from a backend that served it already.
    Imported,
    /// Records were edited.
    Edited,
    /// The zone was created by an edit.
    Created,
}

impl VersionKind {
    /// The layer that such a revision writes; `None`: none, or all of them.
    pub fn layer(self) -> Option<Layer> {
        match self {
            Self::Pushed | Self::Approved | Self::Fetched | Self::Imported => Some(Layer::Push),
            Self::Edited | Self::Created => Some(Layer::Records),
            Self::Removed | Self::RolledBack(_) | Self::Advanced => None,
        }
    }
}
