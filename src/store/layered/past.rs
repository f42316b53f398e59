//! A zone as it was at an earlier revision: the push that it had then, and the entries of now with all edits
//! since undone.
//!
//! So the past costs no copy of what did not change, and the oldest revisions can be forgotten without a look
//! at the others.

use dadns_zone::{Zone, ZoneName};

use super::{Above, listed, merged, with_serial};
use crate::store::db::{Db, reading};
use crate::store::desired::VersionKind;
use crate::store::history::Version;
use crate::store::{Shared, StoreError};

/// A zone at one revision.
#[derive(Debug)]
pub(in crate::store) struct Earlier {
    pub push: Option<Zone>,
    pub above: Above,
    /// What was served, with the serial of then.
    pub zone: Zone,
}

impl Shared {
    /// A zone as it was at `revision`, which `version` is of; `None`: it was removed.
    pub(in crate::store) fn earlier(
        &self,
        name: &ZoneName,
        revision: u64,
        version: &Version,
    ) -> Result<Option<Earlier>, StoreError> {
        if version.kind == VersionKind::Removed {
            return Ok(None);
        }
        let push = match version.pushed_at(revision) {
            Some(at) if at == revision => version.push(name)?,
            Some(at) => Some(self.db.pushed(name, at)?),
            None => None,
        };
        let above = self.db.above_at(name, revision)?;
        let zone = match &push {
            Some(push) if above.is_empty() => push.clone(),
            _ => {
                let merged = merged(name, push.as_ref(), &above);
                let what = || format!("revision {revision} of zone {name}");
                merged
                    .map_err(|errors| reading(what(), &listed(&errors)))?
                    .zone
            }
        };
        let zone = with_serial(zone, version.serial);
        Ok(Some(Earlier { push, above, zone }))
    }
}

impl Db {
    /// The entries that a zone had at `revision`.
    fn above_at(&self, name: &ZoneName, revision: u64) -> Result<Above, StoreError> {
        let mut above = self.above(name)?;
        let since = self.versions(name, revision + 1, u64::MAX);
        let mut since = since.collect::<Result<Vec<_>, _>>()?;
        since.reverse();
        for (at, version) in since {
            for undo in version.undo() {
                let damaged = || {
                    let what = format!("revision {at} of zone {name}");
                    reading(what, &"its octets are damaged")
                };
                let (layer, key, before) = undo.read().ok_or_else(damaged)?;
                let entries = above.entry(layer).or_default();
                match before {
                    Some(entry) => entries.insert(key, entry),
                    None => entries.remove(&key),
                };
            }
        }
        above.retain(|_, entries| !entries.is_empty());
        Ok(above)
    }

    /// What a master pushed in `revision`, with the serial that it had.
    pub fn pushed(&self, name: &ZoneName, revision: u64) -> Result<Zone, StoreError> {
        let missing = || reading(format!("zone {name}"), &"its records are missing");
        if let Some(version) = self.version(name, revision)? {
            return version.push(name)?.ok_or_else(missing);
        }
        let packed = self.base(name, revision)?.ok_or_else(missing)?;
        Zone::unpack(name.clone(), &packed).map_err(|error| reading(format!("zone {name}"), &error))
    }
}
