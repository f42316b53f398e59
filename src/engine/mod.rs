//! Bytes on disk: what [`store`](crate::store) needs of a database, and nothing of zones.
//!
//! # Why there is a trait
//!
//! The rules of desired state are tested by the hundred, and each test wants a store of its own. On
//! a real database that costs a directory and several syncs; on `Memory` it costs nothing, and a
//! crash or a failed sync can be staged. The trait is also the line at which an engine that several
//! nodes share can be put in later: [`Batch::expect`] is the compare-and-set that such an engine
//! needs, and the store uses it today.
//!
//! # What an engine promises
//!
//! - **Keys are ordered** byte by byte, and a [`scan`](Engine::scan) yields them in that order.
//! - **A batch is atomic**: after a crash all of it is there or nothing.
//! - **A batch is not durable** before [`sync`](Engine::sync) has returned. Batches become durable in
//!   the order in which they were applied. So one sync serves every batch before it.
//! - **Reads wait for nobody** and see every batch whose `apply` has returned. A scan is no snapshot:
//!   of what is written during the scan it may see some.
//! - **An engine that has failed to write stays failed**, until it is opened anew
//!   ([`reopen`](Reopen::reopen)): what it has in memory may be ahead of its disk.
//!
//! What was rejected: a generic parameter on the store (every door and lane would carry it, for one
//! indirect call per read), transactions with reads inside (the store has one writer), and a typed interface (zones would have to be known here).

mod earlier;
mod error;
mod journaled;
#[cfg(test)]
mod memory;
mod redb;
mod reopening;
mod room;
mod value;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use error::{EngineError, OpenError};
use journaled::Journaled;
#[cfg(test)]
pub(crate) use memory::Memory;
pub use value::Value;

/// What the engine is, for an operator.
pub const KIND: &str = "redb, behind a journal";

/// An ordered map of bytes to bytes on a disk.
pub trait Engine: fmt::Debug + Send + Sync + 'static {
    /// The value of a key.
    ///
    /// # Errors
    /// When the disk or its contents cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Value>, EngineError>;

    /// The entries of a range, in the order of their keys.
    fn scan(&self, range: KeyRange) -> Scan;

    /// Applies a batch, atomically but not yet durably.
    ///
    /// # Errors
    /// [`EngineError::Changed`] when an entry is not as the batch expects, and the error of the disk;
    /// in both cases nothing of the batch is applied.
    fn apply(&self, batch: Batch) -> Result<(), EngineError>;

    /// Makes all that was applied durable, through the disk's own cache.
    ///
    /// # Errors
    /// When the disk does not say that it is. Then nobody may be told that it is.
    fn sync(&self) -> Result<(), EngineError>;

    /// Bytes that the engine takes on disk.
    ///
    /// # Errors
    /// When the disk cannot be asked.
    fn size(&self) -> Result<u64, EngineError>;

    /// Bytes that are free on its disk.
    ///
    /// # Errors
    /// When the disk cannot be asked.
    fn free(&self) -> Result<u64, EngineError>;

    /// The most bytes that the engine may take from its disk to write `bytes`.
    fn cost(&self, bytes: u64) -> u64;

    /// Its directory, for messages.
    fn location(&self) -> &Path;
}

/// An engine that can go on after it has failed to write.
pub trait Reopen: Engine {
    /// Whether the disk takes writes, by a trial beside the engine's own files.
    ///
    /// # Errors
    /// Why it does not.
    fn try_disk(&self) -> Result<(), EngineError>;

    /// Opens the database anew, from what is on disk: after a failed write. What is read meanwhile waits; a
    /// scan that is under way ends as it began.
    ///
    /// # Errors
    /// When it cannot be opened, such as while a scan is under way. Then nothing can be read or written,
    /// until another try succeeds.
    fn reopen(&self) -> Result<(), OpenError>;
}

/// Opens or creates a database in the directory `path`, with so many bytes of cache.
///
/// # Errors
/// When the directory cannot be used, another process has it open, its disk is full, or its contents
/// are damaged. The message says what to do.
pub fn open(path: &Path, cache_bytes: u64) -> Result<Arc<dyn Reopen>, OpenError> {
    let directory = path.to_path_buf();
    let open = move || -> Result<Arc<dyn Engine>, OpenError> {
        let copy = |filler: &mut redb::Filler<'_>| earlier::copy(&directory, filler);
        let engine = redb::Redb::open(&directory, cache_bytes, copy)?;
        earlier::remove(&directory)?;
        Ok(Arc::new(Journaled::open(&directory, Arc::new(engine))?))
    };
    Ok(Arc::new(reopening::Reopening::new(path, Box::new(open))?))
}

/// The entries of a range, in the order of their keys: each key with its value.
pub type Scan = Box<dyn Iterator<Item = Result<(Value, Value), EngineError>> + Send>;

/// A range of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key, if it is there.
    start: Vec<u8>,
    /// The first key past the range; `None`: it has no end.
    end: Option<Vec<u8>>,
}

impl KeyRange {
    /// From `start` on, before `end`. Where `end` is not after `start`, no key is in it.
    pub fn between(start: impl Into<Vec<u8>>, end: impl Into<Vec<u8>>) -> Self {
        let (start, end) = (start.into(), end.into());
        Self {
            end: Some(end.max(start.clone())),
            start,
        }
    }

    /// All keys that begin with `prefix`.
    ///
    /// ```
    /// # use dadns::engine::KeyRange;
    /// assert_eq!(KeyRange::prefix("z"), KeyRange::between("z", "{"));
    /// ```
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let start = prefix.into();
        let mut end = start.clone();
        // The next prefix: the last byte that can be raised is.
        while end.last() == Some(&u8::MAX) {
            end.pop();
        }
        let last = end.last_mut().map(|last| *last += 1);
        Self {
            start,
            end: last.map(|()| end),
        }
    }

    /// The part of it after `key`.
    #[must_use]
    pub fn after(self, key: &[u8]) -> Self {
        // No key lies between one and the same with a NUL behind it.
        let next = [key, &[0]].concat();
        let start = self.start.max(next);
        Self {
            end: self.end.map(|end| end.max(start.clone())),
            start,
        }
    }
}

/// A key with its value from now on; `None`: it is removed.
type Entry = (Vec<u8>, Option<Value>);

/// Writes that are made together or not at all. Of two writes to one key the later holds.
#[derive(Debug, Default)]
pub struct Batch {
    /// The entries that have to be as they are said to be; `None`: absent.
    expected: Vec<(Vec<u8>, Option<Value>)>,
    writes: Vec<Entry>,
}

impl Batch {
    /// Puts a value under a key.
    pub fn insert(&mut self, key: impl Into<Vec<u8>>, value: impl AsRef<[u8]>) {
        self.writes.push((key.into(), Some(value.as_ref().into())));
    }

    /// Removes an entry, if it is there.
    pub fn remove(&mut self, key: impl Into<Vec<u8>>) {
        self.writes.push((key.into(), None));
    }

    /// The batch is only applied if the entry has this value; `None`: if it is absent.
    pub fn expect(&mut self, key: impl Into<Vec<u8>>, value: Option<Value>) {
        self.expected.push((key.into(), value));
    }

    /// What it writes under a key, if it does; `Some(None)`: the entry is removed.
    pub fn written(&self, key: &[u8]) -> Option<Option<&Value>> {
        let mut writes = self.writes.iter().rev();
        let (_, value) = writes.find(|(written, _)| written == key)?;
        Some(value.as_ref())
    }

    /// What it writes below a key prefix, in the order in which that holds.
    pub fn written_below<'b>(
        &'b self,
        prefix: &'b [u8],
    ) -> impl Iterator<Item = (&'b [u8], Option<&'b Value>)> {
        let writes = self.writes.iter();
        let below = writes.filter(move |(key, _)| key.starts_with(prefix));
        below.map(|(key, value)| (key.as_slice(), value.as_ref()))
    }

    /// Makes the writes of another batch after its own.
    pub fn append(&mut self, other: Self) {
        self.expected.extend(other.expected);
        self.writes.extend(other.writes);
    }

    /// Whether it writes nothing.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Whether all entries are as expected, by what `get` says of each. Nobody may write meanwhile.
    fn check(
        &self,
        get: impl Fn(&[u8]) -> Result<Option<Value>, EngineError>,
    ) -> Result<(), EngineError> {
        for (key, expected) in &self.expected {
            if get(key)? != *expected {
                return Err(EngineError::Changed {
                    key: key.escape_ascii().to_string(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
