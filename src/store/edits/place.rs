//! Edits of where a zone is placed. Its records, its revision and its serial stay.

use std::collections::BTreeSet;

use dadns_zone::ZoneName;

use super::{Edit, Planned, Target};
use crate::placement::Placement;
use crate::store::desired::Decision;
use crate::store::{Moved, Shared, StoreError};

/// The zone belongs to these groups.
#[derive(Clone)]
pub(in crate::store) struct Move {
    pub zone: ZoneName,
    pub groups: BTreeSet<String>,
}

/// Backends have a zone that moves.
#[derive(Clone)]
pub(in crate::store) struct Arrive {
    pub zone: ZoneName,
    /// Where it moves; where that is somewhere else by now, nothing is done.
    pub groups: BTreeSet<String>,
    pub backends: BTreeSet<String>,
    /// Whether that were the last.
    pub all: bool,
}

/// The zone is placed so from now on.
fn placed(revision: u64, placement: Placement, marks: bool) -> Planned<Moved> {
    let decision = Decision {
        mark: marks.then_some(revision),
        ..Decision::nothing(Moved::Ordered)
    };
    Planned {
        placement: Some(placement),
        ..Planned::of(decision)
    }
}

impl Edit for Move {
    type Answer = Moved;

    fn zone(&self) -> &ZoneName {
        &self.zone
    }

    fn reads_records(&self, _: &Shared) -> bool {
        // Where it is placed before has to be known.
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Moved>, StoreError> {
        let Some(head) = to.present() else {
            return Ok(Planned::nothing(Moved::NotPresent));
        };
        let stands = to.shared.placed.of(to.name);
        if stands.as_ref().is_some_and(|now| now.groups == self.groups) {
            return Ok(Planned::nothing(Moved::There));
        }
        let placement = Placement::moving(stands.as_deref(), self.groups);
        Ok(placed(head.revision, placement, true))
    }

    fn ends_refusal(_: &Moved) -> bool {
        false
    }
}

impl Edit for Arrive {
    type Answer = Moved;

    fn zone(&self) -> &ZoneName {
        &self.zone
    }

    fn reads_records(&self, _: &Shared) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Moved>, StoreError> {
        let Some(head) = to.head else {
            return Ok(Planned::nothing(Moved::NotPresent));
        };
        let stands = to.shared.placed.of(to.name);
        let stands = stands.filter(|now| now.is_moving() && now.groups == self.groups);
        let Some(stands) = stands else {
            return Ok(Planned::nothing(Moved::There));
        };
        // A zone that was removed meanwhile has nowhere to arrive.
        if self.all || !head.present {
            return Ok(placed(head.revision, Placement::at(self.groups), true));
        }
        let mut next = Placement::clone(&stands);
        next.arrived.extend(self.backends);
        match next == *stands {
            true => Ok(Planned::nothing(Moved::There)),
            false => Ok(placed(head.revision, next, false)),
        }
    }

    fn ends_refusal(_: &Moved) -> bool {
        false
    }
}
