//! A zone as it is served, and with all its layers, for those who look at them.

use std::sync::Arc;

use dadns_zone::{Zone, ZoneName};

use super::{Above, merged};
use crate::store::desired::{Attributes, Head, Layers, Overridden};
use crate::store::{Store, StoreError};

/// A zone that is present, as it is served.
#[derive(Debug, Clone)]
pub struct Served {
    /// Its head.
    pub head: Head,
    /// Its records, with the serial that is served.
    pub zone: Arc<Zone>,
    /// What faces keep of it.
    pub attributes: Attributes,
}

impl Store {
    /// A zone that is present as it is served, ready to be asked for single RRsets; `None`: it is not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn served(&self, name: &ZoneName) -> Result<Option<Served>, StoreError> {
        let Some((head, whole)) = self.shared.whole(name)? else {
            return Ok(None);
        };
        Ok(Some(Served {
            head,
            zone: whole.zone,
            attributes: self.shared.db.attributes(name)?,
        }))
    }

    /// What would be served if `push` were pushed now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn under_edits(&self, push: Zone) -> Result<Zone, StoreError> {
        let (_, above) = self.shared.read_layers(push.name())?;
        let served = merged(push.name(), Some(&push), &above);
        Ok(served.map_or(push, |served| served.zone))
    }

    /// The most records of a zone that is created or edited here.
    pub fn max_records(&self) -> usize {
        self.shared.max_records
    }

    /// Whether anything stands above the push of a zone. A zone whose edits are all released may still count.
    pub fn is_edited(&self, name: &ZoneName) -> bool {
        self.shared.is_edited(name)
    }

    /// The zones of which anything stands above the push, or did.
    pub fn edited_zones(&self) -> Vec<ZoneName> {
        self.shared.edited.lock().iter().cloned().collect()
    }

    /// What faces keep of a zone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn attributes(&self, name: &ZoneName) -> Result<Attributes, StoreError> {
        self.shared.db.attributes(name)
    }

    /// A zone that is present with all its layers; `None`: it is not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn layers(&self, name: &ZoneName) -> Result<Option<Layers>, StoreError> {
        let db = &self.shared.db;
        loop {
            let Some((head, whole)) = self.shared.whole(name)? else {
                return Ok(None);
            };
            let above = match self.shared.is_edited(name) {
                true => db.above(name),
                false => Ok(Above::new()),
            };
            let layer = db.layer(name)?;
            let pushed = match layer {
                Some(revision) => db.version(name, revision)?,
                None => None,
            };
            if db.head(name)?.as_ref() != Some(&head) {
                continue;
            }
            // Where nothing stands above the push, that is what is served.
            let push = match &whole.push {
                Some(push) => Some(Arc::clone(push)),
                None => layer.map(|_| Arc::clone(&whole.zone)),
            };
            return Ok(Some(Layers {
                zone: Arc::clone(&whole.zone),
                push,
                pushed: pushed.map(|version| Overridden {
                    by: version.by,
                    at: version.at,
                }),
                above: above?.into_iter().collect(),
                shadowed: whole.shadowed.to_vec(),
                head,
            }));
        }
    }
}
