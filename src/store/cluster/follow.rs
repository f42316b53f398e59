//! Takes in what other nodes wrote.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::{Landed, Membership, zone_of};
use crate::ledger::{Landmark, News, Stamp};
use crate::logging::error;
use crate::store::commit::{Committer, Message};
use crate::store::group::Group;
use crate::store::{Store, StoreError, keys};

/// How the zones here differ from those of the ledger.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Differences {
    /// The documents that are newer there, or not known here.
    pub newer_there: Vec<String>,
    /// The zones that are newer here, though not by a change that is still to be shared: the ledger has lost
    /// something.
    pub newer_here: Vec<ZoneName>,
}

impl Store {
    /// Takes in what the ledger gave, and how far that goes.
    ///
    /// # Errors
    /// When it cannot be read or written. Then the same has to be given again.
    pub async fn take(&self, news: News) -> Result<(), StoreError> {
        self.ask(|reply| Message::News(news, reply)).await
    }

    /// Compares the stamps of all zones with those of the ledger.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn differences(&self, stamps: &[(String, Stamp)]) -> Result<Differences, StoreError> {
        let mut differences = Differences::default();
        let mut there = HashSet::with_capacity(stamps.len());
        for (name, stamp) in stamps {
            let Some(zone) = zone_of(name) else { continue };
            let here = self.stamp(&zone)?;
            if here < *stamp {
                differences.newer_there.push(name.clone());
            } else if here > *stamp && !self.is_unshared(&zone) {
                differences.newer_here.push(zone.clone());
            }
            there.insert(zone);
        }
        for found in self.shared.db.stamped() {
            let zone = found?;
            if !there.contains(&zone) && !self.is_unshared(&zone) {
                differences.newer_here.push(zone);
            }
        }
        Ok(differences)
    }
}

impl Committer {
    pub(in crate::store) fn take_news(&mut self, news: News) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let Some(sharing) = &shared.sharing else {
            return Ok(());
        };
        if let Some(error) = shared.failure.now() {
            return Err(error);
        }
        if !sharing.is_member() {
            let cause = "this node belongs to no cluster any more".into();
            return Err(StoreError::NoLedger { cause });
        }
        if sharing.is_reopened.swap(false, Ordering::AcqRel) {
            let cause = "the store was opened anew: what came meanwhile is read again".into();
            return Err(StoreError::Write { cause });
        }
        let now = Timestamp::now();
        // What was asked for by name has no place in the feed.
        let of_feed = news.cursor != Stamp::default();
        let last = news.documents.last().filter(|_| of_feed);
        let landmark = last.map(Landmark::from);
        let mut group = Group::default();
        for document in news.documents {
            let Some(zone) = zone_of(&document.name) else {
                match self.take_token(&document) {
                    Err(error @ StoreError::Write { .. }) => return Err(error),
                    // It must not keep zones from being followed.
                    Err(error) => error!("{error}"),
                    Ok(_) => {}
                }
                continue;
            };
            let of_ours = self
                .flights
                .get(&zone)
                .is_some_and(|flight| flight.id == document.id);
            if of_ours {
                self.take_landed(vec![Landed {
                    name: document.name,
                    id: document.id,
                    answer: Ok(document.stamp),
                }]);
                continue;
            }
            // It is merged when it is shared. If it follows the write that is on its way, it is not given again.
            if sharing.unshared.lock().contains_key(&zone) {
                if let Some(flight) = self.flights.get_mut(&zone) {
                    flight.passed = Some(document);
                }
                continue;
            }
            if group.stamps.contains_key(&zone) {
                self.commit_later(std::mem::take(&mut group), now)
                    .inspect_err(|error| self.fail_on_write(error))?;
            }
            if shared.db.stamp(&zone)? < document.stamp {
                let taken = shared.take_over(&mut group, &zone, &document, now);
                if let Err(error) = taken {
                    // What came before it is good; it has to be given again.
                    self.commit_later(group, now)?;
                    return Err(error);
                }
            }
        }
        let membership = sharing.membership.lock().clone();
        // Back as well: of an engine that was put back, what comes next is not known.
        let moved = membership.filter(|known| of_feed && known.cursor != news.cursor.0);
        let moved = moved.map(|known| Membership {
            cursor: news.cursor.0,
            ..known
        });
        if let Some(membership) = &moved {
            group
                .batch
                .insert(keys::CLUSTER, shared.db.encode(membership)?);
        }
        if let Some(landmark) = &landmark {
            let octets = shared.db.encode(landmark)?;
            group.batch.insert(keys::LANDMARK, octets);
        }
        if of_feed {
            sharing.is_found.store(true, Ordering::Release);
        }
        if group.batch.is_empty() {
            return Ok(());
        }
        self.commit_later(group, now)
            .inspect_err(|error| self.fail_on_write(error))?;
        if moved.is_some() {
            *sharing.membership.lock() = moved;
        }
        if landmark.is_some() {
            *sharing.landmark.lock() = landmark;
        }
        Ok(())
    }

    fn fail_on_write(&mut self, error: &StoreError) {
        if matches!(error, StoreError::Write { .. }) {
            self.fail(error);
        }
    }
}
