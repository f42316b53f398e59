//! A value for each zone, of which only so many are kept: the newest.

use std::collections::{BTreeMap, HashMap};

use dadns_zone::ZoneName;

/// The newest so many values, by zone.
#[derive(Debug)]
pub(super) struct Newest<T> {
    most: usize,
    /// Each value with its number in `order`.
    entries: HashMap<ZoneName, (u64, T)>,
    order: BTreeMap<u64, ZoneName>,
    next: u64,
}

impl<T> Newest<T> {
    /// Keeps `most` values.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            entries: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn get(&self, zone: &ZoneName) -> Option<&T> {
        self.entries.get(zone).map(|(_, value)| value)
    }

    pub fn remove(&mut self, zone: &ZoneName) -> Option<T> {
        let (number, value) = self.entries.remove(zone)?;
        self.order.remove(&number);
        Some(value)
    }

    /// Puts one in; returns the zone that had to give way.
    pub fn put(&mut self, zone: &ZoneName, value: T) -> Option<ZoneName> {
        self.remove(zone);
        self.order.insert(self.next, zone.clone());
        self.entries.insert(zone.clone(), (self.next, value));
        self.next += 1;
        if self.entries.len() <= self.most {
            return None;
        }
        let (_, oldest) = self.order.pop_first()?;
        self.entries.remove(&oldest);
        Some(oldest)
    }

    pub fn newest_first(&self) -> impl Iterator<Item = (&ZoneName, &T)> {
        let zones = self.order.values().rev();
        zones.filter_map(|zone| Some((zone, self.get(zone)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_one_that_comes_again_is_new() {
        let name = |text: &str| ZoneName::parse(text).unwrap();
        let mut newest = Newest::new(2);
        assert_eq!(newest.put(&name("a"), 1), None);
        assert_eq!(newest.put(&name("b"), 2), None);
        assert_eq!(newest.put(&name("a"), 3), None);
        assert_eq!(newest.put(&name("c"), 4), Some(name("b")));
        let zones: Vec<_> = newest
            .newest_first()
            .map(|(zone, _)| zone.as_str())
            .collect();
        assert_eq!(zones, ["c", "a"]);
        assert_eq!(newest.remove(&name("a")), Some(3));
        assert_eq!((newest.len(), newest.get(&name("a"))), (1, None));
    }
}
