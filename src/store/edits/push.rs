//! A push of a zone, which the guard may hold, and an import, which it may not.

use dadns_zone::{Zone, ZoneName};

use super::{Edit, Hold, Planned, Target};
use crate::store::StoreError;
use crate::store::desired::{
    AtMoment, Decision, Guard, Held, Highest, Imported, Pushed, Stored, VersionKind,
};

/// The zone as its master has it.
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

    fn reads_records(&self, guard: &Guard) -> bool {
        guard.compares()
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Pushed>, StoreError> {
        to.note_pushed();
        let Self {
            zone,
            warnings,
            fetched,
        } = self;
        let content = *zone.content_digest().as_bytes();
        let reasons = to.review(&zone, &content)?;
        if reasons.is_empty() {
            let kind = match fetched {
                true => VersionKind::Fetched,
                false => VersionKind::Pushed,
            };
            let planned = to.put(to.author, zone, content, &warnings, kind);
            return Ok(planned.map(Pushed::Stored));
        }
        let held = Held::new(to.author, &zone, warnings, reasons.clone(), to.now);
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
pub(in crate::store) struct Import {
    pub zone: Zone,
}

impl Edit for Import {
    type Answer = Stored;

    fn zone(&self) -> &ZoneName {
        self.zone.name()
    }

    fn reads_records(&self, _: &Guard) -> bool {
        false
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Stored>, StoreError> {
        to.note_pushed();
        let content = *self.zone.content_digest().as_bytes();
        Ok(to.put(to.author, self.zone, content, &[], VersionKind::Imported))
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
            Some(_) if guard.compares() => self.shared.db.desired(zone.name())?.zone,
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
