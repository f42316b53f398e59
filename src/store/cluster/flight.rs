//! Changes that are on their way to the ledger.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::state::ZoneState;
use super::{Sharing, Way, document};
use crate::ledger::{Document, Stamp, Write, WriteId, write_id};
use crate::store::commit::Committer;
use crate::store::edits::AnyChange;
use crate::store::group::Group;
use crate::store::{Shared, StoreError};

/// How often a change is planned anew because another node was first. Of three nodes that write one zone without a
/// pause, each wins one time in three.
const MOST_TRIES: u32 = 100;

/// What is on its way, by zone: one write at a time.
pub(in crate::store) type Flights = HashMap<ZoneName, Flight>;

/// One write that is on its way.
pub(in crate::store) struct Flight {
    pub(super) id: WriteId,
    pub(super) what: What,
    /// Later changes of the same zone, in their order.
    pub(super) waiting: VecDeque<Box<dyn AnyChange>>,
    /// What the feed last said of the zone meanwhile, of one that is not shared.
    pub(super) passed: Option<Document>,
}

/// What a write is about.
pub(super) enum What {
    /// A change that somebody waits for.
    Change(Box<Trip>),
    /// The zone as it stands here, which the others do not know.
    Unshared,
}

/// A change, with what it comes to if it holds.
pub(super) struct Trip {
    pub change: Box<dyn AnyChange>,
    pub group: Group,
    /// The stamp at which the zone was seen.
    pub seen: Stamp,
    /// Whether it changes the zone for others; otherwise they are only asked whether it stands as it was seen.
    pub writes: bool,
    pub tries: u32,
}

impl Flight {
    pub(super) fn new(id: WriteId, what: What) -> Self {
        Self {
            id,
            what,
            waiting: VecDeque::new(),
            passed: None,
        }
    }
}

impl Committer {
    /// Takes changes of a store that is shared.
    pub(in crate::store) fn accept_shared(&mut self, changes: Vec<Box<dyn AnyChange>>) {
        self.accept_again(changes.into_iter().map(|change| (change, 0)));
    }

    /// As [`accept_shared`](Self::accept_shared), of changes that were tried so often before.
    pub(super) fn accept_again(
        &mut self,
        changes: impl IntoIterator<Item = (Box<dyn AnyChange>, u32)>,
    ) {
        let shared = Arc::clone(&self.shared);
        let Some(sharing) = &shared.sharing else {
            return;
        };
        let now = Timestamp::now();
        let (mut writes, mut here) = (Vec::new(), Vec::new());
        for (change, tries) in changes {
            if let Some(flight) = self.flights.get_mut(change.zone()) {
                flight.waiting.push_back(change);
                continue;
            }
            match sharing.way(change.zone()) {
                Way::Ledger => writes.extend(self.send(sharing, change, tries, now)),
                Way::Here => here.push((change, None)),
                Way::Refused(error) => change.answer(Err(error)),
            }
        }
        self.leave(sharing, writes);
        self.keep_here(here, now);
    }

    /// Plans a change and notes that it is on its way. `None`: it is answered.
    fn send(
        &mut self,
        sharing: &Sharing,
        mut change: Box<dyn AnyChange>,
        tries: u32,
        now: Timestamp,
    ) -> Option<Write> {
        if tries > MOST_TRIES {
            let zone = change.zone().clone();
            change.answer(Err(StoreError::Contended { zone }));
            return None;
        }
        let zone = change.zone().clone();
        let mut group = Group::default();
        let write = self
            .shared
            .attempt(sharing, &mut *change, &mut group, now)
            .and_then(|write| self.check_room(group.bytes).map(|()| write));
        match write {
            Ok(write) => {
                let trip = Trip {
                    change,
                    group,
                    seen: write.seen,
                    writes: write.value.is_some(),
                    tries,
                };
                let flight = Flight::new(write.id, What::Change(Box::new(trip)));
                self.flights.insert(zone, flight);
                Some(write)
            }
            Err(error) => {
                change.answer(Err(error));
                None
            }
        }
    }

    /// Gives writes to whoever brings them to the ledger.
    pub(super) fn leave(&mut self, sharing: &Sharing, writes: Vec<Write>) {
        if writes.is_empty() {
            return;
        }
        if sharing.outgoing.send(writes).is_err() {
            // The process is ending: nobody brings them anywhere.
            for flight in std::mem::take(&mut self.flights).into_values() {
                if let What::Change(trip) = flight.what {
                    trip.change.answer(Err(StoreError::Stopped));
                }
                for change in flight.waiting {
                    change.answer(Err(StoreError::Stopped));
                }
            }
        }
    }

    /// Makes changes here, which are to be shared later; each with a write of it whose answer was lost.
    pub(super) fn keep_here(
        &mut self,
        changes: Vec<(Box<dyn AnyChange>, Option<WriteId>)>,
        now: Timestamp,
    ) {
        let shared = Arc::clone(&self.shared);
        let mut all = Group::default();
        let mut kept: Vec<Box<dyn AnyChange>> = Vec::new();
        for (mut change, lost) in changes {
            let zone = change.zone().clone();
            if all.touches(&zone) {
                self.finish_here(&mut all, &mut kept, now);
            }
            let mut group = Group::default();
            let planned =
                change
                    .attempt(&shared, &mut group, now)
                    .and_then(|()| match group.is_silent() {
                        true => Ok(()),
                        false => shared.mark_unshared(&mut group, &zone, lost, now),
                    });
            match planned {
                Ok(()) => {
                    all.absorb(group);
                    kept.push(change);
                }
                Err(error) => change.answer(Err(error)),
            }
        }
        self.finish_here(&mut all, &mut kept, now);
    }

    fn finish_here(
        &mut self,
        group: &mut Group,
        kept: &mut Vec<Box<dyn AnyChange>>,
        now: Timestamp,
    ) {
        if kept.is_empty() {
            return;
        }
        let group = std::mem::take(group);
        let committed = self
            .check_room(group.bytes)
            .and_then(|()| self.commit(group, now));
        for change in kept.drain(..) {
            change.answer(committed.clone());
        }
        if let Err(error @ StoreError::Write { .. }) = &committed {
            self.fail(error);
        }
    }
}

impl Shared {
    /// Plans a change of a shared zone: what is written here goes into `group`, what the ledger is asked is returned.
    fn attempt(
        &self,
        sharing: &Sharing,
        change: &mut dyn AnyChange,
        group: &mut Group,
        now: Timestamp,
    ) -> Result<Write, StoreError> {
        change.attempt(self, group, now)?;
        let zone = change.zone();
        let seen = self.db.stamp(zone)?;
        let value = match group.is_silent() {
            true => None,
            false => {
                let node = &sharing.terms.node;
                let state = ZoneState::read(&self.db, &group.batch, zone, seen, node)?;
                Some(state.encode()?.into())
            }
        };
        Ok(Write {
            name: document(zone),
            seen,
            id: new_id()?,
            value,
        })
    }
}

/// An id that no other write has.
pub(super) fn new_id() -> Result<WriteId, StoreError> {
    write_id().map_err(|error| StoreError::Write { cause: error.cause })
}
