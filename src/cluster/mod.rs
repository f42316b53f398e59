//! Several nodes: what a node does so that all have the same zones.
//!
//! Each task here is one loop with one job: [`carry`] brings changes to the ledger, [`follow`] brings those of other
//! nodes here, [`share`] catches up on what was accepted without the ledger, [`presence`] says that this node lives
//! and which shared backends are its own to deliver to. None of them decides what becomes of a zone: that is
//! `store::cluster`.

mod carry;
mod compare;
mod follow;
mod membership;
mod presence;
mod settings;
mod shape;
mod share;
mod stale;
mod status;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use crate::ledger::{Fence, Ledger};
use crate::store::Store;

pub use carry::carry;
pub use follow::follow;
pub use membership::{Joined, MembershipError, Recovery};
pub use presence::presence;
pub use settings::{EngineKind, NoSuchWord, Role, Settings, WithoutQuorum};
pub use shape::{ClusterStatus, MemberStatus, NodeStatus, OwnerStatus};
pub use share::share;
pub use stale::stale;

/// What a node knows of the cluster, and what an operator may order there. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    ledger: Arc<dyn Ledger>,
    node: Node,
    /// Where its API listens.
    address: OnceLock<SocketAddr>,
    /// Which shared backends are this node's to deliver to.
    claims: Vec<(String, watch::Sender<Option<Fence>>)>,
    /// One order of an operator at a time.
    order: tokio::sync::Mutex<()>,
    /// Rings when this node has joined or left, or an operator has decided.
    decided: tokio::sync::Notify,
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
    /// The part of a node in a cluster. `shared`: the backends that several nodes can reach.
    pub fn new(
        store: Store,
        ledger: Arc<dyn Ledger>,
        node: Node,
        shared: impl IntoIterator<Item = String>,
    ) -> Self {
        let claims = shared
            .into_iter()
            .map(|backend| (backend, watch::Sender::new(None)));
        let inner = Inner {
            store,
            ledger,
            node,
            address: OnceLock::new(),
            claims: claims.collect(),
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

    /// Whether a shared backend is this node's to deliver to, by which fence; `None`: the backend is not shared.
    pub fn claim(&self, backend: &str) -> Option<watch::Receiver<Option<Fence>>> {
        let claims = self.inner.claims.iter();
        let mut claim = claims.filter(|(name, _)| name == backend);
        claim.next().map(|(_, claim)| claim.subscribe())
    }
}
