//! Shares what this node accepted alone, and merges it with what other nodes did meanwhile.
//!
//! Who was right cannot be told: both changes were acknowledged. The serial that is ahead wins, as it does at every
//! secondary; what loses is held for an operator, so that no records disappear in silence.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use dadns_zone::{ZoneName, is_ahead};
use jiff::Timestamp;

use super::flight::{Flight, What, new_id};
use super::state::ZoneState;
use super::{Unshared, document};
use crate::engine::Batch;
use crate::ledger::{Document, Stamp, Write};
use crate::logging::{error, info, warning};
use crate::store::commit::{Committer, Message};
use crate::store::desired::{Head, Held};
use crate::store::group::Group;
use crate::store::history::Version;
use crate::store::{Shared, Store, StoreError, keys};

/// How many zones are on their way at once.
const AT_ONCE: usize = 256;

impl Store {
    /// Has some of what is not shared yet sent to the ledger. Says how many zones are on their way.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn share(&self) -> Result<usize, StoreError> {
        self.ask(Message::Share).await
    }
}

impl Committer {
    pub(in crate::store) fn send_unshared(&mut self) -> Result<usize, StoreError> {
        let shared = Arc::clone(&self.shared);
        let Some(sharing) = &shared.sharing else {
            return Ok(0);
        };
        let fits = sharing.is_member() && sharing.diverged.borrow().is_none();
        if sharing.outage().is_some() {
            sharing.is_found.store(false, Ordering::Release);
        }
        // One that was put back to what it was before must not take this for a change of that.
        if !fits || !sharing.is_found.load(Ordering::Acquire) {
            return Ok(0);
        }
        self.send_unknown_tokens(sharing)?;
        let under_way = self.flights.values();
        let under_way = under_way
            .filter(|flight| matches!(flight.what, What::Unshared))
            .count();
        let next: Vec<(ZoneName, Unshared)> = {
            let unshared = sharing.unshared.lock();
            // After those that were sent last: some that the ledger does not take must not keep back all others.
            let last = sharing.sent_last.lock().clone();
            let after = last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let until = last.as_ref().map_or(Bound::Unbounded, Bound::Included);
            let later = unshared.range::<ZoneName, _>((after, Bound::Unbounded));
            let earlier = last
                .iter()
                .flat_map(|_| unshared.range::<ZoneName, _>((Bound::Unbounded, until)));
            let left = later
                .chain(earlier)
                .filter(|(zone, _)| !self.flights.contains_key(*zone));
            // One is enough to learn whether a full ledger has room again.
            let most = if sharing.is_full() { 1 } else { AT_ONCE };
            let room = most.saturating_sub(under_way);
            left.take(room)
                .map(|(zone, one)| (zone.clone(), one.clone()))
                .collect()
        };
        if let Some((zone, _)) = next.last() {
            *sharing.sent_last.lock() = Some(zone.clone());
        }
        let mut writes = Vec::with_capacity(next.len());
        for (zone, unshared) in next {
            let parent = match unshared.replaces {
                true => Stamp::default(),
                false => unshared.base(),
            };
            let node = &sharing.terms.node;
            let state = ZoneState::read(&shared.db, &Batch::default(), &zone, parent, node);
            let value = match state.and_then(|state| state.encode()) {
                Ok(value) => value,
                // It must not keep back others.
                Err(error) => {
                    error!("zone {zone} cannot be shared with the other nodes: {error}");
                    continue;
                }
            };
            let write = Write {
                name: document(&zone),
                seen: unshared.base(),
                id: new_id()?,
                value: Some(value.into()),
            };
            self.flights
                .insert(zone, Flight::new(write.id, What::Unshared));
            writes.push(write);
        }
        let count = under_way + writes.len();
        self.leave(sharing, writes);
        Ok(count)
    }

    /// Merges a zone that is not shared with what the ledger has of it.
    pub(super) fn resolve(
        &mut self,
        zone: &ZoneName,
        theirs: &Document,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let Some(sharing) = &shared.sharing else {
            return Ok(());
        };
        let known = sharing.unshared.lock().get(zone).cloned();
        let Some(unshared) = known else {
            return Ok(());
        };
        let node = &sharing.terms.node;
        let empty = Batch::default();
        let ours = ZoneState::read(&shared.db, &empty, zone, unshared.base(), node)?;
        let their_state = ZoneState::decode(zone, &theirs.value)?;
        let (our_head, their_head) = (ours.head(zone)?, their_state.head(zone)?);
        let mut group = Group::default();
        let rebased = Unshared {
            base: theirs.stamp.0,
            ..unshared.clone()
        };
        if ours.is_same(&their_state) {
            // One of our own writes, of which no trace was left here.
            group.stamp(zone, theirs.stamp)?;
            shared.set_unshared(&mut group, zone, None)?;
        } else if unshared.ids.contains(&theirs.id)
            // The ledger was put back to what it was before.
            || shared.has_been(zone, their_head.as_ref())?
            // Only the push that the guard holds is ours alone.
            || their_head.as_ref() == our_head.as_ref().filter(|_| ours.held.is_some())
        {
            // No other node has changed what is served.
            group.stamp(zone, theirs.stamp)?;
            shared.set_unshared(&mut group, zone, Some(rebased))?;
        } else {
            let wins = match (&our_head, &their_head) {
                (Some(ours), Some(theirs)) => ours.present && is_ahead(ours.serial, theirs.serial),
                (ours, None) => ours.is_some(),
                (None, Some(_)) => false,
            };
            match our_head.filter(|_| wins) {
                Some(head) => {
                    let above = their_head.map_or(0, |head| head.revision);
                    shared.put_above(&mut group, zone, &head, above, now)?;
                    let replaces = true;
                    let unshared = Unshared {
                        replaces,
                        ..rebased
                    };
                    group.stamp(zone, theirs.stamp)?;
                    shared.set_unshared(&mut group, zone, Some(unshared))?;
                    let theirs = (&their_state, ours.held.is_some());
                    let lost = self.hold_theirs(&mut group, zone, theirs, now)?;
                    warning!(
                        "zone {zone} was changed here while the engine could not be reached, and at node {}: serial {} \
                         of this node is ahead and is served by all{lost}",
                        their_state.node,
                        head.serial
                    );
                }
                None => self.give_in(&mut group, zone, their_state, &rebased, theirs, now)?,
            }
        }
        self.commit(group, now)
    }

    /// Holds what another node made of a zone, unless a push of it is held already. Says so.
    fn hold_theirs(
        &self,
        group: &mut Group,
        zone: &ZoneName,
        (theirs, is_held): (&ZoneState, bool),
        now: Timestamp,
    ) -> Result<&'static str, StoreError> {
        let Some((head, records)) = theirs.served(zone)? else {
            return Ok("");
        };
        if is_held {
            return Ok(", and what the other had is in its log only");
        }
        let reason = "another node made it while this zone was changed at one that could not reach the engine, with a \
                      serial that is ahead";
        let held = Held::lost(&head, &records, reason.to_owned(), now);
        group
            .batch
            .insert(keys::held(zone), self.shared.db.encode(&held)?);
        group.held.insert(zone.clone(), true);
        group.reasons.insert(zone.clone(), held.reasons);
        Ok(", and what the other had is held (dadns held)")
    }

    /// Takes over what another node made of a zone, and holds what this one had.
    fn give_in(
        &self,
        group: &mut Group,
        zone: &ZoneName,
        mut theirs: ZoneState,
        rebased: &Unshared,
        document: &Document,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let shared = &self.shared;
        let node = theirs.node.clone();
        let head = shared.db.head(zone)?;
        let changed = head
            .as_ref()
            .filter(|head| head.revision != rebased.revision);
        let ours = match changed {
            Some(head) if head.present => shared.desired(zone)?.zone.map(|zone| (head, zone)),
            _ => None,
        };
        let is_held = theirs.held.is_some();
        let their_head = theirs.head(zone)?;
        let is_there = their_head.as_ref().is_some_and(|head| head.present);
        let same =
            |(theirs, ours): (&Head, &Head)| theirs.present && theirs.content == ours.content;
        let is_same = their_head.as_ref().zip(changed).is_some_and(same);
        let lost = ours.filter(|_| !is_same);
        let unshared = match lost {
            Some((head, records)) if !is_held => {
                let reason = format!(
                    "it came while the engine could not be reached, and node {node} changed the zone meanwhile, with a \
                     serial that is ahead"
                );
                let held = Held::lost(head, &records, reason, now);
                theirs.held = Some(shared.db.encode(&held)?);
                let head = theirs.head(zone)?;
                Some(Unshared {
                    revision: head.map_or(0, |head| head.revision),
                    ids: Vec::new(),
                    ..rebased.clone()
                })
            }
            _ => None,
        };
        let shown = match (&unshared, changed) {
            (Some(_), _) => "what this node had is held (dadns held)",
            (None, Some(head)) if !head.present && is_there => "the removal here is undone",
            (None, Some(head)) if head.present && !is_same => {
                "what this node had is in its log only"
            }
            (None, _) => "",
        };
        shared.take_state(group, zone, &theirs, now)?;
        group.stamp(zone, document.stamp)?;
        shared.set_unshared(group, zone, unshared)?;
        match shown.is_empty() {
            true => info!("zone {zone} is as node {node} has it"),
            false => warning!(
                "zone {zone} was changed here while the engine could not be reached, and at node {node}: that is \
                 served by all, and {shown}"
            ),
        }
        Ok(())
    }
}

impl Shared {
    /// Whether a zone was here what this head says, at an earlier revision.
    fn has_been(&self, zone: &ZoneName, head: Option<&Head>) -> Result<bool, StoreError> {
        let Some(head) = head else {
            return Ok(false);
        };
        let now = self.db.head(zone)?.map_or(0, |now| now.revision);
        let then = self.db.version(zone, head.revision)?;
        Ok(head.revision < now
            && then.is_some_and(|then| {
                (then.at, &then.by, then.serial) == (head.changed, &head.changed_by, head.serial)
            }))
    }

    /// Gives the zone as it stands here a revision above one that another node made.
    fn put_above(
        &self,
        group: &mut Group,
        zone: &ZoneName,
        head: &Head,
        above: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if head.revision > above {
            return Ok(());
        }
        let Some(version) = self.db.version(zone, head.revision)? else {
            return Ok(());
        };
        let revision = above + 1;
        let head = Head {
            revision,
            ..head.clone()
        };
        let brought_push = version.zone.is_some();
        let version = Version {
            at: now,
            layered: version.layered.map(|layered| {
                let mut layered = layered.without_undo();
                if brought_push {
                    layered.push = Some(revision);
                }
                layered
            }),
            ..version
        };
        group
            .batch
            .insert(keys::version(zone, revision), version.encode()?);
        group.batch.insert(keys::head(zone), self.db.encode(&head)?);
        if brought_push {
            let layer = keys::layer(zone, keys::PUSH);
            group.batch.insert(layer, revision.to_be_bytes());
        }
        if self.db.get(keys::layer(zone, keys::PLAIN))?.is_some() {
            let plain = keys::layer(zone, keys::PLAIN);
            group.batch.insert(plain, revision.to_be_bytes());
        }
        group.whole.insert(zone.clone(), None);
        group.marks.insert(zone.clone(), revision);
        group.heads.insert(zone.clone(), head);
        Ok(())
    }
}
