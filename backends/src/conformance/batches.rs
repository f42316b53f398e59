//! Batches: outcomes in order, each zone for itself.

use super::ask::*;
use super::zone;
use crate::{Backend, ZoneChange, ZoneResult};

pub(super) async fn a_batch_gives_one_outcome_per_change_in_order(backend: &dyn Backend) {
    let kept = zone("kept.example", 1, "");
    let gone = zone("gone.example", 1, "");
    let outcomes = backend
        .apply(&[ZoneChange::Put(&kept), ZoneChange::Put(&gone)])
        .await;
    assert_eq!(outcomes.len(), 2);
    outcomes.iter().for_each(applied);
    holds(backend, &kept).await;
    holds(backend, &gone).await;

    let new = zone("new.example", 1, "");
    let never = name("never.example");
    let batch = [
        ZoneChange::Remove(&never),
        ZoneChange::Put(&new),
        ZoneChange::Put(&kept),
        ZoneChange::Remove(gone.name()),
    ];
    let outcomes = backend.apply(&batch).await;
    let written: Vec<_> = outcomes.iter().map(ZoneResult::written).collect();
    let in_order = [Some(false), Some(true), Some(false), Some(true)];
    assert_eq!(written, in_order, "{outcomes:?}");
    lacks(backend, gone.name()).await;
    holds(backend, &new).await;
    clear(backend).await;
}

pub(super) async fn one_bad_zone_spoils_no_other(backend: &dyn Backend) {
    // The longest name there is: places that make a file or a key of it may not hold it.
    let label = "a".repeat(63);
    let longest = zone(
        &format!("{label}.{label}.{label}.{}", "a".repeat(61)),
        1,
        "",
    );
    let good = zone("good.example", 1, "");
    let outcomes = backend
        .apply(&[ZoneChange::Put(&longest), ZoneChange::Put(&good)])
        .await;
    match outcomes.as_slice() {
        [bad, outcome] => {
            applied(outcome);
            let announced = !fatal(backend, &longest).is_empty();
            match bad {
                ZoneResult::Unverified { changed: true, .. } => {
                    assert!(!announced, "announced as unsupported and then taken")
                }
                ZoneResult::Unavailable(error) => panic!("not the zone's fault: {error}"),
                ZoneResult::Failed(cause) if !announced => panic!("not announced: {cause}"),
                _ => assert!(announced, "not announced as unsupported: {bad:?}"),
            }
        }
        other => panic!("two changes, other outcomes: {other:?}"),
    }
    holds(backend, &good).await;
    clear(backend).await;
}
