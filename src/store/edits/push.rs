//! A push of a zone, which the guard may hold, and an import, which it may not.

use dadns_zone::{NameText, Rrset, Rule, TypeName, Zone, ZoneName, is_ahead};

use super::{Edit, Hold, Next, NextPush, Planned, Target};
use crate::store::db::reading;
use crate::store::desired::{
    AtMoment, Attributes, Author, Decision, Entry, Held, Highest, Imported, Overridden, Pushed,
    Stored, VersionKind, is_idle,
};
use crate::store::layered::{EntryEdit, apply, listed, merged};
use crate::store::{Shared, StoreError};

/// The zone as its master has it.
#[derive(Clone)]
pub(in crate::store) struct Push {
    pub zone: Zone,
    /// What the reader let pass with a warning.
    pub warnings: Vec<String>,
    /// Whether the gateway fetched it; otherwise its master pushed it.
    pub fetched: bool,
}

impl Edit for Push {
    type Answer = Pushed;

    fn zone(&self) -> &ZoneName {
        self.zone.name()
    }

    fn reads_records(&self, shared: &Shared) -> bool {
        shared.guard.compares() || shared.is_edited(self.zone.name())
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Pushed>, StoreError> {
        to.note_pushed();
        let Self {
            zone,
            warnings,
            fetched,
        } = self;
        let next = to.under_entries(to.author, zone)?;
        let reasons = to.review(&next.zone, &next.content)?;
        if reasons.is_empty() {
            let kind = match fetched {
                true => VersionKind::Fetched,
                false => VersionKind::Pushed,
            };
            let planned = to.put(to.author, next, &warnings, kind);
            let planned = Planned {
                // What faces kept of a zone that was removed since is not of this one.
                attributes: (to.head.is_some() && to.present().is_none()).then(Attributes::new),
                ..planned
            };
            return Ok(planned.map(Pushed::Stored));
        }
        let held = Held::new(to.author, next.push(), warnings, reasons.clone(), to.now);
        Ok(Planned {
            hold: Hold::Keep(Box::new(held)),
            ..Planned::of(Decision::nothing(Pushed::Held { reasons }))
        })
    }

    fn ends_refusal(_: &Pushed) -> bool {
        true
    }
}

/// The zone as a backend serves it already.
#[derive(Clone)]
pub(in crate::store) struct Import {
    pub zone: Zone,
}

impl Edit for Import {
    type Answer = Stored;

    fn zone(&self) -> &ZoneName {
        self.zone.name()
    }

    fn reads_records(&self, shared: &Shared) -> bool {
        shared.is_edited(self.zone.name())
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Stored>, StoreError> {
        to.note_pushed();
        let next = to.under_entries(to.author, self.zone)?;
        Ok(to.put(to.author, next, &[], VersionKind::Imported))
    }

    fn ends_refusal(_: &Stored) -> bool {
        false
    }
}

impl From<AtMoment<Stored>> for Imported {
    fn from(answer: AtMoment<Stored>) -> Self {
        match answer {
            AtMoment::Made(stored) => Self::Stored(stored),
            AtMoment::Overtaken => Self::Known,
        }
    }
}

impl Target<'_> {
    /// What the zone is to be if `push` lies under what stands above it.
    ///
    /// An entry that is now equal to what lies below it disappears; one under which the push changed something
    /// remembers that.
    pub(super) fn under_entries(&self, author: &Author, push: Zone) -> Result<Next, StoreError> {
        if !self.shared.is_edited(self.name) {
            return Ok(Next::pushed(push));
        }
        let (before, mut above) = self.shared.read_layers(self.name)?;
        if above.is_empty() {
            return Ok(Next {
                shadowed: Some(Vec::new()),
                ..Next::pushed(push)
            });
        }
        let mut edits = Vec::new();
        for (&layer, entries) in &above {
            for (key, entry) in entries {
                let below = push.get(key.owner(), key.rtype());
                let was = before
                    .as_ref()
                    .and_then(|before| before.get(key.owner(), key.rtype()));
                // A layer between the two may make a difference, which a release shows.
                let after = match is_idle(key, &entry.rule, below) && above.len() == 1 {
                    true => None,
                    false if overrides(&entry.rule) && changed(was, below) => Some(Entry {
                        pushed: Some(Overridden {
                            by: author.signature(),
                            at: self.now,
                        }),
                        ..entry.clone()
                    }),
                    false => continue,
                };
                edits.push(EntryEdit {
                    layer,
                    key: key.clone(),
                    before: Some(entry.clone()),
                    after,
                });
            }
        }
        let note = overridden(self.name, author, &edits);
        apply(&mut above, &edits);
        let merged = merged(self.name, Some(&push), &above);
        let merged = merged.map_err(|errors| reading(self.name.as_str(), &listed(&errors)))?;
        // The SOA may be edited; whose serial is ahead counts all the same.
        let zone = match is_ahead(push.serial(), merged.zone.serial()) {
            true => merged.zone.into_serial(push.serial()),
            false => merged.zone,
        };
        let same = |before: &Zone| before.content_digest() == push.content_digest();
        Ok(Next {
            content: *zone.content_digest().as_bytes(),
            zone,
            push_changes: !before.as_ref().is_some_and(same),
            push: NextPush::Under(push),
            entries: edits,
            shadowed: Some(merged.shadowed),
            note,
        })
    }

    /// Whatever is decided: what was decided about the zone before is overtaken.
    fn note_pushed(&self) {
        let mut pushed = self.shared.pushed.lock();
        pushed.insert(self.name.clone(), self.now);
    }

    /// Why the guard holds a push.
    fn review(&self, zone: &Zone, content: &[u8; 32]) -> Result<Vec<String>, StoreError> {
        let current = self.present();
        if current.is_some_and(|head| head.content == *content) {
            return Ok(Vec::new());
        }
        let guard = &self.shared.guard;
        let present = match current {
            Some(_) if guard.compares() => self.shared.desired(zone.name())?.zone,
            _ => None,
        };
        let mut reasons = guard.review(present.as_ref(), zone, self.now);
        if guard.signed_serial && zone.is_signed() {
            // A zone that was removed counts too: secondaries may still have it.
            let highest = Highest::after(self.highest, self.head, zone.serial(), content);
            let not_ahead = highest.and_then(|highest| highest.not_ahead(zone.serial()));
            reasons.extend(not_ahead.map(|not_ahead| not_ahead.to_string()));
        }
        Ok(reasons)
    }
}

/// Whether nothing shows of an RRset below this rule.
fn overrides(rule: &Rule) -> bool {
    matches!(rule, Rule::Replace { .. } | Rule::Absent)
}

/// Says which RRsets a push changed under edits, so that nobody looks for them in vain.
fn overridden(name: &ZoneName, author: &Author, edits: &[EntryEdit]) -> Option<String> {
    let entries = edits.iter().filter_map(|edit| {
        let entry = edit.after.as_ref()?;
        let (owner, rtype) = (NameText(edit.key.owner()), TypeName(edit.key.rtype()));
        Some(format!("{owner} {rtype} (edited by {})", entry.by))
    });
    let all: Vec<_> = entries.collect();
    let shown = all.get(..SHOWN).unwrap_or(&all).join(", ");
    let more = match all.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!all.is_empty()).then(|| {
        format!(
            "zone {name}: {} pushed other records for {shown}{more}; the edits are served until they are \
             released (dadns records {name})",
            author.shown()
        )
    })
}

/// How many of them a log line names.
const SHOWN: usize = 5;

/// Whether a push changes an RRset; the serial of a SOA is no change.
fn changed(was: Option<&Rrset>, is: Option<&Rrset>) -> bool {
    let plain = |set: &Rrset| set.clone().with_serial(0);
    was.map(plain) != is.map(plain)
}
