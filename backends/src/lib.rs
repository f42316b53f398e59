//! Targets for zones: the [`Backend`] trait and one folder per kind.
//!
//! # Adding a kind of backend
//!
//! 1. a folder here with a type that implements [`Backend`] and [`Configured`], which says what its keys
//!    are and how they are checked;
//! 2. its line in [`KINDS`].
//!
//! `tests/kinds/toy` is one, for tests. The keys of a kind are in `config/app.yml` (`dadns config default`
//! writes it), in the JSON schema, in `dadns config check` and in the variables, and the gateway opens it.
//!
//! A backend knows zones, this trait and [`BackendError`], and never another backend. It does not
//! log: it returns what an operator must know, and the gateway says it once.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

pub mod bind;
pub mod builtin;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod coredns_mysql;

mod difference;
mod dns;
mod each;
mod error;
mod ext;
mod id;
mod kinds;
#[cfg(any(test, feature = "conformance"))]
pub mod memory;
mod result;
mod served;
mod server;
#[cfg(test)]
mod testing;

/// Dynamic updates that come to the built-in servers (RFC 2136).
pub mod update {
    pub use dadns_server::{
        Change, Code, Plan, Prerequisite, Refused, Step, Update, Updated, Updater,
    };
}

pub use builtin::{Counts, NotPassed, Notice, NoticeSink, Reused};
pub use dadns_dns::{Answers, MOST_TOLD, Seen, SeenRecord, Transport, Wrong, look};
pub use dadns_zone::Unsupported;
pub use difference::Difference;
pub use each::each;
pub use error::BackendError;
pub use ext::BackendExt;
pub use id::{BackendId, InvalidBackendId};
pub use kinds::{Chosen, Configured, Instance, KINDS, Kind, Opened};
pub use result::ZoneResult;
pub use served::{Depth, Expected, Served};
pub use server::Server;

/// A target for zones.
///
/// Every call is idempotent. The gateway never [applies](Backend::apply) two changes of one zone at the
/// same time. All else is asked at any moment, also of a zone that is just being applied, since the
/// check works beside the lane: what is [read](Backend::read) then is the zone before or after, or an
/// error, and never a mixture.
///
/// What is asked of many zones is asked of a slice of them, since that is where the speed is: a result
/// for each, in the same order. How many are asked at once is for the backend to bound. [`BackendExt`]
/// asks about one. No question has an effect on what is done later. There are no default methods on
/// purpose: a wrapper would silently inherit them.
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// The name of this instance in the configuration.
    fn id(&self) -> &BackendId;

    /// One line: which server or database this is. It is shown for as long as the gateway runs, so it
    /// says nothing that changes.
    fn describe(&self) -> String;

    /// What makes this backend the one it is, such as its paths or its database: while this stays the
    /// same, what was written here is here. When it changes, the gateway writes every zone again. No
    /// secrets.
    fn fingerprint(&self) -> String;

    /// How long after they are written zones may come to be served, for a reason that lies in the
    /// backend, such as servers that look for new zones once a minute. Zero: soon.
    fn lag(&self) -> Duration;

    /// How many zones it pays to apply at once. Past that a batch costs memory only, and its first zone waits
    /// for the last.
    fn at_once(&self) -> usize;

    /// What this backend cannot store or serve of `zone`. Asked before [`apply`](Backend::apply).
    fn unsupported(&self, zone: &Zone) -> Vec<Unsupported>;

    /// Whether the backend is available: cheap, asked repeatedly while it is not. Returns what an
    /// operator should know of it as it is now, such as zones there that dadns did not put there; the
    /// gateway logs that once.
    ///
    /// # Errors
    /// [`BackendError::Unreachable`] with the cause.
    async fn probe(&self) -> Result<Vec<String>, BackendError>;

    /// Writes whole zones and removes others, as one batch as far as the backend allows.
    ///
    /// A batch names no zone twice. Each zone is replaced whole or left as it was.
    /// [`ZoneResult::applied`] says that the backend took it, not yet that it serves it.
    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult>;

    /// What the backend has now, read back from it, not from memory of having written it. `None`: it
    /// does not have the zone, or has one that dadns did not put there ([`Unmanaged`]).
    ///
    /// Each is an error when the backend cannot be read, or what it has is not a zone.
    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Option<Zone>, BackendError>>;

    /// How what the backend has now differs from what it should have, `None`: not at all. Finds what
    /// [`read`](Backend::read) finds ([`Difference::by_reading`]), and may do with less copying.
    ///
    /// Each is an error as there.
    async fn compare(
        &self,
        zones: &[Expected<'_>],
    ) -> Vec<Result<Option<Difference>, BackendError>>;

    /// The zones that the backend has and that the gateway put there.
    ///
    /// # Errors
    /// When the backend cannot be read.
    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError>;

    /// What the backend *serves* of zones now, asked over DNS where it has an address.
    ///
    /// An RRset that a zone does not have cannot be asked for: [`read`](Backend::read) finds it. Each is
    /// [`BackendError::Unreachable`] when no answer comes.
    async fn served(&self, zones: &[Expected<'_>], how: Depth)
    -> Vec<Result<Served, BackendError>>;

    /// Where its zones are answered over DNS. None: it is not asked.
    fn dns_addresses(&self) -> Vec<SocketAddr>;

    /// For a backend that can say why a zone is not served.
    fn diagnose(&self) -> Option<&dyn Diagnose>;

    /// For a backend that can have zones that dadns did not put there.
    fn unmanaged(&self) -> Option<&dyn Unmanaged>;

    /// For a backend that several nodes can share, of which one writes at a time.
    fn fenced(&self) -> Option<&dyn Fenced>;
}

/// A backend that refuses a writer that another has overtaken.
///
/// Which node writes, nodes agree on by a lease, and a lease is no lock: its holder may stall and go on after it is
/// over. So each writer brings a number that is greater than those of all writers before it, and the backend keeps the
/// greatest that it has seen, together with what it writes.
#[async_trait]
pub trait Fenced: Send + Sync {
    /// As [`Backend::apply`], by the writer of this number. Where the backend has seen a greater one it takes nothing,
    /// and each result is [`ZoneResult::Unavailable`] with [`BackendError::Overtaken`].
    async fn apply(&self, fence: u64, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult>;
}

/// A backend that can say why a zone is not served.
#[async_trait]
pub trait Diagnose: Send + Sync {
    /// Why `zone`, which was written and read back, is served as `found` instead: what the
    /// server says of it, or where to look, in words for an operator. `None`: there is nothing to add. Asked
    /// once verification has failed, so it may take seconds.
    async fn diagnose(&self, zone: &Zone, found: &Served) -> Option<String>;
}

/// A backend that can have zones, as primary, that dadns did not put there. They are left as they are
/// until they are put, and then taken over whole.
#[async_trait]
pub trait Unmanaged: Send + Sync {
    /// Their names.
    ///
    /// # Errors
    /// When the backend cannot be read.
    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError>;

    /// Such zones as they are.
    ///
    /// Each is [`BackendError::Zone`] with the reason when it cannot be read, is no zone by our rules, or
    /// is not an unmanaged primary zone; otherwise an error when the backend cannot be read.
    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Zone, BackendError>>;
}

/// One zone of a batch.
#[derive(Debug, Clone, Copy)]
pub enum ZoneChange<'a> {
    /// The backend shall have exactly this zone.
    Put(&'a Zone),
    /// The same, and it is written even where the backend has it already: it was found not to be served
    /// so. What servers have loaded may be something else than what is stored now, and to write only what
    /// differs would leave that so for ever.
    Rewrite(&'a Zone),
    /// The backend shall not have this zone.
    Remove(&'a ZoneName),
}

impl ZoneChange<'_> {
    /// The zone it is about.
    pub fn name(&self) -> &ZoneName {
        match self {
            Self::Put(zone) | Self::Rewrite(zone) => zone.name(),
            Self::Remove(name) => name,
        }
    }
}
