//! Ends the moves of zones between groups of backends: a zone leaves where it was as soon as it is verified at all
//! backends where it belongs.
//!
//! What an order has begun stands in the store. So this task has no state, and goes on after a restart.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use crate::access::Part;
use crate::blocking::blocking;
use crate::logging::{counted, debug, info, warning};
use crate::placement::Placement;
use crate::store::{Author, Moved, Store, StoreError};

/// How many moves are ended at once, and share a sync.
const AT_ONCE: usize = 256;

/// The shortest time between two rounds over all zones that move.
const PAUSE: Duration = Duration::from_millis(100);

/// A zone that has arrived at backends.
struct Arrival {
    zone: ZoneName,
    groups: BTreeSet<String>,
    backends: BTreeSet<String>,
    /// Whether it waits for no other.
    all: bool,
}

/// Ends moves until `stop`. `node`: the name of this node.
pub async fn run(store: Store, node: String, stop: CancellationToken) {
    let work = async {
        let mut recorded = store.recorded();
        loop {
            recorded.mark_unchanged();
            let began = Instant::now();
            match round(&store, &node).await {
                Ok(0) => {}
                Ok(ended) => info!(
                    "{} moved and verified where they belong; they leave where they were; {} left to move",
                    counted(ended, "zone"),
                    store.moving().len()
                ),
                Err(error) => {
                    warning!("moves of zones cannot be ended yet: {error}; trying again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            // Results come by the thousand, and each round looks at all zones that move.
            tokio::time::sleep(PAUSE.max(began.elapsed() * 4)).await;
            if recorded.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// Looks at all zones that move. Says how many have arrived.
async fn round(store: &Store, node: &str) -> Result<usize, StoreError> {
    let moving = store.moving();
    if moving.is_empty() {
        return Ok(0);
    }
    let arrivals = {
        let (store, node) = (store.clone(), node.to_owned());
        blocking(move || {
            let arrivals = moving.into_iter();
            let arrivals = arrivals.map(|zone| arrival(&store, &node, zone));
            arrivals
                .filter_map(Result::transpose)
                .collect::<Result<Vec<_>, _>>()
        })
        .await?
    };
    let mut ending = stream::iter(arrivals)
        .map(|arrival| end(store, arrival))
        .buffer_unordered(AT_ONCE);
    let mut ended = 0;
    while let Some(done) = ending.next().await {
        ended += usize::from(done?);
    }
    Ok(ended)
}

/// What is new of a zone that moves; `None`: nothing.
fn arrival(store: &Store, node: &str, zone: ZoneName) -> Result<Option<Arrival>, StoreError> {
    let Some(placement) = store.placement(&zone).filter(|found| found.is_moving()) else {
        return Ok(None);
    };
    let groups = placement.groups.clone();
    if store.head(&zone)?.is_none_or(|head| !head.present) {
        let backends = BTreeSet::new();
        let all = true;
        return Ok(Some(Arrival {
            zone,
            groups,
            backends,
            all,
        }));
    }
    let Some(waits) = missing(store, node, &zone, &placement)? else {
        return Ok(None);
    };
    let all = waits.missing.is_empty();
    let backends = waits.arrived;
    // Only other nodes have to be told of a part.
    let tells = waits.others && !backends.is_empty();
    Ok((all || tells).then_some(Arrival {
        zone,
        groups,
        backends,
        all,
    }))
}

/// What a move waits for.
struct Waits {
    /// Backends of this node that have the zone, and of which that is not noted yet.
    arrived: BTreeSet<String>,
    /// Backends that are not known to have it.
    missing: BTreeSet<String>,
    /// Whether backends of other nodes are among all of them.
    others: bool,
}

/// What the move of a zone waits for; `None`: a group that it moves to is not configured.
fn missing(
    store: &Store,
    node: &str,
    zone: &ZoneName,
    placement: &Placement,
) -> Result<Option<Waits>, StoreError> {
    let Some(targets) = store.groups().targets(&placement.groups) else {
        return Ok(None);
    };
    let mut waits = Waits {
        arrived: BTreeSet::new(),
        missing: BTreeSet::new(),
        others: false,
    };
    for target in targets {
        let label = target.to_string();
        let id = target.backend.parse::<BackendId>().ok();
        let here = |id: &BackendId| target.is_of(node) && store.backends().any(|own| own == id);
        match id.filter(here) {
            // What it said before may be old: a push since may wait there.
            Some(id) if store.is_verified_at(&id, zone)? => {
                if !placement.arrived.contains(&label) {
                    waits.arrived.insert(label);
                }
            }
            Some(_) => drop(waits.missing.insert(label)),
            None => {
                waits.others = true;
                if !placement.arrived.contains(&label) {
                    waits.missing.insert(label);
                }
            }
        }
    }
    Ok(Some(waits))
}

/// Notes an arrival. Says whether the move is over.
async fn end(store: &Store, arrival: Arrival) -> Result<bool, StoreError> {
    let Arrival {
        zone,
        groups,
        backends,
        all,
    } = arrival;
    let author = Author::new(Part::Moves);
    let shown = groups.iter().cloned().collect::<Vec<_>>().join(", ");
    let noted = store.arrived(author, zone.clone(), groups, backends, all);
    let ended = all && noted.await? == Moved::Ordered;
    if ended {
        debug!(zone = %zone, "zone {zone} is verified at {shown}, and leaves where it was");
    }
    Ok(ended)
}
