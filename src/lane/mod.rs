//! One task per backend: takes all that is due, applies it as one batch, proves it, settles it.
//!
//! Two kinds of trouble get two answers. A backend that is away as a whole is probed, and what
//! waits for it stays untouched and goes out as soon as it is back. A zone that fails on a backend
//! that works is retried alone, ever more rarely, and never given up.

mod batch;

use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{Backend, BackendError, BackendId};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Lanes;
use crate::logging::{info, success, warning};
use crate::retry::ProbePauses;
use crate::store::Store;
use crate::telemetry::Telemetry;

/// One backend's lane.
#[derive(Debug)]
pub struct Lane {
    backend: Arc<dyn Backend>,
    store: Store,
    telemetry: Telemetry,
    batch_max: usize,
    proof_timeout: Duration,
}

impl Lane {
    /// A lane of `backend`.
    pub fn new(
        backend: Arc<dyn Backend>,
        store: Store,
        telemetry: Telemetry,
        settings: &Lanes,
    ) -> Self {
        Self {
            backend,
            store,
            telemetry,
            batch_max: settings.batch_max,
            proof_timeout: Duration::from_millis(settings.proof_timeout_ms),
        }
    }

    fn id(&self) -> &BackendId {
        self.backend.id()
    }

    /// Works until `stop`; a batch under way is finished first.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let due = self.store.due(self.id(), Timestamp::now(), self.batch_max);
            if due.is_empty() {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.store.woken(self.id()) => {}
                    () = until(self.store.next_due(self.id())) => {}
                }
            } else if let Err(away) = self.batch(due).await {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.wait_until_back(away) => {}
                }
            }
        }
    }

    /// Probes until the backend can be worked with again.
    async fn wait_until_back(&self, away: BackendError) {
        let since = Instant::now();
        warning!(
            "{}: cannot be worked with: {away}; {} zone(s) wait, it is probed until it is back",
            self.id(),
            self.store.pending_count(self.id())
        );
        self.store.note_away(self.id(), Some(away.to_string()));
        let mut last = away.to_string();
        for pause in ProbePauses::default() {
            tokio::time::sleep(pause).await;
            match self.backend.probe().await {
                Ok(()) => break,
                Err(error) => {
                    let cause = error.to_string();
                    if cause != last {
                        info!("{}: still away: {cause}", self.id());
                        self.store.note_away(self.id(), Some(cause.clone()));
                        last = cause;
                    }
                }
            }
        }
        self.store.note_away(self.id(), None);
        self.telemetry.back(self.id());
        success!(
            "{}: back after {} s; sending {} zone(s)",
            self.id(),
            since.elapsed().as_secs(),
            self.store.pending_count(self.id())
        );
    }
}

/// Sleeps until `due`; without one, for ever.
async fn until(due: Option<Timestamp>) {
    match due {
        Some(due) => {
            let wait = Timestamp::now().duration_until(due);
            tokio::time::sleep(wait.try_into().unwrap_or_default()).await;
        }
        None => std::future::pending().await,
    }
}
