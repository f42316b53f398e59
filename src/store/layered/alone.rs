//! A zone that has nothing but entries of one layer, as one that is made by API: each of them is an RRset, and none
//! can lose to another. Of 100,000 RRsets this takes a fraction of what merging takes.

use dadns_zone::{Rrset, Zone, ZoneError, ZoneName};
use rayon::prelude::*;

use super::LayerEntry;

/// The zone, or all rules that its entries break. `Err`: it is not such a zone, and these are its entries.
pub(super) fn zone(
    name: &ZoneName,
    push: Option<&Zone>,
    found: Vec<LayerEntry>,
) -> Result<Result<Zone, Vec<ZoneError>>, Vec<LayerEntry>> {
    let layer = found.first().map(|(layer, ..)| *layer);
    if push.is_some() || layer.is_none() || found.iter().any(|(of, ..)| Some(*of) != layer) {
        return Err(found);
    }
    let set = |(_, key, entry): &LayerEntry| {
        let twice = |_| ZoneError::Twice(key.owner().clone(), key.rtype());
        entry.rule.apply(key, None).map_err(twice)
    };
    let sets = found
        .par_iter()
        .filter_map(|entry| set(entry).transpose())
        .collect::<Result<Vec<Rrset>, _>>();
    let zone = sets.map_err(|error| vec![error]).and_then(|mut sets| {
        sets.par_sort_unstable_by(Rrset::canonical_cmp);
        Zone::checked(name.clone(), sets)
    });
    Ok(zone)
}
