//! What a zone was before: its accepted revisions, each with who made it, and the last push of each zone
//! that was refused.

mod forget;
mod newest;
mod refused;

use dadns_keys::{keys, whole};
use dadns_zone::{Layer, Zone, ZoneName};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::db::{Db, reading};
use super::desired::{Owner, VersionKind};
use super::layered::{Undo, layer};
use super::{Message, Store, StoreError};
use crate::blocking::blocking;

pub(super) use refused::Refusals;
pub use refused::Refused;

keys! {
    /// The past of zones, for `dadns history`, `diff` and `rollback`.
    pub struct Keep("history", Default) {
        /// Accepted revisions of each zone to keep, the current one among them.
        pub revisions "keep": u64 = whole(1, 10_000), "20";
        /// Revisions that are older than this many days are removed as well, except the current one. 0: never.
        pub days "keep_days": u32 = whole(0, 36_500), "365";
    }
}

impl Copy for Keep {}

/// One accepted revision of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// When it was accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Who made it: a principal, with the address that it came from.
    pub by: String,
    /// Whose the zone was then.
    pub owner: Option<Owner>,
    /// How it came about.
    pub kind: VersionKind,
    /// The serial that was served.
    pub serial: u32,
    /// How many records it had.
    pub records: u32,
    /// What was pushed, packed, if this revision brought it. At once, as millions of octets take long one by one.
    #[serde(with = "serde_bytes")]
    pub(in crate::store) zone: Option<Vec<u8>>,
    /// Stands behind the others; revisions from before there were layers have none.
    #[serde(skip)]
    pub(in crate::store) layered: Option<Layered>,
}

/// What a revision knows of the layers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Layered {
    /// The layer that it wrote, by its number; `None`: none, or all of them.
    pub layer: Option<u8>,
    /// The revision that brought what was pushed last.
    pub push: Option<u64>,
    /// How its edits of entries are undone.
    pub undo: Vec<Undo>,
}

impl Layered {
    /// The same where nothing before it is known.
    pub(in crate::store) fn without_undo(self) -> Self {
        Self {
            undo: Vec::new(),
            ..self
        }
    }
}

impl Version {
    /// The layer that this revision wrote; `None`: none, or all of them.
    pub fn layer(&self) -> Option<Layer> {
        match &self.layered {
            Some(Layered {
                layer: Some(number),
                ..
            }) => layer(*number),
            _ => self.kind.layer(),
        }
    }

    /// The revision that brought what a master had pushed last at this one, which is `revision`.
    pub(in crate::store) fn pushed_at(&self, revision: u64) -> Option<u64> {
        match &self.layered {
            Some(layered) => layered.push,
            None => self.zone.as_ref().map(|_| revision),
        }
    }

    /// How the edits of entries in this revision are undone.
    pub(in crate::store) fn undo(&self) -> &[Undo] {
        self.layered.as_ref().map_or(&[], |layered| &layered.undo)
    }

    /// What a master pushed of zone `name` in this revision, with the serial that it had.
    pub(in crate::store) fn push(&self, name: &ZoneName) -> Result<Option<Zone>, StoreError> {
        let unpack = |packed: &Vec<u8>| {
            Zone::unpack(name.clone(), packed).map_err(|error| StoreError::Read {
                what: format!("an earlier revision of zone {name}"),
                cause: error.to_string(),
            })
        };
        self.zone.as_ref().map(unpack).transpose()
    }

    pub(in crate::store) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let written = |error: postcard::Error| StoreError::Write {
            cause: error.to_string(),
        };
        let octets = postcard::to_stdvec(self).map_err(written)?;
        match &self.layered {
            Some(layered) => postcard::to_extend(layered, octets).map_err(written),
            None => Ok(octets),
        }
    }

    pub(in crate::store) fn decode(what: &str, octets: &[u8]) -> Result<Self, StoreError> {
        let damaged = |error: postcard::Error| reading(what, &error);
        let (version, rest): (Self, _) = postcard::take_from_bytes(octets).map_err(damaged)?;
        let layered = match rest {
            [] => None,
            rest => Some(postcard::from_bytes(rest).map_err(damaged)?),
        };
        Ok(Self { layered, ..version })
    }
}

impl Store {
    /// The revisions of a zone that are kept, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn history(&self, name: &ZoneName) -> Result<Vec<(u64, Version)>, StoreError> {
        let mut versions = self
            .shared
            .db
            .versions(name, 0, u64::MAX)
            .collect::<Result<Vec<_>, _>>()?;
        versions.reverse();
        Ok(versions)
    }

    /// At most `limit` of the revisions of a zone that are kept, newest first: those before `before`. No others are
    /// read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn history_before(
        &self,
        name: &ZoneName,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Version)>, StoreError> {
        let newest = self.head(name)?.map_or(0, |head| head.revision);
        let begin = before.map_or(newest, |before| before.saturating_sub(1).min(newest));
        let mut versions = Vec::new();
        for revision in (1..=begin).rev() {
            if versions.len() >= limit {
                break;
            }
            // Only the oldest are forgotten.
            match self.version(name, revision)? {
                Some(version) => versions.push((revision, version)),
                None => break,
            }
        }
        Ok(versions)
    }

    /// One revision of a zone, if it is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn version(&self, name: &ZoneName, revision: u64) -> Result<Option<Version>, StoreError> {
        self.shared.db.version(name, revision)
    }

    /// The zone as it was served at a revision; `None`: it is not kept; `Some(None)`: it was removed then.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn content(
        &self,
        name: &ZoneName,
        revision: u64,
    ) -> Result<Option<Option<Zone>>, StoreError> {
        let Some(version) = self.shared.db.version(name, revision)? else {
            return Ok(None);
        };
        loop {
            let before = self.head(name)?;
            let earlier = self.shared.earlier(name, revision, &version);
            if self.head(name)? == before {
                return Ok(Some(earlier?.map(|earlier| earlier.zone)));
            }
        }
    }

    /// Forgets revisions that are older than `history.keep_days`. Returns how many.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn forget_old_versions(&self) -> Result<usize, StoreError> {
        let store = self.clone();
        let old = blocking(move || old(&store.shared.db, store.shared.keep)).await?;
        let mut count = 0;
        for (zone, revisions) in old {
            count += self
                .ask(|reply| Message::Forget(zone, revisions, reply))
                .await?;
        }
        Ok(count)
    }
}

/// For each zone up to which revision all are too old; the current one never is.
fn old(db: &Db, keep: Keep) -> Result<Vec<(ZoneName, u64)>, StoreError> {
    let age = SignedDuration::from_hours(24 * i64::from(keep.days));
    let oldest = Timestamp::now()
        .saturating_sub(age)
        .unwrap_or(Timestamp::MIN);
    if keep.days == 0 {
        return Ok(Vec::new());
    }
    let mut old = Vec::new();
    for found in db.heads_after(None) {
        let (zone, head) = found?;
        let mut last = None;
        for version in db.versions(&zone, 0, head.revision) {
            let (revision, version) = version?;
            if version.at >= oldest {
                break;
            }
            last = Some(revision);
        }
        old.extend(last.map(|last| (zone, last)));
    }
    Ok(old)
}
