//! Zones that were pushed a moment ago, for the lanes that are about to load them: to read and unpack a zone
//! takes as long as to accept it.
//!
//! Lanes take what has been pending longest first. So when there is no room, what is kept stays, and new zones
//! are read from the engine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use dadns_zone::{Zone, ZoneName};
use parking_lot::Mutex;

/// The most RRsets that are kept: some 10 MB.
const MOST_RRSETS: usize = 50_000;

/// How long zones are kept that not all lanes take: one may have no backend to work with.
const LONGEST: Duration = Duration::from_secs(5);

/// The newest revisions of zones that not every lane has taken yet.
#[derive(Debug, Default)]
pub(super) struct Fresh(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    zones: HashMap<ZoneName, Pushed>,
    rrsets: usize,
    /// When the first of them came.
    since: Option<Instant>,
}

#[derive(Debug)]
struct Pushed {
    revision: u64,
    zone: Zone,
    /// How many lanes have not taken it yet.
    lanes: usize,
}

impl Fresh {
    /// Keeps a zone, with the serial that it is served with, for so many lanes, if there is room.
    pub fn put(&self, revision: u64, zone: Zone, lanes: usize) {
        let mut kept = self.0.lock();
        kept.remove(zone.name());
        let rrsets = zone.rrsets().len();
        if kept.rrsets + rrsets > MOST_RRSETS
            && kept.since.is_some_and(|since| since.elapsed() > LONGEST)
        {
            *kept = Kept::default();
        }
        if lanes == 0 || kept.rrsets + rrsets > MOST_RRSETS {
            return;
        }
        kept.rrsets += rrsets;
        kept.since.get_or_insert_with(Instant::now);
        let pushed = Pushed {
            revision,
            lanes,
            zone: zone.clone(),
        };
        kept.zones.insert(zone.name().clone(), pushed);
    }

    /// The zone as it is at `revision`, for one lane.
    pub fn take(&self, name: &ZoneName, revision: u64) -> Option<Zone> {
        let mut kept = self.0.lock();
        let pushed = kept.zones.get_mut(name)?;
        if pushed.revision != revision {
            return None;
        }
        pushed.lanes -= 1;
        if pushed.lanes > 0 {
            return Some(pushed.zone.clone());
        }
        kept.remove(name)
    }

    /// Forgets all.
    pub fn clear(&self) {
        *self.0.lock() = Kept::default();
    }
}

impl Kept {
    fn remove(&mut self, name: &ZoneName) -> Option<Zone> {
        let pushed = self.zones.remove(name)?;
        self.rrsets -= pushed.zone.rrsets().len();
        if self.zones.is_empty() {
            self.since = None;
        }
        Some(pushed.zone)
    }
}

#[cfg(test)]
mod tests {
    use dadns_zone::testing::zone;

    use super::*;

    #[test]
    fn each_lane_takes_a_zone_once_and_only_at_the_revision_that_it_has() {
        let (fresh, name) = (Fresh::default(), "a.example".parse().unwrap());
        fresh.put(1, zone("a.example", 1, ""), 2);
        fresh.put(2, zone("a.example", 2, ""), 2);
        assert!(fresh.take(&name, 1).is_none());
        assert_eq!(fresh.take(&name, 2).unwrap().serial(), 2);
        assert_eq!(fresh.take(&name, 2).unwrap().serial(), 2);
        assert!(fresh.take(&name, 2).is_none());
        assert_eq!(fresh.0.lock().rrsets, 0);
    }

    #[test]
    fn without_room_what_is_kept_stays_until_it_is_old() {
        let fresh = Fresh::default();
        let (first, second) = ("a.example".parse().unwrap(), "b.example".parse().unwrap());
        fresh.put(1, zone("a.example", 1, ""), 1);
        fresh.0.lock().rrsets += MOST_RRSETS;
        fresh.put(1, zone("b.example", 1, ""), 1);
        assert!(fresh.take(&second, 1).is_none());
        fresh.0.lock().since = Instant::now().checked_sub(2 * LONGEST);
        fresh.put(1, zone("b.example", 1, ""), 1);
        assert!(fresh.take(&first, 1).is_none());
        assert!(fresh.take(&second, 1).is_some());
    }
}
