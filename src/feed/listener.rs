//! Those who listen: each is a place in the ring, and is told what it missed.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{Feed, Numbered};

/// How many may listen at the same time.
const MOST: usize = 1_024;

/// How many of them under one name.
const MOST_OF_ONE: usize = 32;

/// How many news a listener is given at once.
const AT_ONCE: usize = 256;

/// Up to where a listener has come, as it keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id {
    start: u64,
    number: u64,
}

/// A text that is no [`Id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not the id of an event")]
pub struct NotAnId;

/// There are too many listeners: of this principal, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "too many streams of events are open: {MOST_OF_ONE} for one account or token at one address, {MOST} in all"
)]
pub struct TooMany;

/// How many listen, by the name of each.
#[derive(Debug, Default)]
pub(super) struct Listeners(HashMap<String, usize>);

/// Whoever listens to a [`Feed`].
pub struct Listener {
    feed: Feed,
    /// The last news that it was given.
    last: u64,
    /// What it can no longer be given, until it is told.
    lost: Option<Lost>,
    waiting: watch::Receiver<u64>,
    _seat: Seat,
}

/// Gives a place among the listeners back.
struct Seat {
    who: String,
    listeners: Arc<Mutex<Listeners>>,
}

/// What a listener missed before the news that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    Count(u64),
    Unknown,
}

/// What a listener is given at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// What it missed before these: how many, where that is known.
    pub missed: Option<Option<u64>>,
    /// The news, oldest first.
    pub news: Vec<Arc<Numbered>>,
}

impl Feed {
    /// A new listener named `who`, for what comes from now on, or came since `after`.
    ///
    /// # Errors
    /// When there are too many.
    pub fn listen(&self, who: String, after: Option<Id>) -> Result<Listener, TooMany> {
        let seat = Seat::take(who, &self.shared.listeners)?;
        let ring = self.shared.ring.lock();
        let (last, lost) = match after {
            None => (ring.last, None),
            Some(id) if id.start == self.shared.start && id.number <= ring.last => {
                (id.number, None)
            }
            // Of another start of the process: what came before this one is gone.
            Some(_) => (0, Some(Lost::Unknown)),
        };
        drop(ring);
        Ok(Listener {
            feed: self.clone(),
            last,
            lost,
            waiting: self.shared.waiting.clone(),
            _seat: seat,
        })
    }
}

impl Listener {
    /// Up to where it has come.
    pub fn id(&self) -> Id {
        self.id_of(self.last)
    }

    /// The id of the news with this number.
    pub fn id_of(&self, number: u64) -> Id {
        Id {
            start: self.feed.shared.start,
            number,
        }
    }

    /// What has come since the last time: nothing, if nothing has.
    pub fn take(&mut self) -> Batch {
        // First: what comes after this is seen as new.
        self.waiting.mark_unchanged();
        let ring = self.feed.shared.ring.lock();
        let oldest = ring.kept.front().map_or(ring.last + 1, |news| news.number);
        let gone = oldest.saturating_sub(self.last + 1);
        if gone > 0 {
            self.last += gone;
            self.lost = self.lost.or(Some(Lost::Count(gone)));
        }
        let skip = usize::try_from(self.last + 1 - oldest).unwrap_or(usize::MAX);
        let news: Vec<_> = ring.kept.iter().skip(skip).take(AT_ONCE).cloned().collect();
        drop(ring);
        self.last += news.len() as u64;
        Batch {
            missed: self.lost.take().map(|lost| match lost {
                Lost::Count(count) => Some(count),
                Lost::Unknown => None,
            }),
            news,
        }
    }

    /// Waits until there is something to [take](Self::take); `false`: the gateway stops.
    pub async fn wait(&mut self) -> bool {
        self.waiting.changed().await.is_ok()
    }
}

impl Seat {
    fn take(who: String, listeners: &Arc<Mutex<Listeners>>) -> Result<Self, TooMany> {
        let mut taken = listeners.lock();
        let all: usize = taken.0.values().sum();
        let own = taken.0.get(&who).copied().unwrap_or_default();
        if all >= MOST || own >= MOST_OF_ONE {
            return Err(TooMany);
        }
        taken.0.insert(who.clone(), own + 1);
        Ok(Self {
            who,
            listeners: Arc::clone(listeners),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.listeners.lock();
        match taken.0.get_mut(&self.who) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.0.remove(&self.who)),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.start, self.number)
    }
}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (start, number) = text.split_once('-').ok_or(NotAnId)?;
        let plain = |text: &str| text.bytes().all(|octet| octet.is_ascii_alphanumeric());
        if start.len() != 16 || !plain(start) || !plain(number) {
            return Err(NotAnId);
        }
        Ok(Self {
            start: u64::from_str_radix(start, 16).map_err(|_| NotAnId)?,
            number: number.parse().map_err(|_| NotAnId)?,
        })
    }
}
