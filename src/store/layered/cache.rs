//! The zones that were last edited or asked for by API, merged: of a zone with 100,000 RRsets, reading and
//! merging all layers takes a quarter of a second, one edit of what is merged some milliseconds.
//!
//! Pushes of small zones do not fill it: what a control panel pushes is read once, by each lane.

use std::collections::{BTreeMap, HashMap};

use dadns_zone::ZoneName;
use parking_lot::Mutex;

use super::Whole;

/// The most RRsets in it, unless one zone alone has more: some 40 MB.
const MOST_RRSETS: usize = 300_000;

/// Merged zones, the newest so many.
#[derive(Debug, Default)]
pub(in crate::store) struct Cache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Each with when it was last used.
    zones: HashMap<ZoneName, (u64, Whole)>,
    used: BTreeMap<u64, ZoneName>,
    /// How many RRsets all of them have.
    rrsets: usize,
    /// Counts uses.
    clock: u64,
}

impl Cache {
    /// A zone as it is at `revision`.
    pub fn get(&self, name: &ZoneName, revision: u64) -> Option<Whole> {
        let mut kept = self.0.lock();
        let (_, whole) = kept.zones.get(name)?;
        if whole.revision != revision {
            return None;
        }
        let whole = whole.clone();
        kept.touch(name);
        Some(whole)
    }

    /// Keeps a zone, unless a newer revision of it is kept.
    pub fn put(&self, name: &ZoneName, whole: Whole) {
        let mut kept = self.0.lock();
        let newer = |(_, known): &(u64, Whole)| known.revision > whole.revision;
        if kept.zones.get(name).is_some_and(newer) {
            return;
        }
        kept.remove(name);
        kept.rrsets += whole.zone.rrsets().len();
        kept.zones.insert(name.clone(), (0, whole));
        kept.touch(name);
        while kept.rrsets > MOST_RRSETS && kept.zones.len() > 1 {
            let Some((_, oldest)) = kept.used.pop_first() else {
                break;
            };
            kept.remove(&oldest);
        }
    }

    /// Keeps a zone as far as there is room, for which no other one has to go.
    pub fn offer(&self, name: &ZoneName, whole: &Whole) {
        let room = MOST_RRSETS.saturating_sub(self.0.lock().rrsets);
        if whole.zone.rrsets().len() <= room {
            self.put(name, whole.clone());
        }
    }

    /// Forgets all.
    pub fn clear(&self) {
        *self.0.lock() = Kept::default();
    }

    /// Forgets a zone.
    pub fn remove(&self, name: &ZoneName) {
        self.0.lock().remove(name);
    }
}

impl Kept {
    /// Notes that a zone is used now.
    fn touch(&mut self, name: &ZoneName) {
        self.clock += 1;
        if let Some((used, _)) = self.zones.get_mut(name) {
            self.used.remove(used);
            *used = self.clock;
            self.used.insert(self.clock, name.clone());
        }
    }

    fn remove(&mut self, name: &ZoneName) {
        if let Some((used, whole)) = self.zones.remove(name) {
            self.used.remove(&used);
            self.rrsets -= whole.zone.rrsets().len();
        }
    }
}

#[cfg(test)]
mod tests {
    use dadns_zone::testing::zone;

    use super::*;

    fn whole(revision: u64) -> Whole {
        Whole::of_one(revision, zone("a.example", 1, ""))
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
        assert_eq!(cache.0.lock().rrsets, 0);
    }
}
