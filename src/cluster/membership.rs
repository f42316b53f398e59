//! How a node comes to belong to a cluster, and leaves it again.

use std::fmt;
use std::time::Duration;

use dadns_zone::ZoneName;
use tokio::sync::mpsc;

use super::{Cluster, compare};
use crate::blocking::blocking;
use crate::ledger::Document;
use crate::logging::{counted, info, success, warning};
use crate::store::{Comparison, Membership, StoreError, ZONES};

/// How often a node that may join by itself looks whether there is a cluster.
const LOOK: Duration = Duration::from_secs(2);

/// What a node does with differences when it joins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Zones that differ become as the engine has them.
    pub take_theirs: bool,
    /// Zones that the engine does not have are shared.
    pub share_ours: bool,
}

/// What joining came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The cluster.
    pub cluster: String,
    /// How many zones were taken over from the engine.
    pub taken: usize,
    /// How many are shared next.
    pub shared: usize,
}

/// Why a node did not join or leave.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MembershipError {
    /// There is nothing to belong to.
    #[error("cluster.engine is none: set it to etcd, name cluster.endpoints and start dadns again")]
    Off,
    /// The engine does not answer.
    #[error("the engine cannot be asked: {0}")]
    Engine(String),
    /// There is a cluster already.
    #[error("the engine holds a cluster already ({0}): join it with dadns cluster join")]
    Founded(String),
    /// There is none yet.
    #[error(
        "the engine holds no cluster yet: make one with dadns cluster init on the node whose zones are to be shared"
    )]
    NotFounded,
    /// This node belongs to a cluster already.
    #[error("this node belongs to cluster {0} already")]
    Member(String),
    /// This node belongs to none.
    #[error("this node belongs to no cluster")]
    NotMember,
    /// Zones differ.
    #[error("{0}")]
    Differ(Differ),
    /// There is nothing to decide.
    #[error("this node and the engine fit together: there is nothing to recover")]
    NothingToRecover,
    /// The store cannot do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How the zones of a node differ from those of the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differ {
    /// Zones that both have, and not alike.
    pub other: Vec<ZoneName>,
    /// Zones that only this node has.
    pub ours: Vec<ZoneName>,
}

impl fmt::Display for Differ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |zones: &[ZoneName]| {
            let named: Vec<_> = zones.iter().take(10).map(ToString::to_string).collect();
            let more = zones.len().saturating_sub(10);
            match more {
                0 => named.join(", "),
                more => format!("{} and {more} more", named.join(", ")),
            }
        };
        f.write_str("this node does not have the zones of the cluster, so that it does not join:")?;
        if !self.other.is_empty() {
            let (count, shown) = (counted(self.other.len(), "zone"), shown(&self.other));
            write!(f, " {count} differ ({shown}): --take-theirs replaces them;")?;
        }
        if !self.ours.is_empty() {
            let (count, shown) = (counted(self.ours.len(), "zone"), shown(&self.ours));
            write!(
                f,
                " {count} only here ({shown}): --share-ours gives them to all;"
            )?;
        }
        f.write_str(" nothing was changed")
    }
}

impl Cluster {
    /// Makes a cluster of all that this node has.
    ///
    /// # Errors
    /// When there is one already, or the engine does not answer.
    pub async fn init(&self) -> Result<Joined, MembershipError> {
        let _order = self.inner.order.lock().await;
        let inner = &self.inner;
        if let Some(membership) = self.membership() {
            return Err(MembershipError::Member(membership.cluster));
        }
        let name = name()?;
        let engine = |error: crate::ledger::LedgerError| MembershipError::Engine(error.to_string());
        if !inner
            .ledger
            .found(name.clone().into())
            .await
            .map_err(engine)?
        {
            let found = inner
                .ledger
                .cluster()
                .await
                .map_err(engine)?
                .unwrap_or_default();
            return Err(MembershipError::Founded(
                String::from_utf8_lossy(&found).into_owned(),
            ));
        }
        let membership = Membership {
            cluster: name.clone(),
            cursor: 0,
        };
        inner.store.join(membership, true).await?;
        inner.decided.notify_waiters();
        let shared = inner
            .store
            .standing()
            .map_or(0, |standing| standing.unshared);
        success!(
            "cluster {name} is made; {} to be shared",
            counted(shared, "zone")
        );
        Ok(Joined {
            cluster: name,
            taken: 0,
            shared,
        })
    }

    /// Joins the cluster that the engine holds.
    ///
    /// # Errors
    /// When there is none, or this node has other zones and `how` does not say what becomes of them.
    pub async fn join(&self, how: Recovery) -> Result<Joined, MembershipError> {
        let _order = self.inner.order.lock().await;
        let inner = &self.inner;
        if let Some(membership) = self.membership() {
            return Err(MembershipError::Member(membership.cluster));
        }
        let engine = |error: &dyn fmt::Display| MembershipError::Engine(error.to_string());
        let found = inner.ledger.adopt().await.map_err(|error| engine(&error))?;
        let cluster = found.ok_or(MembershipError::NotFounded)?;
        let cluster = String::from_utf8_lossy(&cluster).into_owned();
        let differ = self.compare().await?;
        let refused = (!differ.other.is_empty() && !how.take_theirs)
            || (!differ.ours.is_empty() && !how.share_ours);
        if refused {
            return Err(MembershipError::Differ(differ));
        }
        let membership = Membership {
            cluster: cluster.clone(),
            cursor: 0,
        };
        // First: should it break off, they are shared all the same.
        let ours = inner.store.share_zones(differ.ours).await?;
        // Then: what this node accepts meanwhile is a change of what it takes over.
        inner.store.join(membership, false).await?;
        let taken = compare::fill(self).await;
        let taken = taken.map_err(MembershipError::Engine)?;
        // Those that came while it joined, too.
        let store = inner.store.clone();
        let late = blocking(move || store.unknown_to_ledger()).await?;
        let shared = ours + inner.store.share_zones(late).await?;
        inner.decided.notify_waiters();
        success!(
            "joined cluster {cluster}: {} taken over",
            counted(taken, "zone")
        );
        Ok(Joined {
            cluster,
            taken,
            shared,
        })
    }

    /// Goes on alone, with all zones that this node has.
    ///
    /// # Errors
    /// When it belongs to no cluster.
    pub async fn leave(&self) -> Result<String, MembershipError> {
        let _order = self.inner.order.lock().await;
        let inner = &self.inner;
        let membership = self.membership().ok_or(MembershipError::NotMember)?;
        inner.store.leave().await?;
        inner.decided.notify_waiters();
        let node = &inner.node.name;
        let own = inner.store.backends();
        let own = own.map(|backend| format!("p/{node}/{backend}"));
        for note in own.chain([format!("k/{node}"), format!("n/{node}")]) {
            if let Err(error) = inner.ledger.forget(&note).await {
                info!("the engine still lists this node: {error}");
            }
        }
        warning!(
            "left cluster {}: this node goes on alone, with all its zones; what the others do is theirs",
            membership.cluster
        );
        Ok(membership.cluster)
    }

    /// The cluster that this node belongs to.
    pub(super) fn membership(&self) -> Option<Membership> {
        self.inner.store.standing()?.membership
    }

    /// Compares the zones here with those of the engine.
    async fn compare(&self) -> Result<Differ, MembershipError> {
        let inner = &self.inner;
        let (pages, mut given) = mpsc::channel::<Vec<Document>>(2);
        let compare = async {
            let mut comparison = Comparison::default();
            while let Some(documents) = given.recv().await {
                let store = inner.store.clone();
                comparison = blocking(move || {
                    store.compare(&mut comparison, &documents)?;
                    Ok::<_, StoreError>(comparison)
                })
                .await?;
            }
            let store = inner.store.clone();
            blocking(move || store.compared(comparison)).await
        };
        let (listed, compared) = tokio::join!(inner.ledger.all(ZONES, pages), compare);
        listed.map_err(|error| MembershipError::Engine(error.to_string()))?;
        let (other, ours) = compared?;
        Ok(Differ { other, ours })
    }

    /// Waits until this node belongs to a cluster. One without zones joins by itself.
    pub(super) async fn wait_to_join(&self, told: &mut String) {
        let inner = &self.inner;
        let decided = inner.decided.notified();
        let is_empty = inner.store.zone_count() == 0;
        let say = match inner.ledger.cluster().await {
            Ok(Some(_)) if is_empty => match self.join(Recovery::default()).await {
                Ok(_) => return,
                Err(error) => format!("this node does not join: {error}"),
            },
            Ok(Some(cluster)) => format!(
                "the engine holds cluster {}, to which this node does not belong: it goes on alone until dadns cluster \
                 join",
                String::from_utf8_lossy(&cluster)
            ),
            Ok(None) => MembershipError::NotFounded.to_string(),
            Err(_) => String::new(),
        };
        if *told != say && !say.is_empty() {
            warning!("{say}");
            *told = say;
        }
        tokio::select! {
            () = decided => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// A name that no other cluster has.
pub(super) fn name() -> Result<String, StoreError> {
    let drawn = ring::rand::generate(&ring::rand::SystemRandom::new());
    let drawn: ring::rand::Random<[u8; 8]> = drawn.map_err(|_| StoreError::Write {
        cause: "the system has no random numbers".into(),
    })?;
    Ok(format!("{:016x}", u64::from_be_bytes(drawn.expose())))
}
