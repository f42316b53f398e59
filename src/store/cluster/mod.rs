//! Desired state that several nodes share through a [ledger](crate::ledger).
//!
//! Each node keeps all of it in its own store, and reads, serves and delivers from there. Only the step that makes a
//! change hold is shared: the committer plans it on what this node has, as ever, then asks the ledger to take the zone
//! as it will stand, provided that nobody wrote it since. If another node did, its state is taken over and the same
//! change planned anew.
//!
//! **One zone, one document.** It has all that is desired of the zone, so that one write decides and a follower needs
//! no second read. What happened on backends, refused pushes and older revisions stay with each node.
//!
//! **The committer never waits for the ledger.** While a change of a zone is on its way ([`flight`]), later changes of
//! that zone wait behind it, and all others go on.
//!
//! **Without the ledger** a change is kept here and marked *unshared* ([`unshared`]), unless the operator would rather
//! have it refused. It is shared as soon as the ledger answers.

mod compared;
mod flight;
mod follow;
mod joined;
mod landed;
mod merge;
mod progress;
mod state;
mod take;
mod tokens;
mod unshared;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dadns_zone::ZoneName;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};

use super::db::Db;
use super::{Shared, Store, StoreError};
use crate::ledger::{Landmark, LedgerError, Outage, Stamp, Write};
use crate::logging::{error, success};

pub use compared::Comparison;
pub(super) use flight::Flights;
pub use follow::Differences;
pub(super) use joined::Join;
pub use joined::Membership;
pub use landed::Landed;
pub use progress::Progress;
pub(super) use progress::Reached;
pub use tokens::TOKENS;
pub(super) use tokens::TokenFlights;
pub(super) use unshared::Unshared;

/// How a store is shared.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The name of this node.
    pub node: String,
    /// Whether this node takes changes at all; an edge only follows.
    pub takes: bool,
    /// Whether changes are kept here while the ledger does not answer; otherwise they are refused.
    pub spools: bool,
    /// Since when and why the ledger does not answer, if it does not.
    pub answers: watch::Receiver<Option<Outage>>,
}

/// What the committer and the readers know of the other nodes.
#[derive(Debug)]
pub(super) struct Sharing {
    pub terms: Terms,
    /// Where writes leave for the ledger.
    outgoing: mpsc::UnboundedSender<Vec<Write>>,
    /// The other end, until somebody takes it.
    leaving: Mutex<Option<mpsc::UnboundedReceiver<Vec<Write>>>>,
    membership: Mutex<Option<Membership>>,
    /// The last document that the feed gave.
    landmark: Mutex<Option<Landmark>>,
    /// Whether the ledger was found to be the one that this node knows, since it answers.
    is_found: AtomicBool,
    /// Why this node and the ledger do not fit together, if they do not.
    diverged: watch::Sender<Option<String>>,
    unshared: Mutex<BTreeMap<ZoneName, Unshared>>,
    /// The last of the zones that were sent to be shared.
    sent_last: Mutex<Option<ZoneName>>,
    /// Since when and why the ledger has no room, if it has none.
    full: Mutex<Option<Outage>>,
    /// What was read of the feed may be lost with what was not on disk: it has to be read again.
    is_reopened: AtomicBool,
    /// Rings when there is more or less to share.
    more: Notify,
    /// No zone here has a greater stamp.
    newest: AtomicU64,
}

/// How this node stands to the others.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The name of this node.
    pub node: String,
    /// The cluster that it belongs to, and what it has seen of it; `None`: none yet, it works alone.
    pub membership: Option<Membership>,
    /// Why it and the ledger do not fit together, if they do not.
    pub diverged: Option<String>,
    /// How many zones have changes that the others do not know.
    pub unshared: usize,
    /// Since when there are such.
    pub unshared_since: Option<Timestamp>,
    /// Since when and why the ledger does not answer, if it does not.
    pub outage: Option<Outage>,
    /// Since when and why the ledger takes nothing more for want of room, if that is so.
    pub full: Option<Outage>,
}

impl Standing {
    /// Whether all nodes know what is accepted here.
    pub fn is_whole(&self) -> bool {
        let takes = self.outage.is_none() && self.full.is_none();
        takes && self.diverged.is_none() && self.unshared == 0
    }
}

/// Where a change goes.
enum Way {
    /// To the ledger first.
    Ledger,
    /// To this node, to be shared later.
    Here,
    /// Nowhere.
    Refused(StoreError),
}

impl Sharing {
    pub fn load(db: &Db, terms: Terms) -> Result<Self, StoreError> {
        let (outgoing, leaving) = mpsc::unbounded_channel();
        let membership = db.membership()?;
        let seen = membership.as_ref().map_or(0, |known| known.cursor);
        Ok(Self {
            terms,
            outgoing,
            newest: AtomicU64::new(seen),
            leaving: Mutex::new(Some(leaving)),
            membership: Mutex::new(membership),
            landmark: Mutex::new(db.landmark()?),
            is_found: AtomicBool::new(false),
            diverged: watch::Sender::default(),
            unshared: Mutex::new(db.unshared()?),
            sent_last: Mutex::default(),
            full: Mutex::default(),
            is_reopened: AtomicBool::new(false),
            more: Notify::new(),
        })
    }

    /// Goes on with what a store has.
    pub fn reload(&self, db: &Db) -> Result<(), StoreError> {
        *self.membership.lock() = db.membership()?;
        *self.landmark.lock() = db.landmark()?;
        *self.unshared.lock() = db.unshared()?;
        self.is_reopened.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether this node belongs to a cluster.
    pub fn is_member(&self) -> bool {
        self.membership.lock().is_some()
    }

    /// Takes in where a group has put zones.
    pub fn note_stamps(&self, stamps: &HashMap<ZoneName, Stamp>) {
        if let Some(newest) = stamps.values().max() {
            self.newest.fetch_max(newest.0, Ordering::AcqRel);
        }
    }

    /// Takes in what a group has written.
    pub fn note_unshared(&self, written: HashMap<ZoneName, Option<Unshared>>) {
        if written.is_empty() {
            return;
        }
        let mut all = self.unshared.lock();
        for (zone, unshared) in written {
            match unshared {
                Some(unshared) => all.insert(zone, unshared),
                None => all.remove(&zone),
            };
        }
        drop(all);
        self.more.notify_one();
    }

    fn outage(&self) -> Option<Outage> {
        self.terms.answers.borrow().clone()
    }

    /// Notes that the ledger had no room for a write, and says so the first time.
    fn note_full(&self, why: &LedgerError) {
        let mut full = self.full.lock();
        if full.is_some() {
            return;
        }
        let cause = why.to_string();
        let then = match self.terms.spools {
            true => "changes are kept and served on this node, and shared when it has room again",
            false => "changes are refused until it has room again (cluster.without_quorum: refuse)",
        };
        error!("the engine of the cluster is full: {cause}; {then}");
        let since = Timestamp::now();
        *full = Some(Outage { since, cause });
    }

    /// Notes that the ledger has taken a write.
    fn note_room(&self) {
        if let Some(full) = self.full.lock().take() {
            let seconds = Timestamp::now().duration_since(full.since).as_secs();
            success!("the engine of the cluster has room again after {seconds} s");
        }
    }

    fn is_full(&self) -> bool {
        self.full.lock().is_some()
    }

    /// Where a change of a zone goes now.
    fn way(&self, zone: &ZoneName) -> Way {
        let diverged = self.diverged.borrow().clone();
        match self.outage().map(|outage| outage.cause).or(diverged) {
            Some(_) if self.terms.spools => Way::Here,
            Some(cause) => Way::Refused(StoreError::NoLedger { cause }),
            // What is not shared yet is shared as a whole, in its turn.
            None if self.unshared.lock().contains_key(zone) => Way::Here,
            None => Way::Ledger,
        }
    }
}

impl Shared {
    /// Whether other nodes have a say in what is accepted.
    pub(super) fn is_shared(&self) -> bool {
        self.sharing.as_ref().is_some_and(Sharing::is_member)
    }
}

impl Store {
    /// How this node stands to the others; `None`: `cluster.engine` is none.
    pub fn standing(&self) -> Option<Standing> {
        let sharing = self.shared.sharing.as_ref()?;
        let unshared = sharing.unshared.lock();
        Some(Standing {
            node: sharing.terms.node.clone(),
            membership: sharing.membership.lock().clone(),
            diverged: sharing.diverged.borrow().clone(),
            unshared: unshared.len(),
            unshared_since: unshared.values().map(|one| one.since).min(),
            outage: sharing.outage(),
            full: sharing.full.lock().clone(),
        })
    }

    /// Whether this node belongs to a cluster.
    pub fn is_member(&self) -> bool {
        self.shared.is_shared()
    }

    /// Whether this node only follows.
    pub fn is_edge(&self) -> bool {
        self.shared
            .sharing
            .as_ref()
            .is_some_and(|sharing| !sharing.terms.takes)
    }

    /// Why no change can be taken now, because of the cluster, if that is so.
    pub fn refusal(&self) -> Option<StoreError> {
        let sharing = self.shared.sharing.as_ref()?;
        let cause = sharing.outage().map(|outage| outage.cause);
        let cause = cause.or_else(|| sharing.diverged.borrow().clone());
        let refuses = sharing.is_member() && !sharing.terms.spools;
        let cause = cause.filter(|_| refuses)?;
        Some(StoreError::NoLedger { cause })
    }

    /// Whether the other nodes do not know yet how a zone stands here.
    pub fn is_unshared(&self, zone: &ZoneName) -> bool {
        let sharing = self.shared.sharing.as_ref();
        sharing.is_some_and(|sharing| sharing.unshared.lock().contains_key(zone))
    }

    /// The first zones, by name, that are not shared yet.
    pub fn unshared_zones(&self, most: usize) -> Vec<ZoneName> {
        let Some(sharing) = &self.shared.sharing else {
            return Vec::new();
        };
        sharing.unshared.lock().keys().take(most).cloned().collect()
    }

    /// Waits until there is more or less to share.
    pub async fn shared_more(&self) {
        match &self.shared.sharing {
            Some(sharing) => sharing.more.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Says why this node and the ledger do not fit together; `None`: they do. Meanwhile nothing is shared.
    pub fn set_diverged(&self, why: Option<String>) {
        if let Some(sharing) = &self.shared.sharing {
            sharing.diverged.send_replace(why);
        }
    }

    /// The last document that the ledger's feed gave; `None`: none since everything was compared.
    pub fn landmark(&self) -> Option<Landmark> {
        self.shared.sharing.as_ref()?.landmark.lock().clone()
    }

    /// Waits until this node and the ledger do not fit together.
    pub async fn until_diverged(&self) {
        let Some(sharing) = &self.shared.sharing else {
            return std::future::pending().await;
        };
        let mut diverged = sharing.diverged.subscribe();
        // The sender lives as long as the store.
        let _ = diverged.wait_for(Option::is_some).await;
    }

    /// The writes that leave for the ledger, of which [`landed`](Self::landed) has to be told. There is one such
    /// end; `None`: somebody has it, or `cluster.engine` is none.
    pub fn leaving(&self) -> Option<mpsc::UnboundedReceiver<Vec<Write>>> {
        self.shared.sharing.as_ref()?.leaving.lock().take()
    }

    /// The stamp at which this node has a zone; 0: it is in no ledger that it knows of.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stamp(&self, zone: &ZoneName) -> Result<Stamp, StoreError> {
        self.shared.db.stamp(zone)
    }
}

/// What the documents of zones are called in the ledger.
pub const ZONES: &str = "z/";

/// What the document of a zone is called in the ledger.
fn document(zone: &ZoneName) -> String {
    format!("{ZONES}{zone}")
}

/// The zone that a document is of; `None`: it is of something else.
fn zone_of(document: &str) -> Option<ZoneName> {
    document.strip_prefix(ZONES)?.parse().ok()
}

#[cfg(test)]
mod tests;
