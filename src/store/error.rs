//! What can go wrong with the store, in words that say what to do.

use std::path::PathBuf;

use crate::engine::OpenError;

/// The store cannot do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It was written by a newer dadns.
    #[error(
        "the store in {path:?} was written by a newer dadns (schema {found}, this one knows up to \
         {known}): install that version again, or give this one an empty queue_location"
    )]
    Newer {
        /// Its directory.
        path: PathBuf,
        /// The schema version found.
        found: u32,
        /// The newest one that this program knows.
        known: u32,
    },
    /// An entry cannot be read.
    #[error("the store cannot read {what}: {cause}")]
    Read {
        /// What was being read.
        what: String,
        /// What went wrong.
        cause: String,
    },
    /// A change could not be made durable.
    #[error("the change could not be written to disk ({cause}) and is not accepted")]
    Write {
        /// What the system said.
        cause: String,
    },
    /// The disk is nearly full.
    #[error(
        "the disk of the store has only {free_mib} MiB left, less than the {min_mib} MiB it needs; \
         changes are refused until there is room again"
    )]
    NoRoom {
        /// Free mebibytes.
        free_mib: u64,
        /// The mebibytes below which changes are refused.
        min_mib: u64,
    },
    /// The committer has stopped.
    #[error("the store is shutting down and takes no more changes")]
    Stopped,
}
