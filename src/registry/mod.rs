//! The registry: services and machines that publish themselves.
//!
//! # Why it is built like this
//!
//! Services come and go by the second, and what they say of themselves is worth little a minute later. So heartbeats
//! stay in memory, and only what must not be forgotten is written: who is registered, and each *change* of status. That
//! is on disk before the client is told (`keep/`). After a restart nobody has reported yet, so that each lease has its
//! full time again.
//!
//! **The rules are pure** (`rules/`): one book, one step after the other, each with the time as a value. It is small and
//! in memory, so one lock is enough.
//!
//! **Published by the way of all records** (`publish/`): what is healthy becomes RRsets of layer `registry` of a zone, by
//! an edit like any other. So it is merged with what else is there, verified on each backend, and part of history.
//! The faces, by which clients register and look for services, are in `http/registry/`.

mod counts;
mod keep;
mod probe;
mod publish;
pub mod rules;
mod settings;
mod turn;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use counts::Counts;
pub use keep::KeepError;
use keep::{Found, Keeper};
pub use probe::interval as probe_interval;
use probe::{Prober, Trust};
pub use publish::{Publishers, reverse_name};
use rules::{Book, Group, Key, News, Now, Probe, Refused};
pub use settings::Settings;

use crate::ledger::Turn;
use crate::logging::{debug, info, success, warning};
use crate::metrics::Metrics;

/// How long nobody looks at timers when none is set.
const IDLE: Duration = Duration::from_secs(60);

/// The registry. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    book: Mutex<Book>,
    keeper: Keeper,
    /// What probes over TLS trust.
    trust: Arc<Trust>,
    /// What time is counted from.
    began: Instant,
    counts: Counts,
    /// Whose turn it is to publish.
    turn: Turn,
    /// Whether services are published by this node.
    has_published: AtomicBool,
    /// The file that is there while it is, where several nodes publish in turns.
    mark: Option<PathBuf>,
    /// What is to be published anew.
    dirty: Mutex<Dirty>,
    publish: Notify,
    /// What is to be probed now.
    probes: Mutex<Vec<(Key, String, Probe)>>,
    /// Reads that wait end: everything stops.
    stopping: CancellationToken,
    /// An earlier timer may have been set.
    timers: Notify,
    /// The index, for whoever waits for a change.
    index: watch::Sender<u64>,
}

/// What is to be published anew.
#[derive(Debug, Default)]
struct Dirty {
    groups: BTreeSet<Group>,
    /// Since when some of it is.
    since: Option<Instant>,
}

/// Why the registry did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The rules.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The disk.
    #[error(transparent)]
    Keep(#[from] KeepError),
}

/// What follows from a step: the index after it, what is to be published, what there is to tell, and whether something
/// is due earlier than before.
type Left = (u64, BTreeSet<Group>, Vec<News>, bool);

impl Registry {
    /// Opens what the directory has, or begins there. It is published when it is its `turn`; what is counted is declared in `metrics`.
    ///
    /// # Errors
    /// When it cannot be read. The message says what to do.
    pub fn open(
        directory: &Path,
        settings: &Settings,
        turn: Turn,
        metrics: &Metrics,
    ) -> Result<Self, KeepError> {
        let trust = Trust::of(settings.probe_ca_file.as_deref()).map_err(KeepError::Trust)?;
        let (keeper, found) = Keeper::open(directory)?;
        let mark = turn.is_shared().then(|| directory.join(turn::PUBLISHED));
        Ok(Self::new(
            keeper,
            found,
            trust,
            settings,
            (turn, mark),
            metrics,
        ))
    }

    /// A new one without a disk, for tests.
    #[cfg(test)]
    fn in_memory(settings: &Settings) -> Self {
        Self::in_turn(settings, Turn::default())
    }

    /// The same, where several nodes publish in turns.
    #[cfg(test)]
    fn in_turn(settings: &Settings, turn: Turn) -> Self {
        let engine = Arc::new(crate::engine::Memory::default());
        let trust = Trust::of(None).expect("authorities are built in");
        let opened = Keeper::on(engine);
        let opened = opened.map(|(keeper, found)| {
            Self::new(
                keeper,
                found,
                trust,
                settings,
                (turn, None),
                &Metrics::empty(),
            )
        });
        opened.expect("a new registry opens")
    }

    fn new(
        keeper: Keeper,
        found: Found,
        trust: Trust,
        settings: &Settings,
        (turn, mark): (Turn, Option<PathBuf>),
        metrics: &Metrics,
    ) -> Self {
        let began = Instant::now();
        let now = now(began);
        let count = found.instances.len();
        let book = Book::load(
            settings.terms(),
            found.index,
            found.instances,
            found.kept,
            now,
        );
        if count > 0 {
            info!("registry: {count} instances read; each lease has its full time again");
        }
        let (index, _) = watch::channel(book.index());
        let shared = Shared {
            settings: settings.clone(),
            book: Mutex::new(book),
            keeper,
            trust: Arc::new(trust),
            began,
            counts: Counts::new(metrics),
            turn,
            has_published: AtomicBool::new(mark.as_ref().is_some_and(|mark| mark.exists())),
            mark,
            dirty: Mutex::default(),
            publish: Notify::new(),
            probes: Mutex::default(),
            stopping: CancellationToken::new(),
            timers: Notify::new(),
            index,
        };
        let registry = Self {
            shared: Arc::new(shared),
        };
        counts::show(metrics, &registry);
        registry.look(|book, _| registry.want_turn(book));
        registry
    }

    /// What an operator says about it.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The least lease.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.shared.settings.lease_seconds)
    }

    /// Takes a step of the book. It returns once all that follows from it is on disk.
    ///
    /// # Errors
    /// Why it was refused, or could not be written.
    pub async fn step<T>(
        &self,
        step: impl FnOnce(&mut Book, Now) -> Result<T, Refused>,
    ) -> Result<T, NotDone> {
        let (answer, written, left) = {
            let mut book = self.shared.book.lock();
            let before = book.next_due();
            let answer = step(&mut book, now(self.shared.began));
            let effects = book.take_effects();
            // Within the lock, so that what is written has the order of the steps.
            let written = match effects.writes.is_empty() {
                true => None,
                false => Some(self.shared.keeper.write(book.index(), effects.writes)),
            };
            self.shared.counts.heartbeats.inc_by(effects.heartbeats);
            self.want_turn(&book);
            let earlier = book.next_due() < before || before.is_none();
            if !effects.probes.is_empty() {
                self.shared.probes.lock().extend(effects.probes);
            }
            let left = (book.index(), effects.groups, effects.news, earlier);
            (answer, written, left)
        };
        match written {
            // A task of its own: whoever asked may go before it is written, and it has to be published all the same.
            Some(written) => {
                let registry = self.clone();
                let done = tokio::spawn(async move {
                    let written = written.await;
                    registry.follows(left);
                    written
                });
                done.await.map_err(|_| KeepError::Stopped)??;
            }
            None => self.follows(left),
        }
        Ok(answer?)
    }

    /// Does what follows from a step that is on disk.
    fn follows(&self, (index, groups, news, earlier): Left) {
        if earlier {
            self.shared.timers.notify_one();
        }
        for news in &news {
            tell(news);
        }
        if !groups.is_empty() {
            self.publish(groups);
        }
        self.shared.index.send_if_modified(|known| {
            let newer = *known < index;
            *known = index.max(*known);
            newer
        });
    }

    /// Has these groups be published anew.
    fn publish(&self, groups: BTreeSet<Group>) {
        // Nobody would take them. Whoever begins a turn looks at all of them.
        if self.shared.settings.domain.is_none() || !self.shared.turn.is_ours() {
            return;
        }
        let mut dirty = self.shared.dirty.lock();
        dirty.groups.extend(groups);
        dirty.since.get_or_insert_with(Instant::now);
        drop(dirty);
        self.shared.publish.notify_one();
    }

    /// Looks at the book.
    pub fn look<T>(&self, look: impl FnOnce(&Book, Now) -> T) -> T {
        look(&self.shared.book.lock(), now(self.shared.began))
    }

    /// Looks at the book and counts what is given out.
    pub fn pick<T>(&self, pick: impl FnOnce(&mut Book, Now) -> T) -> T {
        pick(&mut self.shared.book.lock(), now(self.shared.began))
    }

    /// The index, for whoever waits for a change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.index.subscribe()
    }

    /// Ends when everything stops, for reads that wait.
    pub async fn stopping(&self) {
        self.shared.stopping.cancelled().await;
    }

    /// Does what is due, until everything stops. `own` are the ports of the gateway, which is not probed.
    pub async fn keep_time(self, own: Vec<u16>, stop: CancellationToken) {
        let prober = Prober::new(
            &self.shared.settings.probe_networks,
            own,
            self.shared.trust.clone(),
        );
        loop {
            for (key, check, probe) in std::mem::take(&mut *self.shared.probes.lock()) {
                prober.start(&self, key, check, probe);
            }
            let more = self.step(|book, now| Ok(book.tick(now))).await;
            let more = more.unwrap_or_else(|error| {
                warning!("registry: what changed by itself could not be written: {error}");
                false
            });
            if more || !self.shared.probes.lock().is_empty() {
                continue;
            }
            let next = self.look(|book, now| {
                let due = book.next_due()?;
                Some(due.saturating_sub(now.since))
            });
            let wait = next.unwrap_or(IDLE).max(Duration::from_millis(1));
            tokio::select! {
                () = stop.cancelled() => {
                    self.shared.stopping.cancel();
                    return;
                }
                () = self.shared.timers.notified() => {}
                () = tokio::time::sleep(wait.min(IDLE)) => {}
            }
        }
    }
}

fn now(began: Instant) -> Now {
    Now {
        since: began.elapsed(),
        at: Timestamp::now(),
    }
}

/// Says in the log what happened.
fn tell(news: &News) {
    match news {
        News::Registered {
            key,
            service,
            by,
            again,
        } => match again {
            true => debug!(service, "registry: {key} registered again by {by}"),
            false => info!(service, "registry: {key} registered by {by}"),
        },
        News::Removed { key, service, why } => {
            info!(service, "registry: {key} removed: {why}");
        }
        News::Status {
            key,
            service,
            status,
            why,
        } => match status.is_published() {
            true => info!(service, "registry: {key} is {status}: {why}"),
            false => warning!(service, "registry: {key} is {status} and leaves DNS: {why}"),
        },
        News::Stale { service, kept } => warning!(
            service,
            "registry: most of service {service} became critical at once ({kept} instances): that is not believed, \
             and what was published stays (registry.guard_percent); look at the network between them and here, or \
             let them go with dadns services believe {service}"
        ),
        News::Fresh { service } => {
            success!(
                service,
                "registry: service {service} is published as its instances are, again"
            );
        }
    }
}
