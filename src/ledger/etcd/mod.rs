//! The ledger on etcd.

mod commit;
mod envelope;
mod follow;
mod history;
mod keys;
mod notes;
mod pieces;
mod read;
mod settings;
mod sweep;
mod txn;
mod version;
mod wire;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

pub use settings::EtcdSettings;

use self::follow::Place;
use self::keys::Keys;
use self::txn::{TXN, found, made_at, one, put, read, revision, unsigned};
use self::version::{Version, judge};
use self::wire::{ATTEMPT, Kind, Trouble, Wire, rpc};
use super::{
    Claim, Document, Fence, FollowError, Landmark, Lease, Ledger, LedgerError, Member, News, Note,
    Outage, Refused, Stamp, Write,
};

/// How long a question may take that nobody set a limit for.
const READ: Duration = Duration::from_secs(20);

/// The same for what is small: notes, leases, the cluster.
const SMALL: Duration = Duration::from_secs(5);

/// etcd, as this node knows it.
#[derive(Debug)]
pub struct Etcd {
    wire: Wire,
    keys: Keys,
    /// The cluster that this node belongs to.
    belongs: Mutex<Option<Cluster>>,
    /// When pieces that no document names were seen first.
    unnamed: Mutex<HashMap<[u8; 16], Instant>>,
    /// The last write that it heard of.
    newest: AtomicU64,
}

/// A cluster as its key says it. A fresh etcd makes its first one at the same revision as any other: both count.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cluster {
    value: Bytes,
    /// The revision at which it was made.
    made: u64,
}

impl From<&rpc::KeyValue> for Cluster {
    fn from(key: &rpc::KeyValue) -> Self {
        Self {
            value: key.value.clone(),
            made: unsigned(key.create_revision),
        }
    }
}

impl Etcd {
    /// Asks the members who they are. Members that do not answer are no error: a node starts without its engine, and
    /// asks them for their version when they are back.
    ///
    /// # Errors
    /// What is wrong with the settings; a member whose version loses changes; an account that etcd refuses.
    pub async fn open(settings: &EtcdSettings) -> Result<Self, LedgerError> {
        let etcd = Self {
            wire: Wire::new(settings)?,
            keys: Keys::new(&settings.prefix),
            belongs: Mutex::default(),
            unnamed: Mutex::default(),
            newest: AtomicU64::default(),
        };
        let mut last = None;
        let mut any = false;
        for (name, status) in etcd.wire.statuses().await {
            match status {
                Ok(_) => any = true,
                Err(failure) if failure.kind == Kind::Rejected => {
                    return Err(LedgerError::new(format!("etcd at {name}"), failure.cause));
                }
                Err(failure) => last = Some((name.to_owned(), failure)),
            }
        }
        match last {
            Some((name, failure)) if failure.cause.contains("too old") => {
                return Err(LedgerError::new(format!("etcd at {name}"), failure.cause));
            }
            Some((name, failure)) if !any => etcd.wire.down(&format!("{name}: {}", failure.cause)),
            _ => drop(etcd.cluster().await),
        }
        Ok(etcd)
    }

    /// The cluster that this node belongs to.
    async fn cluster_of_ours(&self, until: Instant) -> Result<Cluster, Trouble> {
        if let Some(cluster) = &*self.belongs.lock() {
            return Ok(cluster.clone());
        }
        let found = self.read_cluster(until).await?;
        found.ok_or_else(|| {
            Trouble::rejected("the engine holds no cluster yet: run dadns cluster init")
        })
    }

    /// The cluster as it stands now.
    async fn read_cluster(&self, until: Instant) -> Result<Option<Cluster>, Trouble> {
        let request = one(self.keys.cluster());
        let asked = self.wire.ask(txn::RANGE, request, until, ATTEMPT);
        let answer: rpc::RangeResponse = asked.await?;
        let cluster = answer.kvs.first().map(Cluster::from);
        let mut belongs = self.belongs.lock();
        if belongs.is_none() {
            belongs.clone_from(&cluster);
        }
        Ok(cluster)
    }
}

#[async_trait]
impl Ledger for Etcd {
    async fn commit(&self, writes: Vec<Write>, limit: Duration) -> Vec<Result<Stamp, Refused>> {
        self.commit_all(&writes, Instant::now() + limit).await
    }

    async fn follow(
        &self,
        cursor: Stamp,
        last: Option<Landmark>,
        news: mpsc::Sender<News>,
    ) -> FollowError {
        self.follow_from(Place { cursor, last }, &news).await
    }

    async fn all(
        &self,
        prefix: &str,
        pages: mpsc::Sender<Vec<Document>>,
    ) -> Result<Stamp, LedgerError> {
        self.read_all(prefix, &pages).await
    }

    async fn stamps(&self, prefix: &str) -> Result<(Stamp, Vec<(String, Stamp)>), LedgerError> {
        self.read_stamps(prefix).await
    }

    async fn fetch(&self, names: &[String]) -> Result<Vec<Option<Document>>, LedgerError> {
        self.read_documents(names).await
    }

    async fn cluster(&self) -> Result<Option<Bytes>, LedgerError> {
        let found = self.read_cluster(Instant::now() + SMALL).await;
        let found = found.map_err(|trouble| trouble.error("read the cluster of etcd"))?;
        Ok(found.map(|cluster| cluster.value))
    }

    async fn adopt(&self) -> Result<Option<Bytes>, LedgerError> {
        *self.belongs.lock() = None;
        self.newest.store(0, Ordering::Relaxed);
        self.cluster().await
    }

    async fn found(&self, cluster: Bytes) -> Result<bool, LedgerError> {
        let key = self.keys.cluster();
        let request = rpc::TxnRequest {
            compare: vec![made_at(key.clone(), 0)],
            success: vec![put(key.clone(), cluster.clone(), 0)],
            failure: vec![read(one(key))],
        };
        let until = Instant::now() + SMALL;
        let what = "make a cluster in etcd";
        let (answer, unsure) = self.wire.ask_and_tell(TXN, request, until).await;
        let answer: rpc::TxnResponse = answer.map_err(|trouble| trouble.error(what))?;
        let made = match answer.succeeded {
            true => Some(revision(answer.header.as_ref())),
            // The answer to our first try was lost.
            false => found(&answer, 0)
                .filter(|key| unsure && key.value == cluster)
                .map(|key| unsigned(key.create_revision)),
        };
        if let Some(made) = made {
            *self.belongs.lock() = Some(Cluster {
                value: cluster,
                made,
            });
        }
        Ok(made.is_some())
    }

    async fn grant(&self, seconds: u32) -> Result<Lease, LedgerError> {
        self.grant_lease(seconds).await
    }

    async fn keep_alive(&self, lease: Lease) -> Result<bool, LedgerError> {
        self.keep_lease(lease).await
    }

    async fn revoke(&self, lease: Lease) -> Result<(), LedgerError> {
        self.end_lease(lease).await
    }

    async fn claim(&self, name: &str, lease: Lease, value: Bytes) -> Result<Claim, LedgerError> {
        self.claim_note(name, lease, value).await
    }

    async fn note(
        &self,
        name: &str,
        value: Bytes,
        lease: Option<Lease>,
        claimed: Option<(&str, Fence)>,
    ) -> Result<bool, LedgerError> {
        self.write_note(name, value, lease, claimed).await
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<Note>, LedgerError> {
        self.read_notes(prefix).await
    }

    fn newest(&self) -> Stamp {
        Stamp(self.newest.load(Ordering::Relaxed))
    }

    async fn forget(&self, name: &str) -> Result<(), LedgerError> {
        self.remove_note(name).await
    }

    async fn sweep(&self, age: Duration) -> Result<usize, LedgerError> {
        self.sweep_pieces(age).await
    }

    async fn members(&self) -> Vec<Member> {
        let statuses = self.wire.statuses().await;
        let member =
            |(name, status): (&str, Result<rpc::StatusResponse, wire::Failure>)| match status {
                Ok(status) => told(name, &status),
                Err(failure) => Member {
                    endpoint: name.into(),
                    error: Some(failure.cause),
                    ..Member::default()
                },
            };
        statuses.into_iter().map(member).collect()
    }

    fn answers(&self) -> watch::Receiver<Option<Outage>> {
        self.wire.answers()
    }
}

/// What a member says of itself.
fn told(name: &str, status: &rpc::StatusResponse) -> Member {
    let mut errors = status.errors.clone();
    if status.leader == 0 && !errors.iter().any(|error| error.contains("no leader")) {
        errors.push("it has no leader".into());
    }
    if let Version::TooOld(why) = judge(&status.version) {
        errors.push(why.into());
    }
    Member {
        endpoint: name.into(),
        version: status.version.clone(),
        size: unsigned(status.db_size),
        used: unsigned(status.db_size_in_use),
        leads: status.leader != 0
            && status
                .header
                .as_ref()
                .is_some_and(|header| header.member_id == status.leader),
        stamp: Stamp(revision(status.header.as_ref())),
        error: (!errors.is_empty()).then(|| errors.join("; ")),
    }
}
