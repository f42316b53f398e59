//! Compares the zones here with those of a ledger that this node does not follow yet, and has some shared.

use std::collections::{HashMap, HashSet};

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::state::ZoneState;
use super::{Unshared, zone_of};
use crate::blocking::blocking;
use crate::ledger::{Document, Stamp};
use crate::store::commit::Message;
use crate::store::desired::Head;
use crate::store::{Store, StoreError};

/// What a comparison has found so far.
#[derive(Debug, Default)]
pub struct Comparison {
    seen: HashSet<ZoneName>,
    /// Zones that both have, and not alike.
    other: Vec<ZoneName>,
}

impl Store {
    /// Compares some documents of the ledger with the zones here.
    ///
    /// # Errors
    /// When the store cannot be read, or a document makes no sense.
    pub fn compare(
        &self,
        comparison: &mut Comparison,
        documents: &[Document],
    ) -> Result<(), StoreError> {
        for document in documents {
            let Some(zone) = zone_of(&document.name) else {
                continue;
            };
            let there = ZoneState::decode(&zone, &document.value)?.head(&zone)?;
            let here = self.head(&zone)?;
            let is_other = match (&here, &there) {
                // It is taken over.
                (None, _) => false,
                (Some(here), None) => here.present,
                (Some(here), Some(there)) => !are_alike(here, there),
            };
            if is_other {
                comparison.other.push(zone.clone());
            }
            comparison.seen.insert(zone);
        }
        Ok(())
    }

    /// The zones that differ, and those that are only here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn compared(
        &self,
        comparison: Comparison,
    ) -> Result<(Vec<ZoneName>, Vec<ZoneName>), StoreError> {
        let mut ours = Vec::new();
        for found in self.heads() {
            let (zone, head) = found?;
            if head.present && !comparison.seen.contains(&zone) {
                ours.push(zone);
            }
        }
        Ok((comparison.other, ours))
    }

    /// The zones of which the ledger has nothing, and that are not marked to be shared.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unknown_to_ledger(&self) -> Result<Vec<ZoneName>, StoreError> {
        let mut unknown = Vec::new();
        for found in self.heads() {
            let (zone, _) = found?;
            if self.stamp(&zone)? == Stamp::default() && !self.is_unshared(&zone) {
                unknown.push(zone);
            }
        }
        Ok(unknown)
    }

    /// Has zones shared that no other node knows.
    ///
    /// # Errors
    /// When that could not be made durable.
    pub async fn share_zones(&self, zones: Vec<ZoneName>) -> Result<usize, StoreError> {
        let new = zones.into_iter().map(|zone| (zone, Stamp::default()));
        self.mark(new.collect()).await
    }

    /// Has all zones shared that are newer here than in a ledger with these stamps, in place of what it has.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn share_newer(&self, stamps: Vec<(String, Stamp)>) -> Result<usize, StoreError> {
        let store = self.clone();
        let newer = blocking(move || {
            let newer = store.differences(&stamps)?.newer_here;
            let there: HashMap<_, _> = stamps
                .into_iter()
                .filter_map(|(name, stamp)| Some((zone_of(&name)?, stamp)))
                .collect();
            let newer = newer.into_iter();
            let newer = newer.map(|zone| {
                let stamp = there.get(&zone).copied().unwrap_or_default();
                (zone, stamp)
            });
            Ok::<Vec<_>, StoreError>(newer.collect())
        });
        self.mark(newer.await?).await
    }

    /// Gives up all zones that are newer here than in a ledger with these stamps: what that has is taken over next.
    /// Says which these are.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn give_up_newer(
        &self,
        stamps: Vec<(String, Stamp)>,
    ) -> Result<Vec<ZoneName>, StoreError> {
        let store = self.clone();
        let newer = blocking(move || store.differences(&stamps));
        let newer = newer.await?.newer_here;
        let zones = newer.clone();
        self.ask(|reply| Message::GiveUp(zones, reply)).await?;
        Ok(newer)
    }

    /// Has zones shared, each in place of what the ledger has under that stamp.
    async fn mark(&self, zones: Vec<(ZoneName, Stamp)>) -> Result<usize, StoreError> {
        let since = Timestamp::now();
        let marks = zones.into_iter().map(|(zone, base)| {
            let unshared = Unshared {
                replaces: base != Stamp::default(),
                ..Unshared::new(base, 0, since)
            };
            (zone, unshared)
        });
        let marks = marks.collect();
        self.ask(|reply| Message::Unshared(marks, reply)).await
    }
}

/// Whether both serve the same.
fn are_alike(one: &Head, other: &Head) -> bool {
    match (one.present, other.present) {
        (true, true) => one.content == other.content && one.serial == other.serial,
        (one, other) => one == other,
    }
}
