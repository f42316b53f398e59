//! Several nodes: what a node does so that all have the same zones.
//!
//! Each task here is one loop with one job: [`carry`] brings changes to the ledger, [`follow`] brings those of other
//! nodes here, [`share`] catches up on what was accepted without the ledger, [`presence`] says that this node lives
//! and which shared backends are its own to deliver to, [`progress`] tells the others what is verified here, and hears it
//! of them. None of them decides what becomes of a zone: that is
//! `store::cluster`.

mod carry;
mod compare;
mod counts;
mod follow;
mod membership;
mod outage;
mod presence;
mod progress;
mod recovery;
mod settings;
mod shape;
mod share;
mod status;
mod sweep;

use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use crate::health::Health;
use crate::ledger::{Holder, Ledger, Turn};
use crate::store::Store;

pub use carry::carry;
pub use counts::Counts;
pub use follow::follow;
pub use membership::{Joined, MembershipError, Recovery};
pub use outage::{Outages, outages};
pub use presence::{does, presence};
pub use progress::progress;
pub use settings::{EngineKind, NoSuchWord, Role, Settings, WithoutQuorum};
pub use shape::{
    ClusterStatus, ElsewhereStatus, MemberStatus, NodeBackendStatus, NodeStatus, OwnerStatus,
};
pub use share::share;
pub use sweep::sweep;

use progress::Heard;

/// What nodes call their turn at reconciliation, among those at backends.
pub const RECONCILE: &str = "reconcile";

/// What nodes call their turn at publishing what has registered.
pub const REGISTRY: &str = "registry";

/// What a node knows of the cluster, and what an operator may order there. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    health: Health,
    ledger: Arc<dyn Ledger>,
    node: Node,
    /// Where its API listens.
    address: OnceLock<SocketAddr>,
    /// What one node does at a time.
    claims: Vec<Claimed>,
    counts: Counts,
    /// What the others say of their backends.
    heard: watch::Sender<Heard>,
    /// One order of an operator at a time.
    order: tokio::sync::Mutex<()>,
    /// Rings when this node has joined or left, or an operator has decided.
    decided: tokio::sync::Notify,
}

/// What one node does at a time: it delivers to a shared backend, reconciles, or publishes services.
#[derive(Debug)]
struct Claimed {
    what: String,
    /// Which node.
    holder: watch::Sender<Holder>,
    /// Whether this node claims it.
    wanted: Arc<AtomicBool>,
}

/// What a node says of itself.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub site: String,
    /// What it is for.
    pub role: Role,
}

impl Cluster {
    /// The part of a node in a cluster. `shared`: the backends that several nodes can reach, [`RECONCILE`] and
    /// [`REGISTRY`].
    pub fn new(
        store: Store,
        health: Health,
        ledger: Arc<dyn Ledger>,
        node: Node,
        shared: impl IntoIterator<Item = String>,
        counts: Counts,
    ) -> Self {
        let claims = shared.into_iter().map(|what| Claimed {
            what,
            holder: watch::Sender::new(Holder::Nobody),
            wanted: Arc::new(AtomicBool::new(true)),
        });
        let inner = Inner {
            store,
            health,
            ledger,
            node,
            address: OnceLock::new(),
            claims: claims.collect(),
            counts,
            heard: watch::Sender::default(),
            order: tokio::sync::Mutex::default(),
            decided: tokio::sync::Notify::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Its API listens there, from now on.
    pub fn listens_at(&self, address: SocketAddr) {
        // Said once.
        let _ = self.inner.address.set(address);
    }

    /// This node's turn at delivering to a backend, at [`RECONCILE`] or at [`REGISTRY`].
    pub fn turn(&self, what: &str) -> Turn {
        let mut claims = self.inner.claims.iter();
        let claim = claims.find(|claim| claim.what == what);
        claim.map_or_else(Turn::default, |claim| {
            Turn::of(claim.holder.subscribe(), claim.wanted.clone())
        })
    }
}
