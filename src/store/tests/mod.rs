//! The store as a whole: durability, ownership, revisions, pending, across reopening.
//!
//! What holds on every engine is in `suite/`, which runs twice: `on_memory` in milliseconds, and `on_disk`.

mod earlier;
#[allow(clippy::duplicate_mod, reason = "the same suite, on another engine")]
mod on_disk;
mod on_memory;
mod staged;

use std::sync::Arc;

use tempfile::TempDir;

use crate::engine::{self, Memory, OpenError, Reopen};

/// Where the store of a test lives on the engine in memory.
struct InMemory(Memory);

impl InMemory {
    fn new() -> Self {
        Self(Memory::default())
    }

    fn engine(&self) -> Arc<dyn Reopen> {
        Arc::new(self.0.clone())
    }
}

/// Where the store of a test lives on disk.
struct OnDisk(TempDir);

impl OnDisk {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Opens it; where it was open before, waits until it was let go of, which may be some time after
    /// it was dropped.
    fn engine(&self) -> Arc<dyn Reopen> {
        loop {
            match engine::open(self.0.path(), 1 << 20) {
                Err(OpenError::InUse { .. }) => std::thread::yield_now(),
                opened => return opened.unwrap(),
            }
        }
    }
}
