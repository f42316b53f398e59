//! The capability of a backend that is a name server itself: the gateway runs it.

use std::net::SocketAddr;

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

use crate::builtin::{Counts, NoticeSink, Reused, Updater};
use crate::{Backend, BackendError};

/// A backend that answers DNS from this process. It holds its zones in memory: the gateway
/// [loads](Server::load) them at the start, before it [runs](Server::run) the server.
#[async_trait]
pub trait Server: Backend {
    /// From now on `reused` says which serials may stand for other records as well; the first one that is
    /// set stays.
    fn ask_for_reused(&self, reused: Reused);

    /// From now on `updater` makes dynamic updates that come to this server; the first one that is set stays.
    fn update_by(&self, updater: Updater);

    /// From now on its zones are too old to be served, and every query is answered with SERVFAIL; or no longer.
    fn set_stale(&self, stale: bool);

    /// Takes a zone in while nobody asks yet: what it should serve when it starts.
    ///
    /// # Errors
    /// When the zone cannot be served.
    fn load(&self, zone: &Zone) -> Result<(), BackendError>;

    /// A zone that should be served cannot be [loaded](Self::load). Secondaries keep what they have of it.
    fn not_loaded(&self, name: &ZoneName);

    /// All that should be served at the start has been loaded. Says whether the catalog, if there is one,
    /// could be made.
    #[must_use]
    fn loaded(&self) -> bool;

    /// The addresses that it listens on.
    fn addresses(&self) -> Vec<SocketAddr>;

    /// What it has sent since the start.
    fn counts(&self) -> Counts;

    /// Answers until a task of the server ends, which none should; returns why.
    async fn run(&self, sink: NoticeSink) -> String;
}
