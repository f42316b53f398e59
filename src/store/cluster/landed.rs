//! What the ledger answered, and what follows from it here.

use std::sync::Arc;

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::flight::{Trip, What};
use super::zone_of;
use crate::ledger::{Document, Refused, Stamp, WriteId};
use crate::logging::{error, warning};
use crate::store::commit::{Committer, Message};
use crate::store::edits::AnyChange;
use crate::store::group::Group;
use crate::store::{Store, StoreError};

/// What one write came to.
#[derive(Debug)]
pub struct Landed {
    /// The name of its document.
    pub name: String,
    /// Which write it was.
    pub id: WriteId,
    /// Its stamp, or why it was not made.
    pub answer: Result<Stamp, Refused>,
}

impl Store {
    /// Tells what writes that [left](Self::leaving) came to.
    ///
    /// # Errors
    /// When the store has stopped.
    pub fn landed(&self, landed: Vec<Landed>) -> Result<(), StoreError> {
        let sent = self.messages.send(Message::Landed(landed));
        sent.map_err(|_| StoreError::Stopped)
    }
}

/// What there is to do once all answers are looked at.
#[derive(Default)]
struct Rest {
    /// What holds and is written here.
    group: Group,
    /// Who waits for that.
    answers: Vec<Box<dyn AnyChange>>,
    /// How other nodes have left zones.
    theirs: Vec<(ZoneName, Option<Document>)>,
    /// What the ledger has of zones that are not shared.
    conflicts: Vec<(ZoneName, Document)>,
    /// Changes that are kept here, with writes of them whose answers were lost.
    here: Vec<(Box<dyn AnyChange>, Option<WriteId>)>,
    /// What is planned next, with how often that was done before.
    next: Vec<(Box<dyn AnyChange>, u32)>,
}

impl Committer {
    pub(in crate::store) fn take_landed(&mut self, landed: Vec<Landed>) {
        let now = Timestamp::now();
        let mut rest = Rest::default();
        for one in landed {
            let Some(zone) = zone_of(&one.name) else {
                self.token_landed(one);
                continue;
            };
            // One that is not known was told by the feed before.
            if self
                .flights
                .get(&zone)
                .is_none_or(|flight| flight.id != one.id)
            {
                continue;
            }
            let Some(flight) = self.flights.remove(&zone) else {
                continue;
            };
            match flight.what {
                What::Change(trip) => self.change_landed(&mut rest, &zone, *trip, one),
                What::Unshared => self.unshared_landed(&mut rest, &zone, one, flight.passed),
            }
            let waiting = flight.waiting.into_iter();
            rest.next.extend(waiting.map(|change| (change, 0)));
        }
        let Rest {
            group,
            answers,
            theirs,
            conflicts,
            here,
            next,
        } = rest;
        if !group.batch.is_empty() || !answers.is_empty() {
            // The ledger has it, so that it holds whatever this disk says; what is not written is read from the feed
            // again.
            if let Err(error @ StoreError::Write { .. }) = self.commit_later(group, now) {
                self.fail(&error);
            }
            for change in answers {
                change.answer(Ok(()));
            }
        }
        self.take_theirs(theirs, now);
        for (zone, document) in conflicts {
            if let Err(error) = self.resolve(&zone, &document, now) {
                error!(
                    "zone {zone} was changed here and at another node, and is not merged yet: {error}"
                );
            }
        }
        self.keep_here(here, now);
        self.accept_again(next);
    }

    fn change_landed(&self, rest: &mut Rest, zone: &ZoneName, trip: Trip, landed: Landed) {
        let Trip {
            change,
            mut group,
            seen,
            writes,
            tries,
        } = trip;
        let Some(sharing) = &self.shared.sharing else {
            return;
        };
        let spools = sharing.terms.spools;
        if writes {
            self.note_room(&landed.answer);
        }
        match landed.answer {
            Ok(stamp) => {
                // It may have been made, and what others made of it taken in, before its answer was found.
                if !writes || !self.has_newer(zone, stamp) {
                    if writes && let Err(error) = group.stamp(zone, stamp) {
                        error!("{error}");
                    }
                    rest.group.absorb(group);
                }
                rest.answers.push(change);
            }
            Err(Refused::Changed(Some(document))) if document.stamp < seen => {
                let why = format!(
                    "the engine has zone {zone} as of {}, and this node as of {seen}: the engine was restored from an old \
                     backup",
                    document.stamp
                );
                warning!("{why}");
                // From now on no change goes there: this one is kept here or refused as well.
                sharing.diverged.send_replace(Some(why));
                rest.next.push((change, tries + 1));
            }
            Err(Refused::Changed(document)) => {
                rest.theirs.push((zone.clone(), document));
                rest.next.push((change, tries + 1));
            }
            Err(Refused::Unavailable(_) | Refused::Full(_)) if spools => {
                rest.here.push((change, None));
            }
            Err(Refused::Unknown(_)) if spools => {
                rest.here.push((change, writes.then_some(landed.id)));
            }
            Err(Refused::Unavailable(why) | Refused::Full(why)) => {
                let cause = why.to_string();
                change.answer(Err(StoreError::NoLedger { cause }));
            }
            Err(Refused::Unknown(why)) => {
                let cause = why.to_string();
                change.answer(Err(StoreError::AnswerLost { cause }));
            }
            Err(Refused::Rejected(why)) => {
                let cause = why.to_string();
                change.answer(Err(StoreError::Rejected { cause }));
            }
        }
    }

    /// Whether this node knows a later write of the zone than this.
    fn has_newer(&self, zone: &ZoneName, stamp: Stamp) -> bool {
        let known = self.shared.db.stamp(zone);
        known.is_ok_and(|known| known > stamp)
    }

    /// Notes whether the ledger has room.
    fn note_room(&self, answer: &Result<Stamp, Refused>) {
        let Some(sharing) = &self.shared.sharing else {
            return;
        };
        match answer {
            Ok(_) => sharing.note_room(),
            Err(Refused::Full(why)) => sharing.note_full(why),
            Err(_) => {}
        }
    }

    fn unshared_landed(
        &self,
        rest: &mut Rest,
        zone: &ZoneName,
        landed: Landed,
        passed: Option<Document>,
    ) {
        self.note_room(&landed.answer);
        match landed.answer {
            Ok(stamp) => {
                // Whatever it was before: the feed moves no zone that is not shared, and an engine that was made anew
                // counts from the beginning.
                let group = &mut rest.group;
                let shared = group.stamp(zone, stamp);
                let shared = shared.and_then(|()| self.shared.set_unshared(group, zone, None));
                if let Err(error) = shared {
                    error!("{error}");
                }
                let later = passed.filter(|document| document.stamp > stamp);
                rest.theirs
                    .extend(later.map(|document| (zone.clone(), Some(document))));
            }
            Err(Refused::Changed(Some(document))) => {
                rest.conflicts.push((zone.clone(), document));
            }
            Err(Refused::Changed(None)) => rest.theirs.push((zone.clone(), None)),
            Err(Refused::Unknown(_)) => {
                let sharing = self.shared.sharing.as_ref();
                let known = sharing.and_then(|sharing| sharing.unshared.lock().get(zone).cloned());
                let Some(mut unshared) = known else { return };
                unshared.ids.push(landed.id);
                let group = &mut rest.group;
                if let Err(error) = self.shared.set_unshared(group, zone, Some(unshared)) {
                    error!("{error}");
                }
            }
            Err(Refused::Unavailable(_) | Refused::Full(_)) => {}
            Err(Refused::Rejected(why)) => {
                warning!("zone {zone} cannot be shared with the other nodes: {why}");
            }
        }
    }

    /// Takes over how other nodes have left zones; `None`: the ledger has no such zone.
    fn take_theirs(&mut self, theirs: Vec<(ZoneName, Option<Document>)>, now: Timestamp) {
        let shared = Arc::clone(&self.shared);
        let mut group = Group::default();
        for (zone, document) in theirs {
            let Some(document) = document else {
                warning!(
                    "the engine no longer has zone {zone}, which it had: somebody has removed it there by hand, or it was \
                     restored from an old backup; the next change puts it back"
                );
                if let Err(error) = shared.forget_stamp(&mut group, &zone) {
                    error!("{error}");
                }
                continue;
            };
            let taken = match shared.db.stamp(&zone) {
                Ok(stamp) if stamp >= document.stamp => continue,
                Ok(_) => shared.take_over(&mut group, &zone, &document, now),
                Err(error) => Err(error),
            };
            if let Err(error) = taken {
                error!("{error}");
            }
        }
        if !group.batch.is_empty()
            && let Err(error @ StoreError::Write { .. }) = self.commit_later(group, now)
        {
            self.fail(&error);
        }
    }
}
