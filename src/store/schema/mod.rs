//! Which layout the entries of a store have, and how a store of an earlier layout becomes one of the
//! present.

mod first;

use super::db::Db;
use super::{StoreError, keys};
use crate::engine::{Batch, KeyRange, OpenError};
use crate::logging::info;

/// The layout of keys and values that this program writes. A change of either raises it.
///
/// 3 has what 2 had, and beside it entries of layers and revisions that edit only these. A program that knows 2
/// would take such a revision for a removal.
const SCHEMA: u32 = 3;

/// The layout before that; only the number changes.
const BEFORE_LAYERS: u32 = 2;

/// Sees to it that the entries have the present layout: marks an empty store, migrates an earlier one,
/// and refuses what is newer or no store at all.
pub(super) fn check(db: &Db) -> Result<(), StoreError> {
    let path = || db.engine().location().to_path_buf();
    let damaged = |cause: &str| {
        StoreError::Open(OpenError::Damaged {
            path: path(),
            cause: cause.into(),
        })
    };
    let Some(seen) = db.get(keys::SCHEMA)? else {
        if db.engine().scan(KeyRange::prefix("")).next().is_some() {
            return Err(damaged("it has entries but no schema version"));
        }
        let mut batch = Batch::default();
        batch.expect(keys::SCHEMA, None);
        batch.insert(keys::SCHEMA, SCHEMA.to_be_bytes());
        db.write(batch)?;
        return db.sync();
    };
    let found = <[u8; 4]>::try_from(seen.as_ref())
        .map(u32::from_be_bytes)
        .map_err(|_| damaged("its schema version is not a number"))?;
    if found > SCHEMA {
        return Err(StoreError::Newer {
            path: path(),
            found,
            known: SCHEMA,
        });
    }
    if found < SCHEMA {
        let (mut batch, bytes) = match found {
            BEFORE_LAYERS => (Batch::default(), 0),
            _ => first::migrated(db)?,
        };
        db.check_room(bytes)?;
        batch.expect(keys::SCHEMA, Some(seen));
        batch.insert(keys::SCHEMA, SCHEMA.to_be_bytes());
        db.write(batch)?;
        db.sync()?;
        info!(
            "store in {:?} migrated from schema {found} to {SCHEMA}; older versions can no longer open it",
            path()
        );
    }
    Ok(())
}
