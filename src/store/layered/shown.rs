//! A zone with all its layers, for those who look at them.

use std::sync::Arc;

use dadns_zone::ZoneName;

use crate::store::desired::{Layers, Overridden};
use crate::store::{Store, StoreError};

impl Store {
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
            let read = self.shared.read_layers(name);
            let pushed = match db.layer(name)? {
                Some(revision) => db.version(name, revision)?,
                None => None,
            };
            if db.head(name)?.as_ref() != Some(&head) {
                continue;
            }
            let (push, above) = read?;
            return Ok(Some(Layers {
                zone: Arc::clone(&whole.zone),
                push,
                pushed: pushed.map(|version| Overridden {
                    by: version.by,
                    at: version.at,
                }),
                above: above.into_iter().collect(),
                shadowed: whole.shadowed.to_vec(),
                head,
            }));
        }
    }
}
