//! What is verified where: each node tells the others how far its backends are, and hears it of them.
//!
//! A node tells it with one short note for each backend, by the order of the ledger: up to where every zone is verified
//! there, and which fail. So a million zones take no more room than one, and whoever hears it knows how each of them
//! stands. A backend that nodes share has one note, of the node whose turn it is; the others clear what they have
//! pending for it as far as that goes, so that whoever takes over begins with what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Cluster, ElsewhereStatus, NodeBackendStatus, RECONCILE, REGISTRY, Role};
use crate::ledger::{Fence, Holder, LedgerError, Note};
use crate::logging::{debug, warning};
use crate::store::{Progress, StoreError};

/// How often a node tells of its backends, if anything has changed, and hears of those of others.
const PAUSE: Duration = Duration::from_secs(1);

/// How often an edge hears of the others: nobody asks it.
const EDGE: Duration = Duration::from_secs(10);

/// What a node says of one backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    /// Who says it.
    node: String,
    /// Every zone that was last written up to here is verified there, but for those that fail.
    cursor: u64,
    /// How many zones it may be behind on.
    pending: usize,
    failing: BTreeSet<String>,
    /// Why it is unavailable.
    unavailable: Option<String>,
}

/// What the others say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// By the node, or none for a shared backend, and the backend.
    said: BTreeMap<(Option<String>, String), Said>,
    /// Which node delivers to each shared backend.
    owners: BTreeMap<String, String>,
    /// Who has given no sign of life of late, and since when.
    absent: BTreeMap<String, Timestamp>,
}

/// Tells of the backends of this node, and hears of those of others, until `stop`.
pub async fn progress(cluster: Cluster, stop: CancellationToken) {
    let work = async {
        let pause = match cluster.inner.node.role {
            Role::Full => PAUSE,
            Role::Edge => EDGE,
        };
        let (mut told, mut heard) = (Told::default(), tokio::time::Instant::now());
        let mut lag = Lag::default();
        let mut taken = BTreeMap::new();
        loop {
            match cluster.tell(&mut told).await {
                Ok(()) => {}
                Err(Failed::Store(error)) => {
                    warning!("the other nodes cannot be told what is verified here: {error}");
                }
                // Whoever watches the engine tells of it.
                Err(Failed::Ledger(error)) => debug!("progress: {error}"),
            }
            if heard <= tokio::time::Instant::now() {
                if let Err(error) = cluster.hear().await {
                    debug!("progress: {error}");
                }
                heard = tokio::time::Instant::now() + pause;
                lag.look(&cluster);
                cluster.take(&mut taken).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// A write that this node knew of when it was behind last, and since when.
#[derive(Default)]
struct Lag(Option<(u64, Instant)>);

impl Lag {
    /// Notes how far this node is behind, and whose turn it is at what.
    fn look(&mut self, cluster: &Cluster) {
        let inner = &cluster.inner;
        let newest = inner.ledger.newest().0;
        let membership = inner
            .store
            .standing()
            .and_then(|standing| standing.membership);
        let cursor = membership.map_or(newest, |membership| membership.cursor);
        let now = Instant::now();
        self.0 = match self.0 {
            _ if cursor >= newest => None,
            Some((known, since)) if cursor < known => Some((known, since)),
            _ => Some((newest, now)),
        };
        let lag = self.0.map_or(Duration::ZERO, |(_, since)| now - since);
        inner.counts.behind(newest.saturating_sub(cursor), lag);
        for claimed in &inner.claims {
            inner.counts.turn(&claimed.what, &claimed.holder.borrow());
        }
    }
}

/// What was told last of each backend, and by which fence.
type Told = BTreeMap<BackendId, (Option<Fence>, Said)>;

/// Why others could not be told.
enum Failed {
    Store(StoreError),
    Ledger(LedgerError),
}

impl Cluster {
    /// Tells of the backends that this node delivers to, as far as anything has changed.
    async fn tell(&self, told: &mut Told) -> Result<(), Failed> {
        let inner = &self.inner;
        // It counts by an order that the engine no longer has.
        let standing = inner.store.standing();
        if standing.is_some_and(|standing| standing.diverged.is_some()) {
            return Ok(());
        }
        let backends: Vec<_> = inner.store.backends().cloned().collect();
        for backend in backends {
            let fence = match self.turn(backend.as_str()).holder() {
                None => None,
                Some(Holder::Ours(fence)) => Some(fence),
                Some(_) => {
                    told.remove(&backend);
                    continue;
                }
            };
            let before = told.get(&backend).filter(|(by, _)| *by == fence);
            let last = before.map(|(_, said)| Progress {
                cursor: said.cursor,
                pending: said.pending,
                failing: zones(&said.failing),
            });
            let found = inner.store.progress(&backend, &last.unwrap_or_default());
            let Some(found) = found.map_err(Failed::Store)? else {
                return Ok(());
            };
            let unavailable = inner.health.unavailable(&backend);
            let said = Said {
                node: inner.node.name.clone(),
                cursor: found.cursor,
                pending: found.pending,
                failing: found.failing.iter().map(ToString::to_string).collect(),
                unavailable: unavailable.map(|unavailable| unavailable.cause),
            };
            if before.is_some_and(|(_, before)| *before == said) {
                continue;
            }
            let name = match fence {
                Some(_) => format!("p/{backend}"),
                None => format!("p/{}/{backend}", said.node),
            };
            let Ok(value) = serde_json::to_vec(&said) else {
                continue;
            };
            let claim = format!("o/{backend}");
            let claimed = fence.map(|fence| (claim.as_str(), fence));
            let written = inner.ledger.note(&name, value.into(), None, claimed).await;
            // Not written: another node has taken over, and tells it.
            if written.map_err(Failed::Ledger)? {
                told.insert(backend, (fence, said));
            }
        }
        Ok(())
    }

    /// Hears what the others say.
    async fn hear(&self) -> Result<(), LedgerError> {
        let ledger = &self.inner.ledger;
        let (said, present, owners) =
            tokio::try_join!(ledger.notes("p/"), ledger.notes("n/"), ledger.notes("o/"))?;
        let present: BTreeSet<_> = present.iter().map(|note| rest(note).to_owned()).collect();
        let owners = owners.iter().map(|note| {
            let node = String::from_utf8_lossy(&note.value).into_owned();
            (rest(note).to_owned(), node)
        });
        let owners = owners
            .filter(|(what, _)| ![RECONCILE, REGISTRY].contains(&what.as_str()))
            .collect();
        let said: BTreeMap<_, _> = said.iter().filter_map(parse).collect();
        let now = Timestamp::now();
        self.inner.heard.send_if_modified(|heard| {
            let nodes = said.keys().filter_map(|(node, _)| node.clone());
            let absent = nodes.filter(|node| !present.contains(node));
            let absent = absent.map(|node| {
                let since = heard.absent.get(&node).copied().unwrap_or(now);
                (node, since)
            });
            let absent = absent.collect();
            let news = Heard {
                said,
                owners,
                absent,
            };
            let changed = *heard != news;
            *heard = news;
            changed
        });
        Ok(())
    }

    /// Clears what is pending here for backends that others deliver to, as far as they are.
    async fn take(&self, taken: &mut BTreeMap<BackendId, (Said, u64)>) {
        let store = &self.inner.store;
        let backends: Vec<_> = store.backends().cloned().collect();
        for backend in backends {
            let turn = self.turn(backend.as_str());
            let heard = self.inner.heard.borrow().said_of_shared(backend.as_str());
            let Some(said) = heard.filter(|_| turn.is_shared() && !turn.is_ours()) else {
                taken.remove(&backend);
                continue;
            };
            let recorded = *store.recorded().borrow();
            let same = |(before, seen): &(Said, u64)| *before == said && *seen == recorded;
            if taken.get(&backend).is_some_and(same) {
                continue;
            }
            let theirs = Progress {
                cursor: said.cursor,
                pending: said.pending,
                failing: zones(&said.failing),
            };
            match store.take_progress(&backend, &said.node, &theirs).await {
                Ok(_) => drop(taken.insert(backend, (said, recorded))),
                Err(error) => warning!(
                    backend = %backend,
                    "{backend}: what node {} has verified cannot be noted here: {error}", said.node
                ),
            }
        }
    }

    /// Waits with this until anything is heard of the others.
    pub fn heard(&self) -> watch::Receiver<impl Sized + use<>> {
        self.inner.heard.subscribe()
    }

    /// How far the backends of the other nodes are.
    pub fn backends_elsewhere(&self) -> Vec<NodeBackendStatus> {
        let heard = self.inner.heard.borrow();
        let others = heard.others(self);
        others
            .map(|(node, backend, shared, said)| NodeBackendStatus {
                absent_since: heard.absent.get(node).copied(),
                node: node.to_owned(),
                backend: backend.to_owned(),
                shared,
                pending: said.pending,
                failing: said.failing.len(),
                unavailable: said.unavailable.clone(),
            })
            .collect()
    }

    /// How a zone stands at the backends of the other nodes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn elsewhere(
        &self,
        zone: &ZoneName,
        present: bool,
    ) -> Result<Vec<ElsewhereStatus>, StoreError> {
        let store = &self.inner.store;
        // First: what is shared meanwhile has a greater stamp.
        let unshared = store.is_unshared(zone);
        let stamp = store.stamp(zone)?.0;
        let heard = self.inner.heard.borrow();
        let placement = store.placement(zone);
        let is_placed = |node: &str, backend: &str| {
            let groups = store.groups();
            groups.is_at_node(node, backend, placement.as_deref())
        };
        let others = heard.others(self);
        let others = others.filter(|(node, backend, ..)| !present || is_placed(node, backend));
        let others = others.map(|(node, backend, shared, said)| {
            let cause = || {
                said.unavailable
                    .as_ref()
                    .map(|why| format!("it is unavailable: {why}"))
            };
            let (state, cause) = if unshared || stamp == 0 {
                let cause = "the other nodes do not know of it yet";
                ("pending", Some(cause.to_owned()))
            } else if said.failing.contains(zone.as_str()) {
                ("failed", cause())
            } else if stamp > said.cursor {
                ("pending", cause())
            } else if present {
                ("served", None)
            } else {
                ("removed", None)
            };
            ElsewhereStatus {
                absent_since: heard.absent.get(node).copied(),
                node: node.to_owned(),
                backend: backend.to_owned(),
                shared,
                state: state.to_owned(),
                cause,
            }
        });
        Ok(others.collect())
    }
}

impl Heard {
    fn said_of_shared(&self, backend: &str) -> Option<Said> {
        self.said.get(&(None, backend.to_owned())).cloned()
    }

    /// The backends that other nodes deliver to: the node, the backend, whether it is shared, and what is said of it.
    fn others<'a>(
        &'a self,
        cluster: &'a Cluster,
    ) -> impl Iterator<Item = (&'a str, &'a str, bool, &'a Said)> {
        self.said.iter().filter_map(move |((node, backend), said)| {
            let own = &cluster.inner.node.name;
            match node {
                Some(node) => {
                    (node != own).then_some((node.as_str(), backend.as_str(), false, said))
                }
                None => {
                    // One that nobody has shares no longer is none.
                    let turn = cluster.turn(backend);
                    let owner = self.owners.get(backend);
                    if turn.is_shared() && turn.is_ours() || !turn.is_shared() && owner.is_none() {
                        return None;
                    }
                    let owner = owner.map_or("", String::as_str);
                    (owner != own).then_some((owner, backend.as_str(), true, said))
                }
            }
        })
    }
}

/// What stands behind the kind of a note.
fn rest(note: &Note) -> &str {
    note.name.split_once('/').map_or("", |(_, rest)| rest)
}

/// What a note says, of which backend of which node. One that makes no sense is none.
fn parse(note: &Note) -> Option<((Option<String>, String), Said)> {
    let (node, backend) = match rest(note).split_once('/') {
        Some((node, backend)) => (Some(node.to_owned()), backend),
        None => (None, rest(note)),
    };
    let said = serde_json::from_slice(&note.value).ok()?;
    Some(((node, backend.to_owned()), said))
}

fn zones(names: &BTreeSet<String>) -> Vec<ZoneName> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}
