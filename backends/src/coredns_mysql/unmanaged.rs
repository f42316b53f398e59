//! Zones that others put into the tables, read as they are.

use std::collections::BTreeSet;

use dadns_zone::{Zone, ZoneName};
use sqlx::AssertSqlSafe;

use super::CorednsMysql;
use super::fault::Fault;
use super::pool::Session;
use super::rows::{self, HeldRow, Repeated};
use super::settings::Tables;
use super::statements as sql;
use crate::BackendError;

/// The names of those zones, as far as they are names of zones.
pub(super) async fn list(place: &CorednsMysql) -> Result<BTreeSet<ZoneName>, BackendError> {
    let tables = &place.settings.tables;
    let names = place
        .ask("listing the zones of others in", |mut session| async move {
            let names = names(&mut session, tables).await?;
            session.done();
            Ok(names)
        })
        .await?;
    // Without its final dot no reader serves it.
    let names = names.iter().filter_map(|name| name.strip_suffix('.'));
    Ok(names.filter_map(|name| name.parse().ok()).collect())
}

/// The zone that the rows of `name` are which readers answer with.
///
/// # Errors
/// [`BackendError::Zone`] with the reason when there is none of others, or they are no zone.
pub(super) async fn read(place: &CorednsMysql, name: &ZoneName) -> Result<Zone, BackendError> {
    let (tables, key) = (&place.settings.tables, format!("{name}."));
    let key = key.as_str();
    let rows = place
        .ask("reading from", |mut session| async move {
            let rows = rows_of(&mut session, tables, key).await?;
            session.done();
            Ok(rows)
        })
        .await?;
    let failed = |why: String| {
        let doing = format!("reading rows of others in {}", place.address());
        BackendError::zone(name, doing, why)
    };
    let rows = rows.ok_or_else(|| failed("others keep no such zone in the tables".to_owned()))?;
    // A repeated row is no reason to leave the zone behind: putting it removes the row.
    rows::to_zone(name, &rows, Repeated::Harmless).map_err(failed)
}

async fn names(session: &mut Session<'_>, tables: &Tables) -> Result<BTreeSet<String>, Fault> {
    let ours = sql::list(session, tables).await?;
    let query = format!("SELECT zone_name FROM {}", tables.zones);
    let rows = session.rows(sqlx::query(AssertSqlSafe(query))).await?;
    let names = rows.iter().map(|row| sql::name(row, 0));
    let names: BTreeSet<String> = names.collect::<Result<_, _>>()?;
    Ok(names.difference(&ours).cloned().collect())
}

/// All rows of a zone; `None`: there is none, or it is ours.
async fn rows_of(
    session: &mut Session<'_>,
    tables: &Tables,
    name: &str,
) -> Result<Option<Vec<HeldRow>>, Fault> {
    let Some(&id) = sql::zone_ids(session, tables, &[name]).await?.get(name) else {
        return Ok(None);
    };
    let noted = sql::feed(session, tables, &[name]).await?;
    if noted.get(name).copied().flatten() == Some(id) {
        return Ok(None);
    }
    let mut rows = sql::rows_of(session, tables, &[id]).await?;
    Ok(Some(rows.remove(&id).unwrap_or_default()))
}
