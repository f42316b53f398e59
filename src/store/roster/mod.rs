//! Every zone with what lists show, search and sort by, in memory: counting zones, or finding one of 100,000, must
//! not read the head of each. Some 150 bytes for each zone; the heads on disk stay what holds.

mod rows;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dadns_zone::ZoneName;
use jiff::Timestamp;
use parking_lot::RwLock;

use super::db::Db;
use super::desired::{Head, Owner};
use super::group::Group;
use super::{Store, StoreError};

pub use rows::Rows;

/// What lists know of a zone without reading its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counts accepted changes of this zone.
    pub revision: u64,
    /// Whether it is in desired state.
    pub present: bool,
    /// Whether it is signed; `None`: nobody has looked since the start.
    pub signed: Option<bool>,
    /// How many records it has.
    pub records: u32,
    /// When desired state last changed.
    pub changed: Timestamp,
    /// Whose it is.
    pub owner: Option<Arc<Owner>>,
}

/// All zones, removed ones too.
#[derive(Debug, Default)]
pub(super) struct Roster(RwLock<Zones>);

#[derive(Debug, Default)]
struct Zones {
    rows: BTreeMap<ZoneName, Row>,
    /// Each owner once, as some have thousands of zones, and how many of them are present.
    owners: HashMap<Arc<Owner>, usize>,
    /// How many are present, …
    present: usize,
    /// … and how many records these have.
    records: u64,
    /// How many revisions were made since the start.
    changes: u64,
}

impl Roster {
    /// The zones that a store has.
    pub fn load(db: &Db) -> Result<Self, StoreError> {
        let mut zones = Zones::default();
        for found in db.heads_after(None) {
            let (name, head) = found?;
            zones.put(name, &head, |_| None);
        }
        Ok(Self(RwLock::new(zones)))
    }

    /// Takes over the zones of another.
    pub fn replace(&self, other: Self) {
        let changes = self.0.read().changes;
        *self.0.write() = Zones {
            changes,
            ..other.0.into_inner()
        };
    }

    /// Takes in what a group has written.
    pub fn note(&self, group: &Group) {
        if group.heads.is_empty() {
            return;
        }
        let mut zones = self.0.write();
        // As many as have a new version.
        zones.changes += group.whole.len() as u64;
        for (name, head) in &group.heads {
            let signed = group.signed.get(name).copied();
            zones.put(name.clone(), head, |before| {
                signed.unwrap_or_else(|| before.and_then(|before| before.signed))
            });
        }
    }
}

impl Zones {
    fn put(
        &mut self,
        name: ZoneName,
        head: &Head,
        signed: impl FnOnce(Option<&Row>) -> Option<bool>,
    ) {
        let owner = head.owner.as_ref().map(|owner| self.owner(owner));
        let before = self.rows.get(&name);
        if let Some(before) = before.filter(|before| before.present) {
            self.present -= 1;
            self.records -= u64::from(before.records);
            let of = before.owner.as_ref();
            if let Some(zones) = of.and_then(|owner| self.owners.get_mut(owner)) {
                *zones -= 1;
            }
        }
        if head.present {
            self.present += 1;
            self.records += u64::from(head.records);
            let of = owner.as_ref();
            if let Some(zones) = of.and_then(|owner| self.owners.get_mut(owner)) {
                *zones += 1;
            }
        }
        let row = Row {
            revision: head.revision,
            present: head.present,
            signed: signed(before),
            records: head.records,
            changed: head.changed,
            owner,
        };
        self.rows.insert(name, row);
    }
}

impl Zones {
    /// An owner as it is kept.
    fn owner(&mut self, owner: &Owner) -> Arc<Owner> {
        if let Some((known, _)) = self.owners.get_key_value(owner) {
            return Arc::clone(known);
        }
        let owner = Arc::new(owner.clone());
        self.owners.insert(Arc::clone(&owner), 0);
        owner
    }
}

impl Store {
    /// How many zones are present.
    pub fn zone_count(&self) -> usize {
        self.shared.roster.0.read().present
    }

    /// How many records these have.
    pub fn record_count(&self) -> u64 {
        self.shared.roster.0.read().records
    }

    /// How many revisions of zones were made since the start.
    pub fn change_count(&self) -> u64 {
        self.shared.roster.0.read().changes
    }

    /// The masters that own zones which are present.
    pub fn masters(&self) -> Vec<String> {
        let zones = self.shared.roster.0.read();
        let owners = zones.owners.iter().filter(|(_, zones)| **zones > 0);
        let mut masters: Vec<_> = owners.map(|(owner, _)| owner.master.clone()).collect();
        masters.sort_unstable();
        masters.dedup();
        masters
    }

    /// What lists know of one zone, present or removed.
    pub fn row(&self, zone: &ZoneName) -> Option<Row> {
        self.shared.roster.0.read().rows.get(zone).cloned()
    }

    /// What lists know of all zones, removed ones too, in the order of their names, after `after`.
    pub fn rows(&self, after: Option<&str>) -> Rows {
        Rows::new(self.clone(), after)
    }

    /// Whether a zone is signed. Its records are read where nobody has looked at them since the start.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_signed(&self, zone: &ZoneName) -> Result<bool, StoreError> {
        if let Some(signed) = self.row(zone).and_then(|row| row.signed) {
            return Ok(signed);
        }
        let desired = self.desired(zone)?;
        let signed = desired.zone.is_some_and(|zone| zone.is_signed());
        self.note_signed(zone, desired.revision, signed);
        Ok(signed)
    }

    /// Notes whether a zone is signed, as was seen at this revision.
    pub fn note_signed(&self, zone: &ZoneName, revision: u64, signed: bool) {
        let mut zones = self.shared.roster.0.write();
        if let Some(row) = zones.rows.get_mut(zone)
            && row.revision == revision
        {
            row.signed = Some(signed);
        }
    }
}

/// Whether zones are signed from now on, by what a group brings; a zone that is not here stays as it was.
pub(super) type Signed = HashMap<ZoneName, Option<bool>>;
