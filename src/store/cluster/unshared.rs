//! What this node accepted and the others do not know yet.

use std::collections::BTreeMap;

use dadns_zone::ZoneName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ledger::{Stamp, WriteId};
use crate::store::db::Db;
use crate::store::group::Group;
use crate::store::{Shared, StoreError, keys};

/// Why a zone here is ahead of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Unshared {
    /// The stamp that it had before.
    pub base: u64,
    /// Since when.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
    /// Writes of it whose answers were lost: the ledger may have taken one of them.
    pub ids: Vec<WriteId>,
    /// The revision that it had here before.
    pub revision: u64,
    /// Whether it was put in place of what another node wrote, so that no revision before it is common to both.
    pub replaces: bool,
}

impl Unshared {
    /// One that was at `base` in the ledger, and at `revision` here, before anything that is not shared.
    pub fn new(base: Stamp, revision: u64, since: Timestamp) -> Self {
        Self {
            base: base.0,
            revision,
            since,
            ids: Vec::new(),
            replaces: false,
        }
    }

    pub fn base(&self) -> Stamp {
        Stamp(self.base)
    }
}

impl Db {
    /// The zones that the others do not know as they stand here.
    pub fn unshared(&self) -> Result<BTreeMap<ZoneName, Unshared>, StoreError> {
        self.below(keys::UNSHARED.to_vec(), "what is not shared of zone")
            .collect()
    }
}

impl Shared {
    /// Adds to `group` that a zone in it is not shared yet. `lost`: a write of it whose answer was lost.
    pub(super) fn mark_unshared(
        &self,
        group: &mut Group,
        zone: &ZoneName,
        lost: Option<WriteId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sharing = self.sharing.as_ref();
        let known = sharing.and_then(|sharing| sharing.unshared.lock().get(zone).cloned());
        let mut unshared = match known {
            Some(known) => known,
            None => {
                let revision = self.db.head(zone)?.map_or(0, |head| head.revision);
                Unshared::new(self.db.stamp(zone)?, revision, now)
            }
        };
        unshared.ids.extend(lost);
        self.set_unshared(group, zone, Some(unshared))
    }

    /// Adds to `group` that the ledger has nothing of a zone.
    pub(super) fn forget_stamp(
        &self,
        group: &mut Group,
        zone: &ZoneName,
    ) -> Result<(), StoreError> {
        group.batch.remove(keys::stamp(zone));
        let sharing = self.sharing.as_ref();
        let known = sharing.and_then(|sharing| sharing.unshared.lock().get(zone).cloned());
        match known {
            Some(known) => {
                let unshared = Unshared { base: 0, ..known };
                self.set_unshared(group, zone, Some(unshared))
            }
            None => Ok(()),
        }
    }

    /// Adds to `group` what is not shared of a zone; `None`: all is.
    pub(super) fn set_unshared(
        &self,
        group: &mut Group,
        zone: &ZoneName,
        unshared: Option<Unshared>,
    ) -> Result<(), StoreError> {
        match &unshared {
            Some(unshared) => {
                let octets = self.db.encode(unshared)?;
                group.batch.insert(keys::unshared(zone), octets);
            }
            None => group.batch.remove(keys::unshared(zone)),
        }
        group.unshared.insert(zone.clone(), unshared);
        Ok(())
    }
}
