//! Tells secondaries that a zone has changed (RFC 1996).
//!
//! What a secondary has to hear is a set of names, not a queue of messages: changes of one zone
//! coalesce, and one that does not answer hears all it missed when it does again. Meanwhile it is tried
//! with one name at a time, ever more rarely. After a start it hears of every zone, slowly: what
//! changed before may not have reached it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dadns_dns::tsig::Keys;
use domain::base::iana::Rcode;
use domain::tsig::Key;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::watch::{Doubt, Watch};
use crate::news::{News, Tell};
use crate::settings::Secondary;

/// Names that one secondary is told at once.
const AT_ONCE: usize = 32;
/// How many zones that it may not have heard of are told at once after a start, and the pause between.
const UNSURE: (usize, Duration) = (20, Duration::from_secs(1));
/// The pauses between tries while a secondary is silent: this, doubling up to the other.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// One secondary and what it has to hear.
#[derive(Debug)]
pub(crate) struct Listener {
    secondary: Secondary,
    key: Option<Arc<Key>>,
    due: Mutex<BTreeSet<Box<[u8]>>>,
    /// What it hears of when nothing is due.
    unsure: Mutex<BTreeSet<Box<[u8]>>>,
    wake: Notify,
    /// Whether it gets what it hears of.
    pub watch: Watch,
}

/// How a secondary behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    /// It answers that it will not have it.
    Refuses,
    /// It does not answer; the next pause.
    Silent(Duration),
}

impl Listener {
    /// One that has heard everything.
    pub fn new(secondary: Secondary, keys: &Keys) -> Self {
        let named = secondary.key.as_ref();
        let key = named.and_then(|name| keys.values().find(|key| key.name() == name).cloned());
        Self {
            watch: Watch::new(secondary.address),
            secondary,
            key,
            due: Mutex::default(),
            unsure: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// The zone with this apex has changed.
    pub fn changed(&self, apex: &[u8], doubt: Doubt) {
        if doubt > Doubt::Serial {
            // It may not hear of it, and is named all the same.
            self.watch.changed(apex, doubt);
        }
        lock(&self.due).insert(apex.into());
        self.wake.notify_one();
    }

    /// The server starts with these zones, and with the serials of the `reused` ones that may stand for other
    /// records too.
    pub fn started(&self, apexes: &BTreeSet<Box<[u8]>>, reused: &BTreeSet<Box<[u8]>>) {
        for apex in reused {
            self.watch.changed(apex, Doubt::Reused);
        }
        lock(&self.unsure).extend(apexes.iter().cloned());
    }

    /// Tells it what it has to hear, for ever.
    pub async fn run(&self, tell: &Tell) {
        let mut mood = Mood::Well;
        loop {
            let names = match mood {
                Mood::Silent(_) => self.take(1),
                _ => self.take(AT_ONCE),
            };
            if names.is_empty() {
                self.rest().await;
                continue;
            }
            let before = mood;
            mood = match self.tell_all(names).await {
                // It may refuse some zones and take others: that is told once.
                Ok(()) if before == Mood::Refuses => Mood::Refuses,
                Ok(()) => Mood::Well,
                Err(Failure::Refused(what)) => {
                    if before != Mood::Refuses {
                        tell(News::Trouble(self.refusal(&what)));
                    }
                    Mood::Refuses
                }
                Err(Failure::Silent(cause)) => match before {
                    Mood::Silent(pause) => Mood::Silent((pause * 2).min(PAUSES.1)),
                    _ => {
                        tell(News::Trouble(self.complaint(&cause)));
                        Mood::Silent(PAUSES.0)
                    }
                },
            };
            match (before, mood) {
                (_, Mood::Silent(pause)) => sleep(pause).await,
                (Mood::Silent(_), Mood::Well) => {
                    let address = self.secondary.address;
                    tell(News::Well(format!(
                        "secondary {address} answers again; it is told of {} zone(s) that changed",
                        lock(&self.due).len()
                    )));
                }
                _ => {}
            }
        }
    }

    /// Waits until something is due; meanwhile now and then some of what it may not have heard is.
    async fn rest(&self) {
        if lock(&self.unsure).is_empty() {
            return self.wake.notified().await;
        }
        // A wake-up in time is as good as the end of the pause.
        let _ = timeout(UNSURE.1, self.wake.notified()).await;
        let mut unsure = lock(&self.unsure);
        let some = (0..UNSURE.0).map_while(|_| unsure.pop_first());
        lock(&self.due).extend(some);
    }

    fn refusal(&self, what: &str) -> String {
        format!(
            "secondary {} answers a NOTIFY with {what}; it then refreshes as the SOA records say",
            self.secondary.address
        )
    }

    fn complaint(&self, cause: &str) -> String {
        format!(
            "secondary {} cannot be notified of changes: {cause}; {} zone(s) wait, it is tried until \
             it answers, and meanwhile refreshes as their SOA records say",
            self.secondary.address,
            lock(&self.due).len()
        )
    }

    /// Up to `most` names that it has to hear.
    fn take(&self, most: usize) -> Vec<Box<[u8]>> {
        let mut due = lock(&self.due);
        (0..most).map_while(|_| due.pop_first()).collect()
    }

    /// Tells it `names`; those that it does not answer stay due.
    async fn tell_all(&self, names: Vec<Box<[u8]>>) -> Result<(), Failure> {
        let mut tries = JoinSet::new();
        for name in names {
            let (address, key) = (self.secondary.address, self.key.clone());
            tries.spawn(async move {
                let told = dadns_dns::notify(address, &name, key).await;
                (name, told)
            });
        }
        let mut worst = Ok(());
        for (name, told) in tries.join_all().await {
            match told {
                // NOTAUTH: it does not serve this zone, or not yet, and learns of it from a catalog.
                Ok(Rcode::NOERROR) => self.watch.changed(&name, Doubt::Serial),
                Ok(Rcode::NOTAUTH) => {}
                Ok(code) => worst = worst.and(Err(Failure::Refused(code.to_string()))),
                Err(error) => {
                    lock(&self.due).insert(name);
                    worst = Err(Failure::Silent(error.to_string()));
                }
            }
        }
        worst
    }
}

/// Why a secondary did not take a notify.
enum Failure {
    /// It answered with this code.
    Refused(String),
    /// It did not answer as it should.
    Silent(String),
}

fn lock(names: &Mutex<BTreeSet<Box<[u8]>>>) -> MutexGuard<'_, BTreeSet<Box<[u8]>>> {
    // No step under the lock can leave the set half changed.
    names.lock().unwrap_or_else(PoisonError::into_inner)
}
