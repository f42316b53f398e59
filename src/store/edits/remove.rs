//! The removal of a zone.

use dadns_zone::ZoneName;

use super::{Edit, Hold, Planned, Target};
use crate::store::StoreError;
use crate::store::desired::{Guard, Removed, remove};

/// The zone is removed, if its author may.
///
/// It takes a push with it that is held. But where that push is another master's, the zone has moved, and
/// this is the clean-up of the old one.
pub(in crate::store) struct Remove(pub ZoneName);

impl Edit for Remove {
    type Answer = Removed;

    fn zone(&self) -> &ZoneName {
        &self.0
    }

    fn reads_records(&self, _: &Guard) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Removed>, StoreError> {
        let is_held = to.shared.held.lock().contains(to.name);
        let held = match is_held {
            true => to.shared.db.held(to.name)?,
            false => None,
        };
        if let (Some(owner), Some(master)) = (held.and_then(|held| held.owner), &to.author.master)
            && owner.master != *master
        {
            return Ok(Planned::nothing(Removed::NotOwner { owner }));
        }
        Ok(Planned {
            hold: Hold::Drop,
            ..Planned::of(remove(to.head, to.highest, to.author, to.now))
        })
    }

    fn ends_refusal(answer: &Removed) -> bool {
        match answer {
            Removed::Removed { .. } | Removed::NotPresent { .. } => true,
            Removed::NotOwner { .. } => false,
        }
    }
}
