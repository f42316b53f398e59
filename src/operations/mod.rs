//! What an operator asks the running gateway to do at once: verify, import, reconcile, forget a master.
//!
//! The HTTP face requests a [`Task`] and passes on the [`Line`]s that come of it; it knows neither
//! backends nor lanes. Each operation runs on its own, and ends when nobody listens to it any more.

mod forget;
mod import;
mod query;
mod verify;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dadns_backends::{Backend, BackendId};
use dadns_zone::{DomainName, Rtype, ZoneName};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::check;
use crate::health::Health;
use crate::ledger::Turn;
use crate::logging::{counted, error};
use crate::reconcile::Reconciler;
use crate::report::shape::{Line, Reconciliation};
use crate::report::{Ended, Report};
use crate::store::Store;
pub use forget::Forget;
use query::Questions;
pub use query::{Asked, Transport};

/// How many lines may wait for a slow client.
const LINES: usize = 256;

/// How many requests may wait to be begun.
const REQUESTS: usize = 16;

/// Something to do.
#[derive(Debug)]
pub enum Task {
    /// Verify zones on every backend.
    Verify {
        /// Which; `None`: all.
        zones: Option<Vec<ZoneName>>,
        /// Whether drift is repaired.
        repair: bool,
    },
    /// Import the zones of a backend that the gateway does not know.
    Import {
        /// Which backend.
        backend: BackendId,
        /// Only report what would be done.
        dry_run: bool,
    },
    /// Remove the zones of a master that is gone.
    Forget(Forget),
    /// Compare with the masters.
    Reconcile {
        /// Only report what would be done.
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
            } => write!(f, "verify of {}", counted(zones.len(), "zone")),
            Self::Import { backend, .. } => write!(f, "import from {backend}"),
            Self::Forget(Forget { master, .. }) => write!(f, "forgetting {master}"),
            Self::Reconcile { confirm: true, .. } => f.write_str("confirmed reconciliation"),
            Self::Reconcile { .. } => f.write_str("reconciliation"),
        }
    }
}

/// A task, and where its lines go.
#[derive(Debug)]
pub struct Request {
    task: Task,
    lines: mpsc::Sender<Line>,
}

/// Where operations are requested. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Operations {
    requests: mpsc::Sender<Request>,
    questions: Questions,
    reconciler: Option<Arc<Reconciler>>,
}

impl Operations {
    /// Where operations are requested, and the other end for a [`Runner`].
    pub fn new() -> (Self, mpsc::Receiver<Request>) {
        let (requests, inbox) = mpsc::channel(REQUESTS);
        let questions = Questions::default();
        let operations = Self {
            requests,
            questions,
            reconciler: None,
        };
        (operations, inbox)
    }

    /// The same, which knows what this runner works with.
    #[must_use]
    pub fn of(self, runner: &Runner) -> Self {
        Self {
            questions: Questions::at(Arc::clone(&runner.backends)),
            reconciler: Some(Arc::clone(&runner.reconciler)),
            ..self
        }
    }

    /// How the masters are compared with, and what the last pass found.
    pub fn reconciliation(&self) -> Reconciliation {
        let overview = self.reconciler.as_ref().map(|all| all.overview());
        overview.unwrap_or_default()
    }

    /// What every backend answers, in the order of backends and their servers.
    pub async fn ask(&self, name: &DomainName, rtype: Rtype, over: Transport) -> Vec<Asked> {
        self.questions.ask(name, rtype, over).await
    }

    /// Begins an operation. Its lines come until the receiver is dropped or they end. `None`: the gateway
    /// is stopping.
    pub async fn begin(&self, task: Task) -> Option<mpsc::Receiver<Line>> {
        let (lines, received) = mpsc::channel(LINES);
        self.requests.send(Request { task, lines }).await.ok()?;
        Some(received)
    }
}

/// Runs operations.
#[derive(Debug, Clone)]
pub struct Runner {
    pub(crate) store: Store,
    pub(crate) backends: Arc<BTreeMap<BackendId, Arc<dyn Backend>>>,
    /// This node's turns at backends that nodes share.
    pub(crate) turns: Arc<BTreeMap<BackendId, Turn>>,
    pub(crate) health: Health,
    pub(crate) counts: check::Counts,
    pub(crate) reconciler: Arc<Reconciler>,
    /// Locked while zones are verified: one operation at a time.
    pub(crate) verifying: Arc<Mutex<()>>,
}

impl Runner {
    /// Runs what is requested until `stop`, or until nobody can request anything more.
    pub async fn run(self, mut inbox: mpsc::Receiver<Request>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(ended) = running.join_next() => {
                    if let Err(panic) = ended {
                        error!("an operation stopped on an internal error; please report it: {panic}");
                    }
                }
                request = inbox.recv() => match request {
                    Some(request) => drop(running.spawn(self.clone().carry_out(request))),
                    None => return,
                },
            }
        }
    }

    async fn carry_out(self, request: Request) {
        let report = Report::new(request.lines);
        let done = match request.task {
            Task::Verify { zones, repair } => {
                // At full speed one takes all that there is.
                let _turn = self.verifying.lock().await;
                verify::verify(&self, zones, repair, &report).await
            }
            Task::Import { backend, dry_run } => {
                import::import(&self, &backend, dry_run, &report).await
            }
            Task::Forget(asked) => forget::forget(&self, asked, &report).await,
            Task::Reconcile { dry_run, confirm } => {
                self.reconciler.requested(dry_run, confirm, &report).await
            }
        };
        let last = match done {
            Ok(summary) => Line::Summary(summary),
            Err(Ended::Unheard) => return,
            Err(Ended::Failed(detail)) => Line::Failed { detail },
        };
        drop(report.line(last).await);
    }
}
