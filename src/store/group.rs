//! The group of changes that is written next, and what one change adds to it.

use std::collections::HashMap;

use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;

use super::decide::{Decision, LayerEdit};
use super::guard::Held;
use super::history::{Version, VersionKind};
use super::model::{Accepted, Head};
use super::serial::{Highest, HighestEdit};
use super::{Shared, StoreError, keys};

/// What a group of changes adds up to before it is written.
#[derive(Default)]
pub(super) struct Group {
    pub batch: sled::Batch,
    pub bytes: u64,
    pub marks: HashMap<ZoneName, u64>,
    /// Zones of which the guard holds a push from now on, or no longer does.
    pub held: HashMap<ZoneName, bool>,
    pub heads: HashMap<ZoneName, Head>,
    /// Zones of which a push was refused, which is over from now on.
    pub over: Vec<ZoneName>,
    /// The highest serials that are remembered from now on, or no longer.
    pub highest: HashMap<ZoneName, Option<Highest>>,
    /// What an operator has to hear of it once it is on disk.
    pub warnings: Vec<String>,
}

impl Group {
    /// Whether it changes `zone`.
    pub fn touches(&self, zone: &ZoneName) -> bool {
        self.heads.contains_key(zone) || self.held.contains_key(zone)
    }
}

/// What one change comes to.
pub(super) struct Planned {
    pub decision: Decision,
    /// The records that the zone has from now on, where they are known.
    pub zone: Option<Zone>,
    pub hold: Hold,
    /// What an operator has to hear of it.
    pub warning: Option<String>,
}

/// What happens to the push that the guard holds of the zone.
pub(super) enum Hold {
    /// It stays, if there is one.
    AsItIs,
    /// This one is held from now on.
    Keep(Box<Held>),
    /// It is dropped, if there is one.
    Drop,
}

impl Planned {
    /// A decision that leaves records and what is held as they are.
    pub fn of(decision: Decision) -> Self {
        Self {
            decision,
            zone: None,
            hold: Hold::AsItIs,
            warning: None,
        }
    }
}

impl Shared {
    /// The keys of versions that give way to a new one of `kind`: the oldest, where there are too many;
    /// and one that only had another serial, to the next such one.
    fn forgotten(&self, name: &ZoneName, kind: VersionKind) -> Result<Vec<sled::IVec>, StoreError> {
        let mut keys = self
            .db
            .version_keys(name, u64::MAX)
            .collect::<Result<Vec<_>, _>>()?;
        let mut forgotten = Vec::new();
        if kind == VersionKind::Advanced
            && let Some(last) = keys.last().and_then(|key| keys::revision(key))
            && let Some(version) = self.db.version(name, last)?
            && version.kind == VersionKind::Advanced
        {
            forgotten.extend(keys.pop());
        }
        let kept = usize::try_from(self.keep.revisions).unwrap_or(usize::MAX);
        let surplus = (keys.len() + 1).saturating_sub(kept);
        forgotten.extend(keys.into_iter().take(surplus));
        Ok(forgotten)
    }

    /// Adds what was planned: all of it, or on an error nothing.
    pub(super) fn add(
        &self,
        group: &mut Group,
        name: ZoneName,
        planned: Planned,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let Planned {
            decision,
            zone,
            hold,
            warning,
        } = planned;
        let db = &self.db;
        let packed = match (&decision.version, zone) {
            (Some(_), Some(zone)) => Some(zone.pack()),
            _ => None,
        };
        let head = decision.head.as_ref().map(|head| db.encode(head));
        let head = head.transpose()?;
        let version = match (decision.version, &decision.head) {
            (Some(kind), Some(head)) => Some(db.encode(&Version {
                at: now,
                by: head.changed_by.clone(),
                owner: head.owner.clone(),
                kind,
                serial: head.serial,
                records: head.records,
                zone: packed,
            })?),
            _ => None,
        };
        let held = match &hold {
            Hold::Keep(held) => Some(db.encode(held.as_ref())?),
            Hold::Drop | Hold::AsItIs => None,
        };
        let highest = match &decision.highest {
            HighestEdit::Keep(highest) => Some(db.encode(highest)?),
            HighestEdit::Drop | HighestEdit::AsItIs => None,
        };
        let forgotten = match decision.version {
            Some(kind) => self.forgotten(&name, kind)?,
            None => Vec::new(),
        };

        for part in [&version, &held].into_iter().flatten() {
            group.bytes += part.len() as u64;
        }
        forgotten
            .into_iter()
            .for_each(|key| group.batch.remove(key));
        match (&decision.layer, &decision.head) {
            (LayerEdit::Replace, Some(head)) => {
                let revision = head.revision.to_be_bytes();
                let layer = keys::layer(&name, keys::PUSH);
                group.batch.insert(layer, &revision);
            }
            (LayerEdit::Remove, _) => group.batch.remove(keys::layer(&name, keys::PUSH)),
            (LayerEdit::Keep | LayerEdit::Replace, _) => {}
        }
        match (hold, held) {
            (Hold::Keep(_), Some(held)) => {
                group.batch.insert(keys::held(&name), held);
                group.held.insert(name.clone(), true);
            }
            (Hold::Drop, _)
                if self.held.lock().contains(&name) || group.held.contains_key(&name) =>
            {
                group.batch.remove(keys::held(&name));
                group.held.insert(name.clone(), false);
            }
            _ => {}
        }
        match (decision.highest, highest) {
            (HighestEdit::Keep(highest), Some(encoded)) => {
                group.batch.insert(keys::highest(&name), encoded);
                group.highest.insert(name.clone(), Some(highest));
            }
            (HighestEdit::Drop, _)
                if self.serials.get(&name).is_some() || group.highest.contains_key(&name) =>
            {
                group.batch.remove(keys::highest(&name));
                group.highest.insert(name.clone(), None);
            }
            _ => {}
        }
        group.warnings.extend(warning);
        if let (Some(version), Some(head)) = (version, &decision.head) {
            group
                .batch
                .insert(keys::version(&name, head.revision), version);
        }
        if let (Some(head), Some(encoded)) = (decision.head, head) {
            group.batch.insert(keys::head(&name), encoded);
            group.heads.insert(name.clone(), head);
        }
        if let Some(revision) = decision.mark {
            group.marks.insert(name, revision);
        }
        Ok(decision.accepted)
    }
}
