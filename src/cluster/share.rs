//! Catches up on what was accepted while the ledger did not answer.

use std::time::Duration;

use dadns_zone::ZoneName;
use tokio_util::sync::CancellationToken;

use super::Cluster;
use crate::logging::{counted, success, warning};

/// How often it is looked whether there is anything to share, when nobody says so.
const PAUSE: Duration = Duration::from_secs(1);

/// How many zones are named in the log.
const NAMED: usize = 5;

/// Shares what is not shared yet, whenever the ledger answers, until `stop`.
pub async fn share(cluster: Cluster, stop: CancellationToken) {
    let share = async {
        let store = &cluster.inner.store;
        let mut told = 0;
        loop {
            let changed = store.shared_more();
            let left = store.standing().map_or(0, |standing| standing.unshared);
            match (told, left) {
                (0, 1..) => {
                    let zones = store.unshared_zones(NAMED);
                    let zones: Vec<_> = zones.iter().map(ZoneName::as_str).collect();
                    let more = if left > NAMED { ", …" } else { "" };
                    warning!(
                        "{} not shared with the other nodes yet ({}{more}); this node serves what it accepted",
                        counted(left, "zone"),
                        zones.join(", ")
                    );
                }
                (1.., 0) => success!("all zones are shared with the other nodes again"),
                _ => {}
            }
            told = left;
            if let Err(error) = store.share().await {
                warning!("zones cannot be shared with the other nodes yet: {error}; tried again");
                tokio::time::sleep(PAUSE).await;
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = share => {}
    }
}
