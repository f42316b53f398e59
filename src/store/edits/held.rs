//! What an operator does with a push that the guard holds.

use dadns_zone::ZoneName;

use super::{Edit, Hold, Planned, Target};
use crate::store::desired::{Decision, NothingHeld, Stored, VersionKind};
use crate::store::{Shared, StoreError};

/// The push that is held is made after all.
#[derive(Clone)]
pub(in crate::store) struct Approve(pub ZoneName);

impl Edit for Approve {
    type Answer = Result<Stored, NothingHeld>;

    fn zone(&self) -> &ZoneName {
        &self.0
    }

    fn reads_records(&self, _: &Shared) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError> {
        let Some(held) = to.shared.db.held(to.name)? else {
            return Ok(Planned::nothing(Err(NothingHeld(self.0))));
        };
        let zone = held.zone(to.name)?;
        let pusher = held.author(to.author);
        let next = to.under_entries(&pusher, zone)?;
        let kind = VersionKind::Approved;
        Ok(to.put(&pusher, next, &held.warnings, kind).map(Ok))
    }

    fn ends_refusal(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }
}

/// The push that is held is dropped.
#[derive(Clone)]
pub(in crate::store) struct Reject(pub ZoneName);

impl Edit for Reject {
    type Answer = Result<(), NothingHeld>;

    fn zone(&self) -> &ZoneName {
        &self.0
    }

    fn reads_records(&self, _: &Shared) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError> {
        Ok(match to.shared.db.held(to.name)? {
            Some(_) => Planned {
                hold: Hold::Drop,
                ..Planned::of(Decision::nothing(Ok(())))
            },
            None => Planned::nothing(Err(NothingHeld(self.0))),
        })
    }

    fn ends_refusal(_: &Self::Answer) -> bool {
        false
    }
}
