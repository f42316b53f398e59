//! Notifies one secondary of changed zones (RFC 1996).
//!
//! What is due is a set of zones, not a queue of messages: changes of one zone coalesce, and a secondary
//! that was unreachable is notified of all that it missed when it answers again. Until then it is tried
//! with one zone at a time, ever more rarely. After a start it is notified of every zone, slowly: earlier
//! changes may not have reached it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dadns_dns::tsig::{Keys, TsigKey};
use domain::base::iana::Rcode;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::watch::{Doubt, Watch};
use crate::notices::{Notice, NoticeSink};
use crate::settings::Secondary;

/// How many zones one secondary is notified of at once.
const AT_ONCE: usize = 32;
/// How many zones of before the start become due at once, and the pause until the next ones do.
const AFTER_START: (usize, Duration) = (20, Duration::from_secs(1));
/// The pauses between tries while a secondary does not answer: the first, doubling up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// One secondary, and the zones that it has to be notified of.
#[derive(Debug)]
pub(crate) struct Notifier {
    secondary: Secondary,
    key: Option<TsigKey>,
    /// By apex.
    due: Mutex<BTreeSet<Box<[u8]>>>,
    /// Those that become due when nothing else is: the zones of before the start.
    later: Mutex<BTreeSet<Box<[u8]>>>,
    wake: Notify,
    /// Finds out whether it then has the zones as they are.
    pub watch: Watch,
}

/// How the secondary reacted last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It accepts what it is notified of.
    Accepts,
    /// It answers with an error.
    Refuses,
    /// It does not answer; the next pause.
    Silent(Duration),
}

impl Notifier {
    /// One with nothing due.
    pub fn new(secondary: Secondary, keys: &Keys) -> Self {
        let named = secondary.key.as_ref();
        let key = named.and_then(|name| keys.named(name).cloned());
        Self {
            watch: Watch::new(secondary.address),
            secondary,
            key,
            due: Mutex::default(),
            later: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// The zone with this apex has changed.
    pub fn changed(&self, apex: &[u8], doubt: Doubt) {
        if doubt > Doubt::Serial {
            // Watched from now on, even if the secondary does not answer.
            self.watch.changed(apex, doubt);
        }
        lock(&self.due).insert(apex.into());
        self.wake.notify_one();
    }

    /// The server starts with these zones; the serials of the `reused` ones may stand for other records
    /// too.
    pub fn started(&self, apexes: &BTreeSet<Box<[u8]>>, reused: &BTreeSet<Box<[u8]>>) {
        for apex in reused {
            self.watch.changed(apex, Doubt::Reused);
        }
        lock(&self.later).extend(apexes.iter().cloned());
    }

    /// Notifies the secondary of all that is due, for ever.
    pub async fn run(&self, sink: &NoticeSink) {
        let mut state = State::Accepts;
        loop {
            let apexes = match state {
                State::Silent(_) => self.take(1),
                _ => self.take(AT_ONCE),
            };
            if apexes.is_empty() {
                self.rest().await;
                continue;
            }
            let before = state;
            state = match self.notify(apexes).await {
                // It may refuse some zones and accept others: that is logged once.
                Ok(()) if before == State::Refuses => State::Refuses,
                Ok(()) => State::Accepts,
                Err(Failure::Refused(code)) => {
                    if before != State::Refuses {
                        sink(Notice::Trouble(self.refused(&code)));
                    }
                    State::Refuses
                }
                Err(Failure::Silent(cause)) => match before {
                    State::Silent(pause) => State::Silent((pause * 2).min(PAUSES.1)),
                    _ => {
                        sink(Notice::Trouble(self.unreachable(&cause)));
                        State::Silent(PAUSES.0)
                    }
                },
            };
            match (before, state) {
                (_, State::Silent(pause)) => sleep(pause).await,
                (State::Silent(_), State::Accepts) => sink(Notice::Recovered(self.recovered())),
                _ => {}
            }
        }
    }

    /// Waits until something is due; after a start a few more zones become so now and then.
    async fn rest(&self) {
        if lock(&self.later).is_empty() {
            return self.wake.notified().await;
        }
        // Whether it was woken or the pause ended makes no difference.
        let _ = timeout(AFTER_START.1, self.wake.notified()).await;
        let mut later = lock(&self.later);
        let some = (0..AFTER_START.0).map_while(|_| later.pop_first());
        lock(&self.due).extend(some);
    }

    fn refused(&self, code: &str) -> String {
        format!(
            "secondary {} answers NOTIFY with {code}: it learns of changes only at the SOA refresh interval",
            self.secondary.address
        )
    }

    fn unreachable(&self, cause: &str) -> String {
        format!(
            "secondary {} cannot be notified of changes: {cause}; {} zones pending, retrying until it \
             answers; until then it learns of changes at the SOA refresh interval",
            self.secondary.address,
            lock(&self.due).len()
        )
    }

    fn recovered(&self) -> String {
        format!(
            "secondary {} answers again: notifying it of {} pending zones",
            self.secondary.address,
            lock(&self.due).len()
        )
    }

    /// Up to `most` zones that are due.
    fn take(&self, most: usize) -> Vec<Box<[u8]>> {
        let mut due = lock(&self.due);
        (0..most).map_while(|_| due.pop_first()).collect()
    }

    /// Notifies it of these zones; those for which no answer comes stay due.
    async fn notify(&self, apexes: Vec<Box<[u8]>>) -> Result<(), Failure> {
        let mut tries = JoinSet::new();
        for apex in apexes {
            let (address, key) = (self.secondary.address, self.key.clone());
            tries.spawn(async move {
                let answer = dadns_dns::notify(address, &apex, key).await;
                (apex, answer)
            });
        }
        let mut worst = Ok(());
        for (apex, answer) in tries.join_all().await {
            match answer {
                Ok(Rcode::NOERROR) => self.watch.changed(&apex, Doubt::Serial),
                // It does not serve this zone, or not yet, and learns of it from a catalog.
                Ok(Rcode::NOTAUTH) => {}
                Ok(code) => worst = worst.and(Err(Failure::Refused(code.to_string()))),
                Err(error) => {
                    lock(&self.due).insert(apex);
                    worst = Err(Failure::Silent(error.to_string()));
                }
            }
        }
        worst
    }
}

/// Why a NOTIFY failed.
enum Failure {
    /// The secondary answered with this code.
    Refused(String),
    /// No usable answer came, for this reason.
    Silent(String),
}

fn lock(names: &Mutex<BTreeSet<Box<[u8]>>>) -> MutexGuard<'_, BTreeSet<Box<[u8]>>> {
    // No step under the lock can leave the set half changed.
    names.lock().unwrap_or_else(PoisonError::into_inner)
}
