//! The cluster that this node belongs to, and what it has seen of it.

use serde::{Deserialize, Serialize};

use super::Unshared;
use crate::engine::Batch;
use crate::ledger::Stamp;
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
    /// It goes on alone.
    Leave,
}

impl Db {
    pub fn membership(&self) -> Result<Option<Membership>, StoreError> {
        self.value(keys::CLUSTER.to_vec(), || {
            "the cluster of this node".to_owned()
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
                let mut batch = Batch::default();
                // A member that joins anew was restored, or the engine was: where tokens stood there means nothing now,
                // and what was revoked stays so.
                if sharing.is_member() {
                    for name in shared.db.stamped_tokens()? {
                        batch.remove(keys::token_stamp(&name));
                        if !shared.tokens.has(&name) {
                            batch.insert(keys::revoked(&name), []);
                        }
                    }
                }
                batch.insert(keys::CLUSTER, shared.db.encode(&membership)?);
                shared.db.write(batch)?;
                shared.db.sync()?;
                *sharing.membership.lock() = Some(membership);
            }
            Join::Leave => {
                let mut batch = Batch::default();
                batch.remove(keys::CLUSTER);
                for zone in shared.db.unshared()?.into_keys() {
                    batch.remove(keys::unshared(&zone));
                }
                // What is revoked here stays so; nobody else has to hear of it.
                for name in shared.db.revoked_tokens()? {
                    batch.remove(keys::revoked(&name));
                }
                // Stamps of another cluster would mean something else.
                for found in shared.db.stamps() {
                    let (zone, _) = found?;
                    batch.remove(keys::stamp(&zone));
                }
                for name in shared.db.stamped_tokens()? {
                    batch.remove(keys::token_stamp(&name));
                }
                shared.db.write(batch)?;
                shared.db.sync()?;
                *sharing.membership.lock() = None;
                sharing.diverged.send_replace(None);
                sharing.unshared.lock().clear();
            }
        }
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
