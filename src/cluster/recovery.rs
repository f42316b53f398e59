//! What an operator decides where a node and the engine do not fit together, as after an old backup.

use std::time::Duration;

use super::membership::name;
use super::{Cluster, Joined, MembershipError, compare};
use crate::access::Principal;
use crate::blocking::blocking;
use crate::logging::{counted, warning};
use crate::store::{Author, Membership, ZONES};

/// How long an operator waits until all is shared. Less than the command line waits for an answer.
const SHARING: Duration = Duration::from_secs(45);

impl Cluster {
    /// Decides for this node where it and the engine do not fit together: what it has newer is shared.
    ///
    /// # Errors
    /// When they fit together, or the engine does not answer.
    pub async fn recover_from_here(&self) -> Result<Joined, MembershipError> {
        let _order = self.inner.order.lock().await;
        let (inner, engine) = (&self.inner, MembershipError::Engine);
        let standing = inner.store.standing().ok_or(MembershipError::Off)?;
        if standing.diverged.is_none() {
            return Err(MembershipError::NothingToRecover);
        }
        let failed = |error: crate::ledger::LedgerError| engine(error.to_string());
        let found = inner.ledger.adopt().await.map_err(failed)?;
        let cluster = match found {
            Some(found) => String::from_utf8_lossy(&found).into_owned(),
            None => {
                let name = standing
                    .membership
                    .map_or_else(name, |known| Ok(known.cluster))?;
                inner
                    .ledger
                    .found(name.clone().into())
                    .await
                    .map_err(failed)?;
                name
            }
        };
        let (_, stamps) = inner.ledger.stamps(ZONES).await.map_err(failed)?;
        let shared = inner.store.share_newer(stamps).await?;
        let membership = Membership {
            cluster: cluster.clone(),
            cursor: 0,
        };
        inner.store.join(membership, false).await?;
        inner.store.set_diverged(None);
        let caught_up = compare::catch_up(self, true).await;
        caught_up.map_err(|why| engine(why.to_string()))?;
        inner.decided.notify_waiters();
        self.until_shared().await;
        warning!(
            "recovered from this node: {} newer here to be shared",
            counted(shared, "zone")
        );
        Ok(Joined {
            cluster,
            taken: 0,
            shared,
        })
    }

    /// Decides for the engine where it and this node do not fit together: what this node has newer becomes as the
    /// engine has it, and what the engine does not have is removed.
    ///
    /// # Errors
    /// When they fit together, or the engine does not answer.
    pub async fn recover_from_engine(&self, by: Principal) -> Result<Joined, MembershipError> {
        let _order = self.inner.order.lock().await;
        let (inner, engine) = (&self.inner, MembershipError::Engine);
        let standing = inner.store.standing().ok_or(MembershipError::Off)?;
        if standing.diverged.is_none() {
            return Err(MembershipError::NothingToRecover);
        }
        let failed = |error: crate::ledger::LedgerError| engine(error.to_string());
        let found = inner.ledger.adopt().await.map_err(failed)?;
        let cluster = found.ok_or(MembershipError::NotFounded)?;
        let cluster = String::from_utf8_lossy(&cluster).into_owned();
        let (_, stamps) = inner.ledger.stamps(ZONES).await.map_err(failed)?;
        let newer = inner.store.give_up_newer(stamps).await?;
        let membership = Membership {
            cluster: cluster.clone(),
            cursor: 0,
        };
        inner.store.join(membership, false).await?;
        inner.store.set_diverged(None);
        if let Err(error) = self.be_like_the_engine(by).await {
            // So that it can be ordered again.
            let why = format!("recovering from the engine broke off ({error}): order it again");
            inner.store.set_diverged(Some(why));
            return Err(error);
        }
        inner.decided.notify_waiters();
        warning!(
            "recovered from the engine: {} newer here given up",
            counted(newer.len(), "zone")
        );
        Ok(Joined {
            cluster,
            taken: newer.len(),
            shared: 0,
        })
    }

    /// Takes over all that the engine has, and removes what it does not have.
    async fn be_like_the_engine(&self, by: Principal) -> Result<(), MembershipError> {
        let caught_up = compare::catch_up(self, true).await;
        caught_up.map_err(|why| MembershipError::Engine(why.to_string()))?;
        let store = self.inner.store.clone();
        let gone = blocking(move || store.unknown_to_ledger()).await?;
        for zone in gone {
            let author = Author::new(by.clone());
            self.inner.store.remove(author, zone).await?;
        }
        Ok(())
    }

    /// Waits until all is shared, or for as long as an operator may wait: whoever takes the engine's side next would
    /// lose what is not.
    async fn until_shared(&self) {
        let store = &self.inner.store;
        let shared = async {
            while store
                .standing()
                .is_some_and(|standing| standing.unshared > 0)
            {
                tokio::select! {
                    () = store.shared_more() => {}
                    () = tokio::time::sleep(Duration::from_millis(200)) => {}
                }
            }
        };
        if tokio::time::timeout(SHARING, shared).await.is_err() {
            warning!(
                "not all zones are shared yet: wait for that before another node recovers from the engine"
            );
        }
    }
}
