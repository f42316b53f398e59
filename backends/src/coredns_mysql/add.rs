//! Adds zones that the tables do not have yet: several transactions at once.
//!
//! Nothing of theirs can be in the way of another: nobody knows the ids of the zones until the commit. So
//! the change feed is locked only at the end of each, for as long as it takes to tell it and to commit:
//! versions grow in order of commit all the same, and a server that has more than one core uses them.
//!
//! Whatever goes wrong, `put` does it again in its own way, which assumes nothing: somebody may have put one
//! of the zones meanwhile, or a record may not fit.

use dadns_zone::ZoneName;

use super::CorednsMysql;
use super::apply::Wanted;
use super::fault::Kind;
use super::owner::Fence;
use super::put::{self, Broken};
use super::rows::Row;
use super::{reading, statements as sql};
use crate::ZoneResult;

/// What a transaction begins with. Its rows refer to zones that it adds itself and that nobody else can
/// remove before it ends: to look each of them up is a quarter of the server's work.
const BEGIN: &str = "SET SESSION foreign_key_checks = 0; START TRANSACTION; ";
const END: &str = "; SET SESSION foreign_key_checks = DEFAULT";

/// Adds zones together. Returns a result for each.
pub(super) async fn add(
    backend: &CorednsMysql,
    wanted: &[Wanted<'_>],
    fence: Option<&Fence>,
) -> Vec<ZoneResult> {
    match transaction(backend, wanted, fence).await {
        Ok(()) => vec![ZoneResult::applied(true); wanted.len()],
        Err(Broken { fault, changed }) => {
            if fault.kind == Kind::Lost {
                backend.pool.forget();
            }
            put::put(backend, wanted, &changed, fence).await
        }
    }
}

async fn transaction(
    backend: &CorednsMysql,
    wanted: &[Wanted<'_>],
    fence: Option<&Fence>,
) -> Result<(), Broken> {
    let tables = &backend.settings.tables;
    let mut session = backend.pool.session().await?;
    let zones = wanted.iter().map(|zone| (zone.name, zone.rows()));
    let zones: Vec<(&ZoneName, &[Row])> = zones.collect();
    let zones = put::insert_zones(&mut session, tables, BEGIN, &zones).await?;
    let rows = zones
        .iter()
        .flat_map(|(_, id, rows)| rows.iter().map(|row| (*id, row)));
    let rows: Vec<_> = rows.collect();
    sql::insert_rows(&mut session, tables, &rows).await?;
    let newest = reading::lock_feed(&mut session, tables, fence).await?;
    let noted: Vec<_> = zones
        .iter()
        .map(|(name, id, _)| (*name, Some(*id)))
        .collect();
    if let Err(fault) = put::commit(&mut session, tables, &noted, newest, END).await {
        let changed = vec![true; wanted.len()];
        return Err(Broken { fault, changed });
    }
    session.done();
    Ok(())
}
