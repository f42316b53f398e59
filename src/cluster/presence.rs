//! Says that this node lives, and which shared backends are its own to deliver to. Sets landmarks for all that follow.
//!
//! A lease is no lock: a node may stall, and go on after its lease is over. So it counts by its own clock, gives up
//! before the lease can be over, and whatever it writes to a shared backend carries the fence of its claim.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{Claimed, Cluster, RECONCILE, REGISTRY, Role};
use crate::ledger::{Claim, Fence, Holder, Lease, LedgerError, Refused, Stamp, Write, write_id};
use crate::logging::{info, success, warning};

/// How long a node is taken for alive after its last sign of life.
const SECONDS: u32 = 5;
const LEASE: Duration = Duration::from_secs(SECONDS as u64);

/// How often it gives one.
const BEAT: Duration = Duration::from_secs(1);

/// A node stops delivering so long before its lease can be over.
const MARGIN: Duration = Duration::from_millis(1_500);

/// How often it says how far it has followed, and sets a landmark.
const CURSOR: Duration = Duration::from_secs(60);

/// The same while this node was given none.
const SOON: Duration = Duration::from_secs(5);

/// What the documents are called that are nothing but landmarks.
const LANDMARKS: &str = "l/";

/// Keeps this node listed, and its claims, until `stop`.
pub async fn presence(cluster: Cluster, stop: CancellationToken) {
    let mut present = Present::default();
    loop {
        let until = present.until;
        tokio::select! {
            () = stop.cancelled() => {
                cluster.give_up();
                if let Some(lease) = present.lease {
                    // Otherwise it is over in a moment.
                    drop(cluster.inner.ledger.revoke(lease).await);
                }
                return;
            }
            // Even while the engine keeps silent.
            () = over(until) => {
                cluster.give_up();
                present.until = None;
            }
            () = cluster.beat(&mut present) => tokio::time::sleep(BEAT).await,
        }
    }
}

async fn over(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// The sign of life of a node.
#[derive(Debug, Default)]
struct Present {
    lease: Option<Lease>,
    /// Until when its claims surely hold.
    until: Option<Instant>,
    /// When it last said how far it has followed.
    said: Option<Instant>,
    /// Where its landmark stands.
    landmark: Stamp,
    /// Whether it was told that this node has to join first.
    told: bool,
}

impl Cluster {
    /// Gives one sign of life.
    async fn beat(&self, present: &mut Present) {
        let is_member = self
            .inner
            .store
            .standing()
            .is_some_and(|standing| standing.membership.is_some());
        if !is_member {
            if !present.told && !self.inner.claims.is_empty() {
                let claims = self.inner.claims.iter();
                let what: Vec<_> = claims.map(|claim| claim.what.as_str()).collect();
                warning!(
                    "this node belongs to no cluster: until it does, nobody here sees to what nodes share ({})",
                    what.join(", ")
                );
                present.told = true;
            }
            self.give_up();
            if let Some(lease) = std::mem::take(present).lease {
                // Otherwise it is over in a moment.
                drop(self.inner.ledger.revoke(lease).await);
            }
            return;
        }
        present.told = false;
        if self.sign(present).await.is_err() {
            // Whoever watches the engine tells of it.
            present.lease = present.lease.filter(|_| present.until.is_some());
        }
    }

    async fn sign(&self, present: &mut Present) -> Result<(), LedgerError> {
        let inner = &self.inner;
        let began = Instant::now();
        let lease = match present.lease {
            Some(lease) if inner.ledger.keep_alive(lease).await? => lease,
            _ => {
                present.lease = None;
                self.give_up();
                let lease = inner.ledger.grant(SECONDS).await?;
                let value = self.note().into();
                let name = format!("n/{}", inner.node.name);
                inner.ledger.note(&name, value, Some(lease), None).await?;
                present.lease = Some(lease);
                lease
            }
        };
        let until = began + LEASE - MARGIN;
        present.until = Some(until);
        // What is claimed with it must not stay ours any longer, however long the engine keeps silent.
        match timeout_at(until, self.act(present, lease)).await {
            Ok(done) => done,
            Err(_) => {
                self.give_up();
                Err(LedgerError::new("claim", "the engine kept silent"))
            }
        }
    }

    /// Does what is to be done under the lease: claims, and says how far this node has followed.
    async fn act(&self, present: &mut Present, lease: Lease) -> Result<(), LedgerError> {
        let inner = &self.inner;
        for claim in &inner.claims {
            let holder = match claim.wanted.load(Ordering::SeqCst) {
                true => self.claim(claim, lease).await?,
                false => self.leave_to_others(claim).await?,
            };
            claim.holder.send_if_modified(|known| {
                let changed = *known != holder;
                if changed && holder != Holder::Nobody {
                    tell(&claim.what, &holder);
                }
                *known = holder;
                changed
            });
        }
        let pause = match inner.store.landmark() {
            Some(_) => CURSOR,
            None => SOON,
        };
        if present.said.is_none_or(|said| said.elapsed() > pause) {
            let cursor = inner
                .store
                .standing()
                .and_then(|standing| standing.membership);
            let value = serde_json::json!({
                "cursor": cursor.map_or(0, |known| known.cursor),
                "site": inner.node.site,
                "role": inner.node.role.name(),
            });
            let name = format!("k/{}", inner.node.name);
            inner
                .ledger
                .note(&name, value.to_string().into(), None, None)
                .await?;
            self.set_landmark(present).await;
            present.said = Some(Instant::now());
        }
        Ok(())
    }

    /// Writes a document for no other end than that every follower is given one now and then.
    async fn set_landmark(&self, present: &mut Present) {
        let inner = &self.inner;
        let fits = inner.store.standing();
        let fits = fits.is_some_and(|standing| standing.diverged.is_none());
        if inner.node.role == Role::Edge || !fits {
            return;
        }
        // It may have been written before this start, or be put back with the engine.
        for _ in 0..2 {
            let Ok(id) = write_id() else { return };
            let write = Write {
                name: format!("{LANDMARKS}{}", inner.node.name),
                seen: present.landmark,
                id,
                value: Some(inner.node.name.clone().into()),
            };
            match inner.ledger.commit(vec![write], LEASE).await.pop() {
                Some(Ok(stamp)) => {
                    present.landmark = stamp;
                    return;
                }
                Some(Err(Refused::Changed(found))) => {
                    present.landmark = found.map_or_else(Stamp::default, |found| found.stamp);
                }
                // It is told by whoever watches the engine.
                _ => return,
            }
        }
    }

    async fn claim(&self, claim: &Claimed, lease: Lease) -> Result<Holder, LedgerError> {
        let (name, value) = (note_of(claim), self.inner.node.name.clone().into());
        Ok(match self.inner.ledger.claim(&name, lease, value).await? {
            Claim::Ours(fence) => Holder::Ours(fence),
            Claim::Theirs(node) => Holder::Theirs(String::from_utf8_lossy(&node).into_owned()),
        })
    }

    /// Gives up what is ours, and says who has it.
    async fn leave_to_others(&self, claim: &Claimed) -> Result<Holder, LedgerError> {
        let (ledger, name) = (&self.inner.ledger, note_of(claim));
        let notes = ledger.notes(&name).await?;
        let Some(note) = notes.into_iter().find(|note| note.name == name) else {
            return Ok(Holder::Nobody);
        };
        let node = String::from_utf8_lossy(&note.value).into_owned();
        if node != self.inner.node.name {
            return Ok(Holder::Theirs(node));
        }
        ledger.forget(&name).await?;
        info!(
            "{}: this node has nothing to do there, and leaves it to others",
            claim.what
        );
        Ok(Holder::Nobody)
    }

    /// What the others see of this node while it is present.
    fn note(&self) -> String {
        let node = &self.inner.node;
        serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "address": self.inner.address.get().map(ToString::to_string),
            "site": node.site,
            "role": node.role.name(),
        })
        .to_string()
    }

    /// Nothing is this node's to deliver to any more.
    fn give_up(&self) {
        for claim in &self.inner.claims {
            claim.holder.send_if_modified(|holder| {
                let had = matches!(holder, Holder::Ours(_));
                let changed = *holder != Holder::Nobody;
                if had {
                    tell(&claim.what, &Holder::Nobody);
                }
                *holder = Holder::Nobody;
                changed
            });
        }
    }
}

/// The note of who has it.
fn note_of(claim: &Claimed) -> String {
    format!("o/{}", claim.what)
}

/// What a node does whose turn it is, in words.
pub fn does(what: &str) -> &'static str {
    match what {
        RECONCILE => "compares with the masters",
        REGISTRY => "publishes what has registered with it",
        _ => "delivers to it",
    }
}

/// Says whose turn it is from now on.
fn tell(what: &str, now: &Holder) {
    let does = does(what);
    match now {
        Holder::Ours(Fence(fence)) => success!(
            backend = %what,
            fence = fence,
            "{what}: this node {does} from now on (fence {fence})"
        ),
        Holder::Theirs(node) => info!(backend = %what, "{what}: node {node} {does}"),
        Holder::Nobody => warning!(
            backend = %what,
            "{what}: this node no longer {does}: its lease at the engine may be over"
        ),
    }
}
