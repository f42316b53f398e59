//! sled 0.34 as an engine.
//!
//! **fsync for real.** sled's `flush` on Linux is `sync_file_range`: it neither waits for the disk's own
//! cache nor for the file's metadata, and values that outgrow a segment go to files that it never
//! syncs. So [`Engine::sync`] calls `fdatasync` itself and looks after those files (`blobs.rs`);
//! measured cost: 0.1 ms.
//!
//! **One tree.** A sled batch is atomic within a tree. sled's transactions over several trees would do
//! as well, but they clone every value and retry on conflicts.
//!
//! **sled asserts in places.** While it opens, that is caught here; whoever writes has to reckon with
//! it too (the store's committer does).

mod blobs;

use std::fmt;
use std::fs::{self, File};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use ::sled::Db;
use parking_lot::Mutex;

use self::blobs::Blobs;
use super::{Batch, Engine, EngineError, KeyRange, OpenError, Scan, Value};

/// How many bytes sled may write for one: it rewrites a value's neighbours with it.
const WRITE_AMPLIFICATION: u64 = 8;

/// The file that everything but oversized values is in.
const LOG: &str = "db";

/// An open sled database.
pub(super) struct Sled {
    db: Db,
    path: PathBuf,
    log: File,
    blobs: Mutex<Blobs>,
    /// Whoever writes: nothing may change between the check of a batch and its writes.
    writer: Mutex<()>,
}

impl Sled {
    /// Opens or creates the database in the directory `path`.
    pub fn open(path: &Path, cache_bytes: u64) -> Result<Self, OpenError> {
        let failed = |error: std::io::Error| OpenError::Failed {
            path: path.into(),
            cause: error.to_string(),
        };
        fs::create_dir_all(path).map_err(failed)?;
        let config = ::sled::Config::new().path(path).cache_capacity(cache_bytes);
        // sled asserts on some kinds of damage while it recovers: an operator needs a sentence, not
        // a backtrace.
        let db = std::panic::catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| OpenError::Damaged {
                path: path.into(),
                cause: "recovery stopped with an internal check".into(),
            })?
            .map_err(|error| opening(path, &error))?;
        Ok(Self {
            db,
            log: File::open(path.join(LOG)).map_err(failed)?,
            blobs: Mutex::new(Blobs::of(path)),
            writer: Mutex::default(),
            path: path.into(),
        })
    }
}

impl Engine for Sled {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, EngineError> {
        match self.db.get(key) {
            Ok(value) => Ok(value.map(Value::from)),
            Err(error) => Err(reading(&error)),
        }
    }

    fn scan(&self, range: KeyRange) -> Scan {
        let KeyRange { start, end } = range;
        let entries = match end {
            Some(end) => self.db.range(start..end),
            None => self.db.range(start..),
        };
        Box::new(entries.map(|entry| match entry {
            Ok((key, value)) => Ok((key.into(), value.into())),
            Err(error) => Err(reading(&error)),
        }))
    }

    fn apply(&self, batch: Batch) -> Result<(), EngineError> {
        let _writer = self.writer.lock();
        batch.check(|key| self.get(key))?;
        let mut writes = ::sled::Batch::default();
        for (key, value) in batch.writes {
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        self.db
            .apply_batch(writes)
            .map_err(|error| EngineError::Write(error.to_string()))
    }

    fn sync(&self) -> Result<(), EngineError> {
        let failed = |cause: &dyn fmt::Display| {
            EngineError::Write(format!("{}: {cause}", self.path.display()))
        };
        self.db.flush().map_err(|error| failed(&error))?;
        self.blobs
            .lock()
            .sync()
            .and_then(|()| self.log.sync_data())
            .map_err(|error| failed(&error))
    }

    fn size(&self) -> Result<u64, EngineError> {
        self.db.size_on_disk().map_err(|error| reading(&error))
    }

    fn free(&self) -> Result<u64, EngineError> {
        super::room::free(&self.path)
    }

    fn cost(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(WRITE_AMPLIFICATION)
    }

    fn location(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for Sled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sled").field("path", &self.path).finish()
    }
}

fn reading(error: &::sled::Error) -> EngineError {
    EngineError::Read(error.to_string())
}

fn opening(path: &Path, error: &::sled::Error) -> OpenError {
    let (path, cause) = (path.into(), error.to_string());
    match error {
        ::sled::Error::Io(_) if cause.contains("lock") => OpenError::InUse { path },
        ::sled::Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            OpenError::Full { path }
        }
        ::sled::Error::Corruption { .. } | ::sled::Error::Unsupported(_) => {
            OpenError::Damaged { path, cause }
        }
        _ => OpenError::Failed { path, cause },
    }
}
