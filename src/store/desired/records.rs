//! Edits of records: what a door asks for, and what it is told.

use std::collections::BTreeMap;

use dadns_zone::{Diff, Layer, Rdata, Rrset, RrsetKey, Rule, Shadowed, Zone, ZoneError};
use jiff::Timestamp;

use super::{Head, Owner, Stored};

/// One step of an edit. Steps are taken in order; only what they come to is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordEdit {
    /// The RRset is exactly this.
    Replace(Rrset),
    /// A record is added to its RRset, if that has not got it.
    Add {
        /// The RRset.
        key: RrsetKey,
        /// The TTL of the whole RRset from now on; `None`: the one it has, or that of `records.ttl`.
        ttl: Option<u32>,
        /// The record.
        rdata: Rdata,
    },
    /// A record is removed from its RRset, if that has it.
    Remove {
        /// The RRset.
        key: RrsetKey,
        /// The record.
        rdata: Rdata,
    },
    /// The RRset is removed; one that lies below is hidden.
    Delete(RrsetKey),
    /// What this layer says of the RRset is dropped: what lies below shows again.
    Release(RrsetKey),
}

impl RecordEdit {
    /// The RRset that it is about.
    pub fn key(&self) -> RrsetKey {
        match self {
            Self::Replace(set) => set.into(),
            Self::Add { key, .. } | Self::Remove { key, .. } => key.clone(),
            Self::Delete(key) | Self::Release(key) => key.clone(),
        }
    }

    /// The TTL that it asks for, in seconds.
    pub fn ttl(&self) -> Option<u32> {
        match self {
            Self::Replace(set) => Some(set.ttl()),
            Self::Add { ttl, .. } => *ttl,
            Self::Remove { .. } | Self::Delete(_) | Self::Release(_) => None,
        }
    }
}

/// What faces keep of a zone beside its records, by a name of theirs. It is no part of what is served.
pub type Attributes = BTreeMap<String, String>;

/// All that one edit does, in one revision or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edits {
    /// The layer that it writes.
    pub layer: Layer,
    /// What happens to records.
    pub records: Vec<RecordEdit>,
    /// The attributes from now on; `None`: as they are.
    pub attributes: Option<Attributes>,
}

impl Edits {
    /// Edits of layer `records`.
    pub fn of(records: Vec<RecordEdit>) -> Self {
        Self {
            layer: Layer::Records,
            records,
            attributes: None,
        }
    }
}

/// A zone as whoever plans an edit sees it: nobody else changes it until the edit is made.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its head.
    pub head: &'a Head,
    /// The records that are served, with the serial that is served.
    pub zone: &'a Zone,
    /// What faces keep of it.
    pub attributes: &'a Attributes,
}

/// Whether an edit is made, or only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is made.
    Make,
    /// The answer says what it would come to; nothing is written.
    DryRun,
}

/// What an edit of records came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// How the zone stands.
    pub stored: Stored,
    /// The serial before.
    pub serial_before: u32,
    /// What changed of what is served, the serial apart.
    pub diff: Diff,
    /// What of any layer is in the zone's layers without effect.
    pub shadowed: Vec<Shadowed>,
    /// What faces keep of the zone from now on.
    pub attributes: Attributes,
}

/// Why records were not edited. `R`: the reason of whoever planned the edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotEdited<R> {
    /// The zone is not present.
    NotPresent,
    /// It is signed: any change would break its signatures.
    Signed,
    /// The zone would not be one: all rules that it would break.
    Invalid(Vec<ZoneError>),
    /// The zone would have too many records, and more than it has.
    TooMany(TooMany),
    /// Whoever planned it decided against it.
    Refused(R),
}

/// Why a zone was not created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCreated {
    /// It is present already.
    Present,
    /// The guard holds a push of it: that has to be decided upon first.
    Held,
    /// It would have too many records.
    TooMany(TooMany),
}

/// A zone would have more records than are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the zone would have {records} records, more than the {most} that app.max_records allows")]
pub struct TooMany {
    /// How many it would have.
    pub records: usize,
    /// How many are allowed.
    pub most: usize,
}

impl TooMany {
    /// Refuses `records` above `most`. One that has `before` already, as the limit was higher or a push met
    /// edits, may lose some.
    pub(in crate::store) fn check(records: usize, before: usize, most: usize) -> Result<(), Self> {
        match records > most.max(before) {
            true => Err(Self { records, most }),
            false => Ok(()),
        }
    }
}

/// How a zone is deleted by an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Also if a master pushed it.
    pub pushed: bool,
    /// Only if it is at one of these revisions; `None`: at any.
    pub revisions: Option<Vec<u64>>,
    /// Only if faces keep exactly this of it; `None`: whatever they keep.
    pub attributes: Option<Attributes>,
    /// Whether it is deleted, or only tried.
    pub mode: Mode,
}

/// Why a zone was not deleted by an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDeleted {
    /// It is at this revision, which is none of those that were named, or other attributes are kept of it.
    OtherRevision(u64),
    /// The zone is not present.
    NotPresent,
    /// A master pushed it, and the request did not say that it goes all the same.
    Pushed(Option<Owner>),
}

/// What one layer says of one RRset, and who made it say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it says.
    pub rule: Rule,
    /// Who said it last, as histories name principals.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The last push that changed the RRset below since, which did not show because of this entry.
    pub pushed: Option<Overridden>,
}

/// A push that changed an RRset which an entry overrides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// Who pushed.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The entries of one layer.
pub type Entries = BTreeMap<RrsetKey, Entry>;

/// A zone with all its layers.
#[derive(Debug, Clone)]
pub struct Layers {
    /// Its head.
    pub head: Head,
    /// What is served, with the serial that is served.
    pub zone: std::sync::Arc<Zone>,
    /// What the master pushed last, its serial apart; `None`: nobody pushed it.
    pub push: Option<std::sync::Arc<Zone>>,
    /// Who pushed that, and when.
    pub pushed: Option<Overridden>,
    /// What stands above, from below.
    pub above: Vec<(Layer, Entries)>,
    /// What of it has no effect.
    pub shadowed: Vec<Shadowed>,
}
