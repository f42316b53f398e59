//! Brings here what other nodes wrote.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::compare::Missed;
use super::{Cluster, compare};
use crate::ledger::{FollowError, News, Stamp};
use crate::logging::{error, info, success, warning};
use crate::store::{Membership, StoreError};

/// How long to wait after something that another try may not help.
const PAUSE: Duration = Duration::from_secs(2);

/// How many pieces of news may wait for the disk.
const WAITING: usize = 4;

/// Follows the ledger until `stop`.
pub async fn follow(cluster: Cluster, stop: CancellationToken) {
    let follow = async {
        let mut told = String::new();
        loop {
            let decided = cluster.inner.decided.notified();
            let standing = cluster.inner.store.standing();
            let Some(membership) = standing.and_then(|standing| standing.membership) else {
                cluster.wait_to_join(&mut told).await;
                continue;
            };
            let (tell, ended) = match cluster.follow_once(membership).await {
                Ended::Again => continue,
                // It has left.
                Ended::Failed(_) if !cluster.inner.store.is_member() => continue,
                Ended::Failed(why) => (why, false),
                Ended::Diverged(why) => (why, true),
            };
            if ended {
                cluster.inner.store.set_diverged(Some(tell.clone()));
            }
            if told != tell {
                match ended {
                    true => error!(
                        "{tell}; this node serves on, and shares nothing until an operator decides (dadns cluster \
                         status, dadns cluster recover)"
                    ),
                    false => {
                        error!("what other nodes wrote cannot be taken over: {tell}; tried again")
                    }
                }
                told = tell;
            }
            tokio::select! {
                () = decided => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = follow => {}
    }
}

/// Why following ended.
enum Ended {
    /// It can go on at once.
    Again,
    /// What others wrote could not be taken, or not be compared.
    Failed(String),
    /// This node and the ledger do not fit together.
    Diverged(String),
}

impl From<Missed> for Ended {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Newer(why) => Self::Diverged(why),
            Missed::Failed(why) => Self::Failed(why),
        }
    }
}

impl Cluster {
    async fn follow_once(&self, membership: Membership) -> Ended {
        let inner = &self.inner;
        match inner.ledger.cluster().await {
            Err(_) => {
                // It is told by whoever watches the engine.
                tokio::time::sleep(PAUSE).await;
                return Ended::Again;
            }
            Ok(found) => {
                let found = found.map(|found| String::from_utf8_lossy(&found).into_owned());
                let found = found.unwrap_or_default();
                if found != membership.cluster {
                    let known = membership.cluster;
                    return Ended::Diverged(FollowError::Other { found, known }.to_string());
                }
            }
        }
        // It is not enough that the engine has come to count further than this node has seen.
        let standing = inner.store.standing();
        if standing.is_some_and(|standing| standing.diverged.is_some()) {
            if let Err(missed) = compare::catch_up(self, true).await {
                return missed.into();
            }
            inner.store.set_diverged(None);
            success!("this node and the engine fit together again");
            return Ended::Again;
        }
        let (news, mut given) = mpsc::channel::<News>(WAITING);
        let take = async {
            while let Some(news) = given.recv().await {
                if let Err(error) = inner.store.take(news).await {
                    return error;
                }
            }
            StoreError::Stopped
        };
        let (cursor, last) = (Stamp(membership.cursor), inner.store.landmark());
        let ended = tokio::select! {
            ended = inner.ledger.follow(cursor, last, news) => ended,
            error = take => return Ended::Failed(error.to_string()),
            // Found by a change that was refused there.
            () = inner.store.until_diverged() => return Ended::Again,
        };
        let restored = match ended {
            FollowError::Forgotten(_) => false,
            FollowError::Behind { .. } | FollowError::Restored(_) => true,
            FollowError::Other { .. } => return Ended::Diverged(ended.to_string()),
            FollowError::Closed => return Ended::Again,
        };
        match compare::catch_up(self, restored).await {
            Ok(()) if restored => {
                warning!("{ended}, and has all that this node has");
                Ended::Again
            }
            Ok(()) => {
                info!("{ended}");
                Ended::Again
            }
            Err(Missed::Failed(why)) => Ended::Failed(format!("{ended}; {why}")),
            Err(missed) => missed.into(),
        }
    }
}
