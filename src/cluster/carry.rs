//! Brings changes to the ledger.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::Cluster;
use crate::ledger::{SLOWEST, Write};
use crate::store::Landed;

/// How long the answer to a write is looked for. Longer than a change of leader takes; whoever pushes waits for it.
const LIMIT: Duration = Duration::from_secs(5);

/// Brings what leaves the store to the ledger, and tells the store what came of it. Says why it ended.
pub async fn carry(cluster: Cluster) -> String {
    let store = &cluster.inner.store;
    let Some(mut leaving) = store.leaving() else {
        return "somebody else does that".to_owned();
    };
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some(writes) = leaving.recv() => under_way.push(bring(&cluster, writes)),
            Some(landed) = under_way.next() => {
                if let Err(error) = store.landed(landed) {
                    return error.to_string();
                }
            }
            else => return "the store has stopped".to_owned(),
        }
    }
}

async fn bring(cluster: &Cluster, writes: Vec<Write>) -> Vec<Landed> {
    let names: Vec<_> = writes
        .iter()
        .map(|write| (write.name.clone(), write.id))
        .collect();
    let sizes = writes
        .iter()
        .filter_map(|write| Some(write.value.as_ref()?.len()));
    let largest = sizes.max().unwrap_or_default() as u64;
    let limit = LIMIT + Duration::from_secs(largest / u64::from(SLOWEST));
    let sent = Instant::now();
    let answers = cluster.inner.ledger.commit(writes, limit).await;
    cluster.inner.counts.answered(sent.elapsed());
    let landed = names.into_iter().zip(answers);
    landed
        .map(|((name, id), answer)| Landed { name, id, answer })
        .collect()
}
