//! Compares all zones with those of the ledger: after an absence that was longer than the ledger remembers.

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

/// Takes over all that is newer in the ledger. An error: this node has something newer, or could not compare; nothing
/// is lost.
pub(super) async fn catch_up(cluster: &Cluster) -> Result<(), String> {
    let inner = &cluster.inner;
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    let (moment, stamps) = inner
        .ledger
        .stamps(ZONES)
        .await
        .map_err(|error| failed(&error))?;
    let store = inner.store.clone();
    let differences = blocking(move || store.differences(&stamps)).await;
    let differences = differences.map_err(|error| failed(&error))?;
    if !differences.newer_here.is_empty() {
        let all = &differences.newer_here;
        let named: Vec<_> = all.iter().take(NAMED).map(ToString::to_string).collect();
        return Err(format!(
            "the engine has lost something: this node has {} newer than it, such as {}",
            counted(all.len(), "zone"),
            named.join(", ")
        ));
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
    take_tokens(cluster).await?;
    let end = News {
        documents: Vec::new(),
        cursor: moment,
    };
    inner
        .store
        .take(end)
        .await
        .map_err(|error| failed(&error))?;
    success!(
        "compared with the engine: {} taken over",
        counted(count, "zone")
    );
    Ok(())
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

/// Takes over all tokens of the ledger.
async fn take_tokens(cluster: &Cluster) -> Result<(), String> {
    let inner = &cluster.inner;
    let (pages, mut given) = mpsc::channel::<Vec<Document>>(2);
    let take = async {
        while let Some(documents) = given.recv().await {
            let cursor = Stamp::default();
            inner
                .store
                .take(News { documents, cursor })
                .await
                .map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    };
    let (listed, taken) = tokio::join!(inner.ledger.all(TOKENS, pages), take);
    listed.map_err(|error| error.to_string())?;
    taken
}
