//! One task per backend: takes all that is due, applies it as one batch, proves it, settles it.
//!
//! Two kinds of trouble get two answers. A backend that is away as a whole is probed, and what
//! waits for it stays untouched and goes out as soon as it is back. A zone that fails on a backend
//! that works is retried alone, ever more rarely, and never given up.

mod batch;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{Backend, BackendError, BackendId};
use dadns_zone::ZoneName;
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
    /// Zones that were put but are not served yet: of which revision, and since when.
    unproven: HashMap<ZoneName, (u64, Instant)>,
    away: Option<Away>,
}

/// A backend that cannot be worked with.
#[derive(Debug)]
struct Away {
    since: Instant,
    cause: String,
    pauses: ProbePauses,
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
            unproven: HashMap::new(),
            away: None,
        }
    }

    fn id(&self) -> &BackendId {
        self.backend.id()
    }

    /// Works until `stop`; a batch under way is finished first.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let due = self.store.due(self.id(), Timestamp::now(), self.batch_max);
            if due.is_empty() {
                self.is_back();
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.store.woken(self.id()) => {}
                    () = until(self.store.next_due(self.id())) => {}
                }
            } else if let Err(away) = self.batch(due).await {
                self.is_away(&away);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.probe() => {}
                }
            } else {
                self.is_back();
            }
        }
    }

    /// Notes that the backend cannot be worked with; said once for each cause.
    fn is_away(&mut self, error: &BackendError) {
        let cause = error.to_string();
        match &mut self.away {
            Some(away) if away.cause == cause => return,
            Some(away) => {
                info!("{}: still away: {cause}", self.backend.id());
                away.cause.clone_from(&cause);
            }
            None => {
                warning!(
                    "{}: cannot be worked with: {cause}; {} zone(s) wait, it is probed until it is \
                     back",
                    self.id(),
                    self.store.pending_count(self.id())
                );
                self.away = Some(Away {
                    since: Instant::now(),
                    cause: cause.clone(),
                    pauses: ProbePauses::default(),
                });
            }
        }
        self.store.note_away(self.id(), Some(cause));
    }

    /// Returns when a probe says that the backend can be worked with. It counts as back only once a
    /// batch has gone through: until then the pauses go on growing.
    async fn probe(&mut self) {
        while let Some(pause) = self.away.as_mut().and_then(|away| away.pauses.next()) {
            tokio::time::sleep(pause).await;
            match self.backend.probe().await {
                Ok(()) => break,
                Err(error) => self.is_away(&error),
            }
        }
    }

    /// Notes that the backend can be worked with.
    fn is_back(&mut self) {
        let Some(away) = self.away.take() else {
            return;
        };
        self.store.note_away(self.id(), None);
        self.telemetry.back(self.id());
        success!(
            "{}: back after {} s; {} zone(s) still to send",
            self.id(),
            away.since.elapsed().as_secs(),
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
