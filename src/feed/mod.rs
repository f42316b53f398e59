//! What has just happened to zones and backends, for whoever listens.
//!
//! # Why a ring that listeners read, and not a channel
//!
//! A channel keeps what each listener has not read, or drops it without a word. Here the last 8,192 news
//! stand once, numbered; a listener is a number and a signal to wait for. So one that never reads costs
//! nothing, one that comes back goes on where it was, and one that was too slow is told what it missed.
//!
//! Nothing of this is on disk: numbers begin anew with each start, and carry which start it was.

mod listener;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use dadns_backends::{BackendId, ZoneResult};
use dadns_zone::ZoneName;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;

use listener::Listeners;
pub use listener::{Batch, Id, Listener, NotAnId, TooMany};

/// How many news are kept for those who come back.
const KEPT: usize = 8_192;

/// One thing that has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// A zone has a new revision.
    Changed {
        /// The zone.
        zone: ZoneName,
        /// Its revision.
        revision: u64,
        /// The serial to serve.
        serial: u32,
        /// Whether it is present; `false`: it was removed.
        present: bool,
        /// Who changed it.
        by: String,
    },
    /// The guard holds a push of a zone.
    Held {
        /// The zone.
        zone: ZoneName,
        /// Why.
        reasons: Vec<String>,
    },
    /// No push of a zone is held any more.
    Released {
        /// The zone.
        zone: ZoneName,
    },
    /// What happened to a zone on a backend.
    Result {
        /// The zone.
        zone: ZoneName,
        /// The backend.
        backend: BackendId,
        /// The revision that was applied or tried.
        revision: u64,
        /// Whether that revision is a removal.
        removed: bool,
        /// What happened.
        result: ZoneResult,
    },
    /// A zone has drifted on a backend.
    Drifted {
        /// The zone.
        zone: ZoneName,
        /// The backend.
        backend: BackendId,
        /// The revision that should be there.
        revision: u64,
        /// What was found.
        found: String,
    },
    /// A backend as a whole is unavailable.
    Unavailable {
        /// The backend.
        backend: BackendId,
        /// Why.
        cause: String,
    },
    /// A backend answers again.
    Available {
        /// The backend.
        backend: BackendId,
    },
}

impl News {
    /// The zone that it is about; `None`: it is about a backend as a whole.
    pub fn zone(&self) -> Option<&ZoneName> {
        match self {
            Self::Changed { zone, .. }
            | Self::Held { zone, .. }
            | Self::Released { zone }
            | Self::Result { zone, .. }
            | Self::Drifted { zone, .. } => Some(zone),
            Self::Unavailable { .. } | Self::Available { .. } => None,
        }
    }
}

/// News with its number and time.
#[derive(Debug)]
pub struct Numbered {
    /// Counts from 1.
    pub number: u64,
    /// When it was published.
    pub at: Timestamp,
    /// What has happened.
    pub news: News,
}

/// Where news are published and listened to. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    /// Which start of the process this is.
    start: u64,
    ring: Mutex<Ring>,
    /// The number of the last news; closed: the gateway stops.
    last: Mutex<Option<watch::Sender<u64>>>,
    waiting: watch::Receiver<u64>,
    listeners: Arc<Mutex<Listeners>>,
}

#[derive(Default)]
struct Ring {
    last: u64,
    kept: VecDeque<Arc<Numbered>>,
}

impl Default for Feed {
    fn default() -> Self {
        let (last, waiting) = watch::channel(0);
        Self {
            shared: Arc::new(Shared {
                start: fastrand::u64(..),
                ring: Mutex::default(),
                last: Mutex::new(Some(last)),
                waiting,
                listeners: Arc::default(),
            }),
        }
    }
}

impl Feed {
    /// Publishes what has happened, in this order.
    pub fn publish(&self, news: impl IntoIterator<Item = News>) {
        let mut news = news.into_iter().peekable();
        if news.peek().is_none() {
            return;
        }
        let at = Timestamp::now();
        let number = {
            let mut ring = self.shared.ring.lock();
            for news in news {
                ring.last += 1;
                let number = ring.last;
                if ring.kept.len() == KEPT {
                    ring.kept.pop_front();
                }
                ring.kept.push_back(Arc::new(Numbered { number, at, news }));
            }
            ring.last
        };
        if let Some(last) = &*self.shared.last.lock() {
            last.send_replace(number);
        }
    }

    /// The news that are `wanted`, newest first, as far as they are kept.
    pub fn newest(&self, wanted: impl Fn(&News) -> bool) -> Vec<Arc<Numbered>> {
        // Judged after the lock is given back: it may take its time.
        let kept: Vec<_> = self.shared.ring.lock().kept.iter().cloned().collect();
        let newest = kept.into_iter().rev();
        newest.filter(|one| wanted(&one.news)).collect()
    }

    /// Has all listeners end: the gateway stops.
    pub fn close(&self) {
        drop(self.shared.last.lock().take());
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
