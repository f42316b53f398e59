//! One task per backend: takes all that is due, applies it as one batch, proves it, settles it.
//!
//! Two kinds of trouble get two answers. A backend that is away as a whole is probed, and what
//! waits for it stays untouched and goes out as soon as it is back. A zone that fails on a backend
//! that works is retried alone, ever more rarely, and never given up.

mod ahead;
mod batch;
mod job;
mod settings;
mod settle;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{Backend, BackendError, BackendId};
use dadns_zone::ZoneName;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::logging::{info, success, warning};
use crate::metrics::LaneMetrics;
use crate::retry::{FIRST_PAUSE, ProbePauses};
use crate::store::Store;
use crate::telemetry::Telemetry;

pub use settings::Settings;

/// How often a backend is probed while there is nothing to do.
const IDLE_PROBE: Duration = Duration::from_secs(60);

/// No sleep is longer than this: the clock may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// One backend's lane.
#[derive(Debug)]
pub struct Lane {
    backend: Arc<dyn Backend>,
    store: Store,
    telemetry: Telemetry,
    metrics: LaneMetrics,
    batch_max: usize,
    verify_timeout: Duration,
    /// Zones that were put but are not served yet: of which revision, and since when.
    unverified: HashMap<ZoneName, (u64, Instant)>,
    /// Zones that were read back otherwise than they were written: at which revision.
    differing: HashMap<ZoneName, u64>,
    away: Option<Unavailable>,
    notes_told: bool,
    /// The store has failed.
    broken: bool,
}

/// A backend that cannot be worked with.
#[derive(Debug)]
struct Unavailable {
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
        metrics: LaneMetrics,
        settings: &Settings,
    ) -> Self {
        let verify_timeout = settings.verify_timeout + backend.lag();
        Self {
            backend,
            store,
            telemetry,
            metrics,
            batch_max: settings.batch_max,
            verify_timeout,
            unverified: HashMap::new(),
            differing: HashMap::new(),
            away: None,
            notes_told: false,
            broken: false,
        }
    }

    fn id(&self) -> &BackendId {
        self.backend.id()
    }

    /// Works until `stop`; a batch under way is finished first.
    pub async fn run(mut self, stop: CancellationToken) {
        match self.backend.probe().await {
            Ok(()) => self.tell_notes(),
            Err(error) => self.is_unavailable(&error),
        }
        while !stop.is_cancelled() {
            if self.broken {
                // `app` has been told by the store and is about to stop everything.
                return stop.cancelled().await;
            }
            if self.away.is_some() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.wait_for_it() => {}
                }
            }
            let due = self.store.due(self.id(), Timestamp::now(), self.batch_max);
            let went = if due.is_empty() {
                self.rest(&stop).await
            } else {
                self.batch(due).await
            };
            match went {
                Ok(()) => self.is_back(),
                Err(away) => self.is_unavailable(&away),
            }
        }
    }

    /// Notes that the backend cannot be worked with; said once for each cause.
    fn is_unavailable(&mut self, error: &BackendError) {
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
                // The time in which zones have to be served begins anew.
                self.unverified.clear();
                self.away = Some(Unavailable {
                    since: Instant::now(),
                    cause: cause.clone(),
                    pauses: ProbePauses::default(),
                });
            }
        }
        self.store.note_unavailable(self.id(), Some(cause));
    }

    /// Nothing is due: waits for something, and looks now and then whether the backend is still
    /// there, so that an operator hears of it before a push has to wait.
    async fn rest(&self, stop: &CancellationToken) -> Result<(), BackendError> {
        let suspected = self.store.was_suspected(self.id());
        let probe = async {
            if self.away.is_none() && !suspected {
                tokio::time::sleep(IDLE_PROBE).await;
            }
            self.backend.probe().await
        };
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            () = self.store.woken(self.id()), if self.away.is_none() => Ok(()),
            () = until(self.store.next_due(self.id())), if self.away.is_none() => Ok(()),
            probed = probe => probed,
        }
    }

    /// Waits until another attempt at an absent backend is worth it: a probe says so, or a new change
    /// has come, which the place may be able to take although it is not well: a `named` that cannot
    /// read its configuration still takes new text of zones that it knows.
    async fn wait_for_it(&mut self) {
        while let Some(pause) = self.away.as_mut().and_then(|away| away.pauses.next()) {
            let change = async {
                tokio::time::sleep(FIRST_PAUSE).await;
                self.store.woken(self.id()).await;
            };
            tokio::select! {
                () = change => return,
                () = tokio::time::sleep(pause) => {}
            }
            match self.backend.probe().await {
                Ok(()) => return,
                Err(error) => self.is_unavailable(&error),
            }
        }
    }

    /// Says what the backend has to say, once.
    fn tell_notes(&mut self) {
        if !std::mem::replace(&mut self.notes_told, true) {
            for note in self.backend.notes() {
                info!("{}: {note}", self.id());
            }
        }
    }

    /// Notes that the backend can be worked with.
    fn is_back(&mut self) {
        let Some(away) = self.away.take() else {
            return;
        };
        self.store.note_unavailable(self.id(), None);
        self.telemetry.back(self.id());
        success!(
            "{}: back after {} s; {} zone(s) still to send",
            self.id(),
            away.since.elapsed().as_secs(),
            self.store.pending_count(self.id())
        );
        self.tell_notes();
    }
}

/// Sleeps until `due`; without one, for ever.
async fn until(due: Option<Timestamp>) {
    match due {
        Some(due) => {
            let wait = Duration::try_from(Timestamp::now().duration_until(due));
            tokio::time::sleep(wait.unwrap_or_default().min(LONGEST_SLEEP)).await;
        }
        None => std::future::pending().await,
    }
}
