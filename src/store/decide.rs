//! What a change does to a zone: ownership, revision and serial, as a pure function.

use dadns_zone::{Serial, Zone};
use jiff::Timestamp;

use super::model::{Accepted, Author, Edit, Head, Owner};

/// What the committer has to write for one change.
#[derive(Debug)]
pub(super) struct Decision {
    /// What the requester is told.
    pub accepted: Accepted,
    /// The new head, where it differs.
    pub head: Option<Head>,
    /// What happens to the push layer.
    pub layer: LayerEdit,
    /// The revision that every backend may be behind on.
    pub mark: Option<u64>,
}

/// What happens to a layer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LayerEdit {
    Keep,
    Replace,
    Remove,
}

/// Decides what `edit` by `author` does to a zone that stands as `current`.
pub(super) fn decide(
    current: Option<&Head>,
    author: &Author,
    edit: &Edit,
    now: Timestamp,
) -> Decision {
    match edit {
        Edit::Push { zone, warnings } => push(current, author, zone, warnings, now),
        Edit::Remove(_) => remove(current, author, now),
    }
}

fn push(
    current: Option<&Head>,
    author: &Author,
    zone: &Zone,
    warnings: &[String],
    now: Timestamp,
) -> Decision {
    let content = *zone.content_digest().as_bytes();
    let serial = match current {
        Some(head) => next_serial(head, zone, &content),
        None => zone.serial(),
    };
    let known = current.and_then(|head| head.owner.as_ref());
    let owner = claimed_owner(known, author);
    let moved_from = known
        .filter(|old| owner.as_ref().is_some_and(|new| new.master != old.master))
        .filter(|_| current.is_some_and(|head| head.held))
        .cloned();
    let same =
        current.is_some_and(|head| head.held && head.content == content && head.serial == serial);
    let revision = current.map_or(0, |head| head.revision) + u64::from(!same);
    let head = Head {
        revision,
        held: true,
        owner,
        serial,
        content,
        records: u32::try_from(zone.record_count()).unwrap_or(u32::MAX),
        changed: now,
        changed_by: signature(author),
        warnings: warnings.to_vec(),
    };
    if same {
        let unmoved = current.is_some_and(|old| old.owner == head.owner);
        return Decision {
            accepted: Accepted::Same {
                revision,
                serial,
                moved_from,
            },
            head: (!unmoved).then_some(head),
            layer: LayerEdit::Keep,
            mark: Some(revision),
        };
    }
    Decision {
        accepted: Accepted::Stored {
            revision,
            serial,
            moved_from,
        },
        head: Some(head),
        layer: LayerEdit::Replace,
        mark: Some(revision),
    }
}

fn remove(current: Option<&Head>, author: &Author, now: Timestamp) -> Decision {
    let nothing = |accepted| Decision {
        accepted,
        head: None,
        layer: LayerEdit::Keep,
        mark: None,
    };
    let Some(head) = current.filter(|head| head.held) else {
        return nothing(Accepted::NotHeld {
            known: current.is_some(),
        });
    };
    // A master that does not name itself is taken at its credential's word; one that does must be
    // the owner: after an account has moved, the old master's clean-up comes late.
    if let (Some(owner), Some(master)) = (&head.owner, &author.master)
        && owner.master != *master
    {
        return nothing(Accepted::NotOwner {
            owner: owner.clone(),
        });
    }
    let revision = head.revision + 1;
    Decision {
        accepted: Accepted::Removed { revision },
        head: Some(Head {
            revision,
            held: false,
            records: 0,
            changed: now,
            changed_by: signature(author),
            warnings: Vec::new(),
            ..head.clone()
        }),
        layer: LayerEdit::Remove,
        mark: Some(revision),
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
/// for the same content, else the one after it. A signed zone keeps its own: its SOA is signed.
fn next_serial(head: &Head, zone: &Zone, content: &[u8; 32]) -> u32 {
    let (held, pushed) = (Serial(head.serial), Serial(zone.serial()));
    let ahead = pushed.partial_cmp(&held) == Some(std::cmp::Ordering::Greater);
    if zone.is_signed() || ahead {
        pushed.0
    } else if head.content == *content {
        held.0
    } else {
        held.0.wrapping_add(1)
    }
}

fn signature(author: &Author) -> String {
    format!("{} from {}", author.credential, author.peer)
}
