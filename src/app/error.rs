//! Why the gateway could not start, or had to stop.

use dadns_backends::{BackendError, BackendId};

use crate::http::HttpError;
use crate::line::CannotListen;
use crate::masters::CaError;
use crate::registry::KeepError;
use crate::store::StoreError;

/// Why the gateway could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The engine of the cluster cannot be used.
    #[error("the engine of the cluster (cluster.engine) cannot be used: {0}")]
    Cluster(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] KeepError),
    /// The line protocol.
    #[error(transparent)]
    Line(#[from] CannotListen),
    /// The HTTP face.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The CAs that certificates of masters are checked with.
    #[error("reconciliation.ca_file: {0}")]
    Ca(#[from] CaError),
    /// A backend cannot be set up.
    #[error("dns.backends.{id} cannot be set up: {cause}")]
    Backend {
        /// Which.
        id: BackendId,
        /// Why.
        cause: BackendError,
    },
    /// The system would not let something be set up.
    #[error("{what}: {cause}")]
    System {
        /// What.
        what: &'static str,
        /// What it said.
        cause: std::io::Error,
    },
    /// A task ended that must not.
    #[error("{what} stopped: {cause}")]
    Task {
        /// Which.
        what: String,
        /// Why.
        cause: String,
    },
}
