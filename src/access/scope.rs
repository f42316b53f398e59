//! Where a principal may make use of its rights.

use dadns_zone::{RrsetKey, ZoneName};

use super::{Denied, Right};

/// The zones, names, types and TTLs that a token or key is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {}

impl Scope {
    pub(super) fn allows_zone(&self, _right: Right, _zone: &ZoneName) -> Result<(), Denied> {
        Ok(())
    }

    pub(super) fn allows_edit(
        &self,
        _zone: &ZoneName,
        _key: &RrsetKey,
        _ttl: Option<u32>,
    ) -> Result<(), Denied> {
        Ok(())
    }
}
