//! What can be done to a zone: one type for each kind of edit, with the type of its answer.
//!
//! An edit of one kind is answered in one way only, so that whoever makes it has no cases to think of
//! that cannot come. Here each edit looks up what its rules in [`desired`](super::desired) have to know;
//! what comes out of it, the committer writes.

mod change;
mod create;
mod held;
mod past;
mod place;
mod push;
mod records;
mod remove;
mod standing;

use std::sync::Arc;

use dadns_zone::{Shadowed, Zone, ZoneName};
use jiff::Timestamp;

use super::desired::{
    AtMoment, Attributes, Author, Decision, Head, Held, Highest, HighestEdit, LayerEdit, Moment,
    NotAhead, Put, Stored, VersionKind, put,
};
use super::layered::{EntryEdit, Whole, is_plain};
use super::{Shared, StoreError};
use crate::placement::Placement;

pub(super) use change::{Answer, AnyChange, Change};
pub(super) use create::Create;
pub(super) use held::{Approve, Reject};
pub(super) use past::Rollback;
pub(super) use place::{Arrive, Move};
pub(super) use push::{Import, Push};
pub(super) use records::Records;
pub(super) use remove::{Delete, Remove};
pub(super) use standing::{Advance, Claim};

/// One kind of edit of desired state. Where several nodes share it, one may have to be planned anew: hence `Clone`.
pub(super) trait Edit: Clone + Send + 'static {
    /// What its author is told.
    type Answer: Send + 'static;

    /// The zone it is about.
    fn zone(&self) -> &ZoneName;

    /// Whether it is decided by records that are on disk. What the same group does to the zone has to be
    /// written before.
    fn reads_records(&self, shared: &Shared) -> bool;

    /// Decides what it does.
    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError>;

    /// Whether a push that was refused before is over after it: its master has said something else since.
    fn ends_refusal(answer: &Self::Answer) -> bool;
}

/// The zone that an edit is about, as it stands before, and who edits it.
pub(super) struct Target<'a> {
    pub shared: &'a Shared,
    pub name: &'a ZoneName,
    /// Its head, that of a tombstone too.
    pub head: Option<&'a Head>,
    pub highest: Option<&'a Highest>,
    pub author: &'a Author,
    pub now: Timestamp,
}

/// What one edit comes to.
pub(super) struct Planned<A> {
    pub decision: Decision<A>,
    /// What the push layer has from now on, where that is replaced.
    pub push: Option<Arc<Zone>>,
    /// What happens to the entries of the layers above.
    pub entries: Vec<EntryEdit>,
    /// The attributes from now on, where they change.
    pub attributes: Option<Attributes>,
    /// Where the zone is placed from now on, where that changes.
    pub placement: Option<Placement>,
    /// The zone as it is served from now on, to be kept for the next edit.
    pub whole: Option<Whole>,
    /// Whether an edited zone is such from now on that a name of it can be merged by itself.
    pub is_plain: bool,
    pub hold: Hold,
    /// What an operator has to hear of it.
    pub warning: Option<String>,
    /// What an operator may want to know of it.
    pub note: Option<String>,
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

impl<A> Planned<A> {
    /// A decision that leaves records and what is held as they are.
    fn of(decision: Decision<A>) -> Self {
        Self {
            decision,
            push: None,
            entries: Vec::new(),
            attributes: None,
            placement: None,
            whole: None,
            is_plain: false,
            hold: Hold::AsItIs,
            warning: None,
            note: None,
        }
    }

    /// Nothing changes.
    fn nothing(answer: A) -> Self {
        Self::of(Decision::nothing(answer))
    }

    /// The same plan with another answer.
    fn map<B>(self, say: impl FnOnce(A) -> B) -> Planned<B> {
        Planned {
            decision: self.decision.map(say),
            push: self.push,
            entries: self.entries,
            attributes: self.attributes,
            placement: self.placement,
            whole: self.whole,
            is_plain: self.is_plain,
            hold: self.hold,
            warning: self.warning,
            note: self.note,
        }
    }
}

impl<'a> Target<'a> {
    /// Whether the zone was pushed at `since` or later, be it as it was.
    fn is_pushed_since(&self, since: Option<Timestamp>) -> bool {
        let pushed = self.shared.pushed.lock().get(self.name).copied();
        pushed
            .zip(since)
            .is_some_and(|(pushed, since)| pushed >= since)
    }

    /// The head of the zone, if that is present.
    fn present(&self) -> Option<&'a Head> {
        self.head.filter(|head| head.present)
    }

    /// Plans that the zone is `next` from now on, by `author`.
    fn put(
        &self,
        author: &Author,
        next: Next,
        warnings: &[String],
        kind: VersionKind,
    ) -> Planned<Stored> {
        let planned = self.decide(author, &next, warnings, kind);
        let Next {
            zone,
            push,
            entries,
            shadowed,
            note,
            ..
        } = next;
        let is_plain = shadowed.as_ref().is_some_and(|lost| is_plain(&zone, lost));
        let Stored {
            revision, serial, ..
        } = planned.decision.answer;
        let (push, whole) = match push {
            NextPush::Served => {
                let push = Arc::new(zone);
                let whole = Whole::of_one(revision, Arc::clone(&push));
                // Any other serial would cost a copy of the zone.
                let whole = (push.serial() == serial).then_some(whole);
                (Some(push), whole.filter(Whole::is_large))
            }
            NextPush::Under(push) => {
                let push = Arc::new(push);
                let whole = shadowed.map(|shadowed| Whole {
                    revision,
                    zone: Arc::new(zone.into_serial(serial)),
                    push: Some(Arc::clone(&push)),
                    shadowed: shadowed.into(),
                });
                (Some(push), whole.filter(Whole::is_large))
            }
            NextPush::AsItIs | NextPush::None => (None, None),
        };
        Planned {
            note,
            push,
            whole,
            is_plain,
            entries,
            ..planned
        }
    }

    /// As [`put`](Self::put), without what has to be written of records.
    fn decide(
        &self,
        author: &Author,
        next: &Next,
        warnings: &[String],
        kind: VersionKind,
    ) -> Planned<Stored> {
        let as_put = Put {
            zone: &next.zone,
            content: next.content,
            warnings,
            kind,
            layer: match next.push {
                NextPush::Served | NextPush::Under(_) => LayerEdit::Replace,
                NextPush::AsItIs => LayerEdit::Keep,
                NextPush::None => LayerEdit::Remove,
            },
            layer_changes: next.push_changes || !next.entries.is_empty(),
        };
        let decision = put(self.head, self.highest, author, &as_put, self.now);
        let not_ahead = not_ahead(&decision.highest, as_put.zone.serial());
        let name = self.name;
        Planned {
            warning: not_ahead
                .map(|not_ahead| format!("zone {name} from {}: {not_ahead}", author.shown())),
            hold: match kind {
                // The newest that its master has is what is held.
                VersionKind::Imported
                | VersionKind::RolledBack(_)
                | VersionKind::Edited
                | VersionKind::Created => Hold::AsItIs,
                VersionKind::Pushed
                | VersionKind::Fetched
                | VersionKind::Approved
                | VersionKind::Removed
                | VersionKind::Advanced => Hold::Drop,
            },
            ..Planned::of(decision)
        }
    }
}

/// What a zone is to be, layer by layer.
struct Next {
    /// What is served.
    zone: Zone,
    /// The digest of that without the serial.
    content: [u8; 32],
    /// What was pushed.
    push: NextPush,
    /// Whether the push layer changes, even if nothing that is served does.
    push_changes: bool,
    /// What happens to the entries of the layers above.
    entries: Vec<EntryEdit>,
    /// What of an edited zone has no effect; `None`: it is not edited, or nobody knows.
    shadowed: Option<Vec<Shadowed>>,
    /// What an operator may want to know of it.
    note: Option<String>,
}

/// What the push layer has from now on.
enum NextPush {
    /// What is served.
    Served,
    /// This, under what stands above it.
    Under(Zone),
    /// What it had.
    AsItIs,
    /// Nothing.
    None,
}

impl Next {
    /// A push of a zone that nobody edited.
    fn pushed(zone: Zone) -> Self {
        Self {
            content: *zone.content_digest().as_bytes(),
            zone,
            push: NextPush::Served,
            push_changes: false,
            entries: Vec::new(),
            shadowed: None,
            note: None,
        }
    }

    /// What is pushed with it.
    fn push(&self) -> &Zone {
        match &self.push {
            NextPush::Under(push) => push,
            NextPush::Served | NextPush::AsItIs | NextPush::None => &self.zone,
        }
    }
}

/// Why secondaries keep old records of a zone that is served with `serial` from now on, if they do.
fn not_ahead(highest: &HighestEdit, serial: u32) -> Option<NotAhead> {
    match highest {
        HighestEdit::Keep(highest) => highest.not_ahead(serial),
        HighestEdit::Drop | HighestEdit::AsItIs => None,
    }
}

/// An edit that is only made if the zone is as it was when that was decided.
#[derive(Clone)]
pub(super) struct At<E> {
    pub moment: Moment,
    pub edit: E,
}

impl<E: Edit> Edit for At<E> {
    type Answer = AtMoment<E::Answer>;

    fn zone(&self) -> &ZoneName {
        self.edit.zone()
    }

    fn reads_records(&self, shared: &Shared) -> bool {
        self.edit.reads_records(shared)
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError> {
        let Moment { revision, since } = self.moment;
        let stands_at = to.head.map_or(0, |head| head.revision);
        if stands_at != revision || to.is_pushed_since(since) {
            return Ok(Planned::nothing(AtMoment::Overtaken));
        }
        Ok(self.edit.plan(to)?.map(AtMoment::Made))
    }

    fn ends_refusal(answer: &Self::Answer) -> bool {
        match answer {
            AtMoment::Made(answer) => E::ends_refusal(answer),
            AtMoment::Overtaken => false,
        }
    }
}
