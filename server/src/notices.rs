//! What the server reports to the operator while it runs.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use dadns_zone::ZoneName;

/// The pause between notices that clients cause, who could flood the log with them.
const PAUSE: Duration = Duration::from_secs(10);

/// Something that an operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A warning.
    Trouble(String),
    /// What a warning was about works again.
    Recovered(String),
    /// A secondary keeps old records of a zone, or that cannot be ruled out.
    LeftBehind {
        /// The zone.
        zone: ZoneName,
        /// The secondary.
        secondary: SocketAddr,
        /// What and why, in words for an operator.
        report: String,
        /// Whether this is one of many, to be recorded but not logged.
        quiet: bool,
    },
    /// A secondary that was reported so has the zone as it is now, or the zone was removed.
    CaughtUp {
        /// The zone.
        zone: ZoneName,
        /// The secondary.
        secondary: SocketAddr,
    },
}

/// Takes notices to the operator.
pub type NoticeSink = Arc<dyn Fn(Notice) + Send + Sync>;

/// The highest serial that a secondary may have of a zone, where ours is not ahead of it. Whoever knows the
/// history of the zone answers.
pub type Reused = Arc<dyn Fn(&ZoneName) -> Option<NotPassed> + Send + Sync>;

/// A serial of a zone that the present one is not ahead of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPassed {
    /// The serial.
    pub serial: u32,
    /// Whether the zone is served with other records now than it had under that serial.
    pub differs: bool,
}

/// Reports what clients cause, now and then.
#[derive(Default)]
pub(crate) struct Reporter {
    sink: OnceLock<NoticeSink>,
    last: Mutex<Option<Instant>>,
}

impl Reporter {
    /// From now on notices go to `sink`; the first one that is set stays.
    pub fn report_to(&self, sink: NoticeSink) {
        let _ = self.sink.set(sink);
    }

    /// Reports a warning, unless the last one is too recent.
    pub fn trouble(&self, what: impl FnOnce() -> String) {
        let Some(sink) = self.sink.get() else {
            return;
        };
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.is_some_and(|last| last.elapsed() < PAUSE) {
                return;
            }
            *last = Some(Instant::now());
        }
        sink(Notice::Trouble(what()));
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter")
    }
}
