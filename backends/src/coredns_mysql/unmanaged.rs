//! Unmanaged zones: those in the tables that dadns did not put there, read as they are.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};
use sqlx::AssertSqlSafe;

use super::fault::Fault;
use super::pool::Session;
use super::rows::{self, Repeated, StoredRow};
use super::settings::Tables;
use super::statements as sql;
use super::{CorednsMysql, key};
use crate::{BackendError, Unmanaged};

#[async_trait]
impl Unmanaged for CorednsMysql {
    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        let tables = &self.settings.tables;
        let doing = "listing the unmanaged zones in";
        let names = self
            .ask(doing, |mut session| async move {
                let names = names(&mut session, tables).await?;
                session.done();
                Ok(names)
            })
            .await?;
        // Without its final dot no reader serves it.
        let names = names.iter().filter_map(|name| name.strip_suffix('.'));
        Ok(names.filter_map(|name| name.parse().ok()).collect())
    }

    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Zone, BackendError>> {
        let keys: Vec<String> = names.iter().map(key).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let (tables, keys) = (&self.settings.tables, keys.as_slice());
        let rows = self
            .ask("reading from", |mut session| async move {
                let rows = rows_of(&mut session, tables, keys).await?;
                session.done();
                Ok(rows)
            })
            .await;
        let mut rows = match rows {
            Ok(rows) => rows,
            Err(error) => return names.iter().map(|_| Err(error.clone())).collect(),
        };
        let doing = format!("reading unmanaged rows in {}", self.address());
        let zones = names.iter().map(|name| {
            let none = || "the tables have no unmanaged zone of this name".to_owned();
            // A repeated row is no reason to leave the zone behind: putting it removes the row.
            let zone = rows
                .remove(&key(name))
                .ok_or_else(none)
                .and_then(|rows| rows::to_zone(name, &rows, Repeated::Harmless));
            zone.map_err(|why| BackendError::zone(name, doing.as_str(), why))
        });
        zones.collect()
    }
}

async fn names(session: &mut Session<'_>, tables: &Tables) -> Result<BTreeSet<String>, Fault> {
    let ours = sql::list(session, tables).await?;
    let query = format!("SELECT zone_name FROM {}", tables.zones);
    let rows = session.rows(sqlx::query(AssertSqlSafe(query))).await?;
    let names = rows.iter().map(|row| sql::name(row, 0));
    let names: BTreeSet<String> = names.collect::<Result<_, _>>()?;
    Ok(names.difference(&ours).cloned().collect())
}

/// All rows of those of `names` that are there and not ours.
async fn rows_of(
    session: &mut Session<'_>,
    tables: &Tables,
    names: &[&str],
) -> Result<HashMap<String, Vec<StoredRow>>, Fault> {
    let noted = sql::feed(session, tables, names).await?;
    let mut ids = sql::zone_ids(session, tables, names).await?;
    ids.retain(|name, id| noted.get(name).copied().flatten() != Some(*id));
    let wanted: Vec<i64> = ids.values().copied().collect();
    let mut rows = sql::rows_of(session, tables, &wanted).await?;
    let found = ids
        .into_iter()
        .map(|(name, id)| (name, rows.remove(&id).unwrap_or_default()));
    Ok(found.collect())
}
