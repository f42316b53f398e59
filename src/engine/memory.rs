//! An engine in memory, for tests: what was synced survives a [`crash`](Memory::crash), and a disk that
//! fails can be staged.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard, RwLock};

use super::{Batch, Engine, EngineError, KeyRange, OpenError, Reopen, Scan, Value};

type Entries = BTreeMap<Vec<u8>, Value>;

/// A database in memory. A clone is the same database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    entries: RwLock<Entries>,
    /// The entries as they were at the last sync.
    synced: RwLock<Entries>,
    syncs: AtomicUsize,
    /// Whoever has it keeps syncs waiting.
    gate: Mutex<()>,
    /// Whether the next sync fails.
    breaks: AtomicBool,
    /// Whether the disk takes nothing.
    stays_broken: AtomicBool,
    /// What somebody else writes just before the next batch.
    other: Mutex<Option<(Vec<u8>, Value)>>,
}

impl Memory {
    /// What a crash would leave: a database of its own with what was synced.
    pub fn crash(&self) -> Self {
        let synced = self.shared.synced.read().clone();
        Self {
            shared: Arc::new(Shared {
                entries: RwLock::new(synced.clone()),
                synced: RwLock::new(synced),
                ..Shared::default()
            }),
        }
    }

    /// Has the next sync fail.
    pub fn break_next_sync(&self) {
        self.shared.breaks.store(true, Ordering::SeqCst);
    }

    /// Has every sync fail from now on, or no longer.
    pub fn break_disk(&self, broken: bool) {
        self.shared.stays_broken.store(broken, Ordering::SeqCst);
    }

    /// Has somebody else write an entry just before the next batch is applied.
    pub fn change_before_next_apply(&self, key: Vec<u8>, value: &[u8]) {
        *self.shared.other.lock() = Some((key, value.into()));
    }

    /// Has every sync wait until what this returns is dropped.
    pub fn pause_syncs(&self) -> MutexGuard<'_, ()> {
        self.shared.gate.lock()
    }

    /// How many syncs there were.
    pub fn syncs(&self) -> usize {
        self.shared.syncs.load(Ordering::SeqCst)
    }
}

impl Engine for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, EngineError> {
        Ok(self.shared.entries.read().get(key).cloned())
    }

    fn scan(&self, range: KeyRange) -> Scan {
        let shared = Arc::clone(&self.shared);
        let end = range.end.map_or(Bound::Unbounded, Bound::Excluded);
        let mut start = Bound::Included(range.start);
        // One entry at a time: whoever scans keeps no writer waiting, as on disk.
        Box::new(std::iter::from_fn(move || {
            let entries = shared.entries.read();
            let (key, value) = entries.range((start.clone(), end.clone())).next()?;
            start = Bound::Excluded(key.clone());
            Some(Ok((key.as_slice().into(), value.clone())))
        }))
    }

    fn apply(&self, batch: Batch) -> Result<(), EngineError> {
        let mut entries = self.shared.entries.write();
        entries.extend(self.shared.other.lock().take());
        batch.check(|key| Ok(entries.get(key).cloned()))?;
        for (key, value) in batch.writes {
            match value {
                Some(value) => entries.insert(key, value),
                None => entries.remove(&key),
            };
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), EngineError> {
        let _gate = self.shared.gate.lock();
        let broken = self.shared.stays_broken.load(Ordering::SeqCst);
        if self.shared.breaks.swap(false, Ordering::SeqCst) || broken {
            return Err(EngineError::Write("the disk is broken".into()));
        }
        self.shared.syncs.fetch_add(1, Ordering::SeqCst);
        let entries = self.shared.entries.read();
        self.shared.synced.write().clone_from(&entries);
        Ok(())
    }

    fn size(&self) -> Result<u64, EngineError> {
        let entries = self.shared.entries.read();
        let sizes = entries.iter().map(|(key, value)| key.len() + value.len());
        Ok(sizes.sum::<usize>() as u64)
    }

    fn free(&self) -> Result<u64, EngineError> {
        Ok(u64::MAX >> 1)
    }

    fn cost(&self, bytes: u64) -> u64 {
        bytes
    }

    fn location(&self) -> &Path {
        Path::new("memory")
    }
}

impl Reopen for Memory {
    fn try_disk(&self) -> Result<(), EngineError> {
        match self.shared.stays_broken.load(Ordering::SeqCst) {
            true => Err(EngineError::Write("the disk is broken".into())),
            false => Ok(()),
        }
    }

    fn reopen(&self) -> Result<(), OpenError> {
        // As a crash leaves it.
        let synced = self.shared.synced.read().clone();
        *self.shared.entries.write() = synced;
        Ok(())
    }
}
