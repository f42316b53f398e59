//! The way back to an earlier revision.

use dadns_zone::{Zone, ZoneName};

use super::{Edit, Next, NextPush, Planned, Target};
use crate::store::desired::{CannotRollBack, Stored, VersionKind, may_return};
use crate::store::layered::{Earlier, between};
use crate::store::{Shared, StoreError};

/// What an earlier revision was becomes the newest one.
#[derive(Clone)]
pub(in crate::store) struct Rollback {
    pub zone: ZoneName,
    /// The earlier revision.
    pub revision: u64,
}

impl Edit for Rollback {
    type Answer = Result<Stored, CannotRollBack>;

    fn zone(&self) -> &ZoneName {
        &self.zone
    }

    fn reads_records(&self, _: &Shared) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError> {
        Ok(match to.earlier(self.revision)? {
            Ok(earlier) => {
                let next = to.again(earlier)?;
                let kind = VersionKind::RolledBack(self.revision);
                to.put(to.author, next, &[], kind).map(Ok)
            }
            Err(why) => Planned::nothing(Err(why)),
        })
    }

    fn ends_refusal(_: &Self::Answer) -> bool {
        false
    }
}

impl Target<'_> {
    /// What the zone was at an earlier revision, if it can be that again.
    fn earlier(&self, revision: u64) -> Result<Result<Earlier, CannotRollBack>, StoreError> {
        let zone = || self.name.clone();
        let version = self.shared.db.version(self.name, revision)?;
        let (Some(head), Some(version)) = (self.head, version) else {
            return Ok(Err(CannotRollBack::NoSuchRevision {
                zone: zone(),
                revision,
            }));
        };
        let Some(earlier) = self.shared.earlier(self.name, revision, &version)? else {
            return Ok(Err(CannotRollBack::Removal {
                zone: zone(),
                revision,
            }));
        };
        Ok(may_return(head, &earlier.zone).map(|()| earlier))
    }

    /// The zone as it was, layer by layer.
    fn again(&self, earlier: Earlier) -> Result<Next, StoreError> {
        let Earlier { push, above, zone } = earlier;
        let (before, now) = self.shared.read_layers(self.name)?;
        let content = |zone: &Zone| zone.content_digest();
        Ok(Next {
            content: *content(&zone).as_bytes(),
            zone,
            push_changes: before.as_ref().map(content) != push.as_ref().map(content),
            push: push.map_or(NextPush::None, NextPush::Under),
            entries: between(&now, &above),
            shadowed: None,
            note: None,
        })
    }
}
