//! A node that is cut off for too long stops answering, where the operator wants that.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Cluster;
use crate::logging::{error, success};

/// How often it is looked.
const PAUSE: Duration = Duration::from_secs(1);

/// Says to `tell` whether the zones of this node are too old to be served, until `stop`: once it was cut off for
/// `after`.
pub async fn stale(
    cluster: Cluster,
    after: Duration,
    tell: impl Fn(bool) + Send,
    stop: CancellationToken,
) {
    let longest = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
    let mut is_stale = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        let standing = cluster.inner.store.standing();
        let outage = standing.and_then(|standing| standing.outage);
        let since = outage.map(|outage| Timestamp::now().duration_since(outage.since));
        let now = since.is_some_and(|since| since > longest);
        if now == is_stale {
            continue;
        }
        match now {
            true => error!(
                "cut off from the cluster for more than {} s (cluster.stale_after): the built-in server answers \
                 SERVFAIL until this node follows again",
                after.as_secs()
            ),
            false => success!("this node follows the cluster again: the built-in server answers"),
        }
        tell(now);
        is_stale = now;
    }
}
