//! What an edit does to a zone: ownership, revision and serial, as pure functions.

use dadns_zone::{Zone, is_ahead};
use jiff::Timestamp;

use super::{
    Advanced, Author, CannotRollBack, Claimed, Head, Highest, HighestEdit, Owner, Removed, Stored,
    VersionKind,
};

/// What the committer has to write for one edit, and what its author is told.
#[derive(Debug)]
pub(in crate::store) struct Decision<A> {
    /// What the author is told.
    pub answer: A,
    /// The new head, where it differs.
    pub head: Option<Head>,
    /// What happens to the push layer.
    pub layer: LayerEdit,
    /// How the new revision came about; `None`: there is none.
    pub version: Option<VersionKind>,
    /// The revision that every backend may be behind on.
    pub mark: Option<u64>,
    /// What happens to the highest serial that is remembered of the zone.
    pub highest: HighestEdit,
}

/// What happens to the push layer: its records stand in the version of the revision that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum LayerEdit {
    Keep,
    Replace,
    Remove,
}

impl<A> Decision<A> {
    /// Nothing changes.
    pub fn nothing(answer: A) -> Self {
        Self {
            answer,
            head: None,
            layer: LayerEdit::Keep,
            version: None,
            mark: None,
            highest: HighestEdit::AsItIs,
        }
    }

    /// The same decision with another answer.
    pub fn map<B>(self, say: impl FnOnce(A) -> B) -> Decision<B> {
        Decision {
            answer: say(self.answer),
            head: self.head,
            layer: self.layer,
            version: self.version,
            mark: self.mark,
            highest: self.highest,
        }
    }
}

/// Zone content that shall be what the backends serve.
#[derive(Debug)]
pub(in crate::store) struct Put<'a> {
    pub zone: &'a Zone,
    /// The digest of its content without the serial.
    pub content: [u8; 32],
    pub warnings: &'a [String],
    pub kind: VersionKind,
    /// What happens to the push layer, if the zone changes.
    pub layer: LayerEdit,
    /// Whether a layer changes, even if the zone that is served does not.
    pub layer_changes: bool,
}

/// Decides what `put` by `author` does to a zone that stands as `current`, and of which `highest` is
/// remembered.
pub(in crate::store) fn put(
    current: Option<&Head>,
    highest: Option<&Highest>,
    author: &Author,
    put: &Put<'_>,
    now: Timestamp,
) -> Decision<Stored> {
    let (zone, content) = (put.zone, put.content);
    let serial = match current {
        Some(head) => next_serial(head, highest, zone, &content),
        None => zone.serial(),
    };
    let known = current.and_then(|head| head.owner.as_ref());
    let owner = claimed_owner(known, author);
    let moved_from = known
        .filter(|old| owner.as_ref().is_some_and(|new| new.master != old.master))
        .filter(|_| current.is_some_and(|head| head.present))
        .cloned();
    let same = !put.layer_changes
        && current
            .is_some_and(|head| head.present && head.content == content && head.serial == serial);
    let revision = current.map_or(0, |head| head.revision) + u64::from(!same);
    let head = Head {
        revision,
        present: true,
        owner,
        serial,
        content,
        records: u32::try_from(zone.record_count()).unwrap_or(u32::MAX),
        changed: now,
        changed_by: author.signature(),
        warnings: put.warnings.to_vec(),
    };
    if same {
        let unmoved = current.is_some_and(|old| old.owner == head.owner);
        // The same records may be written in another way, which changes what there is to note only.
        let noted = current.filter(|old| unmoved && old.warnings != head.warnings);
        let noted = noted.map(|old| Head {
            warnings: put.warnings.to_vec(),
            ..old.clone()
        });
        return Decision {
            answer: Stored {
                revision,
                serial,
                changed: false,
                moved_from,
            },
            head: (!unmoved).then_some(head).or(noted),
            layer: LayerEdit::Keep,
            version: None,
            mark: Some(revision),
            highest: HighestEdit::AsItIs,
        };
    }
    // Any other zone has just got a serial that is ahead.
    let highest = match zone.is_signed() {
        true => Highest::after(highest, current, serial, &content),
        false => None,
    };
    Decision {
        answer: Stored {
            revision,
            serial,
            changed: true,
            moved_from,
        },
        head: Some(head),
        layer: put.layer,
        version: Some(put.kind),
        mark: Some(revision),
        highest: highest.into(),
    }
}

/// Decides what a removal by `author` does.
pub(in crate::store) fn remove(
    current: Option<&Head>,
    highest: Option<&Highest>,
    author: &Author,
    now: Timestamp,
) -> Decision<Removed> {
    let Some(head) = current.filter(|head| head.present) else {
        return Decision::nothing(Removed::NotPresent {
            known: current.is_some(),
        });
    };
    // A master that does not name itself is taken at its credential's word; one that does must be
    // the owner: after an account has moved, the old master's clean-up comes late.
    if let (Some(owner), Some(master)) = (&head.owner, &author.master)
        && owner.master != *master
    {
        return Decision::nothing(Removed::NotOwner {
            owner: owner.clone(),
        });
    }
    let revision = head.revision + 1;
    Decision {
        answer: Removed::Removed { revision },
        head: Some(Head {
            revision,
            present: false,
            records: 0,
            changed: now,
            changed_by: author.signature(),
            warnings: Vec::new(),
            ..head.clone()
        }),
        layer: LayerEdit::Remove,
        version: Some(VersionKind::Removed),
        mark: Some(revision),
        highest: highest.map_or(HighestEdit::AsItIs, |highest| {
            HighestEdit::Keep(highest.removed())
        }),
    }
}

/// Gives a zone that is present to `owner`.
pub(in crate::store) fn claim(current: &Head, owner: &Owner) -> Decision<Claimed> {
    let head = Head {
        owner: Some(owner.clone()),
        ..current.clone()
    };
    Decision {
        head: (head != *current).then_some(head),
        ..Decision::nothing(Claimed::Claimed)
    }
}

/// Raises the serial of a zone that is present past `past`, where it is not ahead already (RFC 1982).
/// A signed zone keeps its own; that `past` is ahead of it is remembered.
pub(in crate::store) fn advance(
    current: &Head,
    highest: Option<&Highest>,
    zone: &Zone,
    past: u32,
    now: Timestamp,
    by: &Author,
) -> Decision<Advanced> {
    if zone.is_signed() {
        let found = Highest::found(highest, current, past);
        return Decision {
            highest: found.map_or(HighestEdit::AsItIs, HighestEdit::Keep),
            ..Decision::nothing(Advanced::Signed)
        };
    }
    if is_ahead(current.serial, past) {
        return Decision {
            mark: Some(current.revision),
            ..Decision::nothing(Advanced::Ahead)
        };
    }
    let (revision, serial) = (current.revision + 1, past.wrapping_add(1));
    Decision {
        answer: Advanced::Raised { revision, serial },
        head: Some(Head {
            revision,
            serial,
            changed: now,
            changed_by: by.signature(),
            ..current.clone()
        }),
        layer: LayerEdit::Keep,
        version: Some(VersionKind::Advanced),
        mark: Some(revision),
        highest: HighestEdit::Drop,
    }
}

/// Whether what `zone` was can be served again: the serial of a signed zone cannot be raised.
pub(in crate::store) fn may_return(current: &Head, zone: &Zone) -> Result<(), CannotRollBack> {
    let same = || current.content == *zone.content_digest().as_bytes();
    match zone.is_signed() && !same() {
        true => Err(CannotRollBack::Signed(zone.name().clone())),
        false => Ok(()),
    }
}

/// The owner after a push: what the push says, and what it leaves out as it was on that master.
fn claimed_owner(known: Option<&Owner>, author: &Author) -> Option<Owner> {
    let Some(master) = &author.master else {
        return known.cloned();
    };
    let user = author.user.clone().or_else(|| {
        known
            .filter(|owner| owner.master == *master)
            .and_then(|owner| owner.user.clone())
    });
    Some(Owner {
        master: master.clone(),
        user,
    })
}

/// The serial to serve for `zone`: the pushed one where it is ahead (RFC 1982), else the present one
/// for the same content, else the one after it. A signed zone keeps its own: its SOA is signed. One that it
/// left behind that way has to be passed too.
fn next_serial(head: &Head, highest: Option<&Highest>, zone: &Zone, content: &[u8; 32]) -> u32 {
    let (served, pushed) = (head.serial, zone.serial());
    let highest = highest.map_or(served, |highest| highest.serial);
    if zone.is_signed() || (is_ahead(pushed, served) && is_ahead(pushed, highest)) {
        pushed
    } else if head.content == *content && highest == served {
        served
    } else {
        highest.wrapping_add(1)
    }
}
