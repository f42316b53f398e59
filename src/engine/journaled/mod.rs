//! A journal in front of another engine.
//!
//! # Why
//!
//! A push is acknowledged once it is on disk. An engine that keeps a tree on disk has to write and sync
//! every page that a batch touches, some dozens for one push. Here a batch is one frame at the end of a file:
//! one write and one `fdatasync`, however many pushes share it. Until the engine below has them too, the
//! entries are in memory, where reads find them first. A thread of its own brings them down now and then, as
//! one batch in the order of keys: what was written twice meanwhile is written once, and what came and went,
//! such as the pending entry of a zone that was verified at once, costs a removal of nothing.
//!
//! # What is on disk when
//!
//! 1. [`apply`](Engine::apply) adds a frame to the journal, and its entries to the *active* table.
//! 2. [`sync`](Engine::sync) writes and syncs the journal.
//! 3. A *checkpoint* syncs the journal, begins a new file, and makes the active table the *frozen* one. Its
//!    thread applies that below, syncs, and only then removes the files of the journal before the new one.
//! 4. [`open`](Journaled::open) applies what the files of the journal have, in their order, and syncs. To do
//!    so twice changes nothing: frames say what entries are, not how they change.
//!
//! A power failure can leave the end of the journal torn. What comes after the last whole frame was never
//! synced, so nobody was told that it is durable, and it is dropped.
//!
//! What was rejected: a table per batch, as engines of merge trees have them (the store reads what it wrote a
//! moment ago, and would search them all), and leaving the journal to an engine that has one (fjall 3.1 does
//! not open where the middle of the last frame is missing).

mod files;
mod tables;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use self::files::Journal;
use self::tables::Tables;
use super::{Batch, Engine, EngineError, KeyRange, OpenError, Scan, Value};

/// How many bytes of journal begin a checkpoint: at a kilobyte for a push, some thousands of them. Both tables
/// together take about four times as much memory at most.
const CHECKPOINT: u64 = 4 << 20;

/// How many bytes of journal keep writers waiting for the checkpoint under way.
const MOST: u64 = 3 * CHECKPOINT;

/// How long entries stay in memory alone when little is written.
const AGE: Duration = Duration::from_secs(5);

/// How often the thread looks whether that is over.
const TICK: Duration = Duration::from_secs(1);

/// An engine below, and the journal and the tables above it.
#[derive(Debug)]
pub(super) struct Journaled {
    core: Arc<Core>,
    checkpointer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Core {
    below: Arc<dyn Engine>,
    tables: Tables,
    writer: Mutex<Writer>,
    /// Wakes the thread when there is a frozen table, and writers when there is none any more.
    turn: Condvar,
}

/// Whoever writes: nothing may change between the check of a batch and its writes.
#[derive(Debug)]
struct Writer {
    journal: Journal,
    /// Since when the active table has entries.
    since: Option<Instant>,
    /// Why nothing can be written any more.
    failed: Option<EngineError>,
    stop: bool,
}

impl Journaled {
    /// Brings what the journal in `directory` has to the engine `below`, and begins a new one.
    ///
    /// # Errors
    /// When the directory or the engine cannot be read or written.
    pub fn open(directory: &Path, below: Arc<dyn Engine>) -> Result<Self, OpenError> {
        let journal = files::replay(directory, &*below)?;
        let core = Arc::new(Core {
            below,
            tables: Tables::default(),
            writer: Mutex::new(Writer {
                journal,
                since: None,
                failed: None,
                stop: false,
            }),
            turn: Condvar::new(),
        });
        let thread = Arc::clone(&core);
        let spawned = std::thread::Builder::new()
            .name("checkpointer".into())
            .spawn(move || thread.keep_below());
        let checkpointer = spawned.map_err(|cause| OpenError::Failed {
            path: directory.into(),
            cause: cause.to_string(),
        })?;
        Ok(Self {
            core,
            checkpointer: Some(checkpointer),
        })
    }
}

impl Drop for Journaled {
    fn drop(&mut self) {
        self.core.writer.lock().stop = true;
        self.core.turn.notify_all();
        // Whoever opens the directory next must not meet the thread at work.
        if let Some(checkpointer) = self.checkpointer.take() {
            drop(checkpointer.join());
        }
        // Nobody waits for it; what failed before has been told.
        drop(self.sync());
    }
}

impl Engine for Journaled {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, EngineError> {
        match self.core.tables.get(key) {
            Some(value) => Ok(value),
            None => self.core.below.get(key),
        }
    }

    fn scan(&self, range: KeyRange) -> Scan {
        // First: what is brought below in between is found in both, and not in neither.
        let above = self.core.tables.range(&range);
        tables::merged(above, self.core.below.scan(range))
    }

    fn apply(&self, batch: Batch) -> Result<(), EngineError> {
        let core = &*self.core;
        let mut writer = core.writer.lock();
        while writer.failed.is_none() && writer.journal.len() > MOST && core.tables.has_frozen() {
            core.turn.wait(&mut writer);
        }
        writer.check()?;
        batch.check(|key| self.get(key))?;
        let appended = writer.journal.append(&batch.writes);
        writer.note(appended)?;
        core.tables.put(batch.writes);
        writer.since.get_or_insert_with(Instant::now);
        if writer.journal.len() >= CHECKPOINT && !core.tables.has_frozen() {
            core.freeze(&mut writer)?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), EngineError> {
        let mut writer = self.core.writer.lock();
        writer.check()?;
        let synced = writer.journal.sync();
        writer.note(synced)
    }

    fn size(&self) -> Result<u64, EngineError> {
        let journal = self.core.writer.lock().journal.len();
        Ok(self.core.below.size()? + journal)
    }

    fn free(&self) -> Result<u64, EngineError> {
        self.core.below.free()
    }

    fn cost(&self, bytes: u64) -> u64 {
        self.core.below.cost(bytes).saturating_add(bytes)
    }

    fn location(&self) -> &Path {
        self.core.below.location()
    }
}

impl Core {
    /// Begins a checkpoint.
    fn freeze(&self, writer: &mut Writer) -> Result<(), EngineError> {
        let begun = writer.journal.begin_next();
        writer.note(begun)?;
        self.tables.freeze();
        writer.since = None;
        self.turn.notify_all();
        Ok(())
    }

    /// Brings frozen tables below until it is told to stop.
    fn keep_below(&self) {
        let mut writer = self.writer.lock();
        while !writer.stop {
            let is_old = |since: Instant| since.elapsed() >= AGE;
            if !self.tables.has_frozen()
                && writer.failed.is_none()
                && writer.since.is_some_and(is_old)
            {
                // What went wrong is kept for whoever writes next.
                drop(self.freeze(&mut writer));
            }
            let Some(frozen) = self.tables.frozen().filter(|_| writer.failed.is_none()) else {
                self.turn.wait_for(&mut writer, TICK);
                continue;
            };
            let brought = parking_lot::MutexGuard::unlocked(&mut writer, || {
                // The engine below may assert: whoever writes next is told, and nobody waits for ever.
                let bring = std::panic::AssertUnwindSafe(|| self.bring_below(&frozen));
                std::panic::catch_unwind(bring).unwrap_or_else(|_| {
                    let cause = "an internal check of the engine failed";
                    Err(EngineError::Write(cause.into()))
                })
            });
            let removed = brought.and_then(|()| {
                self.tables.drop_frozen();
                writer.journal.remove_earlier()
            });
            drop(writer.note(removed));
            self.turn.notify_all();
        }
    }

    fn bring_below(&self, frozen: &tables::Table) -> Result<(), EngineError> {
        let entries = frozen
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()));
        let batch = Batch {
            writes: entries.collect(),
            ..Batch::default()
        };
        self.below.apply(batch)?;
        self.below.sync()
    }
}

impl Writer {
    /// Whether it can still write.
    fn check(&self) -> Result<(), EngineError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Remembers a failure: what comes after it could not be read again.
    fn note<T>(&mut self, written: Result<T, EngineError>) -> Result<T, EngineError> {
        if let Err(error) = &written {
            self.failed.get_or_insert_with(|| error.clone());
        }
        written
    }
}

#[cfg(test)]
mod tests;
