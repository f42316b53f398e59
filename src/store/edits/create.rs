//! A zone that no master has, made by an edit.

use dadns_zone::{Diff, Layer, Rrset, Rule, Zone, ZoneName};

use super::{Edit, Next, NextPush, Planned, Target};
use crate::store::desired::{
    Attributes, Edited, Entry, Mode, NotCreated, Stored, TooMany, VersionKind,
};
use crate::store::layered::{EntryEdit, Whole};
use crate::store::{Shared, StoreError};

/// The zone has these records, each RRset an entry of layer `records`.
#[derive(Clone)]
pub(in crate::store) struct Create {
    pub zone: Zone,
    pub attributes: Attributes,
    pub mode: Mode,
}

impl Edit for Create {
    type Answer = Result<Edited, NotCreated>;

    fn zone(&self) -> &ZoneName {
        self.zone.name()
    }

    fn reads_records(&self, _: &Shared) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError> {
        if to.present().is_some() {
            return Ok(Planned::nothing(Err(NotCreated::Present)));
        }
        if to.shared.held.lock().contains(to.name) {
            return Ok(Planned::nothing(Err(NotCreated::Held)));
        }
        let Self {
            zone,
            attributes,
            mode,
        } = self;
        if let Err(why) = TooMany::check(zone.record_count(), 0, to.shared.max_records) {
            return Ok(Planned::nothing(Err(NotCreated::TooMany(why))));
        }
        let entry = |set: &Rrset| EntryEdit {
            layer: Layer::Records,
            key: set.into(),
            before: None,
            after: Some(Entry {
                rule: Rule::replace(set),
                by: to.author.signature(),
                at: to.now,
                pushed: None,
            }),
        };
        let next = Next {
            content: *zone.content_digest().as_bytes(),
            entries: zone.rrsets().iter().map(entry).collect(),
            push: NextPush::None,
            push_changes: false,
            shadowed: None,
            note: None,
            zone,
        };
        let serial_before = to.head.map_or(0, |head| head.serial);
        let diff = Diff::from_nothing(&next.zone);
        let planned = to.decide(to.author, &next, &[], VersionKind::Created);
        let Next { zone, entries, .. } = next;
        let is_plain = !zone.is_signed();
        let Stored {
            revision, serial, ..
        } = planned.decision.answer;
        let whole = Whole::of_one(revision, zone.into_serial(serial));
        let kept = attributes.clone();
        let answer = |stored: Stored| {
            Ok(Edited {
                stored,
                serial_before,
                diff,
                shadowed: Vec::new(),
                attributes: kept,
            })
        };
        Ok(match mode {
            Mode::DryRun => Planned::nothing(answer(planned.decision.answer)),
            Mode::Make => Planned {
                attributes: Some(attributes),
                entries,
                whole: Some(whole).filter(Whole::is_large),
                is_plain,
                ..planned.without_owner().map(answer)
            },
        })
    }

    fn ends_refusal(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }
}

impl<A> Planned<A> {
    /// The same plan for a zone that is nobody's on a master, whoever had one of its name before.
    fn without_owner(mut self) -> Self {
        if let Some(head) = &mut self.decision.head {
            head.owner = None;
        }
        self
    }
}
