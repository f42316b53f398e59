//! What can go wrong with the store, in words that say what to do.

use std::path::PathBuf;

use dadns_zone::ZoneName;

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
    /// The ledger cannot be reached, and the operator wants changes refused then.
    #[error(
        "the cluster's engine cannot be used ({cause}); changes are refused until it can \
         (cluster.without_quorum: refuse)"
    )]
    NoLedger {
        /// Why.
        cause: String,
    },
    /// This node takes no changes.
    #[error(
        "this node is an edge (cluster.role) and takes no changes: make them at another node of the cluster"
    )]
    Edge,
    /// Whether the ledger has taken the change is not known.
    #[error(
        "the cluster's engine gave no answer ({cause}): the change may be made or not; look at the zone before \
         it is made again"
    )]
    AnswerLost {
        /// Why.
        cause: String,
    },
    /// The ledger does not take the change.
    #[error("the cluster's engine does not take the change: {cause}")]
    Rejected {
        /// Why.
        cause: String,
    },
    /// Other nodes were first, again and again.
    #[error("zone {zone} is being changed at other nodes without a pause; make the change again")]
    Contended {
        /// The zone.
        zone: ZoneName,
    },
    /// The committer has stopped.
    #[error("the store is shutting down and takes no more changes")]
    Stopped,
}
