//! The zones that were last edited or asked for by API, merged: of a zone with 100,000 RRsets, reading and
//! merging all layers takes a quarter of a second, one edit of what is merged some milliseconds.
//!
//! Pushes do not fill it: what a control panel pushes is read once, by each lane.

use std::collections::HashMap;

use dadns_zone::ZoneName;
use parking_lot::Mutex;

use super::Whole;

/// The most records in it, unless one zone alone has more: some 40 MB.
const MOST_RECORDS: usize = 300_000;

/// Merged zones, the newest so many.
#[derive(Debug, Default)]
pub(in crate::store) struct Cache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    zones: HashMap<ZoneName, (u64, Whole)>,
    /// How many RRsets all of them have.
    records: usize,
    /// Counts uses.
    clock: u64,
}

impl Cache {
    /// A zone as it is at `revision`.
    pub fn get(&self, name: &ZoneName, revision: u64) -> Option<Whole> {
        let mut kept = self.0.lock();
        kept.clock += 1;
        let clock = kept.clock;
        let (used, whole) = kept.zones.get_mut(name)?;
        if whole.revision != revision {
            return None;
        }
        *used = clock;
        Some(whole.clone())
    }

    /// Keeps a zone, unless a newer revision of it is kept.
    pub fn put(&self, name: &ZoneName, whole: Whole) {
        let mut kept = self.0.lock();
        let newer = |(_, known): &(u64, Whole)| known.revision > whole.revision;
        if kept.zones.get(name).is_some_and(newer) {
            return;
        }
        kept.remove(name);
        kept.records += whole.zone.rrsets().len();
        kept.clock += 1;
        let clock = kept.clock;
        kept.zones.insert(name.clone(), (clock, whole));
        while kept.records > MOST_RECORDS && kept.zones.len() > 1 {
            let oldest = kept.zones.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            kept.remove(&oldest);
        }
    }

    /// Forgets a zone.
    pub fn remove(&self, name: &ZoneName) {
        self.0.lock().remove(name);
    }
}

impl Kept {
    fn remove(&mut self, name: &ZoneName) {
        if let Some((_, whole)) = self.zones.remove(name) {
            self.records -= whole.zone.rrsets().len();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dadns_zone::testing::zone;

    use super::*;

    fn whole(revision: u64) -> Whole {
        Whole {
            revision,
            zone: Arc::new(zone("a.example", 1, "")),
            push: None,
            shadowed: [].into(),
        }
    }

    #[test]
    fn only_the_revision_that_is_asked_for_is_given_and_a_newer_one_stays() {
        let (cache, name) = (Cache::default(), "a.example".parse().unwrap());
        cache.put(&name, whole(2));
        cache.put(&name, whole(1));
        assert!(cache.get(&name, 1).is_none());
        assert!(cache.get(&name, 2).is_some());
        cache.remove(&name);
        assert!(cache.get(&name, 2).is_none());
        assert_eq!(cache.0.lock().records, 0);
    }
}
