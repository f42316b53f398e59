//! Writers that others overtake.

use super::ask::*;
use super::zone;
use crate::{Backend, BackendError, BackendExt, ZoneChange, ZoneResult};

/// Runs the checks of backends that nodes share. `left` and `right` are the same backend as two nodes have it, which is
/// empty at first.
///
/// # Panics
/// With the first rule of the contract that they break.
pub async fn fenced(left: &dyn Backend, right: &dyn Backend) {
    let put = async |backend: &dyn Backend, fence, serial| {
        let zone = zone("fenced.example", serial, "");
        let fenced = backend.fenced().expect("it can be shared");
        let results = fenced.apply(fence, &[ZoneChange::Put(&zone)]).await;
        let [result] = <[ZoneResult; 1]>::try_from(results).expect("a result for each change");
        (zone, result)
    };
    for (backend, fence, serial) in [(left, 7, 1), (left, 7, 2), (right, 9, 3), (right, 9, 4)] {
        let (zone, result) = put(backend, fence, serial).await;
        applied(&result);
        has(backend, &zone).await;
    }
    // Nothing of whoever was overtaken gets there, not even what it began before.
    for (fence, serial) in [(7, 5), (8, 6)] {
        let (zone, result) = put(left, fence, serial).await;
        assert!(
            matches!(
                result,
                ZoneResult::Unavailable(BackendError::Overtaken { .. })
            ),
            "{result:?}"
        );
        let found = left.read_one(zone.name()).await.expect("reading works");
        assert_eq!(found.map(|zone| zone.serial()), Some(4));
    }
    // A turn may come again.
    let (zone, result) = put(left, 10, 7).await;
    applied(&result);
    has(right, &zone).await;
    let removal = [ZoneChange::Remove(zone.name())];
    let refused = right.fenced().expect("it can be shared");
    assert!(matches!(
        refused.apply(9, &removal).await.as_slice(),
        [ZoneResult::Unavailable(BackendError::Overtaken { .. })]
    ));
    has(left, &zone).await;
    clear(left).await;
}
