//! Brings here what other nodes wrote.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Cluster, compare};
use crate::blocking::blocking;
use crate::ledger::{FollowError, News, Remembered, Stamp};
use crate::logging::{debug, error, info, success, warning};
use crate::store::{Membership, StoreError};

/// How long to wait after something that another try may not help.
const PAUSE: Duration = Duration::from_secs(2);

/// How many pieces of news may wait for the disk.
const WAITING: usize = 4;

/// Follows the ledger until `stop`.
pub async fn follow(cluster: Cluster, stop: CancellationToken) {
    let follow = async {
        let mut told = String::new();
        // Once the engine is known to have what this node has, the ledger finds out whether it is still so.
        let mut begun = false;
        loop {
            let decided = cluster.inner.decided.notified();
            let standing = cluster.inner.store.standing();
            let Some(membership) = standing.and_then(|standing| standing.membership) else {
                cluster.wait_to_join(&mut told).await;
                continue;
            };
            let (tell, ended) = match cluster.follow_once(membership, &mut begun).await {
                Ended::Again => continue,
                // It has left.
                Ended::Disk(_) if !cluster.inner.store.is_member() => continue,
                Ended::Disk(error) => (error.to_string(), false),
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
    /// This node could not take it.
    Disk(StoreError),
    /// This node and the ledger do not fit together.
    Diverged(String),
}

impl Cluster {
    async fn follow_once(&self, membership: Membership, begun: &mut bool) -> Ended {
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
            if let Err(why) = compare::catch_up(self).await {
                return Ended::Diverged(why);
            }
            *begun = true;
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
        let follow = async {
            match self.begin(Stamp(membership.cursor), begun).await {
                Ok(cursor) => inner.ledger.follow(cursor, news).await,
                Err(ended) => ended,
            }
        };
        let ended = tokio::select! {
            ended = follow => ended,
            error = take => return Ended::Disk(error),
            // Found by a change that was refused there.
            () = inner.store.until_diverged() => return Ended::Again,
        };
        match ended {
            FollowError::Forgotten(_) => info!("{ended}"),
            FollowError::Behind { .. } | FollowError::Restored(_) => {
                warning!("{ended}: everything is compared");
            }
            FollowError::Other { .. } => return Ended::Diverged(ended.to_string()),
            FollowError::Closed => return Ended::Again,
        }
        match compare::catch_up(self).await {
            Ok(()) => {
                *begun = true;
                Ended::Again
            }
            Err(why) => Ended::Diverged(why),
        }
    }

    /// Where to begin, after a start, so that nothing is left out: a backup may have been restored meanwhile, and the
    /// engine have counted on. What it has of before the last write here, this node has as well; what came later is
    /// read again.
    async fn begin(&self, cursor: Stamp, begun: &mut bool) -> Result<Stamp, FollowError> {
        if *begun {
            return Ok(cursor);
        }
        let store = self.inner.store.clone();
        let last = match blocking(move || store.last_written()).await {
            Ok(last) => last,
            Err(error) => {
                debug!("{error}: all is compared");
                return Err(FollowError::Forgotten(cursor));
            }
        };
        let Some((name, stamp)) = last else {
            *begun = true;
            return Ok(Stamp::default());
        };
        loop {
            match self.inner.ledger.remembers(&name, stamp).await {
                Ok(Remembered::Yes) => {
                    *begun = true;
                    return Ok(stamp.min(cursor));
                }
                Ok(Remembered::No) => return Err(FollowError::Restored(stamp)),
                Ok(Remembered::Forgotten) => return Err(FollowError::Forgotten(stamp)),
                // It is told by whoever watches the engine.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}
