//! An engine that can be opened anew within the process, after it has failed to write.
//!
//! An engine that has failed to write stays failed, for good reasons: what it has in memory may be ahead of
//! its disk. To end the process for that would take the built-in server and the reasons that masters are
//! given with it, and a new process could not open the store either while the disk is full. So what was
//! opened is closed, and opened from what is on disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;

use super::{Batch, Engine, EngineError, KeyRange, OpenError, Reopen, Scan, Value};

/// How an engine is opened.
type Open = Box<dyn Fn() -> Result<Arc<dyn Engine>, OpenError> + Send + Sync>;

/// An engine in a directory, and how it is opened.
pub(super) struct Reopening {
    open: Open,
    path: PathBuf,
    /// `Err`: it was closed, and could not be opened again.
    current: RwLock<Result<Arc<dyn Engine>, OpenError>>,
}

impl Reopening {
    /// Opens the engine in `path`.
    pub fn new(path: &Path, open: Open) -> Result<Self, OpenError> {
        let current = RwLock::new(Ok(open()?));
        Ok(Self {
            open,
            path: path.into(),
            current,
        })
    }

    fn on<T>(
        &self,
        error: impl FnOnce(String) -> EngineError,
        work: impl FnOnce(&dyn Engine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        match &*self.current.read() {
            Ok(engine) => work(&**engine),
            Err(closed) => Err(error(closed.to_string())),
        }
    }
}

impl Engine for Reopening {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, EngineError> {
        self.on(EngineError::Read, |engine| engine.get(key))
    }

    fn scan(&self, range: KeyRange) -> Scan {
        match &*self.current.read() {
            Ok(engine) => engine.scan(range),
            Err(closed) => {
                let closed = EngineError::Read(closed.to_string());
                Box::new(std::iter::once(Err(closed)))
            }
        }
    }

    fn apply(&self, batch: Batch) -> Result<(), EngineError> {
        self.on(EngineError::Write, |engine| engine.apply(batch))
    }

    fn sync(&self) -> Result<(), EngineError> {
        self.on(EngineError::Write, Engine::sync)
    }

    fn size(&self) -> Result<u64, EngineError> {
        self.on(EngineError::Read, Engine::size)
    }

    fn free(&self) -> Result<u64, EngineError> {
        super::room::free(&self.path)
    }

    fn cost(&self, bytes: u64) -> u64 {
        let cost = self.on(EngineError::Read, |engine| Ok(engine.cost(bytes)));
        cost.unwrap_or(bytes)
    }

    fn location(&self) -> &Path {
        &self.path
    }
}

impl Reopen for Reopening {
    fn try_disk(&self) -> Result<(), EngineError> {
        super::room::try_to_write(&self.path)
    }

    fn reopen(&self) -> Result<(), OpenError> {
        let mut current = self.current.write();
        let closed = OpenError::Failed {
            path: self.path.clone(),
            cause: "it is being opened again".into(),
        };
        let old = std::mem::replace(&mut *current, Err(closed));
        // One that has failed may assert once more while it closes.
        drop(catch_unwind(AssertUnwindSafe(|| drop(old))));
        *current = (self.open)();
        match &*current {
            Ok(_) => Ok(()),
            Err(error) => Err(error.clone()),
        }
    }
}

impl std::fmt::Debug for Reopening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Reopening");
        shown.field("path", &self.path).finish_non_exhaustive()
    }
}
