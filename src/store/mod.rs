//! Durable desired state on sled.
//!
//! # Why it is built like this
//!
//! A queue that carries zone texts goes wrong in known ways: a retry overwrites a newer push, a save
//! crosses a delete, dead letters are lost. So nothing here queues a zone. The store holds what each
//! zone *should* be (its layers under a revision) and, per backend, the names it *may be behind on*
//! together with the revision that put them there. A lane loads the state as it is when it gets
//! there, and its entry is cleared only if no newer revision came meanwhile.
//!
//! **One writer.** Every write goes through one committer thread. That makes ownership and serial
//! decisions race-free without locks, and lets one fsync serve every request that waits: a group of
//! messages becomes one sled batch, one flush, then all the answers.
//!
//! **One tree.** A sled batch is atomic within a tree, so heads, layers, pending entries and receipts
//! share one, told apart by key prefix (`keys.rs`). sled's transactions over several trees would do
//! as well but cost a clone of every value and retry on conflicts that one writer cannot have.
//!
//! **fsync for real.** sled 0.34's `flush` on Linux is `sync_file_range`: it neither waits for the
//! disk's own cache nor for the file's metadata, and values that outgrow a segment go to files it
//! never syncs. So the committer calls `fdatasync` itself (`disk.rs`); measured cost: 0.1 ms a group.
//!
//! **Records stand once**, in the version of the revision that brought them; a layer only names that
//! revision. With a copy for history a push took half as long again.
//!
//! **Zones are kept packed, not compressed**: packing alone takes a pushed text to three quarters;
//! zstd would take another fifth off real keys for fifty times the time, and lz4 next to nothing.
//!
//! **Reads need no committer**: sled reads are lock-free, and what is pending is mirrored in memory
//! (`pending.rs`), because a lane must find what is due without walking all that is not.

mod blobs;
mod commit;
mod decide;
mod disk;
mod drifted;
mod entries;
mod error;
mod group;
mod guard;
mod history;
mod keys;
mod migrate;
mod model;
mod newest;
mod pending;
mod plan;
mod queues;
mod receipt;
mod refused;
mod serial;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, OnceLock, mpsc};

use dadns_backends::BackendId;
use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot, watch};

pub use drifted::Drifted;
pub use error::StoreError;
pub use guard::{Guard, Held};
pub use history::{Keep, Version, VersionKind};
pub use model::{Accepted, Author, Change, Edit, Head, Impossible, Moment, Owner};
pub use pending::{Due, PendingEntry};
pub use receipt::{Event, Receipt, Tried};
pub use refused::Refused;
pub use serial::NotAhead;
pub use settings::{Location, Settings};

use commit::{Committer, Message};
use queues::Queue;
use refused::Refusals;
use serial::Serials;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes of cache that sled may use.
    pub cache_bytes: u64,
    /// Pushes are refused while the disk has fewer free bytes than this: sled does not survive a
    /// full disk without a restart.
    pub min_free_bytes: u64,
    /// How much of each zone's past is kept.
    pub keep: Keep,
    /// Which pushes are held.
    pub guard: Guard,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 64 << 20,
            min_free_bytes: 64 << 20,
            keep: Keep::default(),
            guard: Guard::default(),
        }
    }
}

/// The desired state of every zone and what each backend may be behind on. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    messages: mpsc::Sender<Message>,
}

/// The committer thread. It ends when it is told to, or when the last [`Store`] is dropped.
#[derive(Debug)]
pub struct CommitterHandle {
    thread: std::thread::JoinHandle<()>,
}

/// What the committer and the readers share.
struct Shared {
    db: disk::Disk,
    queues: BTreeMap<BackendId, Queue>,
    recent: Mutex<VecDeque<(ZoneName, u64, Timestamp)>>,
    /// The zones of which the guard holds a push.
    held: Mutex<BTreeSet<ZoneName>>,
    /// The last push of each zone that was refused.
    refused: Mutex<Refusals>,
    /// The zones whose serial is not ahead of one that they had.
    serials: Serials,
    /// When zones were last pushed, since the start.
    pushed: Mutex<HashMap<ZoneName, Timestamp>>,
    keep: Keep,
    guard: Guard,
    recorded: watch::Sender<u64>,
    failure: OnceLock<StoreError>,
    failed: Notify,
}

impl Shared {
    /// sled stays failed after an I/O error: only a new process can go on.
    fn fail(&self, error: &StoreError) {
        // Only the first failure tells why; the others follow from it.
        if self.failure.set(error.clone()).is_ok() {
            self.failed.notify_waiters();
        }
    }
}

/// What a zone should be at one revision.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// The revision this state belongs to.
    pub revision: u64,
    /// The zone with the serial to serve; `None`: no backend shall hold it.
    pub zone: Option<Zone>,
}

impl Store {
    /// Opens or creates the store in the directory `path` for the enabled backends, each with what
    /// makes it the place it is (`Backend::fingerprint`).
    ///
    /// A backend that was not enabled when the store was last open, or was another place then, gets
    /// every zone marked pending: it may have missed anything.
    ///
    /// # Errors
    /// When the directory cannot be used, another process has it open, it was written by a newer
    /// dadns, or its contents are damaged. The message says what to do.
    pub fn open(
        path: &Path,
        backends: &BTreeMap<BackendId, String>,
        options: &Options,
    ) -> Result<(Self, CommitterHandle), StoreError> {
        let db = disk::Disk::open(path, options)?;
        let queues = pending::load(&db, backends)?;
        let held = db.held_zones()?;
        let refused = Refusals::load(&db)?;
        let serials = Serials::load(&db)?;
        let shared = Arc::new(Shared {
            db,
            queues,
            recent: Mutex::default(),
            held: Mutex::new(held),
            refused: Mutex::new(refused),
            serials,
            pushed: Mutex::default(),
            keep: options.keep,
            guard: options.guard.clone(),
            recorded: watch::Sender::default(),
            failure: OnceLock::new(),
            failed: Notify::new(),
        });
        let (messages, inbox) = mpsc::channel();
        let committer = Committer::new(Arc::clone(&shared), inbox);
        let thread = std::thread::Builder::new()
            .name("committer".into())
            .spawn({
                let shared = Arc::clone(&shared);
                move || {
                    // sled asserts in places: nobody may go on as if the writer were there.
                    let run = std::panic::AssertUnwindSafe(|| committer.run());
                    if std::panic::catch_unwind(run).is_err() {
                        shared.fail(&StoreError::Write {
                            cause: "the writer stopped on an internal error; please report it"
                                .into(),
                        });
                    }
                }
            })
            .map_err(|error| StoreError::Open {
                path: path.into(),
                cause: format!("its writer thread could not be started: {error}"),
            })?;
        let store = Self { shared, messages };
        Ok((store, CommitterHandle { thread }))
    }

    /// Makes a change part of the desired state and returns once that is on disk.
    ///
    /// # Errors
    /// When it could not be made durable; then nothing was acknowledged and the master must be told.
    pub async fn accept(&self, change: Change) -> Result<Accepted, StoreError> {
        self.ask(|reply| Message::Accept(Box::new(change), reply))
            .await
    }

    /// Records what happened to zones on `backend`: clears what is still pending at the revision that
    /// was applied, or notes the cause and the next try.
    ///
    /// # Errors
    /// When it cannot be written; the zones then stay pending, and applying them again is harmless.
    pub async fn record(&self, backend: &BackendId, tries: Vec<Tried>) -> Result<(), StoreError> {
        let backend = backend.clone();
        self.ask(|reply| Message::Record(backend, tries, reply))
            .await
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Message,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.messages
            .send(message(reply))
            .map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// What is known of a zone, held or removed; `None`: never heard of.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn head(&self, name: &ZoneName) -> Result<Option<Head>, StoreError> {
        self.shared.db.head(name)
    }

    /// The heads of all zones, removed ones too, in the order of their names.
    ///
    /// # Errors
    /// Each item, when the store cannot be read.
    pub fn heads(&self) -> impl Iterator<Item = Result<(ZoneName, Head), StoreError>> + use<> {
        self.shared.db.heads_after(None)
    }

    /// As [`heads`](Self::heads), from the first name after `after` on.
    ///
    /// # Errors
    /// Each item, when the store cannot be read.
    pub fn heads_after(
        &self,
        after: Option<&str>,
    ) -> impl Iterator<Item = Result<(ZoneName, Head), StoreError>> + use<> {
        self.shared.db.heads_after(after)
    }

    /// The last changes since the start, newest first: zone, revision, time.
    pub fn recent(&self) -> Vec<(ZoneName, u64, Timestamp)> {
        self.shared.recent.lock().iter().rev().cloned().collect()
    }

    /// What a zone should be now; a zone never heard of is wanted nowhere, at revision 0.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn desired(&self, name: &ZoneName) -> Result<Desired, StoreError> {
        self.shared.db.desired(name)
    }

    /// What happened to a zone on each backend that ever dealt with it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipts(&self, name: &ZoneName) -> Result<BTreeMap<BackendId, Receipt>, StoreError> {
        self.shared.db.receipts(name)
    }

    /// What happened to a zone on one backend, if that ever dealt with it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipt(
        &self,
        name: &ZoneName,
        backend: &BackendId,
    ) -> Result<Option<Receipt>, StoreError> {
        self.shared.db.receipt(name, backend)
    }

    /// The push of a zone that the guard holds, if it does.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn held(&self, name: &ZoneName) -> Result<Option<Held>, StoreError> {
        self.shared.db.held(name)
    }

    /// The zones of which the guard holds a push.
    pub fn held_zones(&self) -> Vec<ZoneName> {
        self.shared.held.lock().iter().cloned().collect()
    }

    /// Why the store can take no more changes until the process restarts, if that is so.
    pub fn failure(&self) -> Option<&StoreError> {
        self.shared.failure.get()
    }

    /// Waits until the store has failed for good.
    pub async fn failed(&self) -> StoreError {
        loop {
            let failed = self.shared.failed.notified();
            if let Some(error) = self.failure() {
                return error.clone();
            }
            failed.await;
        }
    }

    /// Whether the disk has room for more changes.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`] while it has not.
    pub fn check_room(&self) -> Result<(), StoreError> {
        self.shared.db.check_room(0)
    }

    /// Bytes that the store takes on disk.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.shared.db.size()
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl CommitterHandle {
    /// Has the committer write all that `store` was given before, sync, and end. Changes that come
    /// later are refused.
    pub fn stop(self, store: Store) {
        // Gone already: it has said why.
        let _ = store.messages.send(Message::Stop);
        let _ = self.thread.join();
    }
}

#[cfg(test)]
mod tests;
