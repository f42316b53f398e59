//! What a change adds to the group that is written next.

use std::collections::HashMap;

use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;

use super::decide::{self, Decision, LayerEdit, Put};
use super::guard::Held;
use super::history::{Version, VersionKind};
use super::model::{Accepted, Author, Change, Edit, Head, Impossible};
use super::{Shared, StoreError, keys};

/// What a group of changes adds up to before it is written.
#[derive(Default)]
pub(super) struct Group {
    pub batch: sled::Batch,
    pub bytes: u64,
    pub marks: HashMap<ZoneName, u64>,
    /// Zones of which the guard holds a push from now on, or no longer does.
    pub held: HashMap<ZoneName, bool>,
    heads: HashMap<ZoneName, Head>,
}

impl Group {
    /// Whether it changes `zone`.
    pub fn touches(&self, zone: &ZoneName) -> bool {
        self.heads.contains_key(zone) || self.held.contains_key(zone)
    }
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
        let planned = self.decide(current, &name, change, now)?;
        self.add(group, name, planned, now)
    }

    /// Decides what a change does, with the records that it leaves where it leaves any, and a push
    /// that is held from now on.
    fn decide(
        &self,
        current: Option<&Head>,
        name: &ZoneName,
        change: Change,
        now: Timestamp,
    ) -> Result<Planned, StoreError> {
        let Change { author, edit, .. } = change;
        let held_head = current.filter(|head| head.held);
        let impossible = |why| Planned::of(Decision::nothing(Accepted::Impossible(why)));
        let not_held = || impossible(Impossible::NotHeld(name.clone()));
        let put = |author: &Author, zone: Zone, warnings: &[String], kind| Planned {
            decision: decide::put(
                current,
                author,
                &Put {
                    zone: &zone,
                    warnings,
                    kind,
                },
                now,
            ),
            zone: Some(zone),
            hold: match kind {
                // The newest that its master has is what is held.
                VersionKind::Imported | VersionKind::RolledBack(_) => Hold::AsItIs,
                _ => Hold::Drop,
            },
        };
        Ok(match edit {
            Edit::Push {
                zone,
                warnings,
                kind,
            } => {
                let reasons = match is_guarded(kind) {
                    true => self.review(held_head, &zone, now)?,
                    false => Vec::new(),
                };
                if reasons.is_empty() {
                    put(&author, zone, &warnings, kind)
                } else {
                    let held = Held::new(&author, &zone, warnings, reasons.clone(), now);
                    Planned {
                        hold: Hold::Keep(Box::new(held)),
                        ..Planned::of(Decision::nothing(Accepted::Held { reasons }))
                    }
                }
            }
            Edit::Remove(_) => self.removal(current, name, &author, now)?,
            Edit::Claim { from, owner, .. } => match held_head {
                Some(head) if head.owner != from => {
                    Planned::of(Decision::nothing(Accepted::Overtaken))
                }
                Some(head) => Planned::of(decide::claim(head, &owner)),
                None => not_held(),
            },
            Edit::Advance { past, .. } => match (held_head, self.db.desired(name)?.zone) {
                (Some(head), Some(zone)) => Planned {
                    decision: decide::advance(head, &zone, past, now, &author),
                    zone: Some(zone),
                    hold: Hold::AsItIs,
                },
                _ => not_held(),
            },
            Edit::Rollback { revision, .. } => match self.earlier(current, name, revision)? {
                Ok(zone) => put(&author, zone, &[], VersionKind::RolledBack(revision)),
                Err(why) => impossible(why),
            },
            Edit::Approve(_) => match self.db.held(name)? {
                Some(held) => {
                    let zone = held.zone(name)?;
                    let pusher = held.author(&author);
                    put(&pusher, zone, &held.warnings, VersionKind::Approved)
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
        current: Option<&Head>,
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
            ..Planned::of(decide::remove(current, author, now))
        })
    }

    /// Why the guard holds a push.
    fn review(
        &self,
        current: Option<&Head>,
        zone: &Zone,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let same = current.is_some_and(|head| head.content == *zone.content_digest().as_bytes());
        if same {
            return Ok(Vec::new());
        }
        let present = match current {
            Some(_) if self.guard.compares() => self.db.desired(zone.name())?.zone,
            _ => None,
        };
        Ok(self.guard.review(present.as_ref(), zone, now))
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
    fn add(
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

/// Whether the guard looks at a push of this kind.
fn is_guarded(kind: VersionKind) -> bool {
    kind != VersionKind::Imported
}

/// What one change comes to.
struct Planned {
    decision: Decision,
    /// The records that the zone has from now on, where they are known.
    zone: Option<Zone>,
    hold: Hold,
}

/// What happens to the push that the guard holds of the zone.
enum Hold {
    /// It stays, if there is one.
    AsItIs,
    /// This one is held from now on.
    Keep(Box<Held>),
    /// It is dropped, if there is one.
    Drop,
}

impl Planned {
    /// A decision that leaves records and what is held as they are.
    fn of(decision: Decision) -> Self {
        Self {
            decision,
            zone: None,
            hold: Hold::AsItIs,
        }
    }
}
