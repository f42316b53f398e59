//! What an operator should hear of while the server runs.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use dadns_zone::ZoneName;

/// The pause between lines about what others bring about and could flood the log with.
const PAUSE: Duration = Duration::from_secs(10);

/// Something that an operator should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It does not go as it should.
    Trouble(String),
    /// It does again.
    Well(String),
    /// A secondary keeps old records of a zone, or nobody knows whether it does.
    LeftBehind {
        /// The zone.
        zone: ZoneName,
        /// The secondary.
        secondary: SocketAddr,
        /// What and why, in words for an operator.
        said: String,
        /// Whether that is one of many, and only to be noted.
        quiet: bool,
    },
    /// A secondary of which that was told has the zone as it is, or the zone is gone.
    CaughtUp {
        /// The zone.
        zone: ZoneName,
        /// The secondary.
        secondary: SocketAddr,
    },
}

/// Whoever tells the operator.
pub type Tell = Arc<dyn Fn(News) + Send + Sync>;

/// The highest serial that a secondary may have of a zone, where ours is not ahead of it: whoever knows the
/// past of the zone says so.
pub type Reused = Arc<dyn Fn(&ZoneName) -> Option<NotPassed> + Send + Sync>;

/// A serial of a zone that the present one is not ahead of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPassed {
    /// The serial.
    pub serial: u32,
    /// Whether the zone is served with other records now than it had under that serial.
    pub differs: bool,
}

/// Tells of what clients bring about, now and then.
#[derive(Default)]
pub(crate) struct Reporter {
    tell: OnceLock<Tell>,
    told: Mutex<Option<Instant>>,
}

impl Reporter {
    /// From now on `tell` is told; the first one that is set stays.
    pub fn tell_to(&self, tell: Tell) {
        let _ = self.tell.set(tell);
    }

    /// Tells of trouble, if the last such line is long enough ago.
    pub fn trouble(&self, what: impl FnOnce() -> String) {
        let Some(tell) = self.tell.get() else {
            return;
        };
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_some_and(|told| told.elapsed() < PAUSE) {
                return;
            }
            *told = Some(Instant::now());
        }
        tell(News::Trouble(what()));
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter")
    }
}
