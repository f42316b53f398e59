//! Brings changes to the ledger.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::Cluster;
use crate::ledger::Write;
use crate::store::Landed;

/// How long the outcome of a write is looked for. Longer than a change of leader takes; whoever pushes waits for it.
const LIMIT: Duration = Duration::from_secs(5);

/// Brings what leaves the store to the ledger, and tells the store what came of it, until `stop`.
pub async fn carry(cluster: Cluster, stop: CancellationToken) {
    let store = &cluster.inner.store;
    let Some(mut leaving) = store.leaving() else {
        return stop.cancelled().await;
    };
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(writes) = leaving.recv() => under_way.push(bring(&cluster, writes)),
            Some(landed) = under_way.next() => {
                if store.landed(landed).is_err() {
                    // `app` has been told by the store and is about to stop everything.
                    return stop.cancelled().await;
                }
            }
            else => return stop.cancelled().await,
        }
    }
}

async fn bring(cluster: &Cluster, writes: Vec<Write>) -> Vec<Landed> {
    let names: Vec<_> = writes
        .iter()
        .map(|write| (write.name.clone(), write.id))
        .collect();
    let outcomes = cluster.inner.ledger.commit(writes, LIMIT).await;
    let landed = names.into_iter().zip(outcomes);
    landed
        .map(|((name, id), outcome)| Landed { name, id, outcome })
        .collect()
}
