//! Says when the engine of the cluster does not answer and when it does again; and has a node that is cut off for too
//! long stop answering, where the operator wants that.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Cluster, Role};
use crate::logging::{error, success, warning};
use crate::store::ClusterStanding;

/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(500);

/// What is done about an outage.
pub struct Outages<T> {
    /// After how long the zones of this node are too old to be served; zero: never.
    pub stale_after: Duration,
    /// Whether changes are kept here meanwhile; otherwise they are refused.
    pub spools: bool,
    /// Is told whether the zones are too old to be served.
    pub tell: T,
}

/// Watches the engine until `stop`.
pub async fn outages<T: Fn(bool) + Send>(
    cluster: Cluster,
    outages: Outages<T>,
    stop: CancellationToken,
) {
    let longest = SignedDuration::try_from(outages.stale_after).unwrap_or(SignedDuration::MAX);
    let (mut told, mut is_stale) = (None, false);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        let standing = cluster.inner.store.standing();
        let outage = standing.and_then(|ClusterStanding { outage, .. }| outage);
        match (&outage, told) {
            (Some(outage), None) => {
                let then = match (cluster.inner.node.role, outages.spools) {
                    (Role::Edge, _) => "this node serves what it has",
                    (Role::Full, true) => {
                        "changes are kept and served on this node, and shared when it answers again"
                    }
                    (Role::Full, false) => {
                        "changes are refused until it answers (cluster.without_quorum: refuse)"
                    }
                };
                warning!(
                    "the engine of the cluster does not answer: {}; {then}",
                    outage.cause
                );
                told = Some(outage.since);
            }
            (None, Some(since)) => {
                let seconds = Timestamp::now().duration_since(since).as_secs();
                success!("the engine of the cluster answers again after {seconds} s");
                told = None;
            }
            _ => {}
        }
        let age = outage.map(|outage| Timestamp::now().duration_since(outage.since));
        let now = !longest.is_zero() && age.is_some_and(|age| age > longest);
        if now == is_stale {
            continue;
        }
        match now {
            true => error!(
                "cut off from the cluster for more than {} s (cluster.stale_after): the built-in server answers \
                 SERVFAIL until this node follows again",
                longest.as_secs()
            ),
            false => success!("this node follows the cluster again: the built-in server answers"),
        }
        (outages.tell)(now);
        is_stale = now;
    }
}
