//! A ledger in memory, for tests: one engine, a handle for each node, and what can go wrong between them.

mod staged;
mod state;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

pub use staged::{Backup, Lost};

use super::{
    Claim, Document, Fence, FollowError, Landmark, Lease, Ledger, LedgerError, Member, News, Note,
    Outage, Refused, Stamp, Write,
};
use state::{Next, State};

/// Documents of one page.
const PAGE: usize = 1000;

/// The handle of one node; a clone is the same node. [`another`](Memory::another) node shares the engine.
#[derive(Debug, Clone)]
pub struct Memory {
    engine: Arc<Engine>,
    node: Arc<Node>,
}

#[derive(Debug)]
struct Engine {
    state: Mutex<State>,
    /// Counts what followers may have to look at.
    changes: watch::Sender<u64>,
}

/// What one node knows, and what is staged for it.
#[derive(Debug)]
struct Node {
    /// The cluster it has seen, and when that was made.
    cluster: Mutex<Option<(Bytes, u64)>>,
    staged: Mutex<staged::Staged>,
    outage: watch::Sender<Option<Outage>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            engine: Arc::new(Engine {
                state: Mutex::default(),
                changes: watch::Sender::default(),
            }),
            node: Arc::default(),
        }
    }
}

impl Default for Node {
    fn default() -> Self {
        Self {
            cluster: Mutex::default(),
            staged: Mutex::default(),
            outage: watch::Sender::new(None),
        }
    }
}

impl Memory {
    /// A handle of another node to the same engine.
    pub fn another(&self) -> Self {
        Self {
            engine: Arc::clone(&self.engine),
            node: Arc::default(),
        }
    }

    /// What the engine says to `f`, if this node reaches it.
    fn ask<T>(&self, what: &str, f: impl FnOnce(&mut State) -> T) -> Result<T, LedgerError> {
        if let Some(cause) = self.cut_off() {
            self.node.outage.send_modify(|outage| {
                let since = outage
                    .take()
                    .map_or_else(Timestamp::now, |known| known.since);
                let cause = cause.clone();
                *outage = Some(Outage { since, cause });
            });
            return Err(LedgerError::new(what, cause));
        }
        self.node
            .outage
            .send_if_modified(|outage| outage.take().is_some());
        Ok(f(&mut self.engine.state.lock()))
    }

    /// Has followers look again.
    fn changed(&self) {
        self.engine.changes.send_modify(|count| *count += 1);
    }

    /// What a follower has to be told next.
    fn next(&self, cursor: Stamp, last: Option<&Landmark>, first: bool) -> Next {
        let known = self.node.cluster.lock().clone();
        let next = self.ask("follow", |state| {
            state.next(cursor, known.as_ref(), last, first)
        });
        next.unwrap_or(Next::Nothing)
    }

    /// The cluster that this node belongs to, and when it was made.
    fn belongs(&self) -> Result<(Bytes, u64), Refused> {
        let found = self.ask("read the cluster", |state| state.cluster.clone());
        let mut known = self.node.cluster.lock();
        if known.is_none() {
            *known = found.map_err(Refused::Unavailable)?;
        }
        let none = || {
            LedgerError::new(
                "write",
                "the engine holds no cluster yet: run dadns cluster init",
            )
        };
        known.clone().ok_or_else(|| Refused::Rejected(none()))
    }

    fn try_commit(&self, writes: &[Write]) -> Result<Vec<Result<Stamp, Refused>>, Refused> {
        let cluster = self.belongs()?;
        let lost = self.node.staged.lock().lost.take();
        let unknown = || {
            Refused::Unknown(LedgerError::new(
                "write",
                "the answer was lost, as a test wants it",
            ))
        };
        if lost == Some(Lost::Request) {
            return Err(unknown());
        }
        let first = self.node.staged.lock().first.take();
        let results = self.ask("write", |state| {
            if let Some((name, value)) = first {
                state.overwrite(name, value);
            }
            state.commit(writes, &cluster)
        });
        self.changed();
        match lost {
            Some(_) => Err(unknown()),
            None => results.map_err(Refused::Unavailable),
        }
    }
}

#[async_trait]
impl Ledger for Memory {
    async fn commit(&self, writes: Vec<Write>, _limit: Duration) -> Vec<Result<Stamp, Refused>> {
        let failed = |why| writes.iter().map(|_| Err(Refused::clone(&why))).collect();
        self.try_commit(&writes).unwrap_or_else(failed)
    }

    async fn follow(
        &self,
        cursor: Stamp,
        mut last: Option<Landmark>,
        news: mpsc::Sender<News>,
    ) -> FollowError {
        let mut cursor = last.as_ref().map_or(cursor, |last| last.stamp);
        let mut changes = self.engine.changes.subscribe();
        let mut first = true;
        loop {
            changes.mark_unchanged();
            match self.next(cursor, last.as_ref(), first) {
                Next::Over(error) => return error,
                Next::News(next) => {
                    (cursor, first) = (next.cursor, false);
                    last = next.documents.last().map(Landmark::from).or(last);
                    if news.send(next).await.is_err() {
                        return FollowError::Closed;
                    }
                }
                Next::Nothing => tokio::select! {
                    _ = changes.changed() => {}
                    () = news.closed() => return FollowError::Closed,
                },
            }
        }
    }

    async fn all(
        &self,
        prefix: &str,
        pages: mpsc::Sender<Vec<Document>>,
    ) -> Result<Stamp, LedgerError> {
        let (stamp, found) = self.ask("read all documents", |state| {
            (Stamp(state.stamp), state.below(prefix))
        })?;
        for page in found.chunks(PAGE) {
            let sent = pages.send(page.to_vec()).await;
            sent.map_err(|_| LedgerError::new("read all documents", "nobody listens any more"))?;
        }
        Ok(stamp)
    }

    async fn stamps(&self, prefix: &str) -> Result<(Stamp, Vec<(String, Stamp)>), LedgerError> {
        self.ask("read the stamps", |state| {
            let found = state.below(prefix).into_iter();
            let stamps = found.map(|document| (document.name, document.stamp));
            (Stamp(state.stamp), stamps.collect())
        })
    }

    async fn fetch(&self, names: &[String]) -> Result<Vec<Option<Document>>, LedgerError> {
        self.ask("read documents", |state| {
            let found = names.iter().map(|name| state.documents.get(name).cloned());
            found.collect()
        })
    }

    async fn cluster(&self) -> Result<Option<Bytes>, LedgerError> {
        let found = self.ask("read the cluster", |state| state.cluster.clone())?;
        let mut known = self.node.cluster.lock();
        if known.is_none() {
            known.clone_from(&found);
        }
        Ok(found.map(|(cluster, _)| cluster))
    }

    async fn adopt(&self) -> Result<Option<Bytes>, LedgerError> {
        *self.node.cluster.lock() = None;
        self.cluster().await
    }

    async fn found(&self, cluster: Bytes) -> Result<bool, LedgerError> {
        let made = self.ask("make a cluster", |state| state.found(cluster))?;
        if let Some(made) = &made {
            *self.node.cluster.lock() = Some(made.clone());
        }
        self.changed();
        Ok(made.is_some())
    }

    async fn grant(&self, seconds: u32) -> Result<Lease, LedgerError> {
        self.ask("grant a lease", |state| state.grant(seconds))
    }

    async fn keep_alive(&self, lease: Lease) -> Result<bool, LedgerError> {
        self.ask("keep a lease", |state| state.keep_alive(lease))
    }

    async fn revoke(&self, lease: Lease) -> Result<(), LedgerError> {
        self.ask("end a lease", |state| state.revoke(lease))
    }

    async fn claim(&self, name: &str, lease: Lease, value: Bytes) -> Result<Claim, LedgerError> {
        self.ask("claim", |state| state.claim(name, lease, value))?
    }

    async fn note(
        &self,
        name: &str,
        value: Bytes,
        lease: Option<Lease>,
        claimed: Option<(&str, Fence)>,
    ) -> Result<bool, LedgerError> {
        let written = self.ask("write a note", |state| {
            state.note(name, value, lease, claimed)
        })?;
        self.changed();
        written
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<Note>, LedgerError> {
        self.ask("read notes", |state| state.notes_below(prefix))
    }

    fn newest(&self) -> Stamp {
        Stamp(self.engine.state.lock().stamp)
    }

    async fn forget(&self, name: &str) -> Result<(), LedgerError> {
        self.ask("remove a note", |state| state.remove_note(name))
    }

    async fn sweep(&self, _age: Duration) -> Result<usize, LedgerError> {
        // Documents are in one part here, however large.
        self.ask("sweep", |_| 0)
    }

    async fn members(&self) -> Vec<Member> {
        let asked = self.ask("status", |state| state.stamp);
        vec![Member {
            endpoint: "memory".into(),
            version: "3.6.16".into(),
            leads: asked.is_ok(),
            stamp: Stamp(*asked.as_ref().unwrap_or(&0)),
            error: asked.err().map(|error| error.cause),
            ..Member::default()
        }]
    }

    fn answers(&self) -> watch::Receiver<Option<Outage>> {
        self.node.outage.subscribe()
    }
}
