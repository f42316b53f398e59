//! The way back to an earlier revision.

use dadns_zone::{Zone, ZoneName};

use super::{Edit, Planned, Target};
use crate::store::StoreError;
use crate::store::desired::{CannotRollBack, Guard, Stored, VersionKind, may_return};

/// What an earlier revision was becomes the newest one.
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

    fn reads_records(&self, _: &Guard) -> bool {
        true
    }

    fn plan(self, to: &Target<'_>) -> Result<Planned<Self::Answer>, StoreError> {
        Ok(match to.earlier(self.revision)? {
            Ok(zone) => {
                let content = *zone.content_digest().as_bytes();
                let kind = VersionKind::RolledBack(self.revision);
                to.put(to.author, zone, content, &[], kind).map(Ok)
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
    fn earlier(&self, revision: u64) -> Result<Result<Zone, CannotRollBack>, StoreError> {
        let zone = || self.name.clone();
        let version = self.shared.db.version(self.name, revision)?;
        let (Some(head), Some(version)) = (self.head, version) else {
            return Ok(Err(CannotRollBack::NoSuchRevision {
                zone: zone(),
                revision,
            }));
        };
        let Some(content) = version.content(self.name)? else {
            return Ok(Err(CannotRollBack::Removal {
                zone: zone(),
                revision,
            }));
        };
        Ok(may_return(head, &content).map(|()| content))
    }
}
