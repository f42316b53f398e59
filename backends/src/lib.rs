//! Places a zone can be put: the [`Backend`] trait and one folder per kind.
//!
//! # Adding a kind of backend, in five touches
//!
//! 1. a folder here with a `Settings` struct and a type that implements [`Backend`];
//! 2. its line in the list of kinds of the gateway's configuration;
//! 3. its arm where the gateway opens backends from that configuration;
//! 4. its keys, commented, in `config/app.yml`;
//! 5. its line in the whole-gateway tests.
//!
//! A backend knows zones, this trait and [`BackendError`], and never another backend. It does not
//! log: it returns what an operator must know, and the gateway says it once.

use std::collections::BTreeSet;
use std::fmt;
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
mod doubt;
mod error;
mod id;
#[cfg(any(test, feature = "conformance"))]
pub mod memory;
mod result;
#[cfg(test)]
mod testing;

pub use dadns_dns::{Answers, MOST_TOLD, Wrong};
pub use difference::Difference;
pub use error::BackendError;
pub use id::{BackendId, InvalidBackendId};
pub use result::ZoneResult;

/// A place a zone can be put.
///
/// Every call is idempotent. The gateway never [applies](Backend::apply) two changes of one zone at the
/// same time. All else is asked at any moment, also of a zone that is just being applied, since the
/// audit looks beside the lane: what is [read](Backend::read) then is the zone before or after, or an
/// error, and never a mixture.
/// There are no default methods on purpose: a wrapper would silently inherit them.
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// The name of this instance in the configuration.
    fn id(&self) -> &BackendId;

    /// One line: what this place is. It is shown for as long as the gateway runs, so it says nothing
    /// that changes.
    fn describe(&self) -> String;

    /// What an operator should know of this place, such as what others keep there. Asked once, as soon
    /// as the place can be worked with; each is logged.
    fn notes(&self) -> Vec<String>;

    /// What makes this place the one it is, such as its paths or its database: while this stays the
    /// same, what was put here is here. When it changes, the gateway puts every zone anew. No secrets.
    fn fingerprint(&self) -> String;

    /// How much later than they are put zones may come to be served here, for a reason that lies in
    /// the place, such as servers that look for new zones once a minute. Zero: soon.
    fn lag(&self) -> Duration;

    /// What this place cannot hold or serve of `zone`. Asked before [`apply`](Backend::apply).
    fn unsupported(&self, zone: &Zone) -> Vec<Unsupported>;

    /// Whether the place can be worked with now: cheap, asked repeatedly while it is away.
    ///
    /// # Errors
    /// [`BackendError::Unreachable`] with the cause.
    async fn probe(&self) -> Result<(), BackendError>;

    /// Puts whole zones and removes others, as one batch as far as the place allows.
    ///
    /// A batch names no zone twice. Each zone is replaced whole or left as it was. Returns one result
    /// per change, in the same order. [`ZoneResult::applied`] says that the place took it, not yet that it serves it.
    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult>;

    /// What the place holds now, read back from the place itself, not from memory of having
    /// written it. `None`: it does not hold the zone.
    ///
    /// # Errors
    /// When the place cannot be read, or what it holds is not a zone.
    async fn read(&self, name: &ZoneName) -> Result<Option<Zone>, BackendError>;

    /// The zones that the place holds and that the gateway put there.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError>;

    /// What the place *serves* for the apex now, asked over DNS where it has an address.
    ///
    /// # Errors
    /// [`BackendError::Unreachable`] when no answer comes.
    async fn serves(&self, name: &ZoneName) -> Result<Served, BackendError>;

    /// Whether what is [served](Backend::serves) for `name` may be what the gateway put there. `false`: it is
    /// of others, such as a zone in another view, or an empty zone that the server makes up by itself.
    ///
    /// # Errors
    /// [`BackendError::Unreachable`] when the place cannot be asked.
    async fn serves_ours(&self, name: &ZoneName) -> Result<bool, BackendError>;

    /// Which RRsets of `zone` the place answers otherwise than they should be, asked over DNS. An RRset
    /// that `zone` does not have cannot be asked for: [`read`](Backend::read) finds it. A zone that is
    /// answered wrong is written anew when it is next put, even where the place holds it as it should.
    ///
    /// # Errors
    /// When no answer comes.
    async fn answers(&self, zone: &Zone) -> Result<Answers, BackendError>;

    /// Why `zone`, which was put here and read back, is `found` to be served otherwise: what the server
    /// says of it, or where to look, in words for an operator. `None`: there is nothing to add. Asked once
    /// a proof has failed, so it may take seconds.
    async fn diagnose(&self, zone: &Zone, found: &Served) -> Option<String>;

    /// The zones that the place holds as primary and that the gateway did not put there. They are left
    /// as they are until they are put, and then taken over whole.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn unmanaged(&self) -> Result<BTreeSet<ZoneName>, BackendError>;

    /// Such a zone as it is.
    ///
    /// # Errors
    /// [`BackendError::Zone`] with the reason when it cannot be read, is no zone by our rules, or is
    /// none that others keep here as primary; otherwise when the place cannot be read.
    async fn read_unmanaged(&self, name: &ZoneName) -> Result<Zone, BackendError>;
}

/// One zone of a batch.
#[derive(Debug, Clone, Copy)]
pub enum ZoneChange<'a> {
    /// The place shall hold exactly this zone.
    Put(&'a Zone),
    /// The place shall not hold this zone.
    Remove(&'a ZoneName),
}

impl ZoneChange<'_> {
    /// The zone it is about.
    pub fn name(&self) -> &ZoneName {
        match self {
            Self::Put(zone) => zone.name(),
            Self::Remove(name) => name,
        }
    }
}

/// One thing of a zone that a place cannot hold or serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The record at fault, as `owner TYPE`.
    pub record: String,
    /// Why, in words for an operator.
    pub reason: String,
    /// Whether the zone as a whole is refused for it; otherwise only this record is not served.
    pub fatal: bool,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.record, self.reason)
    }
}

/// What a place answers for the SOA of an apex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// The place has no DNS address to ask.
    NotAsked,
    /// It does not serve the zone.
    Absent,
    /// It serves the zone with this SOA serial.
    Serial(u32),
    /// It knows the zone but cannot serve it: the response code, such as `SERVFAIL`.
    Broken(String),
    /// It has several servers, and they answer differently: what each says.
    Divided(String),
    /// Not all of its servers answer: what each says. The place itself is not away for that.
    Silent(String),
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("is not asked"),
            Self::Absent => f.write_str("does not serve the zone"),
            Self::Serial(serial) => write!(f, "answers with serial {serial}"),
            Self::Broken(code) => write!(f, "answers {code}"),
            Self::Divided(answers) | Self::Silent(answers) => f.write_str(answers),
        }
    }
}
