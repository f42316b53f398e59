//! One task per backend: takes all that is due, applies it as one batch, verifies it, records it.
//!
//! Two kinds of trouble get two answers. A backend that is unavailable as a whole is probed, and what is
//! pending for it stays untouched and goes out as soon as it answers. A zone that fails on a backend
//! that works is retried alone, ever more rarely, and never given up.

mod ahead;
mod batch;
mod batch_log;
mod counts;
mod job;
mod record;
mod settings;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use dadns_backends::{Backend, BackendError, BackendId};
use dadns_zone::ZoneName;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::ledger::{Fence, Turn};
use crate::logging::{counted, info, success, warning};
use crate::retry::{FIRST_PAUSE, ProbePauses};
use crate::store::Store;
pub use batch_log::BatchLog;
pub use counts::{Counts, LaneCounts};
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
    health: Health,
    log: BatchLog,
    metrics: LaneCounts,
    /// When it works: all the time, unless several nodes share the backend.
    turn: Turn,
    /// What it brings with what it writes, where they do.
    fence: Option<Fence>,
    batch_max: usize,
    verify_timeout: Duration,
    /// Zones that were applied but are not served yet: of which revision, and since when.
    unverified: HashMap<ZoneName, (u64, Instant)>,
    /// Zones that differed from what was written when they were read back: at which revision.
    differing: HashMap<ZoneName, u64>,
    /// Zones that were last not loaded, or not served as they are stored: they are written even where
    /// the backend has them already.
    rewrite: HashSet<ZoneName>,
    unavailable: Option<Unavailable>,
    /// What an operator should know of the backend, until that is told.
    notes: Option<Vec<String>>,
    notes_told: bool,
    /// The store has failed.
    broken: bool,
}

/// A backend that is unavailable.
#[derive(Debug)]
struct Unavailable {
    since: Instant,
    cause: String,
    pauses: ProbePauses,
}

impl Lane {
    /// A lane of `backend`, which works when it is its turn.
    pub fn new(
        backend: Arc<dyn Backend>,
        store: Store,
        health: Health,
        log: BatchLog,
        metrics: LaneCounts,
        turn: Turn,
        settings: &Settings,
    ) -> Self {
        let verify_timeout = settings.verify_timeout + backend.lag();
        Self {
            batch_max: settings.batch_max.min(backend.at_once()),
            backend,
            store,
            health,
            log,
            metrics,
            turn,
            fence: None,
            verify_timeout,
            unverified: HashMap::new(),
            differing: HashMap::new(),
            rewrite: HashSet::new(),
            unavailable: None,
            notes: None,
            notes_told: false,
            broken: false,
        }
    }

    fn id(&self) -> &BackendId {
        self.backend.id()
    }

    /// Works until `stop`; a batch under way is finished first. One that is under way when its turn is over is not:
    /// the next node does it again.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.fence = tokio::select! {
                () = stop.cancelled() => return,
                begun = self.turn.begin() => begun,
            };
            let (mut turn, begun) = (self.turn.clone(), self.fence);
            tokio::select! {
                () = turn.over(begun) => self.step_back(),
                () = self.work(&stop) => {}
            }
        }
    }

    /// Forgets what it knows of the backend: another node works there now.
    fn step_back(&mut self) {
        self.unverified.clear();
        self.differing.clear();
        self.rewrite.clear();
        if self.unavailable.take().is_some() {
            self.health.note_available(self.id());
        }
    }

    async fn work(&mut self, stop: &CancellationToken) {
        match self.backend.probe().await {
            Ok(notes) => {
                self.take_notes(notes);
                self.tell_notes();
            }
            Err(error) => self.is_unavailable(&error),
        }
        while !stop.is_cancelled() {
            if self.broken {
                // `app` has been told by the store and is about to stop everything.
                return stop.cancelled().await;
            }
            if self.unavailable.is_some() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.wait_for_it() => {}
                }
            }
            let due = self.store.due(self.id(), Timestamp::now(), self.batch_max);
            let went = if due.is_empty() {
                self.rest(stop).await
            } else {
                self.batch(due).await
            };
            match went {
                Ok(()) => {
                    self.is_back();
                    self.tell_notes();
                }
                Err(error) => self.is_unavailable(&error),
            }
        }
    }

    /// Notes that the backend is unavailable; said once for each cause.
    fn is_unavailable(&mut self, error: &BackendError) {
        let cause = error.to_string();
        let id = self.backend.id();
        let known = self.unavailable.as_ref();
        if known.is_some_and(|before| before.cause == cause) {
            return;
        }
        // First, so that whoever reads the log finds it so.
        self.health.note_unavailable(id, cause.clone());
        match &mut self.unavailable {
            Some(before) => {
                info!(backend = %id, "{id}: still unavailable: {cause}");
                before.cause = cause;
            }
            None => {
                let pending = self.store.pending_count(id);
                warning!(
                    backend = %id,
                    "{id}: unavailable: {cause}; {} pending, retrying until it answers",
                    counted(pending, "zone")
                );
                // The time in which zones have to be served begins anew.
                self.unverified.clear();
                self.unavailable = Some(Unavailable {
                    since: Instant::now(),
                    cause,
                    pauses: ProbePauses::default(),
                });
            }
        }
    }

    /// Nothing is due: waits for something, and probes the backend now and then, or when somebody else got
    /// no answer, so that an operator hears of it before a push has to wait.
    async fn rest(&mut self, stop: &CancellationToken) -> Result<(), BackendError> {
        let probe = async {
            if self.unavailable.is_none() {
                tokio::select! {
                    () = tokio::time::sleep(IDLE_PROBE) => {}
                    () = self.health.suspected(self.id()) => {}
                }
            }
            self.backend.probe().await
        };
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            () = self.store.woken(self.id()), if self.unavailable.is_none() => Ok(()),
            () = until(self.store.next_due(self.id())), if self.unavailable.is_none() => Ok(()),
            probed = probe => {
                self.take_notes(probed?);
                Ok(())
            }
        }
    }

    /// Waits until another attempt at an unavailable backend is worth it: a probe says so, or a new change
    /// has come, which the backend may be able to take all the same: a `named` that cannot read its
    /// configuration still takes new text of zones that it knows.
    async fn wait_for_it(&mut self) {
        while let Some(pause) = self
            .unavailable
            .as_mut()
            .and_then(|gone| gone.pauses.next())
        {
            let change = async {
                tokio::time::sleep(FIRST_PAUSE).await;
                self.store.woken(self.id()).await;
            };
            self.health.note_next_try(self.id(), record::in_time(pause));
            tokio::select! {
                () = change => return,
                () = tokio::time::sleep(pause) => {}
            }
            match self.backend.probe().await {
                Ok(notes) => {
                    self.take_notes(notes);
                    return;
                }
                Err(error) => self.is_unavailable(&error),
            }
        }
    }

    fn take_notes(&mut self, notes: Vec<String>) {
        self.health.note_notes(self.id(), notes.clone());
        self.notes = Some(notes);
    }

    /// Says what an operator should know of the backend, once.
    fn tell_notes(&mut self) {
        let notes = self.notes.take().filter(|_| !self.notes_told);
        let id = self.backend.id();
        for note in notes.iter().flatten() {
            info!(backend = %id, "{id}: {note}");
        }
        self.notes_told |= notes.is_some();
    }

    /// Notes that the backend answers.
    fn is_back(&mut self) {
        let Some(before) = self.unavailable.take() else {
            return;
        };
        let id = self.id();
        self.health.note_available(id);
        self.log.back(id);
        success!(
            backend = %id,
            "{id}: available again after {} s; {} pending",
            before.since.elapsed().as_secs(),
            counted(self.store.pending_count(id), "zone")
        );
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
