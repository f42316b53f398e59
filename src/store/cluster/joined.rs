//! The cluster that this node belongs to, and what it has seen of it.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::{Sharing, Unshared};
use crate::engine::Batch;
use crate::ledger::{Landmark, Stamp};
use crate::store::commit::{Committer, Message};
use crate::store::db::Db;
use crate::store::{Store, StoreError, keys};

/// The cluster that a node belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The name that the cluster got when it was made.
    pub cluster: String,
    /// Up to where this node has seen what was written.
    pub cursor: u64,
}

/// How a node comes to belong to a cluster, or no longer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Join {
    /// It belongs to this one; `shares`: all that it has is to be shared.
    Into {
        membership: Membership,
        shares: bool,
    },
    /// It has all that was written up to `cursor`. `restored`: the ledger was put back to what it was before.
    CaughtUp { cursor: Stamp, restored: bool },
    /// It goes on alone.
    Leave,
}

impl Db {
    pub fn membership(&self) -> Result<Option<Membership>, StoreError> {
        self.value(keys::CLUSTER.to_vec(), || {
            "the cluster of this node".to_owned()
        })
    }

    /// The last document that the feed gave.
    pub fn landmark(&self) -> Result<Option<Landmark>, StoreError> {
        self.value(keys::LANDMARK.to_vec(), || {
            "the last document of the ledger".to_owned()
        })
    }

    /// The stamp at which this node has a token.
    pub fn token_stamp(&self, token: &str) -> Result<Stamp, StoreError> {
        let what = || format!("the stamp of token {token}");
        let stamp = self.value::<u64>(keys::token_stamp(token), what)?;
        Ok(Stamp(stamp.unwrap_or_default()))
    }

    /// The stamp at which this node has a zone.
    pub fn stamp(&self, zone: &dadns_zone::ZoneName) -> Result<Stamp, StoreError> {
        let stamp = self.value::<u64>(keys::stamp(zone), || format!("the stamp of zone {zone}"))?;
        Ok(Stamp(stamp.unwrap_or_default()))
    }
}

impl Store {
    /// This node belongs to a cluster from now on. `shares`: all zones that it has are shared next.
    ///
    /// # Errors
    /// When that could not be made durable.
    pub async fn join(&self, membership: Membership, shares: bool) -> Result<(), StoreError> {
        let join = Join::Into { membership, shares };
        self.ask(|reply| Message::Join(join, reply)).await
    }

    /// Everything was compared, and is here as the ledger had it at `cursor`. `restored`: the ledger was put back to what
    /// it was before.
    ///
    /// # Errors
    /// When that could not be made durable.
    pub async fn caught_up(&self, cursor: Stamp, restored: bool) -> Result<(), StoreError> {
        let join = Join::CaughtUp { cursor, restored };
        self.ask(|reply| Message::Join(join, reply)).await
    }

    /// This node goes on alone, with all that it has.
    ///
    /// # Errors
    /// When that could not be made durable.
    pub async fn leave(&self) -> Result<(), StoreError> {
        self.ask(|reply| Message::Join(Join::Leave, reply)).await
    }
}

/// So many zones are marked in one batch.
const MARKED: usize = 10_000;

impl Committer {
    pub(in crate::store) fn write_join(&mut self, join: Join) -> Result<(), StoreError> {
        let shared = std::sync::Arc::clone(&self.shared);
        let Some(sharing) = &shared.sharing else {
            return Ok(());
        };
        match join {
            Join::Into { membership, shares } => {
                // Before it belongs there: a crash in between is begun anew.
                if shares {
                    self.mark_all()?;
                }
                // A member that joins anew was restored, or the engine was.
                let restored = sharing.is_member();
                self.write_membership(sharing, membership, restored)?;
            }
            Join::CaughtUp { cursor, restored } => {
                let known = sharing.membership.lock().clone();
                let Some(known) = known else { return Ok(()) };
                let cursor = cursor.0;
                self.write_membership(sharing, Membership { cursor, ..known }, restored)?;
            }
            Join::Leave => {
                let mut batch = Batch::default();
                batch.remove(keys::CLUSTER);
                batch.remove(keys::LANDMARK);
                for zone in shared.db.unshared()?.into_keys() {
                    batch.remove(keys::unshared(&zone));
                }
                // What is revoked here stays so; nobody else has to hear of it.
                for name in shared.db.revoked_tokens()? {
                    batch.remove(keys::revoked(&name));
                }
                // Stamps of another cluster would mean something else.
                for zone in shared.db.stamped() {
                    batch.remove(keys::stamp(&zone?));
                }
                for name in shared.db.stamped_tokens()? {
                    batch.remove(keys::token_stamp(&name));
                }
                shared.db.write(batch)?;
                shared.db.sync()?;
                *sharing.membership.lock() = None;
                *sharing.landmark.lock() = None;
                sharing.diverged.send_replace(None);
                sharing.unshared.lock().clear();
            }
        }
        Ok(())
    }

    /// Follows from the cursor of `membership`, up to which this node has everything.
    fn write_membership(
        &self,
        sharing: &Sharing,
        membership: Membership,
        restored: bool,
    ) -> Result<(), StoreError> {
        let shared = &self.shared;
        let mut batch = Batch::default();
        if restored {
            // Where tokens stood there means nothing now, and what was revoked stays so.
            for name in shared.db.stamped_tokens()? {
                batch.remove(keys::token_stamp(&name));
                if !shared.tokens.has(&name) {
                    batch.insert(keys::revoked(&name), []);
                }
            }
        }
        batch.insert(keys::CLUSTER, shared.db.encode(&membership)?);
        batch.remove(keys::LANDMARK);
        shared.db.write(batch)?;
        shared.db.sync()?;
        *sharing.membership.lock() = Some(membership);
        *sharing.landmark.lock() = None;
        sharing.is_found.store(true, Ordering::Release);
        Ok(())
    }

    /// Marks every zone as one that the others do not know, also one of which the guard has a push only.
    fn mark_all(&mut self) -> Result<(), StoreError> {
        let since = jiff::Timestamp::now();
        let shared = std::sync::Arc::clone(&self.shared);
        let heads = shared.db.heads_after(None).map(|found| Ok(found?.0));
        let pushes = shared.db.held_zones()?;
        let zones = heads.chain(pushes.into_iter().map(Ok));
        let zones = zones.collect::<Result<std::collections::BTreeSet<_>, StoreError>>()?;
        let unshared = Unshared::new(Stamp::default(), 0, since);
        let marks = zones.into_iter().map(|zone| (zone, unshared.clone()));
        self.write_unshared(marks.collect())?;
        Ok(())
    }

    /// Forgets where zones stand in the ledger, and that they are to be shared.
    pub(in crate::store) fn give_up(
        &mut self,
        zones: Vec<dadns_zone::ZoneName>,
    ) -> Result<(), StoreError> {
        let shared = std::sync::Arc::clone(&self.shared);
        let Some(sharing) = &shared.sharing else {
            return Ok(());
        };
        let mut batch = Batch::default();
        for zone in &zones {
            batch.remove(keys::stamp(zone));
            batch.remove(keys::unshared(zone));
        }
        shared.db.write(batch)?;
        shared.db.sync()?;
        sharing.note_unshared(zones.into_iter().map(|zone| (zone, None)).collect());
        Ok(())
    }

    /// Notes durably that zones are to be shared.
    pub(in crate::store) fn write_unshared(
        &mut self,
        marks: Vec<(dadns_zone::ZoneName, Unshared)>,
    ) -> Result<usize, StoreError> {
        let shared = std::sync::Arc::clone(&self.shared);
        let Some(sharing) = &shared.sharing else {
            return Ok(0);
        };
        for marks in marks.chunks(MARKED) {
            let mut batch = Batch::default();
            for (zone, unshared) in marks {
                batch.insert(keys::unshared(zone), shared.db.encode(unshared)?);
            }
            shared.db.write(batch)?;
            let marks = marks.iter().cloned();
            sharing.note_unshared(marks.map(|(zone, one)| (zone, Some(one))).collect());
        }
        shared.db.sync()?;
        Ok(marks.len())
    }
}
