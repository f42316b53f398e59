//! The group of changes that is written next, and what one change adds to it.

use std::collections::HashMap;
use std::sync::Arc;

use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;

use super::cluster::Unshared;
use super::desired::{Author, Decision, Head, Highest, HighestEdit, LayerEdit, VersionKind};
use super::edits::{Edit, Hold, Planned, Target};
use super::history::{Layered, Version};
use super::layered::{EntryEdit, StoredEntry, Undo, Whole, number, with_serial};
use super::roster::Signed;
use super::{Shared, StoreError, keys};
use crate::engine::Batch;
use crate::ledger::Stamp;
use crate::placement::Placement;

/// What a group of changes adds up to before it is written.
#[derive(Default)]
pub(super) struct Group {
    pub batch: Batch,
    pub bytes: u64,
    pub marks: HashMap<ZoneName, u64>,
    /// Zones of which the guard holds a push from now on, or no longer does.
    pub held: HashMap<ZoneName, bool>,
    /// Why pushes are held from now on.
    pub reasons: HashMap<ZoneName, Vec<String>>,
    pub heads: HashMap<ZoneName, Head>,
    /// Whether zones are signed from now on.
    pub signed: Signed,
    /// Zones of which a push was refused, which is over from now on.
    pub over: Vec<ZoneName>,
    /// The highest serials that are remembered from now on, or no longer.
    pub highest: HashMap<ZoneName, Option<Highest>>,
    /// Zones of which entries of layers are written.
    pub edited: Vec<ZoneName>,
    /// Zones of which attributes are written.
    pub attributes: Vec<ZoneName>,
    /// Where zones are placed from now on.
    pub placements: HashMap<ZoneName, Option<Arc<Placement>>>,
    /// Zones as they are served from now on, for the next edit; `None`: what is kept of it is out of date.
    pub whole: HashMap<ZoneName, Option<Whole>>,
    /// Zones as they were pushed, with their revisions and the serials that they are served with.
    pub fresh: Vec<(u64, Zone)>,
    /// What an operator has to hear of it once it is on disk.
    pub warnings: Vec<String>,
    /// What one may want to know then.
    pub notes: Vec<String>,
    /// Where zones stand in the ledger from now on.
    pub stamps: HashMap<ZoneName, Stamp>,
    /// What the other nodes do not know of zones from now on; `None`: they know all.
    pub unshared: HashMap<ZoneName, Option<Unshared>>,
}

impl Group {
    /// Whether it changes `zone`.
    pub fn touches(&self, zone: &ZoneName) -> bool {
        self.heads.contains_key(zone)
            || self.held.contains_key(zone)
            || self.attributes.contains(zone)
            || self.placements.contains_key(zone)
    }

    /// Whether it changes nothing of what nodes share, and no backend has to be asked.
    pub fn is_silent(&self) -> bool {
        self.heads.is_empty()
            && self.marks.is_empty()
            && self.held.is_empty()
            && self.highest.is_empty()
            && self.edited.is_empty()
            && self.attributes.is_empty()
            && self.placements.is_empty()
    }

    /// Notes where a zone stands in the ledger from now on.
    pub fn stamp(&mut self, zone: &ZoneName, stamp: Stamp) -> Result<(), StoreError> {
        let octets = postcard::to_stdvec(&stamp.0).map_err(|error| StoreError::Write {
            cause: error.to_string(),
        })?;
        self.batch.insert(keys::stamp(zone), octets);
        self.stamps.insert(zone.clone(), stamp);
        Ok(())
    }

    /// Takes in another group, of other zones.
    pub fn absorb(&mut self, other: Self) {
        self.batch.append(other.batch);
        self.bytes += other.bytes;
        self.marks.extend(other.marks);
        self.held.extend(other.held);
        self.reasons.extend(other.reasons);
        self.heads.extend(other.heads);
        self.signed.extend(other.signed);
        self.over.extend(other.over);
        self.highest.extend(other.highest);
        self.edited.extend(other.edited);
        self.attributes.extend(other.attributes);
        self.placements.extend(other.placements);
        self.whole.extend(other.whole);
        self.fresh.extend(other.fresh);
        self.warnings.extend(other.warnings);
        self.notes.extend(other.notes);
        self.stamps.extend(other.stamps);
        self.unshared.extend(other.unshared);
    }
}

impl Shared {
    /// Adds one edit to the group. Nothing of it is added on an error.
    pub(super) fn plan<E: Edit>(
        &self,
        group: &mut Group,
        author: &Author,
        edit: E,
        now: Timestamp,
    ) -> Result<E::Answer, StoreError> {
        let name = edit.zone().clone();
        let in_group = group.heads.get(&name);
        let (stored, seen) = match in_group {
            Some(_) => (None, None),
            None => self.db.head_seen(&name)?.unzip(),
        };
        let highest = match group.highest.get(&name) {
            Some(highest) => highest.clone(),
            None => self.serials.get(&name),
        };
        let planned = edit.plan(&Target {
            shared: self,
            name: &name,
            head: in_group.or(stored.as_ref()),
            highest: highest.as_ref(),
            author,
            now,
        })?;
        let is_first = in_group.is_none();
        let changes_head = planned.decision.head.is_some();
        let was_present = in_group
            .or(stored.as_ref())
            .is_some_and(|head| head.present);
        let planned = self.placing(planned, group, &name, was_present);
        let answer = self.add(group, name.clone(), planned, now)?;
        if is_first && changes_head {
            // What was planned holds only for the head that it was planned on.
            group.batch.expect(keys::head(&name), seen);
        }
        if E::ends_refusal(&answer) && self.refused.lock().get(&name).is_some() {
            group.batch.remove(keys::refused(&name));
            group.over.push(name);
        }
        Ok(answer)
    }

    /// Adds what was planned: all of it, or on an error nothing.
    fn add<A>(
        &self,
        group: &mut Group,
        name: ZoneName,
        planned: Planned<A>,
        now: Timestamp,
    ) -> Result<A, StoreError> {
        let Planned {
            decision,
            push,
            entries,
            attributes,
            placement,
            whole,
            is_plain,
            hold,
            warning,
            note,
        } = planned;
        let db = &self.db;
        let signed = signed(&decision, push.as_deref(), whole.as_ref());
        let packed = match (&decision.version, push) {
            (Some(_), Some(push)) => {
                let packed = push.pack();
                if let (Some(head), false) = (&decision.head, self.is_edited(&name)) {
                    group
                        .fresh
                        .push((head.revision, with_serial(Zone::clone(&push), head.serial)));
                }
                Some(packed)
            }
            _ => None,
        };
        let revision = decision.head.as_ref().map(|head| head.revision);
        let pushed_at = match decision.layer {
            LayerEdit::Replace => revision,
            LayerEdit::Keep => db.layer(&name)?,
            LayerEdit::Remove => None,
        };
        let head = decision.head.as_ref().map(|head| db.encode(head));
        let head = head.transpose()?;
        let version = match (decision.version, &decision.head) {
            (Some(kind), Some(head)) => Some(
                Version {
                    at: now,
                    by: head.changed_by.clone(),
                    owner: head.owner.clone(),
                    kind,
                    serial: head.serial,
                    records: head.records,
                    zone: packed,
                    layered: Some(Layered {
                        layer: kind.layer().map(|layer| match (kind, entries.first()) {
                            (VersionKind::Edited, Some(edit)) => number(edit.layer),
                            _ => number(layer),
                        }),
                        push: pushed_at,
                        undo: entries.iter().map(Undo::from).collect(),
                    }),
                }
                .encode()?,
            ),
            _ => None,
        };
        let plain = || keys::layer(&name, keys::PLAIN);
        match &decision.head {
            Some(head) if is_plain && version.is_some() => {
                group.batch.insert(plain(), head.revision.to_be_bytes());
            }
            Some(head) if !head.present && self.is_edited(&name) => group.batch.remove(plain()),
            _ => {}
        }
        let attributes = attributes.map(|attributes| db.encode(&attributes));
        let attributes = attributes.transpose()?;
        let placement = match placement {
            Some(placement) => Some((db.encode(&placement)?, placement)),
            None => None,
        };
        let entries = entries
            .into_iter()
            .map(|edit| self.entry(&name, &edit))
            .collect::<Result<Vec<_>, _>>()?;
        let held = match &hold {
            Hold::Keep(held) => Some(db.encode(held.as_ref())?),
            Hold::Drop | Hold::AsItIs => None,
        };
        let highest = match &decision.highest {
            HighestEdit::Keep(highest) => Some(db.encode(highest)?),
            HighestEdit::Drop | HighestEdit::AsItIs => None,
        };
        if let (Some(kind), Some(revision)) = (decision.version, revision) {
            self.give_way(&mut group.batch, &name, (revision, kind), pushed_at)?;
        }

        for part in [&version, &held, &attributes].into_iter().flatten() {
            group.bytes += part.len() as u64;
        }
        if !entries.is_empty() {
            group.edited.push(name.clone());
        }
        for (key, value) in entries {
            match value {
                Some(value) => {
                    group.bytes += (key.len() + value.len()) as u64;
                    group.batch.insert(key, value);
                }
                None => group.batch.remove(key),
            }
        }
        if let Some(attributes) = attributes {
            group.batch.insert(keys::attributes(&name), attributes);
            group.attributes.push(name.clone());
        }
        if let Some((encoded, placement)) = placement {
            group.batch.insert(keys::placement(&name), encoded);
            group
                .placements
                .insert(name.clone(), Some(Arc::new(placement)));
        }
        if decision.version.is_some() {
            group.whole.insert(name.clone(), whole);
        }
        match (&decision.layer, &decision.head) {
            (LayerEdit::Replace, Some(head)) => {
                let revision = head.revision.to_be_bytes();
                let layer = keys::layer(&name, keys::PUSH);
                group.batch.insert(layer, revision);
            }
            (LayerEdit::Remove, _) => group.batch.remove(keys::layer(&name, keys::PUSH)),
            (LayerEdit::Keep | LayerEdit::Replace, _) => {}
        }
        match (hold, held) {
            (Hold::Keep(why), Some(held)) => {
                group.reasons.insert(name.clone(), why.reasons);
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
        group.notes.extend(note);
        if let (Some(version), Some(head)) = (version, &decision.head) {
            group
                .batch
                .insert(keys::version(&name, head.revision), version);
        }
        if let Some(signed) = signed {
            group.signed.insert(name.clone(), signed);
        }
        if let (Some(head), Some(encoded)) = (decision.head, head) {
            group.batch.insert(keys::head(&name), encoded);
            group.heads.insert(name.clone(), head);
        }
        if let Some(revision) = decision.mark {
            group.marks.insert(name, revision);
        }
        Ok(decision.answer)
    }

    /// The key and the value of an entry from now on.
    fn entry(
        &self,
        name: &ZoneName,
        edit: &EntryEdit,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), StoreError> {
        let (layer, key) = (number(edit.layer), &edit.key);
        let key = keys::entry(name, layer, key.owner(), key.rtype().to_int());
        let value = edit.after.as_ref();
        let value = value.map(|entry| self.db.encode(&StoredEntry::from(entry)));
        Ok((key, value.transpose()?))
    }
}

/// Whether the zone is signed after a decision, as far as that is known; `None`: as it was.
fn signed<A>(
    decision: &Decision<A>,
    push: Option<&Zone>,
    whole: Option<&Whole>,
) -> Option<Option<bool>> {
    let head = decision.head.as_ref()?;
    match (decision.version?, push, whole) {
        _ if !head.present => Some(Some(false)),
        (VersionKind::Advanced, ..) => None,
        (_, _, Some(whole)) => Some(Some(whole.zone.is_signed())),
        // What is signed passes as it came, and nothing stands above it.
        (_, Some(push), None) => Some(Some(push.is_signed())),
        (_, None, None) => Some(None),
    }
}
