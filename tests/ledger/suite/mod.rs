//! What every ledger has to do. Each function takes an engine that is empty; `another` gives a handle of another
//! node.

pub mod documents;
pub mod feed;
pub mod notes;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dadns::ledger::{Document, Landmark, Ledger, News, Refused, Stamp, Write};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long a write may take.
pub const LIMIT: Duration = Duration::from_secs(20);

/// How long a follower is waited for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An engine that a test has for itself, and what the suite cannot do by the trait.
#[async_trait::async_trait]
pub trait Engine {
    /// A handle of a node of its own.
    async fn node(&self) -> Arc<dyn Ledger>;
    /// Has it forget what was written before.
    async fn forget_before(&self, stamp: Stamp);
    /// Lets so many seconds pass for leases, and perhaps one more.
    async fn pass(&self, seconds: u64);
    /// Removes a document as an operator might.
    async fn remove_by_hand(&self, name: &str);
}

/// A write with an id of its own.
pub fn write(name: &str, seen: Stamp, value: impl Into<Bytes>) -> Write {
    let mut id = [0; 16];
    fastrand::fill(&mut id);
    Write {
        name: name.into(),
        seen,
        id,
        value: Some(value.into()),
    }
}

/// Writes one document.
pub async fn put(
    ledger: &dyn Ledger,
    name: &str,
    seen: Stamp,
    value: &str,
) -> Result<Stamp, Refused> {
    let one = write(name, seen, value.to_owned());
    let results = ledger.commit(vec![one], LIMIT).await;
    results.into_iter().next().unwrap()
}

/// One document as it stands.
pub async fn get(ledger: &dyn Ledger, name: &str) -> Option<Document> {
    let found = ledger.fetch(&[name.to_owned()]).await.unwrap();
    found.into_iter().next().unwrap()
}

/// A node of a cluster that was just made.
pub async fn founded(engine: &dyn Engine) -> Arc<dyn Ledger> {
    let node = engine.node().await;
    assert!(
        node.found(Bytes::from_static(b"the cluster"))
            .await
            .unwrap()
    );
    node
}

/// Whoever follows, and what it is given.
pub struct Follower {
    pub news: mpsc::Receiver<News>,
    pub task: JoinHandle<dadns::ledger::FollowError>,
    pub cursor: Stamp,
}

impl Follower {
    pub fn of(ledger: &Arc<dyn Ledger>, cursor: Stamp) -> Self {
        Self::after(ledger, cursor, None)
    }

    /// One that was given this document last.
    pub fn after(ledger: &Arc<dyn Ledger>, cursor: Stamp, last: Option<Landmark>) -> Self {
        let (sender, news) = mpsc::channel(4);
        let ledger = Arc::clone(ledger);
        let from = last.as_ref().map_or(cursor, |last| last.stamp);
        let task = tokio::spawn(async move { ledger.follow(cursor, last, sender).await });
        Self {
            news,
            task,
            cursor: from,
        }
    }

    /// All documents up to a stamp, in their order.
    pub async fn until(&mut self, stamp: Stamp) -> Vec<Document> {
        let mut all = Vec::new();
        while self.cursor < stamp {
            let news = tokio::time::timeout(PATIENCE, self.news.recv()).await;
            let news = news.expect("news in time").expect("it goes on");
            assert!(news.cursor >= self.cursor, "the cursor goes on");
            for document in &news.documents {
                assert!(document.stamp > self.cursor, "nothing comes twice");
                assert!(document.stamp <= news.cursor);
            }
            self.cursor = news.cursor;
            all.extend(news.documents);
        }
        assert!(all.is_sorted_by_key(|document| document.stamp));
        all
    }

    /// Why it ended.
    pub async fn end(mut self) -> dadns::ledger::FollowError {
        let ended = async {
            while self.news.recv().await.is_some() {}
            self.task.await.unwrap()
        };
        tokio::time::timeout(PATIENCE, ended)
            .await
            .expect("it ends in time")
    }
}
