//! Dynamic update (RFC 2136): changes of records that arrive as DNS messages, signed with TSIG.
//!
//! A request goes through these stations, and only the first two see what strangers send:
//!
//! - `gate` verifies the signature, and that the key may update; all in the task that reads the socket;
//! - `message` reads the sections into an [`Update`], which is uncompressed and checked by itself;
//! - `queue` keeps what waits within bounds, and answers a request that is sent again without making its
//!   changes twice (`recent`);
//! - whoever knows the zones, the [`Updater`], has it judged against the zone as it stands (`judge`, pure) and
//!   makes the changes. This server knows no store: it serves what it is given.
//!
//! The answer waits until this server serves the change: whoever reads the zone next, sees it.

mod code;
mod gate;
mod judge;
mod message;
mod queue;
mod rdata;
mod recent;

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use dadns_zone::ZoneName;

pub use code::Code;
pub(crate) use gate::{Accepted, Gate};
pub use judge::{Plan, Refused, Step};
pub use message::{Change, Prerequisite};
pub(crate) use queue::{Queue, Reply};

/// A dynamic update whose signature was verified, of a key that may update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The zone.
    pub zone: ZoneName,
    /// The name of the key, without the final dot.
    pub key: String,
    /// Where the request came from.
    pub client: IpAddr,
    /// What has to be so.
    pub prerequisites: Vec<Prerequisite>,
    /// What is to change, in order; or why that cannot be, which counts only if the prerequisites are met.
    pub changes: Result<Vec<Change>, Refused>,
}

/// What an update came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Updated {
    /// What is answered.
    pub code: Code,
    /// The serial of the zone, if it was changed.
    pub serial: Option<u32>,
}

impl From<Code> for Updated {
    fn from(code: Code) -> Self {
        Self { code, serial: None }
    }
}

/// Makes updates: its future ends when the changes are durable.
pub type Updater =
    Arc<dyn Fn(Update) -> Pin<Box<dyn Future<Output = Updated> + Send>> + Send + Sync>;
