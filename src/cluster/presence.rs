//! Says that this node lives, and which shared backends are its own to deliver to.
//!
//! A lease is no lock: a node may stall, and go on after its lease is over. So it counts by its own clock, gives up
//! before the lease can be over, and whatever it writes to a shared backend carries the fence of its claim.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Cluster;
use crate::ledger::{Claim, Lease, LedgerError};
use crate::logging::{info, success, warning};

/// How long a node is taken for alive after its last sign of life.
const SECONDS: u32 = 5;
const LEASE: Duration = Duration::from_secs(SECONDS as u64);

/// How often it gives one.
const BEAT: Duration = Duration::from_secs(1);

/// A node stops delivering so long before its lease can be over.
const MARGIN: Duration = Duration::from_millis(1_500);

/// How often it says how far it has followed.
const CURSOR: Duration = Duration::from_secs(60);

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
            self.give_up();
            present.until = None;
            return;
        }
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
        present.until = Some(began + LEASE - MARGIN);
        for (backend, claim) in &inner.claims {
            let value = inner.node.name.clone().into();
            let found = inner
                .ledger
                .claim(&format!("o/{backend}"), lease, value)
                .await?;
            let fence = match found {
                Claim::Ours(fence) => Some(fence),
                Claim::Theirs(_) => None,
            };
            claim.send_if_modified(|known| {
                let changed = *known != fence;
                match (changed, fence) {
                    (true, Some(fence)) => success!(
                        backend = %backend,
                        fence = fence.0,
                        "{backend}: this node delivers to it from now on (fence {})",
                        fence.0
                    ),
                    (true, None) => {
                        info!(backend = %backend, "{backend}: another node delivers to it")
                    }
                    _ => {}
                }
                *known = fence;
                changed
            });
        }
        if present.said.is_none_or(|said| said.elapsed() > CURSOR) {
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
            present.said = Some(Instant::now());
        }
        Ok(())
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
        for (backend, claim) in &self.inner.claims {
            claim.send_if_modified(|fence| {
                let had = fence.take().is_some();
                if had {
                    warning!(
                        backend = %backend,
                        "{backend}: this node no longer delivers to it: its lease at the engine may be over"
                    );
                }
                had
            });
        }
    }
}
