//! What a change comes to: the rules of `decide` and `guard`, with what the store holds.

use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;

use super::decide::{self, Decision, Put};
use super::group::{Group, Hold, Planned};
use super::guard::Held;
use super::history::VersionKind;
use super::model::{Accepted, Author, Change, Edit, Head, Impossible};
use super::refused;
use super::serial::{Highest, HighestEdit, NotAhead};
use super::{Shared, StoreError, keys};

/// How a zone stands before a change.
#[derive(Clone, Copy)]
struct Before<'a> {
    head: Option<&'a Head>,
    highest: Option<&'a Highest>,
}

impl Shared {
    /// Whether an edit is decided by records that are on disk.
    pub(super) fn reads_records(&self, edit: &Edit) -> bool {
        match edit {
            Edit::Push { kind, .. } => is_guarded(*kind) && self.guard.compares(),
            Edit::Claim { .. } => false,
            Edit::Remove(_) => true,
            Edit::Advance { .. } | Edit::Rollback { .. } | Edit::Approve(_) | Edit::Reject(_) => {
                true
            }
        }
    }

    /// Adds one change to the group. Nothing of it is added on an error.
    pub(super) fn plan(
        &self,
        group: &mut Group,
        change: Change,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let name = change.edit.zone().clone();
        let stored = match group.heads.get(&name) {
            Some(_) => None,
            None => self.db.head(&name)?,
        };
        let current = group.heads.get(&name).or(stored.as_ref());
        let overtaken = change.only_at.is_some_and(|moment| {
            let revision = current.map_or(0, |head| head.revision);
            revision != moment.revision || self.is_pushed_since(&name, moment.since)
        });
        if overtaken {
            return Ok(Accepted::Overtaken);
        }
        if matches!(change.edit, Edit::Push { .. }) {
            self.pushed.lock().insert(name.clone(), now);
        }
        let refused = refused::may_end(&change.edit) && self.refused.lock().get(&name).is_some();
        let highest = match group.highest.get(&name) {
            Some(highest) => highest.clone(),
            None => self.serials.get(&name),
        };
        let before = Before {
            head: current,
            highest: highest.as_ref(),
        };
        let planned = self.decide(before, &name, change, now)?;
        let accepted = self.add(group, name.clone(), planned, now)?;
        if refused && refused::is_over(&accepted) {
            group.batch.remove(keys::refused(&name));
            group.over.push(name);
        }
        Ok(accepted)
    }

    /// Decides what a change does, with the records that it leaves where it leaves any, and a push
    /// that is held from now on.
    fn decide(
        &self,
        before: Before<'_>,
        name: &ZoneName,
        change: Change,
        now: Timestamp,
    ) -> Result<Planned, StoreError> {
        let Change { author, edit, .. } = change;
        let Before {
            head: current,
            highest,
        } = before;
        let held_head = current.filter(|head| head.held);
        let impossible = |why| Planned::of(Decision::nothing(Accepted::Impossible(why)));
        let not_held = || impossible(Impossible::NotPresent(name.clone()));
        let put = |author: &Author, zone: Zone, content, warnings: &[String], kind| {
            let put = Put {
                zone: &zone,
                content,
                warnings,
                kind,
            };
            let decision = decide::put(current, highest, author, &put, now);
            let not_ahead = match &decision.highest {
                HighestEdit::Keep(highest) => highest.not_ahead(zone.serial()),
                HighestEdit::Drop | HighestEdit::AsItIs => None,
            };
            Planned {
                warning: not_ahead
                    .map(|not_ahead| format!("zone {name} from {}: {not_ahead}", author.source())),
                decision,
                zone: Some(zone),
                hold: match kind {
                    // The newest that its master has is what is held.
                    VersionKind::Imported | VersionKind::RolledBack(_) => Hold::AsItIs,
                    _ => Hold::Drop,
                },
            }
        };
        Ok(match edit {
            Edit::Push {
                zone,
                warnings,
                kind,
            } => {
                let content = *zone.content_digest().as_bytes();
                let reasons = match is_guarded(kind) {
                    true => self.review(before, &zone, &content, now)?,
                    false => Vec::new(),
                };
                if reasons.is_empty() {
                    put(&author, zone, content, &warnings, kind)
                } else {
                    let held = Held::new(&author, &zone, warnings, reasons.clone(), now);
                    Planned {
                        hold: Hold::Keep(Box::new(held)),
                        ..Planned::of(Decision::nothing(Accepted::Held { reasons }))
                    }
                }
            }
            Edit::Remove(_) => self.removal(before, name, &author, now)?,
            Edit::Claim { from, owner, .. } => match held_head {
                Some(head) if head.owner != from => {
                    Planned::of(Decision::nothing(Accepted::Overtaken))
                }
                Some(head) => Planned::of(decide::claim(head, &owner)),
                None => not_held(),
            },
            Edit::Advance { past, .. } => match (held_head, self.db.desired(name)?.zone) {
                (Some(head), Some(zone)) => {
                    let decision = decide::advance(head, highest, &zone, past, now, &author);
                    let not_ahead = match &decision.highest {
                        HighestEdit::Keep(highest) => highest.not_ahead(head.serial),
                        HighestEdit::Drop | HighestEdit::AsItIs => None,
                    };
                    Planned {
                        warning: not_ahead.map(|found| found_ahead(name, &author, found)),
                        decision,
                        zone: Some(zone),
                        hold: Hold::AsItIs,
                    }
                }
                _ => not_held(),
            },
            Edit::Rollback { revision, .. } => match self.earlier(current, name, revision)? {
                Ok(zone) => {
                    let content = *zone.content_digest().as_bytes();
                    let kind = VersionKind::RolledBack(revision);
                    put(&author, zone, content, &[], kind)
                }
                Err(why) => impossible(why),
            },
            Edit::Approve(_) => match self.db.held(name)? {
                Some(held) => {
                    let zone = held.zone(name)?;
                    let content = *zone.content_digest().as_bytes();
                    let pusher = held.author(&author);
                    put(
                        &pusher,
                        zone,
                        content,
                        &held.warnings,
                        VersionKind::Approved,
                    )
                }
                None => impossible(Impossible::NothingHeld(name.clone())),
            },
            Edit::Reject(_) => match self.db.held(name)? {
                Some(_) => Planned {
                    hold: Hold::Drop,
                    ..Planned::of(Decision::nothing(Accepted::Rejected))
                },
                None => impossible(Impossible::NothingHeld(name.clone())),
            },
        })
    }
}

impl Shared {
    /// A removal takes a push with it that is held. But where that push is another master's, the zone has
    /// moved, and this is the clean-up of the old one.
    fn removal(
        &self,
        before: Before<'_>,
        name: &ZoneName,
        author: &Author,
        now: Timestamp,
    ) -> Result<Planned, StoreError> {
        let holds = self.held.lock().contains(name);
        let held = if holds { self.db.held(name)? } else { None };
        let pusher = held.and_then(|held| held.owner);
        if let (Some(pusher), Some(master)) = (pusher, &author.master)
            && pusher.master != *master
        {
            let kept = Accepted::NotOwner { owner: pusher };
            return Ok(Planned::of(Decision::nothing(kept)));
        }
        Ok(Planned {
            hold: Hold::Drop,
            ..Planned::of(decide::remove(before.head, before.highest, author, now))
        })
    }

    /// Why the guard holds a push.
    fn review(
        &self,
        before: Before<'_>,
        zone: &Zone,
        content: &[u8; 32],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let current = before.head.filter(|head| head.held);
        if current.is_some_and(|head| head.content == *content) {
            return Ok(Vec::new());
        }
        let present = match current {
            Some(_) if self.guard.compares() => self.db.desired(zone.name())?.zone,
            _ => None,
        };
        let mut reasons = self.guard.review(present.as_ref(), zone, now);
        if self.guard.signed_serial && zone.is_signed() {
            // A zone that was removed counts too: secondaries may still have it.
            let highest = Highest::after(before.highest, before.head, zone.serial(), content);
            let not_ahead = highest.and_then(|highest| highest.not_ahead(zone.serial()));
            reasons.extend(not_ahead.map(|not_ahead| not_ahead.to_string()));
        }
        Ok(reasons)
    }

    /// What a zone was at an earlier revision, if it can be that again.
    fn earlier(
        &self,
        current: Option<&Head>,
        name: &ZoneName,
        revision: u64,
    ) -> Result<Result<Zone, Impossible>, StoreError> {
        let zone = || name.clone();
        let (Some(head), Some(version)) = (current, self.db.version(name, revision)?) else {
            return Ok(Err(Impossible::NoSuchRevision {
                zone: zone(),
                revision,
            }));
        };
        let Some(content) = version.content(name)? else {
            return Ok(Err(Impossible::Removal {
                zone: zone(),
                revision,
            }));
        };
        Ok(decide::may_return(head, &content).map(|()| content))
    }

    /// Whether `zone` was pushed at `since` or later, be it as it was.
    fn is_pushed_since(&self, zone: &ZoneName, since: Option<Timestamp>) -> bool {
        let pushed = self.pushed.lock().get(zone).copied();
        pushed
            .zip(since)
            .is_some_and(|(pushed, since)| pushed >= since)
    }
}

/// What an operator has to hear where `by` found a serial that is ahead of a signed zone.
fn found_ahead(name: &ZoneName, by: &Author, found: NotAhead) -> String {
    format!("zone {name} (found by {}): {found}", by.source())
}

/// Whether the guard looks at a push of this kind.
fn is_guarded(kind: VersionKind) -> bool {
    kind != VersionKind::Imported
}
