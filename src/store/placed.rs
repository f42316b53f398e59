//! Where zones are placed: which backends are to have which of them.
//!
//! A zone is placed when it is first accepted, in the batch that makes it present, and moves only by an order. What
//! is stored is mirrored in memory, as every lane asks for every zone.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use parking_lot::Mutex;

use super::db::Db;
use super::desired::{Author, Head};
use super::edits::{Arrive, Move, Planned};
use super::group::Group;
use super::pending::PendingEntry;
use super::receipt::Tried;
use super::{Desired, Shared, Store, StoreError, keys};
use crate::placement::{Groups, Placement};

/// The groups, and where each zone is placed.
#[derive(Debug)]
pub(super) struct Placed {
    pub groups: Groups,
    zones: Mutex<Zones>,
}

#[derive(Debug, Default)]
struct Zones {
    placed: HashMap<ZoneName, Arc<Placement>>,
    /// Those that are on their way.
    moving: BTreeSet<ZoneName>,
    /// Each placement once: there are many zones, and few of these.
    known: HashSet<Arc<Placement>>,
}

/// What became of an order to move a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It is on its way, or nothing is left to do.
    Ordered,
    /// It is there already, or on its way there.
    There,
    /// There is no such zone, or not any more.
    NotPresent,
}

impl Zones {
    fn put(&mut self, zone: &ZoneName, placement: Option<&Arc<Placement>>) {
        let Some(placement) = placement else {
            self.placed.remove(zone);
            self.moving.remove(zone);
            return;
        };
        match placement.is_moving() {
            true => self.moving.insert(zone.clone()),
            false => self.moving.remove(zone),
        };
        let known = self.known.get(placement).cloned();
        let placement = known.unwrap_or_else(|| {
            self.known.insert(Arc::clone(placement));
            Arc::clone(placement)
        });
        self.placed.insert(zone.clone(), placement);
    }
}

impl Placed {
    /// What a store has.
    pub fn load(db: &Db, groups: Groups) -> Result<Self, StoreError> {
        let placed = Self {
            groups,
            zones: Mutex::default(),
        };
        placed.reload(db)?;
        Ok(placed)
    }

    /// Goes on with what a store has.
    pub fn reload(&self, db: &Db) -> Result<(), StoreError> {
        let mut zones = Zones::default();
        let found =
            db.below::<ZoneName, Placement>(keys::PLACEMENTS.to_vec(), "the placement of zone");
        for placement in found {
            let (zone, placement) = placement?;
            zones.put(&zone, Some(&Arc::new(placement)));
        }
        *self.zones.lock() = zones;
        Ok(())
    }

    /// Takes in what a group is about to write: lanes that load one of its zones before see it as it will be, and the
    /// writer looks at it again when they are done.
    pub fn note(&self, placements: &HashMap<ZoneName, Option<Arc<Placement>>>) {
        if placements.is_empty() {
            return;
        }
        let mut zones = self.zones.lock();
        for (zone, placement) in placements {
            zones.put(zone, placement.as_ref());
        }
    }

    /// Where a zone is placed; `None`: everywhere.
    pub fn of(&self, zone: &ZoneName) -> Option<Arc<Placement>> {
        self.zones.lock().placed.get(zone).cloned()
    }

    /// Whether a backend shall have a zone, where that is present.
    pub fn is_at(&self, backend: &BackendId, zone: &ZoneName) -> bool {
        self.groups.is_empty() || self.groups.is_at(backend, self.of(zone).as_deref())
    }
}

impl Db {
    /// Whether a backend may have a zone, be it an old revision: whether it ever dealt with it, and was not last
    /// verified to have it no more.
    pub fn may_have(&self, zone: &ZoneName, backend: &BackendId) -> Result<bool, StoreError> {
        let receipt = self.receipt(zone, backend)?;
        Ok(receipt.is_some_and(|receipt| receipt.revision.is_none() || receipt.serial.is_some()))
    }
}

impl Shared {
    /// Adds to a plan where the zone is placed, if that is to be decided now: when it becomes present, unless it
    /// has a placement that still holds.
    pub(super) fn placing<A>(
        &self,
        planned: Planned<A>,
        group: &Group,
        zone: &ZoneName,
        was_present: bool,
    ) -> Planned<A> {
        let groups = &self.placed.groups;
        let is_present = |head: &Head| head.present;
        let comes = !was_present && planned.decision.head.as_ref().is_some_and(is_present);
        if groups.is_empty() || !comes || planned.placement.is_some() {
            return planned;
        }
        let stored = match group.placements.get(zone) {
            Some(placement) => placement.clone(),
            None => self.placed.of(zone),
        };
        if stored.is_some_and(|placement| groups.knows(&placement)) {
            return planned;
        }
        Planned {
            placement: Some(Placement::at(groups.place(zone))),
            ..planned
        }
    }

    /// Whether a backend may be behind on a zone that `group` marks: it shall have it, or may have it still.
    pub(super) fn concerns(
        &self,
        group: &Group,
        backend: &BackendId,
        zone: &ZoneName,
        pending: Option<&PendingEntry>,
    ) -> Result<bool, StoreError> {
        let groups = &self.placed.groups;
        if groups.is_empty() {
            return Ok(true);
        }
        let before = self.placed.of(zone);
        let Some(after) = group.placements.get(zone) else {
            let is_at = groups.is_at(backend, before.as_deref());
            return Ok(is_at || pending.is_some() || self.db.may_have(zone, backend)?);
        };
        let is_at = groups.is_at(backend, after.as_deref());
        if !group.heads.contains_key(zone) && is_at == groups.is_at(backend, before.as_deref()) {
            // The zone moves, and not here.
            return Ok(false);
        }
        Ok(is_at || pending.is_some() || self.db.may_have(zone, backend)?)
    }

    /// Whether a lane applied what is desired there: a move has no revision of its own, so that one during the batch
    /// can be told by this only.
    pub(super) fn is_desired_still(&self, backend: &BackendId, tried: &Tried) -> bool {
        if self.placed.groups.is_empty() {
            return true;
        }
        let is_at = self.placed.is_at(backend, &tried.zone);
        match (&tried.content, is_at) {
            (Some(_), is_at) => is_at,
            (None, false) => true,
            // What cannot be read is tried again.
            (None, true) => {
                let head = self.db.head(&tried.zone);
                head.is_ok_and(|head| head.is_none_or(|head| !head.present))
                    || !tried.result.is_verified()
            }
        }
    }
}

impl Store {
    /// The groups of backends as they are configured.
    pub fn groups(&self) -> &Groups {
        &self.shared.placed.groups
    }

    /// Where a zone is placed; `None`: it never was, and is everywhere.
    pub fn placement(&self, zone: &ZoneName) -> Option<Arc<Placement>> {
        self.shared.placed.of(zone)
    }

    /// Whether a backend shall have a zone, where that is present.
    pub fn is_placed(&self, backend: &BackendId, zone: &ZoneName) -> bool {
        self.shared.placed.is_at(backend, zone)
    }

    /// The zones that are on their way.
    pub fn moving(&self) -> Vec<ZoneName> {
        let zones = self.shared.placed.zones.lock();
        zones.moving.iter().cloned().collect()
    }

    /// What a backend shall have of a zone: as [`desired`](Self::desired), or nothing where the zone is not placed
    /// there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn desired_at(&self, backend: &BackendId, name: &ZoneName) -> Result<Desired, StoreError> {
        self.only_at(backend, name, |shared| shared.desired(name))
    }

    /// As [`desired_at`](Self::desired_at), for a lane that is about to apply it: each revision once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn desired_by_lane(
        &self,
        backend: &BackendId,
        name: &ZoneName,
    ) -> Result<Desired, StoreError> {
        self.only_at(backend, name, |shared| shared.desired_by_lane(name))
    }

    fn only_at(
        &self,
        backend: &BackendId,
        name: &ZoneName,
        desired: impl FnOnce(&Shared) -> Result<Desired, StoreError>,
    ) -> Result<Desired, StoreError> {
        if self.is_placed(backend, name) {
            return desired(&self.shared);
        }
        let head = self.shared.db.head(name)?;
        Ok(Desired {
            revision: head.map_or(0, |head| head.revision),
            zone: None,
        })
    }

    /// Whether a backend has a zone, as far as its lane knows: it was verified there, and nothing is pending.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_verified_at(&self, backend: &BackendId, zone: &ZoneName) -> Result<bool, StoreError> {
        let pending = self.pending_entry(backend, zone).is_some();
        let receipt = self.shared.db.receipt(zone, backend)?;
        Ok(!pending && receipt.is_some_and(|receipt| receipt.serial.is_some()))
    }

    /// The zone belongs to `groups` from now on. It stays where it is until it is verified there.
    ///
    /// # Errors
    /// When that could not be made durable.
    pub async fn move_zone(
        &self,
        author: Author,
        zone: ZoneName,
        groups: BTreeSet<String>,
    ) -> Result<Moved, StoreError> {
        self.accept(author, Move { zone, groups }).await
    }

    /// Backends have a zone that moves to `groups`. `all`: these are all that it waits for, so that it leaves where it
    /// was.
    ///
    /// # Errors
    /// When that could not be made durable.
    pub async fn arrived(
        &self,
        author: Author,
        zone: ZoneName,
        groups: BTreeSet<String>,
        backends: BTreeSet<String>,
        all: bool,
    ) -> Result<Moved, StoreError> {
        let edit = Arrive {
            zone,
            groups,
            backends,
            all,
        };
        self.accept(author, edit).await
    }
}
