//! The removal of a zone.

use dadns_zone::ZoneName;

use super::{Edit, Hold, Planned, Target};
use crate::access::Principal;
use crate::store::desired::{Deletion, Mode, NotDeleted, Removed, remove};
use crate::store::layered::{Above, between};
use crate::store::{Shared, StoreError};

/// The zone is removed, if its author may.
///
/// It takes a push with it that is held. But where that push is another master's, the zone has moved, and
/// this is the clean-up of the old one.
#[derive(Clone)]
pub(in crate::store) struct Remove(pub ZoneName);

impl Edit for Remove {
    type Answer = Removed;

    fn zone(&self) -> &ZoneName {
        &self.0
    }

    fn reads_records(&self, _: &Shared) -> bool {
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
        // What was made here alone is nobody's on a master: neither that nor a comparison with it removes it.
        let decides = matches!(to.author.principal, Principal::Operator(_));
        if !decides && to.present().is_some() && to.shared.db.layer(to.name)?.is_none() {
            return Ok(Planned::nothing(Removed::NotPushed));
        }
        let planned = Planned {
            hold: Hold::Drop,
            ..Planned::of(remove(to.head, to.highest, to.author, to.now))
        };
        match planned.decision.answer {
            Removed::Removed { .. } => to.without_entries(planned),
            _ => Ok(planned),
        }
    }

    fn ends_refusal(answer: &Removed) -> bool {
        match answer {
            Removed::Removed { .. } | Removed::NotPresent { .. } => true,
            Removed::NotOwner { .. } | Removed::NotPushed => false,
        }
    }
}

/// The zone is removed with all its layers, by whoever edits records.
#[derive(Clone)]
pub(in crate::store) struct Delete {
    pub zone: ZoneName,
    pub how: Deletion,
}

impl Edit for Delete {
    type Answer = Result<u64, NotDeleted>;

    fn zone(&self) -> &ZoneName {
        &self.zone
    }

    fn reads_records(&self, _: &Shared) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError> {
        let Some(head) = to.present() else {
            return Ok(Planned::nothing(Err(NotDeleted::NotPresent)));
        };
        let Deletion {
            pushed,
            revisions,
            attributes,
            mode,
        } = self.how;
        let is_kept = match attributes {
            Some(attributes) => attributes == to.shared.db.attributes(to.name)?,
            None => true,
        };
        if !is_kept || revisions.is_some_and(|revisions| !revisions.contains(&head.revision)) {
            let other = NotDeleted::OtherRevision(head.revision);
            return Ok(Planned::nothing(Err(other)));
        }
        if !pushed && to.shared.db.layer(to.name)?.is_some() {
            let owner = head.owner.clone();
            return Ok(Planned::nothing(Err(NotDeleted::Pushed(owner))));
        }
        let removed = remove(to.head, to.highest, to.author, to.now);
        let revision = head.revision + 1;
        match mode {
            Mode::DryRun => Ok(Planned::nothing(Ok(revision))),
            Mode::Make => to.without_entries(Planned {
                hold: Hold::Drop,
                ..Planned::of(removed.map(|_| Ok(revision)))
            }),
        }
    }

    fn ends_refusal(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }
}

impl Target<'_> {
    /// The same plan, which drops what stands above the push as well.
    fn without_entries<A>(&self, planned: Planned<A>) -> Result<Planned<A>, StoreError> {
        let (_, now) = self.shared.read_layers(self.name)?;
        Ok(Planned {
            entries: between(&now, &Above::new()),
            ..planned
        })
    }
}
