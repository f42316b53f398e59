//! Durable desired state: what each zone should be, and which backends may be behind on it.
//!
//! # Why it is built like this
//!
//! A queue that carries zone texts goes wrong in known ways: a retry overwrites a newer push, a save
//! crosses a delete, dead letters are lost. So nothing here queues a zone. The store has what each
//! zone *should* be (its layers under a revision) and, per backend, the names it *may be behind on*
//! together with the revision that put them there. A lane loads the state as it is when it gets
//! there, and its entry is cleared only if no newer revision came meanwhile.
//!
//! **Three floors.** [`engine`](crate::engine) keeps bytes and knows no zone; `db.rs` reads them as heads,
//! versions and entries; `desired/` has the rules, pure; `edits/` brings the two together, one type for each
//! kind of edit. Nothing here names a database, and the tests run on the engine in memory.
//!
//! **One writer.** Every write goes through one committer thread. That makes ownership and serial
//! decisions race-free without locks, and lets one fsync serve every request that waits: a group of
//! messages becomes one batch, one sync, then all the answers. Each batch names the heads that it was
//! planned on; if there ever is a second writer, the engine refuses it.
//!
//! **One map.** A batch is atomic, so heads, layers, pending entries and receipts share one map, told
//! apart by key prefix (`keys.rs`).
//!
//! **Records stand once**, in the version of the revision that brought them; a layer only names that
//! revision. With a copy for history a push took half as long again.
//!
//! **Zones are kept packed, not compressed**: packing alone takes a pushed text to three quarters;
//! zstd would take another fifth off real keys for fifty times the time, and lz4 next to nothing.
//!
//! **Reads need no committer**: an engine's reads wait for nobody, and what is pending is mirrored in memory
//! (`pending/`), because a lane must find what is due without walking all that is not.

mod changes;
mod cluster;
mod commit;
mod db;
mod desired;
mod disk;
mod drifted;
mod edits;
mod error;
mod failure;
mod fresh;
mod group;
mod history;
mod keys;
mod layered;
mod options;
mod pending;
mod placed;
mod published;
mod queues;
mod receipt;
mod recent;
mod recovery;
mod roster;
mod schema;
mod serials;
mod settings;
mod tokens;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, mpsc};

use dadns_backends::BackendId;
use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;

pub use cluster::{
    Comparison, Differences, Landed, Membership, Progress, Standing as ClusterStanding, TOKENS,
    Terms, ZONES,
};
pub use desired::{
    Advanced, AtMoment, Attributes, Author, CannotRollBack, Claimed, Deletion, Edited, Edits,
    Entries, Entry, Guard, Head, Held, Imported, Layers, Mode, Moment, NotAhead, NotCreated,
    NotDeleted, NotEdited, NothingHeld, Overridden, Owner, Pushed, RecordEdit, Removed, Standing,
    Stored, TooMany, VersionKind,
};
pub use disk::Disk;
pub use drifted::Drifted;
pub use error::StoreError;
pub use history::{Keep, Refused, Version};
pub use layered::{Part, Served};
pub use options::Options;
pub use pending::{Due, PendingEntry};
pub use placed::Moved;
pub use receipt::{Event, Receipt, Tried};
pub use recent::Recent;
pub use roster::{Row, Rows};
pub use settings::{Location, Settings};

use self::cluster::Sharing;
use self::commit::{Committer, Message};
use self::db::Db;
use self::failure::Failure;
use self::fresh::Fresh;
use self::history::Refusals;
use self::layered::Cache;
use self::placed::Placed;
use self::queues::Queue;
use self::roster::Roster;
use self::serials::Serials;
use self::tokens::Tokens;
use crate::engine::{OpenError, Reopen};
use crate::feed::Feed;

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
    db: Db,
    queues: BTreeMap<BackendId, Queue>,
    recent: Mutex<VecDeque<Recent>>,
    /// Every zone with what lists show of it.
    roster: Roster,
    /// The zones of which the guard holds a push.
    held: Mutex<BTreeSet<ZoneName>>,
    /// The zones that have entries of layers above the push, or had some.
    edited: Mutex<HashSet<ZoneName>>,
    /// The zones that were last edited or asked for, merged.
    cache: Cache,
    /// The zones that were pushed a moment ago, for the lanes.
    fresh: Fresh,
    /// The TTL of records without one.
    ttl: u32,
    /// The most records of a zone that is created or edited.
    max_records: usize,
    /// The last push of each zone that was refused.
    refused: Mutex<Refusals>,
    /// The zones whose serial is not ahead of one that they had.
    serials: Serials,
    /// The tokens of API clients.
    tokens: Tokens,
    /// When zones were last pushed, since the start.
    pushed: Mutex<HashMap<ZoneName, Timestamp>>,
    /// Where zones are placed.
    placed: Placed,
    /// What it has to do with other nodes.
    sharing: Option<Sharing>,
    keep: Keep,
    guard: Guard,
    recorded: watch::Sender<u64>,
    feed: Feed,
    failure: Failure,
}

/// What a zone should be at one revision.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// The revision this state belongs to.
    pub revision: u64,
    /// The zone with the serial to serve; `None`: it is removed, and no backend shall have it.
    pub zone: Option<Zone>,
}

impl Store {
    /// Opens the store that an engine has, or creates it there, for the enabled backends, each with its
    /// fingerprint (`Backend::fingerprint`).
    ///
    /// A backend that was not enabled when the store was last open, or had another fingerprint then, gets
    /// every zone marked pending: it may have missed anything.
    ///
    /// # Errors
    /// When it was written by a newer dadns, or its contents are damaged. The message says what to do.
    pub fn open(
        engine: Arc<dyn Reopen>,
        backends: &BTreeMap<BackendId, String>,
        options: &Options,
    ) -> Result<(Self, CommitterHandle), StoreError> {
        let path = engine.location().to_path_buf();
        let db = Db::open(engine, options.min_free_bytes)?;
        let placed = Placed::load(&db, options.groups.clone())?;
        let queues = pending::load(&db, backends, &placed)?;
        let held = db.held_zones()?;
        let edited = db.edited()?;
        let refused = Refusals::load(&db)?;
        let serials = Serials::load(&db)?;
        let tokens = Tokens::load(&db)?;
        let roster = Roster::load(&db)?;
        let terms = options.terms.clone();
        let sharing = terms.map(|terms| Sharing::load(&db, terms)).transpose()?;
        let shared = Arc::new(Shared {
            db,
            queues,
            recent: Mutex::default(),
            roster,
            held: Mutex::new(held),
            edited: Mutex::new(edited),
            cache: Cache::default(),
            fresh: Fresh::default(),
            ttl: options.ttl,
            max_records: options.max_records,
            refused: Mutex::new(refused),
            serials,
            tokens,
            pushed: Mutex::default(),
            placed,
            sharing,
            keep: options.keep,
            guard: options.guard.clone(),
            recorded: watch::Sender::default(),
            feed: Feed::default(),
            failure: Failure::default(),
        });
        let (messages, inbox) = mpsc::channel();
        let committer = Committer::new(Arc::clone(&shared), inbox);
        let thread = std::thread::Builder::new()
            .name("committer".into())
            .spawn({
                let shared = Arc::clone(&shared);
                move || {
                    // An engine may assert: nobody may go on as if the writer were there.
                    let run = std::panic::AssertUnwindSafe(|| committer.run());
                    if std::panic::catch_unwind(run).is_err() {
                        shared.failure.for_good(StoreError::Write {
                            cause: "the writer stopped on an internal error; please report it"
                                .into(),
                        });
                    }
                }
            })
            .map_err(|error| OpenError::Failed {
                path,
                cause: format!("its writer thread could not be started: {error}"),
            })?;
        let store = Self { shared, messages };
        Ok((store, CommitterHandle { thread }))
    }

    /// Records what happened to zones on `backend`: clears what is still pending at the revision that
    /// was applied, or notes the cause and the next try. What the disk does not take is noted in memory.
    ///
    /// # Errors
    /// When the store has stopped; the zones then stay pending, and applying them again is harmless.
    pub async fn record(&self, backend: &BackendId, tries: Vec<Tried>) -> Result<(), StoreError> {
        let backend = backend.clone();
        self.ask(|reply| Message::Record(backend, tries, reply))
            .await
    }

    /// What is known of a zone, present or removed; `None`: never heard of.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn head(&self, name: &ZoneName) -> Result<Option<Head>, StoreError> {
        self.shared.db.head(name)
    }

    /// The longest zone that is present and is `name` or above it; `None`: there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn zone_of(&self, name: &ZoneName) -> Result<Option<ZoneName>, StoreError> {
        for zone in std::iter::once(name.clone()).chain(name.ancestors()) {
            if self.head(&zone)?.is_some_and(|head| head.present) {
                return Ok(Some(zone));
            }
        }
        Ok(None)
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

    /// What a zone should be now; a zone never heard of is removed, at revision 0.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn desired(&self, name: &ZoneName) -> Result<Desired, StoreError> {
        self.shared.desired(name)
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

    /// Whether the guard holds a push of the zone.
    pub fn is_held(&self, name: &ZoneName) -> bool {
        self.shared.held.lock().contains(name)
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

#[cfg(test)]
impl Store {
    /// A new store on the engine in memory, for tests of other rooms.
    pub fn in_memory<'b>(
        backends: impl IntoIterator<Item = &'b BackendId>,
        options: &Options,
    ) -> (Self, CommitterHandle) {
        let engine = Arc::new(crate::engine::Memory::default());
        let backends = backends.into_iter().cloned();
        let backends = backends.map(|id| (id, String::new())).collect();
        Self::open(engine, &backends, options).expect("a new store opens")
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
