//! What several nodes agree on: documents with a stamp each, an ordered feed of what changes, and leases.
//!
//! # Why there is a trait
//!
//! [`engine`](crate::engine) keeps the bytes of one node; a ledger keeps what all nodes share, and is etcd in
//! practice. The store needs little of it: to write a document only if nobody has written it since
//! ([`commit`](Ledger::commit)), and to hear of what others write ([`follow`](Ledger::follow)). With that little,
//! the rules of several nodes are tested on `Memory`, where a lost answer or a lost majority can be staged.
//!
//! # What a ledger promises
//!
//! - **One order.** Every write gets a [`Stamp`] that is greater than all before; only those of one
//!   [`commit`](Ledger::commit) may have the same. A follower sees the writes in that order, and those of one stamp
//!   together; of several to one document it may see the last alone.
//! - **A write that was taken stays taken**, on a majority of its members, on their disks.
//! - **A document is written whole or not at all**, however large it is.
//! - **Nothing is removed.** A document that is over is one whose value says so, so that a node which was absent
//!   cannot bring it back.
//! - **A lease is no lock.** Its holder may stall and go on after it is over: whatever it writes elsewhere has to
//!   carry the [`Fence`].

pub mod etcd;
pub mod memory;
mod turn;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

pub use etcd::{Etcd, EtcdSettings};
pub use memory::Memory;
pub use turn::{Holder, Turn};

/// The place of a write in the order of all writes. 0: never written.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Stamp(pub u64);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Tells one try to write from every other, so that it can be found out whether it was taken.
pub type WriteId = [u8; 16];

/// A document as it was written last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name, such as `z/example.com`.
    pub name: String,
    /// When it was written.
    pub stamp: Stamp,
    /// By which write.
    pub id: WriteId,
    /// What it says.
    pub value: Bytes,
}

/// A document that is to be written, if it still stands as it was seen.
#[derive(Debug, Clone)]
pub struct Write {
    /// Its name.
    pub name: String,
    /// The stamp at which it was seen.
    pub seen: Stamp,
    /// Names this write; another try of the same has the same.
    pub id: WriteId,
    /// What it says from now on; `None`: it is only asked whether it still stands so.
    pub value: Option<Bytes>,
}

/// Octets a second of the slowest cable between a node and the engine: what is large may take so much longer.
pub const SLOWEST: u32 = 512 << 10;

/// Why a document was not written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// It has been written since; this is how it stands. `None`: it is not there any more.
    #[error("another node was first")]
    Changed(Option<Document>),
    /// Certainly not written: the engine cannot be reached, or has no majority.
    #[error("{0}")]
    Unavailable(LedgerError),
    /// It may be written or not: the answer was lost, and nobody could be asked in time.
    #[error("the answer of the engine was lost: {0}")]
    Unknown(LedgerError),
    /// Certainly not written: the engine has no room for more until an operator makes some.
    #[error("{0}")]
    Full(LedgerError),
    /// The engine does not take it, and would not if it were asked again.
    #[error("{0}")]
    Rejected(LedgerError),
}

/// A document that a follower was given, by which it knows the history of the ledger again: in another history, such as
/// that of a backup which was restored, that write was never made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Landmark {
    /// When it was written.
    pub stamp: Stamp,
    /// Its name.
    pub name: String,
    /// By which write.
    pub id: WriteId,
}

impl From<&Document> for Landmark {
    fn from(document: &Document) -> Self {
        Self {
            stamp: document.stamp,
            name: document.name.clone(),
            id: document.id,
        }
    }
}

/// An id that no other write has.
///
/// # Errors
/// When the system has no random numbers.
pub fn write_id() -> Result<WriteId, LedgerError> {
    let drawn = ring::rand::generate(&ring::rand::SystemRandom::new());
    let drawn: ring::rand::Random<WriteId> =
        drawn.map_err(|_| LedgerError::new("write", "the system has no random numbers"))?;
    Ok(drawn.expose())
}

/// What a follower is given.
#[derive(Debug, Clone)]
pub struct News {
    /// Documents that were written, in their order.
    pub documents: Vec<Document>,
    /// All that was written up to here has been given.
    pub cursor: Stamp,
}

/// Why following ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// What was written after the cursor is forgotten in part: everything has to be compared.
    #[error(
        "the engine has forgotten what was written before {0}, so that all zones were compared"
    )]
    Forgotten(Stamp),
    /// The engine is older than this node: it was restored from a backup.
    #[error(
        "the engine stands at {engine}, and this node has seen {seen}: the engine was restored from an old backup"
    )]
    Behind {
        /// Where the engine stands.
        engine: Stamp,
        /// What this node has seen.
        seen: Stamp,
    },
    /// The engine does not have a write that this node was given, though it has counted on: it was restored from a
    /// backup.
    #[error(
        "the engine does not have what it gave this node at {0}: the engine was restored from an old backup"
    )]
    Restored(Stamp),
    /// It is not the ledger that this node belongs to.
    #[error("the engine holds another cluster ({found}), this node belongs to {known}")]
    Other {
        /// The cluster that the engine holds; empty: none.
        found: String,
        /// The cluster that this node belongs to.
        known: String,
    },
    /// Whoever was given the documents takes no more.
    #[error("nobody listens any more")]
    Closed,
}

/// Why the engine did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {cause}")]
pub struct LedgerError {
    /// What it was asked, for an operator.
    pub what: String,
    /// Why it did not.
    pub cause: String,
}

impl LedgerError {
    /// `what`: what the engine was asked; `cause`: why it did not do it, with the next step.
    pub fn new(what: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            cause: cause.into(),
        }
    }
}

/// The engine does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub since: Timestamp,
    /// Why, as was found out last.
    pub cause: String,
}

/// A lease: what was written with it is gone when it is not kept alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease(pub i64);

/// Grows with each holder of one claim. Whoever is given a greater one has been overtaken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub u64);

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is ours, now or already.
    Ours(Fence),
    /// Another holds it; what that wrote there.
    Theirs(Bytes),
}

/// A short entry beside the documents, such as who is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its name, such as `n/left`.
    pub name: String,
    /// When it was made, and not only written again.
    pub made: Fence,
    /// When it was written last.
    pub stamp: Stamp,
    /// What it says.
    pub value: Bytes,
}

/// One member of the engine, as it says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Where it is asked.
    pub endpoint: String,
    /// Its version.
    pub version: String,
    /// Bytes of its database.
    pub size: u64,
    /// Bytes of that which are in use.
    pub used: u64,
    /// Whether it leads.
    pub leads: bool,
    /// The last write it knows.
    pub stamp: Stamp,
    /// Why it is of no use, if it is not: unreachable, without a leader, or an alarm such as a full disk.
    pub error: Option<String>,
}

/// What all nodes share.
#[async_trait]
pub trait Ledger: fmt::Debug + Send + Sync + 'static {
    /// Writes documents, each if it still stands as it was seen; the answers are in the order of the writes. No
    /// document may be among them twice. An answer that was lost is asked for until `limit` is over.
    async fn commit(&self, writes: Vec<Write>, limit: Duration) -> Vec<Result<Stamp, Refused>>;

    /// Gives all that is written after `last`, the document that was given last, or after `cursor` where none is known.
    /// It goes on for ever: through changes of leader and members that cannot be reached. An idle engine gives its
    /// cursor now and then as well, and each time that it is found to be the one that was followed: at the beginning, and
    /// whenever another member is asked, it has to have the document that was given last. When it does not, or has
    /// forgotten that, everything has to be compared before it is followed again, from the moment of that.
    async fn follow(
        &self,
        cursor: Stamp,
        last: Option<Landmark>,
        news: mpsc::Sender<News>,
    ) -> FollowError;

    /// Gives all documents whose names begin with `prefix` as they stand at one moment, in the order of their names,
    /// and says when that was.
    async fn all(
        &self,
        prefix: &str,
        pages: mpsc::Sender<Vec<Document>>,
    ) -> Result<Stamp, LedgerError>;

    /// The stamps of all documents whose names begin with `prefix`, in the order of their names, and the moment.
    async fn stamps(&self, prefix: &str) -> Result<(Stamp, Vec<(String, Stamp)>), LedgerError>;

    /// Documents by their names, in that order; `None`: there never was such a one. It sees every write that was
    /// answered before.
    async fn fetch(&self, names: &[String]) -> Result<Vec<Option<Document>>, LedgerError>;

    /// The cluster that it holds; `None`: none yet.
    async fn cluster(&self) -> Result<Option<Bytes>, LedgerError>;

    /// From now on this handle belongs to the cluster that the engine holds, even if that was made anew: an operator
    /// has decided so. Says which it is; `None`: none yet.
    async fn adopt(&self) -> Result<Option<Bytes>, LedgerError>;

    /// Makes a cluster of an engine that holds none, and says whether it was this call that did.
    async fn found(&self, cluster: Bytes) -> Result<bool, LedgerError>;

    /// A lease of so many seconds.
    async fn grant(&self, seconds: u32) -> Result<Lease, LedgerError>;

    /// Has a lease begin anew; `false`: it is over.
    async fn keep_alive(&self, lease: Lease) -> Result<bool, LedgerError>;

    /// Ends a lease, with all that was written under it.
    async fn revoke(&self, lease: Lease) -> Result<(), LedgerError>;

    /// Makes a note under a lease, unless there is one of that name.
    async fn claim(&self, name: &str, lease: Lease, value: Bytes) -> Result<Claim, LedgerError>;

    /// Writes a note, with a lease or without; where `claimed` is given, only if that note has this fence still.
    async fn note(
        &self,
        name: &str,
        value: Bytes,
        lease: Option<Lease>,
        claimed: Option<(&str, Fence)>,
    ) -> Result<bool, LedgerError>;

    /// The notes whose names begin with `prefix`.
    async fn notes(&self, prefix: &str) -> Result<Vec<Note>, LedgerError>;

    /// The last write that this handle has heard of, by reading notes.
    fn newest(&self) -> Stamp;

    /// Removes a note, if it is there.
    async fn forget(&self, name: &str) -> Result<(), LedgerError>;

    /// Removes parts of documents that no document names and that are older than `age`; says how many.
    async fn sweep(&self, age: Duration) -> Result<usize, LedgerError>;

    /// What its members say of themselves.
    async fn members(&self) -> Vec<Member>;

    /// Whether the engine answers this node, as it was found out last; `None`: it does. One member that does not is
    /// no outage while another answers.
    fn answers(&self) -> watch::Receiver<Option<Outage>>;
}
