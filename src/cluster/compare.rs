//! Compares all zones with those of the ledger: after an absence that was longer than the ledger remembers, or after the
//! ledger was put back to what it was before.

use dadns_zone::ZoneName;
use tokio::sync::mpsc;

use super::Cluster;
use crate::blocking::blocking;
use crate::ledger::{Document, News, Stamp};
use crate::logging::{counted, success};
use crate::store::{TOKENS, ZONES};

/// How many documents are asked for at once.
const AT_ONCE: usize = 500;

/// How many of the zones that are told of are named.
const NAMED: usize = 10;

/// Why this node has not caught up. Nothing is lost by that.
#[derive(Debug, thiserror::Error)]
pub(super) enum Missed {
    /// It has zones that are newer than those of the ledger.
    #[error("{0}")]
    Newer(String),
    /// The ledger, or the store, cannot be asked at the moment.
    #[error("{0}")]
    Failed(String),
}

/// Takes over all that is newer in the ledger. `restored`: it was put back to what it was before.
pub(super) async fn catch_up(cluster: &Cluster, restored: bool) -> Result<(), Missed> {
    let inner = &cluster.inner;
    let failed = |error: &dyn std::fmt::Display| Missed::Failed(error.to_string());
    let (moment, stamps) = inner
        .ledger
        .stamps(ZONES)
        .await
        .map_err(|error| failed(&error))?;
    let store = inner.store.clone();
    let differences = blocking(move || store.differences(&stamps)).await;
    let differences = differences.map_err(|error| failed(&error))?;
    let newer = still_newer(cluster, differences.newer_here).await;
    let newer = newer.map_err(Missed::Failed)?;
    if !newer.is_empty() {
        let all = &newer;
        let named: Vec<_> = all.iter().take(NAMED).map(ToString::to_string).collect();
        return Err(Missed::Newer(format!(
            "the engine has lost something, as one that was restored from an old backup: this node has {} newer than it, \
             such as {}",
            counted(all.len(), "zone"),
            named.join(", ")
        )));
    }
    let count = differences.newer_there.len();
    for names in differences.newer_there.chunks(AT_ONCE) {
        let found = inner
            .ledger
            .fetch(names)
            .await
            .map_err(|error| failed(&error))?;
        let news = News {
            documents: found.into_iter().flatten().collect(),
            cursor: Stamp::default(),
        };
        inner
            .store
            .take(news)
            .await
            .map_err(|error| failed(&error))?;
    }
    let tokens = take_tokens(cluster).await.map_err(Missed::Failed)?;
    let store = inner.store.clone();
    let misses = blocking(move || store.misses_tokens(&tokens)).await;
    let restored = restored || misses.map_err(|error| failed(&error))?;
    let caught_up = inner.store.caught_up(moment, restored).await;
    caught_up.map_err(|error| failed(&error))?;
    success!(
        "compared with the engine: {} taken over",
        counted(count, "zone")
    );
    Ok(())
}

/// Those of the zones that are newer here still: others came here by the feed while the engine was asked.
async fn still_newer(cluster: &Cluster, zones: Vec<ZoneName>) -> Result<Vec<ZoneName>, String> {
    let inner = &cluster.inner;
    let mut newer = Vec::new();
    for zones in zones.chunks(AT_ONCE) {
        let names: Vec<_> = zones.iter().map(|zone| format!("{ZONES}{zone}")).collect();
        let found = inner.ledger.fetch(&names).await;
        let found = found.map_err(|error| error.to_string())?;
        for (zone, found) in zones.iter().zip(found) {
            let here = inner.store.stamp(zone).map_err(|error| error.to_string())?;
            let there = found.map_or(Stamp::default(), |document| document.stamp);
            if here > there {
                newer.push(zone.clone());
            }
        }
    }
    Ok(newer)
}

/// Takes over all zones of the ledger, for a node that joins.
pub(super) async fn fill(cluster: &Cluster) -> Result<usize, String> {
    let inner = &cluster.inner;
    let (pages, mut given) = mpsc::channel::<Vec<Document>>(2);
    let take = async {
        let mut count = 0;
        while let Some(documents) = given.recv().await {
            count += documents.len();
            let news = News {
                documents,
                cursor: Stamp::default(),
            };
            inner
                .store
                .take(news)
                .await
                .map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(count)
    };
    let (moment, count) = tokio::join!(inner.ledger.all(ZONES, pages), take);
    let (moment, count) = (moment.map_err(|error| error.to_string())?, count?);
    take_tokens(cluster).await?;
    let end = News {
        documents: Vec::new(),
        cursor: moment,
    };
    let end = inner.store.take(end).await;
    end.map_err(|error| error.to_string())?;
    Ok(count)
}

/// Takes over all tokens of the ledger. Says at which stamps it has them.
async fn take_tokens(cluster: &Cluster) -> Result<Vec<(String, Stamp)>, String> {
    let inner = &cluster.inner;
    let (pages, mut given) = mpsc::channel::<Vec<Document>>(2);
    let take = async {
        let mut stamps = Vec::new();
        while let Some(documents) = given.recv().await {
            let named = documents.iter();
            stamps.extend(named.map(|document| (document.name.clone(), document.stamp)));
            let cursor = Stamp::default();
            inner
                .store
                .take(News { documents, cursor })
                .await
                .map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(stamps)
    };
    let (listed, taken) = tokio::join!(inner.ledger.all(TOKENS, pages), take);
    listed.map_err(|error| error.to_string())?;
    taken
}
