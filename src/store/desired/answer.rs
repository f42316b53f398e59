//! What the author of each edit is told: a type for each kind of edit, with no more cases than it has.

use dadns_zone::ZoneName;

use super::Owner;

/// What an edit that is only made if a zone is as it was at some [`Moment`](super::Moment) came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtMoment<T> {
    /// The zone was as it was then.
    Made(T),
    /// The zone has changed since; nothing was done.
    Overtaken,
}

/// How a zone stands after records were put into desired state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its revision.
    pub revision: u64,
    /// The serial that is served.
    pub serial: u32,
    /// Whether that is another revision than before. Where it is not, the zone was like this already, and
    /// the backends verify again that they serve it.
    pub changed: bool,
    /// The owner on another master whom this took the zone from.
    pub moved_from: Option<Owner>,
}

/// What a push came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// It is desired state.
    Stored(Stored),
    /// The guard holds it for an operator; the zone stays as it is.
    Held {
        /// Why, each in words for an operator.
        reasons: Vec<String>,
    },
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// The zone is desired state from now on.
    Stored(Stored),
    /// The zone was pushed, imported or removed here before; nothing changed.
    Known,
}

/// What a removal came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// The zone is a tombstone from now on.
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
    /// The zone was made here by an edit, and a master asked; nothing changed.
    NotPushed,
}

/// What a claim came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The zone has this owner now; nothing else changed.
    Claimed,
    /// The zone is not present; nothing changed.
    NotPresent,
    /// The zone has changed since, or has another owner by now; nothing was done.
    Overtaken,
}

/// What raising a serial past one that was found at a backend came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advanced {
    /// The zone has another serial.
    Raised {
        /// Its revision from now on.
        revision: u64,
        /// The serial that is served from now on.
        serial: u32,
    },
    /// Its serial was ahead already; nothing changed.
    Ahead,
    /// It is signed and keeps its serial; that the other one is ahead is remembered.
    Signed,
    /// The zone is not present; nothing changed.
    NotPresent,
    /// The zone has changed since; nothing was done.
    Overtaken,
}

/// Why a zone cannot become what it was at an earlier revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotRollBack {
    /// The history does not go back to that revision.
    #[error("revision {revision} of zone {zone} is not in its history")]
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
    #[error("zone {0} is signed: its serial is part of what was signed and cannot be raised here")]
    Signed(ZoneName),
}

/// The guard holds no push of the zone that could be approved or rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no push of zone {0} is held")]
pub struct NothingHeld(pub ZoneName);
