//! The nouns of desired state: changes, owners, heads.

use std::fmt;

use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::history::VersionKind;
use crate::access::Principal;

/// The DirectAdmin host and user that a zone belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The master's host name, lower-case.
    pub master: String,
    /// The user there, where the master said it.
    pub user: Option<String>,
}

impl Owner {
    /// The master and the user there, as far as they are known.
    pub fn parts(owner: Option<Self>) -> (Option<String>, Option<String>) {
        owner.map_or((None, None), |owner| (Some(owner.master), owner.user))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "{user} on {}", self.master),
            None => f.write_str(&self.master),
        }
    }
}

/// Who makes a change, and for which owner.
#[derive(Debug, Clone)]
pub struct Author {
    /// Who makes it.
    pub principal: Principal,
    /// The master that the request names, lower-case.
    pub master: Option<String>,
    /// The user that the request names.
    pub user: Option<String>,
    /// Whose push this is, as its text was kept, where the principal only approves it.
    pub approves: Option<String>,
}

impl Author {
    /// `principal`, which speaks for no owner.
    pub fn new(principal: impl Into<Principal>) -> Self {
        Self {
            principal: principal.into(),
            master: None,
            user: None,
            approves: None,
        }
    }

    /// `principal`, for the user of a master.
    pub fn of(principal: impl Into<Principal>, owner: &Owner) -> Self {
        Self {
            master: Some(owner.master.clone()),
            user: owner.user.clone(),
            ..Self::new(principal)
        }
    }

    /// Where it comes from, for log lines: the master, and the address.
    pub fn source(&self) -> String {
        let address = self.principal.address();
        match (&self.master, address.filter(|_| self.approves.is_none())) {
            (Some(master), Some(address)) => format!("{master} ({address})"),
            (Some(master), None) => master.clone(),
            (None, Some(address)) => address.to_string(),
            (None, None) => self.signature(),
        }
    }

    /// Who it was, for heads and histories.
    pub fn signature(&self) -> String {
        match &self.approves {
            Some(pushed) => format!("{pushed}, approved by {}", self.principal),
            None => self.principal.to_string(),
        }
    }
}

/// One edit of desired state, by whom.
#[derive(Debug, Clone)]
pub struct Change {
    /// Who makes it.
    pub author: Author,
    /// What shall change.
    pub edit: Edit,
    /// Make it only if the zone is as it was when that was decided; `None`: in any case.
    pub only_at: Option<Moment>,
}

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

impl Change {
    /// A change that is made whatever came before.
    pub fn new(author: Author, edit: Edit) -> Self {
        Self {
            author,
            edit,
            only_at: None,
        }
    }
}

/// What shall change.
#[derive(Debug, Clone)]
pub enum Edit {
    /// The zone as a master has it, or a backend, with the reader's warnings.
    Push {
        /// The zone.
        zone: Zone,
        /// What the reader let pass with a warning.
        warnings: Vec<String>,
        /// How it came about: pushed, fetched or imported. The guard may hold it for an operator, unless
        /// it is imported: then it is served like this already.
        kind: VersionKind,
    },
    /// A master removes the zone.
    Remove(ZoneName),
    /// The zone belongs to another owner from now on; its records stay.
    Claim {
        /// The zone.
        zone: ZoneName,
        /// Whose it was when that was decided; where it is somebody else's by now, nothing is done.
        from: Option<Owner>,
        /// Whose it is.
        owner: Owner,
    },
    /// The serial to serve has to be ahead of one that was found at a backend.
    Advance {
        /// The zone.
        zone: ZoneName,
        /// The serial that was found.
        past: u32,
    },
    /// What an earlier revision held becomes the newest one.
    Rollback {
        /// The zone.
        zone: ZoneName,
        /// The earlier revision.
        revision: u64,
    },
    /// The push that the guard holds is made after all.
    Approve(ZoneName),
    /// The push that the guard holds is thrown away.
    Reject(ZoneName),
}

impl Edit {
    /// The zone it is about.
    pub fn zone(&self) -> &ZoneName {
        match self {
            Self::Push { zone, .. } => zone.name(),
            Self::Claim { zone, .. } | Self::Advance { zone, .. } | Self::Rollback { zone, .. } => {
                zone
            }
            Self::Remove(name) | Self::Approve(name) | Self::Reject(name) => name,
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
    NotPresent {
        /// It was pushed here once and has been removed since.
        known: bool,
    },
    /// The zone belongs to another master; nothing changed.
    NotOwner {
        /// Whose it is.
        owner: Owner,
    },
    /// The zone has this owner now; nothing else changed.
    Claimed,
    /// The guard holds the push for an operator, for these reasons; the zone stays as it is.
    Held {
        /// Why, each in words for an operator.
        reasons: Vec<String>,
    },
    /// The push that was held is thrown away.
    Rejected,
    /// The zone has changed since the change was decided upon; nothing was done.
    Overtaken,
    /// It cannot be done; nothing changed.
    Impossible(Impossible),
}

/// Why a change cannot be made, whoever asks for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// There is no such zone.
    #[error("zone {0} is not held here")]
    NotPresent(ZoneName),
    /// The history does not go back to that revision.
    #[error("revision {revision} of zone {zone} is not in its history (dadns history {zone})")]
    NoSuchRevision {
        /// The zone.
        zone: ZoneName,
        /// The revision asked for.
        revision: u64,
    },
    /// That revision is a removal.
    #[error("revision {revision} of zone {zone} is a removal: there is nothing to go back to")]
    Removal {
        /// The zone.
        zone: ZoneName,
        /// The revision asked for.
        revision: u64,
    },
    /// Its serial cannot be raised without breaking its signature.
    #[error(
        "zone {0} is signed: its serial is part of what was signed and cannot be raised here; have \
         its master sign and push the older content again"
    )]
    Signed(ZoneName),
    /// The guard holds nothing of the zone.
    #[error("no push of zone {0} is held")]
    NothingHeld(ZoneName),
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
