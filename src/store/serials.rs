//! The signed zones whose serial is not ahead of one that they were served with, in memory: doors, lanes and
//! status ask for them again and again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use dadns_backends::NotPassed;
use dadns_zone::{ZoneName, is_ahead};
use parking_lot::Mutex;

use super::db::Db;
use super::desired::{Highest, NotAhead};
use super::{Store, StoreError};

/// The zones of which a highest serial is remembered.
#[derive(Debug, Default)]
pub(super) struct Serials {
    zones: Mutex<BTreeMap<ZoneName, Highest>>,
    /// How many changes since the start brought a signed zone whose serial was not ahead.
    pushes: AtomicU64,
}

impl Serials {
    /// What a store remembers. An older version of this program does not, and may have served since what
    /// passes it.
    pub fn load(db: &Db) -> Result<Self, StoreError> {
        let mut zones = BTreeMap::new();
        for found in db.highest_serials() {
            let (name, highest) = found?;
            let head = db.head(&name)?;
            if head.is_some_and(|head| !is_ahead(head.serial, highest.serial)) {
                zones.insert(name, highest);
            }
        }
        Ok(Self {
            zones: Mutex::new(zones),
            pushes: AtomicU64::new(0),
        })
    }

    /// Takes over what another remembers.
    pub fn replace(&self, other: Self) {
        *self.zones.lock() = other.zones.into_inner();
    }

    pub fn get(&self, zone: &ZoneName) -> Option<Highest> {
        self.zones.lock().get(zone).cloned()
    }

    pub fn set(&self, zone: ZoneName, highest: Option<Highest>) {
        let mut zones = self.zones.lock();
        match highest {
            Some(highest) => zones.insert(zone, highest),
            None => zones.remove(&zone),
        };
    }

    pub fn count(&self) {
        self.pushes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Store {
    /// Why secondaries may keep old records of a signed zone, if its serial did not advance. `serial` is the
    /// one of its head.
    pub fn not_ahead(&self, zone: &ZoneName, serial: u32) -> Option<NotAhead> {
        self.shared.serials.get(zone)?.not_ahead(serial)
    }

    /// Whether a serial that was found of a signed zone is one that it is known to have had.
    pub fn is_known_serial(&self, zone: &ZoneName, found: u32) -> bool {
        let highest = self.shared.serials.get(zone);
        highest.is_some_and(|highest| !is_ahead(found, highest.serial))
    }

    /// The highest serial that a secondary may have of a zone, where the present one is not ahead of it.
    pub fn not_passed(&self, zone: &ZoneName) -> Option<NotPassed> {
        let highest = self.shared.serials.get(zone)?;
        Some(NotPassed {
            serial: highest.serial,
            differs: highest.differs,
        })
    }

    /// Whether the serial of a zone says nothing about which records are served.
    pub fn is_serial_reused(&self, zone: &ZoneName) -> bool {
        let highest = self.shared.serials.get(zone);
        highest.is_some_and(|highest| highest.differs)
    }

    /// The zones that are served with a serial that did not advance.
    pub fn all_not_ahead(&self) -> Vec<ZoneName> {
        let zones = self.shared.serials.zones.lock();
        let differ = zones.iter().filter(|(_, highest)| highest.differs);
        differ.map(|(zone, _)| zone.clone()).collect()
    }

    /// How many zones are served with a serial that did not advance.
    pub fn zones_not_ahead(&self) -> usize {
        let zones = self.shared.serials.zones.lock();
        zones.values().filter(|highest| highest.differs).count()
    }

    /// How many changes since the start brought a signed zone whose serial was not ahead.
    pub fn pushes_not_ahead(&self) -> u64 {
        self.shared.serials.pushes.load(Ordering::Relaxed)
    }
}
