//! What a zone was before: its accepted revisions, each with who made it, and the last push of each zone
//! that was refused.

mod newest;
mod refused;

use dadns_keys::{keys, whole};
use dadns_zone::{Zone, ZoneName};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::db::Db;
use super::desired::{Owner, VersionKind};
use super::{Message, Store, StoreError, keys};
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
    /// The account and address that it came from.
    pub by: String,
    /// Whose the zone was then.
    pub owner: Option<Owner>,
    /// How it came about.
    pub kind: VersionKind,
    /// The serial that was served.
    pub serial: u32,
    /// How many records it had.
    pub records: u32,
    /// The zone as it came, packed; `None`: it was removed.
    pub(in crate::store) zone: Option<Vec<u8>>,
}

impl Version {
    /// The zone `name` as it was served at this revision; `None`: it was removed.
    ///
    /// # Errors
    /// When the store is damaged.
    pub fn content(&self, name: &ZoneName) -> Result<Option<Zone>, StoreError> {
        let unpack = |packed: &Vec<u8>| {
            let zone = Zone::unpack(name.clone(), packed).map_err(|error| StoreError::Read {
                what: format!("an earlier revision of zone {name}"),
                cause: error.to_string(),
            })?;
            Ok(match zone.serial() == self.serial {
                true => zone,
                false => zone.with_serial(self.serial),
            })
        };
        self.zone.as_ref().map(unpack).transpose()
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
            .versions(name, u64::MAX)
            .collect::<Result<Vec<_>, _>>()?;
        versions.reverse();
        Ok(versions)
    }

    /// One revision of a zone, if it is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn version(&self, name: &ZoneName, revision: u64) -> Result<Option<Version>, StoreError> {
        self.shared.db.version(name, revision)
    }

    /// Forgets revisions that are older than `history.keep_days`. Returns how many.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn forget_old_versions(&self) -> Result<usize, StoreError> {
        let store = self.clone();
        let old = blocking(move || old(&store.shared.db, store.shared.keep)).await?;
        let count = old.len();
        if count > 0 {
            self.ask(|reply| Message::Forget(old, reply)).await?;
        }
        Ok(count)
    }
}

/// The keys of all versions that are too old, except of those that are current.
fn old(db: &Db, keep: Keep) -> Result<Vec<Vec<u8>>, StoreError> {
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
        for version in db.versions(&zone, head.revision) {
            let (revision, version) = version?;
            if version.at >= oldest {
                break;
            }
            old.push(keys::version(&zone, revision));
        }
    }
    Ok(old)
}
