//! The zones that are served: found without a lock, replaced one by one.

use std::collections::BTreeSet;
use std::sync::Arc;

use dadns_dns::Name;
use dadns_zone::ZoneName;
use papaya::{Guard, HashMap, LocalGuard};

use super::Image;
use crate::transfer::journal::Journal;

/// A zone that is served, and how it came to be what it is.
#[derive(Debug)]
pub(crate) struct ServedZone {
    pub image: Image,
    /// The last changes, for IXFR.
    pub journal: Journal,
}

/// All zones, by apex in wire form.
#[derive(Debug, Default)]
pub(crate) struct Zones(HashMap<Box<[u8]>, Arc<ServedZone>>);

/// The zones as one reader sees them. Each is as it was at some moment since the reader came; a
/// reader that stays keeps memory of replaced zones alive.
pub(crate) struct View<'a> {
    zones: &'a Zones,
    guard: LocalGuard<'a>,
}

impl Zones {
    /// Lets a reader in.
    pub fn view(&self) -> View<'_> {
        View {
            zones: self,
            guard: self.0.guard(),
        }
    }

    /// The zone with this apex.
    pub fn get(&self, apex: &[u8]) -> Option<Arc<ServedZone>> {
        self.0.get(apex, &self.0.guard()).cloned()
    }

    /// Serves this zone instead of the one with its apex: a query sees either, and nothing between.
    pub fn put(&self, zone: ServedZone) {
        let apex = zone.image.apex().into();
        let guard = self.0.guard();
        self.0.insert(apex, Arc::new(zone), &guard);
        // Or else each thread keeps some dozen replaced zones.
        guard.flush();
    }

    /// Removes a zone; says whether it was there.
    pub fn remove(&self, apex: &[u8]) -> bool {
        let guard = self.0.guard();
        let removed = self.0.remove(apex, &guard).is_some();
        guard.flush();
        removed
    }

    /// The apexes of all zones.
    pub fn apexes(&self) -> BTreeSet<Box<[u8]>> {
        self.0.keys(&self.0.guard()).cloned().collect()
    }
}

impl View<'_> {
    /// The zone with this apex.
    pub fn get(&self, apex: &[u8]) -> Option<&ServedZone> {
        self.zones.0.get(apex, &self.guard).map(Arc::as_ref)
    }

    /// The zone that is nearest to `name`, going up, and how many labels of it are below the apex.
    /// `from` labels are passed over, and so is the zone that is `hidden`.
    pub fn nearest(
        &self,
        name: &Name,
        from: usize,
        hidden: Option<&[u8]>,
    ) -> Option<(&ServedZone, usize)> {
        let ends = (from..name.labels()).map(|below| (name.without(below), below));
        let mut shown = ends.filter(|(end, _)| hidden != Some(end));
        shown.find_map(|(end, below)| Some((self.get(end)?, below)))
    }
}

/// The zone name that an apex in wire form is; they were made of such.
pub(crate) fn zone_name(apex: &[u8]) -> Option<ZoneName> {
    let mut text = String::new();
    let mut at = 0;
    while let Some(&len @ 1..) = apex.get(at) {
        let label = apex.get(at + 1..at + 1 + usize::from(len))?;
        text.push_str(std::str::from_utf8(label).ok()?);
        text.push('.');
        at += usize::from(len) + 1;
    }
    ZoneName::parse(&text).ok()
}
