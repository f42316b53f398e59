//! One name of a zone, read without the others where that can be: reading and merging a zone of 100,000 RRsets takes
//! a hundred times as long.

use dadns_zone::{DomainName, Layer, Peeked, Rrset, RrsetKey, Rtype, Rules, ZoneName, merge_at};

use super::{Whole, overlays, rules};
use crate::store::db::{Db, reading};
use crate::store::desired::{Attributes, Head};
use crate::store::{Shared, Store, StoreError, keys};

/// A zone that is present, as far as one name of it is served.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its head.
    pub head: Head,
    /// The RRsets at the name, the SOA with the serial that is served.
    pub sets: Vec<Rrset>,
    /// Whether the zone is signed.
    pub is_signed: bool,
    /// What faces keep of the zone.
    pub attributes: Attributes,
}

impl Part {
    /// The RRset of this type.
    pub fn get(&self, rtype: Rtype) -> Option<&Rrset> {
        self.sets.iter().find(|set| set.rtype() == rtype)
    }
}

impl Store {
    /// A zone that is present as it is served at `owner`; `None`: it is not present.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn served_at(
        &self,
        name: &ZoneName,
        owner: &DomainName,
    ) -> Result<Option<Part>, StoreError> {
        let shared = &self.shared;
        let key = RrsetKey::new(owner, Rtype::SOA);
        let owner = key.owner();
        let part = |head, Peeked { sets, is_signed }| {
            Ok(Some(Part {
                head,
                sets,
                is_signed,
                attributes: shared.db.attributes(name)?,
            }))
        };
        loop {
            let Some(head) = shared.db.head(name)?.filter(|head| head.present) else {
                return Ok(None);
            };
            if let Some(whole) = shared.cache.get(name, head.revision) {
                return part(head, of_whole(&whole, owner));
            }
            let read = shared.read_at(name, owner, &head);
            if shared.db.head(name)?.as_ref() != Some(&head) {
                continue;
            }
            if let Some(peeked) = read? {
                return part(head, peeked);
            }
            return match shared.whole(name)? {
                Some((head, whole)) => part(head, of_whole(&whole, owner)),
                None => Ok(None),
            };
        }
    }
}

fn of_whole(whole: &Whole, owner: &DomainName) -> Peeked {
    Peeked {
        sets: whole.zone.at(owner).to_vec(),
        is_signed: whole.zone.is_signed(),
    }
}

impl Shared {
    /// One name, lower-case, of a zone that stands as `head`; `None`: it cannot be told without the others.
    fn read_at(
        &self,
        name: &ZoneName,
        owner: &DomainName,
        head: &Head,
    ) -> Result<Option<Peeked>, StoreError> {
        let is_edited = self.is_edited(name);
        if is_edited && self.db.plain_at(name)? != Some(head.revision) {
            return Ok(None);
        }
        let pushed = match self.db.layer(name)? {
            Some(revision) => Some(self.db.pushed_at(name, revision, owner)?),
            None => None,
        };
        let peeked = match (is_edited, pushed) {
            (false, pushed) => pushed,
            (true, pushed) => {
                let mut above: Vec<(Layer, Rules)> = Vec::new();
                for layer in Layer::ABOVE {
                    let found = self.db.entries_at(name, layer, owner)?;
                    let entries = found.into_iter().map(|(_, key, entry)| (key, entry));
                    above.push((layer, rules(&entries.collect())));
                }
                let push = pushed.map(|pushed| pushed.sets).unwrap_or_default();
                let sets = merge_at(owner, &push, &overlays(&above));
                Some(Peeked {
                    sets: sets.map_err(|error| reading(format!("zone {name}"), &error))?,
                    // Otherwise it was not plain.
                    is_signed: false,
                })
            }
        };
        Ok(peeked.map(|peeked| {
            let sets = peeked.sets.into_iter();
            let sets = sets.map(|set| match set.rtype() {
                Rtype::SOA => set.with_serial(head.serial),
                _ => set,
            });
            Peeked {
                sets: sets.collect(),
                ..peeked
            }
        }))
    }
}

impl Db {
    /// The revision at which every name of an edited zone could be merged by itself.
    fn plain_at(&self, name: &ZoneName) -> Result<Option<u64>, StoreError> {
        let value = self.get(keys::layer(name, keys::PLAIN))?;
        let octets = value.and_then(|value| <[u8; 8]>::try_from(value.as_ref()).ok());
        Ok(octets.map(u64::from_be_bytes))
    }

    /// What a master pushed at `owner` in `revision`.
    fn pushed_at(
        &self,
        name: &ZoneName,
        revision: u64,
        owner: &DomainName,
    ) -> Result<Peeked, StoreError> {
        let read = |packed: &[u8]| {
            Peeked::at(name, packed, owner).map_err(|error| reading(format!("zone {name}"), &error))
        };
        let missing = || reading(format!("zone {name}"), &"its records are missing");
        match self.version(name, revision)? {
            Some(version) => read(version.zone.as_ref().ok_or_else(missing)?),
            None => read(&self.base(name, revision)?.ok_or_else(missing)?),
        }
    }
}
