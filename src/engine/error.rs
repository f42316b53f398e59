//! What can go wrong with an engine. Where an operator has to act, the text says how.

use std::io;
use std::path::{Path, PathBuf};

/// An open engine cannot do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Something cannot be read.
    #[error("{0}")]
    Read(String),
    /// Something cannot be written, or made durable.
    #[error("{0}")]
    Write(String),
    /// An entry is not as the batch expects: somebody else has written it.
    #[error("entry {key} has been changed by another writer")]
    Changed {
        /// Its key, escaped.
        key: String,
    },
}

/// An engine cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The system does not let it.
    #[error("the store in {path:?} cannot be opened: {cause}")]
    Failed {
        /// Its directory.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// Another process has it open.
    #[error(
        "the store in {path:?} is in use by another process: stop the other dadns, or give this one \
         a queue_location of its own"
    )]
    InUse {
        /// Its directory.
        path: PathBuf,
    },
    /// The disk has no room to open it.
    #[error(
        "the store in {path:?} cannot be opened, because its disk is full: free 100 MiB there and start \
         dadns again; until then it takes nothing, and its built-in server answers nothing"
    )]
    Full {
        /// Its directory.
        path: PathBuf,
    },
    /// Its contents do not make sense.
    #[error(
        "the store in {path:?} is damaged ({cause}): restore it from a backup, or move it away and \
         start empty; the masters then have to push their zones again"
    )]
    Damaged {
        /// Its directory.
        path: PathBuf,
        /// What was found.
        cause: String,
    },
}

impl OpenError {
    /// What the disk of the directory `path` said.
    pub(super) fn of_disk(path: &Path, error: &io::Error) -> Self {
        let path = path.into();
        match error.kind() {
            io::ErrorKind::StorageFull => Self::Full { path },
            _ => Self::Failed {
                path,
                cause: error.to_string(),
            },
        }
    }
}
