//! An edit of records, by whatever door.

use std::collections::BTreeSet;
use std::sync::Arc;

use dadns_zone::{
    Diff, Layer, Loss, Merged, Rrset, RrsetKey, Rules, Shadowed, Zone, ZoneError, ZoneName,
    merge_names,
};

use super::{Edit, Next, NextPush, Planned, Target};
use crate::store::desired::{
    Attributes, Edited, Edits, Entry, Ground, Head, Mode, NotEdited, Standing, Stored, Taken,
    TooMany, VersionKind, take,
};
use crate::store::layered::{Above, EntryEdit, Whole, apply, is_plain, merged, overlays, rules};
use crate::store::{Shared, StoreError};

/// Records of the zone are edited as `plan` says.
#[derive(Clone)]
pub(in crate::store) struct Records<P> {
    pub zone: ZoneName,
    pub mode: Mode,
    pub plan: P,
}

impl<R, P> Edit for Records<P>
where
    R: Send + 'static,
    P: FnOnce(&Standing<'_>) -> Result<Edits, R> + Clone + Send + 'static,
{
    type Answer = Result<Edited, NotEdited<R>>;

    fn zone(&self) -> &ZoneName {
        &self.zone
    }

    fn reads_records(&self, _: &Shared) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError> {
        let refused = |why| Ok(Planned::nothing(Err(why)));
        let Some((head, whole)) = to.shared.whole(to.name)? else {
            return refused(NotEdited::NotPresent);
        };
        if whole.zone.is_signed() {
            return refused(NotEdited::Signed);
        }
        let attributes = to.shared.db.attributes(to.name)?;
        let edits = (self.plan)(&Standing {
            head: &head,
            zone: &whole.zone,
            attributes: &attributes,
        });
        let edits = match edits {
            Ok(edits) => edits,
            Err(why) => return refused(NotEdited::Refused(why)),
        };
        let scene = Scene::read(to, &head, &whole, &edits)?;
        let change = match scene.change(to, &edits)? {
            Ok(change) => change,
            Err(errors) => return refused(NotEdited::Invalid(errors)),
        };
        if let Some(merged) = &change.merged {
            let before = usize::try_from(head.records).unwrap_or(usize::MAX);
            let records = merged.zone.record_count();
            if let Err(why) = TooMany::check(records, before, to.shared.max_records) {
                return refused(NotEdited::TooMany(why));
            }
        }
        let kept = Kept {
            changed: edits.attributes.filter(|new| *new != attributes),
            before: attributes,
        };
        Ok(scene.planned(to, change, kept, self.mode))
    }

    fn ends_refusal(_: &Self::Answer) -> bool {
        false
    }
}

/// What an edit is about, as it stands.
struct Scene<'a> {
    head: &'a Head,
    whole: &'a Whole,
    /// What was pushed, if anything was.
    push: Option<Arc<Zone>>,
    /// The entries at the names that are edited.
    here: Above,
    /// The RRsets that are edited.
    keys: BTreeSet<RrsetKey>,
}

/// What faces keep of the zone.
struct Kept {
    before: Attributes,
    /// What they keep from now on; `None`: the same.
    changed: Option<Attributes>,
}

/// What an edit comes to.
struct Change {
    entries: Vec<EntryEdit>,
    /// The zone from now on, and what has no effect; `None`: as it is.
    merged: Option<Merged>,
}

impl<'a> Scene<'a> {
    fn read(
        to: &Target<'_>,
        head: &'a Head,
        whole: &'a Whole,
        edits: &Edits,
    ) -> Result<Self, StoreError> {
        let keys: BTreeSet<_> = edits.records.iter().map(|edit| edit.key()).collect();
        let mut here = Above::new();
        if to.shared.is_edited(to.name) {
            for layer in Layer::ABOVE {
                let entries = to.shared.db.entries_beside(to.name, layer, &keys)?;
                if !entries.is_empty() {
                    here.insert(layer, entries);
                }
            }
        }
        // Where nothing stands above the push, that is what is served.
        let push = match &whole.push {
            Some(push) => Some(Arc::clone(push)),
            None => {
                let pushed = to.shared.db.layer(to.name)?;
                pushed.map(|_| Arc::clone(&whole.zone))
            }
        };
        Ok(Self {
            head,
            whole,
            push,
            here,
            keys,
        })
    }

    /// The RRset that lies below `layer`.
    fn below(&self, layer: Layer, key: &RrsetKey) -> Option<Rrset> {
        let push = self.push.as_ref();
        let pushed = push.and_then(|push| push.get(key.owner(), key.rtype()).cloned());
        let lower = self.here.range(..layer);
        lower.fold(pushed, |below, (_, entries)| match entries.get(key) {
            // It was valid when it was made.
            Some(entry) => entry.rule.apply(key, below.as_ref()).unwrap_or(None),
            None => below,
        })
    }

    /// Takes the steps and merges what they come to.
    fn change(
        &self,
        to: &Target<'_>,
        edits: &Edits,
    ) -> Result<Result<Change, Vec<ZoneError>>, StoreError> {
        let own = self.here.get(&edits.layer).map(rules).unwrap_or_default();
        let ground = Ground {
            rules: &own,
            below: |key: &RrsetKey| self.below(edits.layer, key),
            ttl: to.shared.ttl,
            serial: self.head.serial,
        };
        let Taken { rules, serial } = match take(&ground, &edits.records) {
            Ok(taken) => taken,
            Err(errors) => return Ok(Err(errors)),
        };
        let before = |key: &RrsetKey| self.here.get(&edits.layer)?.get(key).cloned();
        let entries: Vec<_> = rules
            .into_iter()
            .map(|(key, rule)| EntryEdit {
                layer: edits.layer,
                before: before(&key),
                after: rule.map(|rule| Entry {
                    rule,
                    by: to.author.signature(),
                    at: to.now,
                    pushed: None,
                }),
                key,
            })
            .collect();
        if entries.is_empty() && serial.is_none() {
            let merged = None;
            return Ok(Ok(Change { entries, merged }));
        }
        let merged = match self.merge(to, &entries)? {
            Ok(merged) => merged,
            Err(errors) => return Ok(Err(errors)),
        };
        let zone = merged.zone.into_serial(serial.unwrap_or(self.head.serial));
        let merged = Some(Merged { zone, ..merged });
        Ok(Ok(Change { entries, merged }))
    }

    /// The zone with these entries.
    fn merge(
        &self,
        to: &Target<'_>,
        edits: &[EntryEdit],
    ) -> Result<Result<Merged, Vec<ZoneError>>, StoreError> {
        let push = self.push.as_deref();
        if is_plain(&self.whole.zone, &self.whole.shadowed) {
            let mut here = self.here.clone();
            apply(&mut here, edits);
            let rules: Vec<(Layer, Rules)> = here
                .iter()
                .map(|(layer, entries)| (*layer, rules(entries)))
                .collect();
            let merged = merge_names(&self.whole.zone, push, &overlays(&rules), &self.keys);
            return Ok(merged.map(|merged| self.with_shadowed_elsewhere(merged)));
        }
        let mut above = to.shared.db.above(to.name)?;
        apply(&mut above, edits);
        Ok(merged(to.name, push, &above).and_then(|merged| {
            let broken = merged.shadowed.iter().filter_map(|shadowed| {
                let edited = edits.iter().any(|edit| edit.key == shadowed.key);
                match &shadowed.loss {
                    Loss::Breaks(error) if edited => Some(error.clone()),
                    _ => None,
                }
            });
            let broken: Vec<_> = broken.collect();
            match broken.is_empty() {
                true => Ok(merged),
                false => Err(broken),
            }
        }))
    }

    /// What is shadowed at other names stays so.
    fn with_shadowed_elsewhere(&self, merged: Merged) -> Merged {
        let here = |shadowed: &Shadowed| {
            let owner = shadowed.key.owner();
            self.keys.iter().any(|key| key.owner() == owner)
        };
        let elsewhere = self
            .whole
            .shadowed
            .iter()
            .filter(|shadowed| !here(shadowed));
        let mut shadowed: Vec<_> = elsewhere.cloned().chain(merged.shadowed).collect();
        shadowed.sort_by(|one, other| one.key.cmp(&other.key).then(one.layer.cmp(&other.layer)));
        Merged {
            zone: merged.zone,
            shadowed,
        }
    }

    fn planned<R>(
        &self,
        to: &Target<'_>,
        change: Change,
        kept: Kept,
        mode: Mode,
    ) -> Planned<Result<Edited, NotEdited<R>>> {
        let head = self.head;
        let Kept { before, changed } = kept;
        let from_now_on = changed.clone().unwrap_or(before);
        let answer = |stored, diff, shadowed| Edited {
            stored,
            serial_before: head.serial,
            diff,
            shadowed,
            attributes: from_now_on,
        };
        let Some(merged) = change.merged else {
            let stored = Stored {
                revision: head.revision,
                serial: head.serial,
                changed: false,
                moved_from: None,
            };
            let shadowed = self.whole.shadowed.to_vec();
            let answer = Ok(answer(stored, Diff::default(), shadowed));
            return Planned {
                attributes: changed.filter(|_| mode == Mode::Make),
                ..Planned::nothing(answer)
            };
        };
        let owners = RrsetKey::owners(&self.keys);
        let diff = Diff::at(&self.whole.zone, &merged.zone, owners);
        let next = Next {
            content: *merged.zone.content_digest().as_bytes(),
            zone: merged.zone,
            push: NextPush::AsItIs,
            push_changes: false,
            shadowed: None,
            note: None,
            entries: change.entries,
        };
        let planned = to.decide(to.author, &next, &head.warnings, VersionKind::Edited);
        let stored = &planned.decision.answer;
        let (revision, serial) = (stored.revision, stored.serial);
        let shadowed = merged.shadowed;
        let whole = Whole {
            revision,
            zone: Arc::new(next.zone.into_serial(serial)),
            push: self.push.clone(),
            shadowed: shadowed.clone().into(),
        };
        if mode == Mode::DryRun {
            let stored = planned.decision.answer;
            return Planned::nothing(Ok(answer(stored, diff, shadowed)));
        }
        let planned = planned.map(|stored| Ok(answer(stored, diff, shadowed)));
        Planned {
            is_plain: is_plain(&whole.zone, &whole.shadowed),
            entries: next.entries,
            attributes: changed,
            whole: Some(whole),
            ..planned
        }
    }
}
