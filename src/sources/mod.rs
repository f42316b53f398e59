//! Directories and files that are watched: a zone file there is a push.
//!
//! A source is a door like that of a master: it pushes for the owner `source NAME`, under the same guard. Two things it
//! does not do. It takes no zone from anybody else, as a file that lies around is no decision to move a zone. And it
//! removes nothing that it does not know to be gone.
//!
//! A full look every now and then is what makes it right; notices of the system only make it quick.

mod book;
mod counts;
mod disk;
mod events;
mod name;
mod settings;
pub mod shape;
mod take;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dadns_zone::{Limits, ZoneName};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::access::Part;
use crate::blocking::blocking;
use crate::logging::{info, success, warning};
use crate::metrics::Metrics;
use crate::store::{AtMoment, Author, Moment, Owner, Removed, Store, StoreError};
use book::Book;
use counts::Counts;
use events::Events;
use shape::{FileState, SourceStatus};

pub use settings::{Settings, Source};

/// Most files of a source that are shown.
const SHOWN: usize = 1_000;

/// How soon a directory is tried again that could not be read.
const TROUBLED: Duration = Duration::from_secs(10);

/// What is known of all sources. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Board {
    sources: Arc<Mutex<Vec<SourceStatus>>>,
}

impl Board {
    /// What is known of each source, in the order of the configuration.
    pub fn shown(&self) -> Vec<SourceStatus> {
        self.sources.lock().clone()
    }

    fn set(&self, number: usize, status: SourceStatus) {
        if let Some(place) = self.sources.lock().get_mut(number) {
            *place = status;
        }
    }
}

/// One source, with what it needs to be read.
#[derive(Debug)]
pub struct Watcher {
    source: Source,
    number: usize,
    owner: Owner,
    store: Store,
    limits: Limits,
    unchanged: Duration,
    look: Duration,
    counts: Counts,
    board: Board,
    book: Book,
    events: Option<Events>,
    trouble: Option<String>,
    /// What was said of zones that stay although they have no file.
    kept: Option<String>,
}

/// The sources of the configuration, each to be run, and what is known of them.
pub fn all(
    settings: &Settings,
    store: &Store,
    limits: Limits,
    metrics: &Metrics,
) -> (Vec<Watcher>, Board) {
    let board = Board::default();
    if settings.watched.is_empty() {
        return (Vec::new(), board);
    }
    let counts = Counts::new(metrics);
    let watchers = settings.watched.iter().enumerate();
    let watchers = watchers.map(|(number, source)| {
        counts.begin(&source.name);
        let owner = Owner {
            master: format!("source {}", source.name),
            user: None,
        };
        Watcher {
            source: source.clone(),
            number,
            owner,
            store: store.clone(),
            limits,
            unchanged: settings.unchanged,
            look: Duration::from_secs(settings.look_seconds),
            counts: counts.clone(),
            board: board.clone(),
            book: Book::default(),
            events: None,
            trouble: None,
            kept: None,
        }
    });
    let watchers: Vec<_> = watchers.collect();
    let unread = watchers.iter().map(|watcher| watcher.status(None));
    board.sources.lock().extend(unread);
    (watchers, board)
}

impl Watcher {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Reads what there is and what changes, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.watch() => {}
        }
    }

    async fn watch(&mut self) {
        loop {
            // Before it is looked through, so that no change falls between.
            self.renew_events();
            self.book.again();
            let vanishing = self.look(true).await;
            let pause = match self.trouble.is_some() {
                true => TROUBLED.min(self.look),
                false => self.look,
            };
            self.until(Instant::now() + pause, vanishing).await;
        }
    }

    /// Looks whenever something changes or is due, until `end`.
    async fn until(&mut self, end: Instant, mut vanishing: bool) {
        loop {
            let next = self.book.next(self.unchanged);
            let next = next.map_or(end, |next| next.min(end));
            let written = tokio::select! {
                written = written(&mut self.events) => Some(written),
                () = tokio::time::sleep_until(next.into()) => None,
            };
            match written {
                Some(Ok(written)) => {
                    // Changes come in bursts.
                    let breath = self.unchanged / 4;
                    tokio::time::sleep(breath.min(Duration::from_millis(250))).await;
                    vanishing |= self.look(false).await;
                    for file in written {
                        self.book.note_open(&file.file, file.open);
                    }
                }
                Some(Err(error)) => {
                    self.events = None;
                    self.troubled(format!("changes are noticed late: {error}"));
                }
                None if Instant::now() >= end => return,
                None => vanishing = self.look(vanishing).await,
            }
        }
    }

    fn renew_events(&mut self) {
        let directory = disk::directory(&self.source.path);
        let events = self.events.as_ref();
        if events.is_some_and(|events| events.is_of(&directory)) {
            return;
        }
        match Events::of(&directory) {
            Ok(events) => self.events = Some(events),
            Err(error) => {
                self.events = None;
                let seconds = self.look.as_secs();
                self.troubled(format!(
                    "{} cannot be watched: {error}; it is looked through every {seconds} s",
                    directory.display()
                ));
            }
        }
    }

    fn troubled(&mut self, what: String) {
        if self.trouble.as_ref() != Some(&what) {
            warning!("source {}: {what}", self.source.name);
        }
        self.trouble = Some(what);
    }

    /// Sees which files there are, reads those that are due, and removes the zones of those that are gone, if it may.
    /// `full`: zones without a file are looked for too. Returns whether some are about to go.
    async fn look(&mut self, full: bool) -> bool {
        let path = self.source.path.clone();
        match blocking(move || disk::list(&path)).await {
            Ok(files) => {
                let before = self.book.len();
                self.book.see(files, Instant::now());
                if self.events.is_some() && self.trouble.take().is_some() {
                    success!("source {}: it is read again", self.source.name);
                }
                let vanishing =
                    full || self.book.len() < before || self.book.is_waiting_to_remove();
                self.read_due().await;
                let vanishing = vanishing && self.remove_vanished().await;
                self.show();
                vanishing
            }
            Err(why) => {
                self.book.failed(Instant::now());
                self.troubled(format!("{why}; nothing of it is changed"));
                self.show();
                false
            }
        }
    }

    /// Removes the zones of files that are gone. Returns whether more are about to go.
    async fn remove_vanished(&mut self) -> bool {
        if !self.source.remove {
            return false;
        }
        let zones = match self.own().await {
            Ok(zones) => zones,
            Err(error) => {
                self.book.failed(Instant::now());
                self.troubled(format!("zones without a file stay: {error}"));
                return false;
            }
        };
        let names = zones.iter().map(|(zone, _)| zone.clone()).collect();
        let vanished = self.book.vanished(&names, Instant::now(), self.unchanged);
        let vanished = match vanished {
            Ok(vanished) => {
                self.kept = None;
                vanished
            }
            Err(why) => {
                let told = format!(
                    "zones without a file stay, as {why}; `dadns zones remove ZONE --owner {:?}` removes one",
                    self.owner.master
                );
                if self.kept.as_ref() != Some(&told) {
                    warning!("source {}: {told}", self.source.name);
                }
                self.kept = Some(told);
                return false;
            }
        };
        for (zone, revision) in zones {
            if vanished.contains(&zone) {
                self.remove(zone, revision).await;
            }
        }
        self.book.is_waiting_to_remove()
    }

    async fn remove(&mut self, zone: ZoneName, revision: u64) {
        let (moment, author) = (Moment::at(revision), self.author());
        let source = &self.source.name;
        match self.store.remove_at(moment, author, zone.clone()).await {
            Ok(AtMoment::Made(Removed::Removed { revision })) => {
                self.counts.removed(source);
                info!(
                    zone = %zone,
                    master = self.owner.master,
                    revision,
                    "zone {zone} removed: source {source} has no file of it any more; `dadns rollback` brings it back"
                );
            }
            // Whoever changed it meanwhile decides; the next look sees it.
            Ok(_) => {}
            Err(error) => warning!(
                zone = %zone,
                master = self.owner.master,
                "zone {zone} could not be removed, though source {source} has no file of it any more: {error}; it is \
                 tried again"
            ),
        }
    }

    /// The zones that this source put here, with their revisions.
    async fn own(&self) -> Result<BTreeSet<(ZoneName, u64)>, StoreError> {
        let (store, owner) = (self.store.clone(), self.owner.clone());
        blocking(move || {
            let own = store.heads().filter_map(|found| match found {
                Ok((zone, head)) => (head.present && head.owner.as_ref() == Some(&owner))
                    .then_some(Ok((zone, head.revision))),
                Err(error) => Some(Err(error)),
            });
            own.collect()
        })
        .await
    }

    fn author(&self) -> Author {
        Author::of(Part::Source(self.source.name.clone()), &self.owner)
    }

    fn show(&self) {
        let status = self.status(Some(Timestamp::now()));
        self.counts
            .set_not_accepted(&self.source.name, status.not_accepted);
        self.board.set(self.number, status);
    }

    fn status(&self, looked_at: Option<Timestamp>) -> SourceStatus {
        let mut files = self.book.shown();
        let total = files.len();
        let fine = |state| matches!(state, FileState::Accepted | FileState::Waiting);
        let not_accepted = files.iter().filter(|file| !fine(file.state)).count();
        files.truncate(SHOWN);
        SourceStatus {
            name: self.source.name.clone(),
            path: self.source.path.display().to_string(),
            remove: self.source.remove,
            looked_at,
            trouble: self.trouble.clone().or_else(|| self.kept.clone()),
            total,
            not_accepted,
            files,
        }
    }
}

/// Waits for the next notices; without a watch for ever.
async fn written(events: &mut Option<Events>) -> Result<Vec<events::Written>, notify::Error> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}
