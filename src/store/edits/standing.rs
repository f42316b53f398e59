//! Edits that leave the records of a zone as they are: whose it is, and its serial.

use dadns_zone::ZoneName;

use super::{Edit, Planned, Target, not_ahead};
use crate::store::desired::{Advanced, AtMoment, Claimed, Owner, advance, claim};
use crate::store::{Shared, StoreError};

/// The zone belongs to another owner from now on.
#[derive(Clone)]
pub(in crate::store) struct Claim {
    pub zone: ZoneName,
    /// Whose it was when that was decided; where it is somebody else's by now, nothing is done.
    pub from: Option<Owner>,
    /// Whose it is.
    pub owner: Owner,
}

impl Edit for Claim {
    type Answer = Claimed;

    fn zone(&self) -> &ZoneName {
        &self.zone
    }

    fn reads_records(&self, _: &Shared) -> bool {
        false
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Claimed>, StoreError> {
        Ok(match to.present() {
            Some(head) if head.owner != self.from => Planned::nothing(Claimed::Overtaken),
            Some(head) => Planned::of(claim(head, &self.owner)),
            None => Planned::nothing(Claimed::NotPresent),
        })
    }

    fn ends_refusal(_: &Claimed) -> bool {
        false
    }
}

impl From<AtMoment<Self>> for Claimed {
    fn from(answer: AtMoment<Self>) -> Self {
        match answer {
            AtMoment::Made(claimed) => claimed,
            AtMoment::Overtaken => Self::Overtaken,
        }
    }
}

/// The serial to serve has to be ahead of one that was found at a backend.
#[derive(Clone)]
pub(in crate::store) struct Advance {
    pub zone: ZoneName,
    /// The serial that was found.
    pub past: u32,
}

impl Edit for Advance {
    type Answer = Advanced;

    fn zone(&self) -> &ZoneName {
        &self.zone
    }

    fn reads_records(&self, _: &Shared) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Advanced>, StoreError> {
        let Some(head) = to.present() else {
            return Ok(Planned::nothing(Advanced::NotPresent));
        };
        let Some(zone) = to.shared.desired(to.name)?.zone else {
            return Ok(Planned::nothing(Advanced::NotPresent));
        };
        let decision = advance(head, to.highest, &zone, self.past, to.now, to.author);
        let (name, by) = (to.name, to.author.shown());
        Ok(Planned {
            warning: not_ahead(&decision.highest, head.serial)
                .map(|found| format!("zone {name} (found by {by}): {found}")),
            ..Planned::of(decision)
        })
    }

    fn ends_refusal(_: &Advanced) -> bool {
        false
    }
}

impl From<AtMoment<Self>> for Advanced {
    fn from(answer: AtMoment<Self>) -> Self {
        match answer {
            AtMoment::Made(advanced) => advanced,
            AtMoment::Overtaken => Self::Overtaken,
        }
    }
}
