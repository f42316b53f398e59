//! What an operator asks the running gateway to do at once: verify, import, reconcile.
//!
//! The HTTP face hands in an [`Order`] and passes on the [`Line`]s that come of it; it knows neither
//! backends nor lanes. Each order runs on its own; who stops listening ends it.

mod forget;
mod import;
pub mod shape;
mod verify;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{Backend, BackendId};
use dadns_zone::ZoneName;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::check;
use crate::health::Health;
use crate::logging::error;
use crate::reconcile::Reconciler;
use crate::store::{Store, StoreError};
pub use forget::Forget;
use shape::{Item, Line};

/// How many lines may wait for a slow listener.
const LINES: usize = 256;

/// How long a line waits for a listener that takes none: one that stands still must hold up nobody else.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many orders may wait to be begun.
const ORDERS: usize = 16;

/// Something to do.
#[derive(Debug)]
pub enum Task {
    /// Look whether zones are everywhere as they should be.
    Verify {
        /// Which; `None`: all.
        zones: Option<Vec<ZoneName>>,
        /// Whether what is found otherwise is repaired.
        repair: bool,
    },
    /// Take in the zones of a backend that the gateway does not know.
    Import {
        /// Which backend.
        backend: BackendId,
        /// Only tell what would be done.
        dry_run: bool,
    },
    /// Remove the zones of a master that is gone.
    Forget(Forget),
    /// Compare with the masters.
    Reconcile {
        /// Only tell what would be done.
        dry_run: bool,
        /// Remove what is gone, however much that is.
        confirm: bool,
    },
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verify { zones: None, .. } => f.write_str("verify of all zones"),
            Self::Verify {
                zones: Some(zones), ..
            } => write!(f, "verify of {} zone(s)", zones.len()),
            Self::Import { backend, .. } => write!(f, "import from {backend}"),
            Self::Forget(Forget { master, .. }) => write!(f, "forgetting {master}"),
            Self::Reconcile { confirm: true, .. } => f.write_str("confirmed reconciliation"),
            Self::Reconcile { .. } => f.write_str("reconciliation"),
        }
    }
}

/// A task, and where its lines go.
#[derive(Debug)]
pub struct Order {
    task: Task,
    lines: mpsc::Sender<Line>,
}

/// Where orders are handed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Operations {
    orders: mpsc::Sender<Order>,
}

impl Operations {
    /// A desk, and the other end of it for an [`Operator`].
    pub fn new() -> (Self, mpsc::Receiver<Order>) {
        let (orders, inbox) = mpsc::channel(ORDERS);
        (Self { orders }, inbox)
    }

    /// Hands in a task; its lines come until the receiver is dropped or they end. `None`: the gateway is
    /// stopping.
    pub async fn order(&self, task: Task) -> Option<mpsc::Receiver<Line>> {
        let (lines, told) = mpsc::channel(LINES);
        self.orders.send(Order { task, lines }).await.ok()?;
        Some(told)
    }
}

/// Does what is ordered.
#[derive(Debug, Clone)]
pub struct Operator {
    pub(crate) store: Store,
    pub(crate) backends: Arc<BTreeMap<BackendId, Arc<dyn Backend>>>,
    pub(crate) health: Health,
    pub(crate) counts: check::Counts,
    pub(crate) reconciler: Arc<Reconciler>,
    /// Held while zones are verified: one order at a time.
    pub(crate) verifying: Arc<Mutex<()>>,
}

impl Operator {
    /// Does what comes in until `stop`, or until nobody can hand in anything more.
    pub async fn run(self, mut inbox: mpsc::Receiver<Order>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(ended) = running.join_next() => {
                    if let Err(panic) = ended {
                        error!("an operation stopped on an internal error; please report it: {panic}");
                    }
                }
                order = inbox.recv() => match order {
                    Some(order) => drop(running.spawn(self.clone().carry_out(order))),
                    None => return,
                },
            }
        }
    }

    async fn carry_out(self, order: Order) {
        let told = Told(order.lines);
        let done = match order.task {
            Task::Verify { zones, repair } => {
                // At full speed one takes all that there is.
                let _turn = self.verifying.lock().await;
                verify::verify(&self, zones, repair, &told).await
            }
            Task::Import { backend, dry_run } => {
                import::import(&self, &backend, dry_run, &told).await
            }
            Task::Forget(order) => forget::forget(&self, order, &told).await,
            Task::Reconcile { dry_run, confirm } => {
                self.reconciler.ordered(dry_run, confirm, &told).await
            }
        };
        let last = match done {
            Ok(summary) => Line::Summary(summary),
            Err(Ended::Unheard) => return,
            Err(Ended::Failed(error)) => Line::Failed { error },
        };
        drop(told.line(last).await);
    }
}

/// Why an operation ended early.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Nobody listens any more.
    Unheard,
    /// It cannot go on.
    Failed(String),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Whoever ordered, being told how it goes.
#[derive(Debug, Clone)]
pub(crate) struct Told(mpsc::Sender<Line>);

impl Told {
    async fn line(&self, line: Line) -> Result<(), Ended> {
        match timeout(PATIENCE, self.0.send(line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Unheard),
        }
    }

    pub async fn progress(&self, done: usize, total: usize) -> Result<(), Ended> {
        self.line(Line::Progress { done, total }).await
    }

    pub async fn item(
        &self,
        zone: Option<&ZoneName>,
        place: impl ToString,
        what: &str,
        said: impl ToString,
    ) -> Result<(), Ended> {
        self.line(Line::Item(Item {
            zone: zone.map(ToString::to_string),
            place: place.to_string(),
            what: what.to_owned(),
            said: said.to_string(),
        }))
        .await
    }
}
