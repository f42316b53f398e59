//! Removes pieces of large zones that no zone names any more: what a change replaced, or an attempt left behind.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Cluster;
use crate::logging::{counted, debug, info};

/// How often. Several nodes may do it at once.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// So long pieces stay: longer than anybody takes to write the zone that names them.
const AGE: Duration = Duration::from_secs(60 * 60);

/// Sweeps until `stop`.
pub async fn sweep(cluster: Cluster, stop: CancellationToken) {
    let work = async {
        loop {
            tokio::time::sleep(PAUSE).await;
            if !cluster.inner.store.is_member() {
                continue;
            }
            match cluster.inner.ledger.sweep(AGE).await {
                Ok(0) => {}
                Ok(count) => info!(
                    "removed {} of large zones from the engine that no zone names any more",
                    counted(count, "piece")
                ),
                // Whoever watches the engine tells of it.
                Err(error) => debug!("sweeping the engine: {error}"),
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}
