//! The statements: each reads or writes many rows at once.
//!
//! A server takes long to prepare a statement of thousands of arguments: it describes each. So there are
//! few shapes of each statement, which sqlx keeps prepared: lists are filled up to a power of four with
//! their last item, and rows are inserted by powers of two. (1,000 new zones took 1,311 ms with a shape
//! for each length.)

use std::collections::{BTreeSet, HashMap};

use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, MySql, QueryBuilder, Row as _};

use super::fault::Fault;
use super::pool::Session;
use super::rows::{Row, StoredRow};
use super::settings::{TableName, Tables};

/// The row of the change feed that holds its newest version. No zone is called so.
const COUNTER: &str = "";

/// Most names or ids in one statement.
const MANY: usize = 1024;
/// Most rows that one statement inserts, and most octets of their owners and data. So a statement goes
/// into one segment on the loopback: sqlx 0.9 does not set TCP_NODELAY, and what is left over for a second
/// one waits for the acknowledgement of the first, up to 40 ms.
const INSERTED: (usize, usize) = (256, 40 << 10);

/// Gives the change feed its counter row, if it has none.
pub(super) async fn start_feed(session: &mut Session<'_>, tables: &Tables) -> Result<(), Fault> {
    let sql = format!("SELECT 1 FROM {} WHERE zone_name = ?", tables.changes);
    let there = sqlx::query(AssertSqlSafe(sql)).bind(COUNTER);
    if !session.rows(there).await?.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT IGNORE INTO {} (zone_name, zone_id, version) VALUES (?, NULL, 0)",
        tables.changes
    );
    session
        .run(sqlx::query(AssertSqlSafe(sql)).bind(COUNTER))
        .await
}

/// Locks the change feed against other writers until the transaction ends, and returns its newest
/// version. Whoever comes second waits here, also for a transaction whose end nobody heard of.
pub(super) async fn lock_feed(session: &mut Session<'_>, tables: &Tables) -> Result<u64, Fault> {
    let sql = format!(
        "SELECT CAST(version AS UNSIGNED) FROM {} WHERE zone_name = ? FOR UPDATE",
        tables.changes
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(COUNTER);
    match session.rows(query).await?.first() {
        Some(row) => Ok(row.try_get(0)?),
        None => Err(Fault::server(format!(
            "table {} has lost its counter row, whose zone_name is empty",
            tables.changes.as_str()
        ))),
    }
}

/// The ids of those of `names` that the table of zones has.
pub(super) async fn zone_ids(
    session: &mut Session<'_>,
    tables: &Tables,
    names: &[&str],
) -> Result<HashMap<String, i64>, Fault> {
    let ids = ids(session, &tables.zones, "id", names).await?;
    Ok(ids
        .into_iter()
        .filter_map(|(name, id)| Some((name, id?)))
        .collect())
}

/// What the change feed says of those of `names` that it has: the id of the zone, or `None` for a zone
/// that we removed.
pub(super) async fn feed(
    session: &mut Session<'_>,
    tables: &Tables,
    names: &[&str],
) -> Result<HashMap<String, Option<i64>>, Fault> {
    ids(session, &tables.changes, "zone_id", names).await
}

async fn ids(
    session: &mut Session<'_>,
    table: &TableName,
    column: &str,
    names: &[&str],
) -> Result<HashMap<String, Option<i64>>, Fault> {
    let select =
        format!("SELECT zone_name, CAST({column} AS SIGNED) FROM {table} WHERE zone_name IN ");
    let rows = by_names(session, &select, names).await?;
    rows.iter()
        .map(|row| Ok((name(row, 0)?, row.try_get(1)?)))
        .collect()
}

/// All rows of zones, by the ids of the zones.
pub(super) async fn rows_of(
    session: &mut Session<'_>,
    tables: &Tables,
    zones: &[i64],
) -> Result<HashMap<i64, Vec<StoredRow>>, Fault> {
    let mut found: HashMap<i64, Vec<StoredRow>> = HashMap::with_capacity(zones.len());
    for some in zones.chunks(MANY) {
        let mut query = QueryBuilder::<MySql>::new(format!(
            "SELECT CAST(r.zone_id AS SIGNED), {STORED} FROM {} r WHERE r.zone_id IN ",
            tables.records
        ));
        push_list(&mut query, some);
        for row in session.rows(query.build()).await? {
            found
                .entry(row.try_get(0)?)
                .or_default()
                .push(stored(&row, 1)?);
        }
    }
    Ok(found)
}

/// The columns of records `r` that [`stored`] reads.
const STORED: &str = "CAST(r.id AS SIGNED), r.hostname, r.type, r.data, CAST(r.ttl AS SIGNED), \
     CAST(r.online AS SIGNED)";

/// The rows of those of `names` that we put and that are there.
pub(super) async fn zones(
    session: &mut Session<'_>,
    tables: &Tables,
    names: &[&str],
) -> Result<HashMap<String, Vec<StoredRow>>, Fault> {
    let Tables {
        zones,
        records,
        changes,
    } = tables;
    let mut found: HashMap<String, Vec<StoredRow>> = HashMap::with_capacity(names.len());
    let select = format!(
        "SELECT z.zone_name, c.zone_name, {STORED} FROM {zones} z JOIN {changes} c \
         ON c.zone_id = z.id LEFT JOIN {records} r ON r.zone_id = z.id WHERE z.zone_name IN "
    );
    for row in by_names(session, &select, names).await? {
        let zone = name(&row, 0)?;
        // The id alone may have gone to an unmanaged zone.
        if zone != name(&row, 1)? {
            continue;
        }
        let rows = found.entry(zone).or_default();
        // A zone without records gives one row of nothing.
        if row.try_get::<Option<i64>, _>(2)?.is_some() {
            rows.push(stored(&row, 2)?);
        }
    }
    Ok(found)
}

/// The names of the zones that we put.
pub(super) async fn list(
    session: &mut Session<'_>,
    tables: &Tables,
) -> Result<BTreeSet<String>, Fault> {
    let Tables { zones, changes, .. } = tables;
    let sql = format!(
        "SELECT z.zone_name, c.zone_name FROM {changes} c JOIN {zones} z ON z.id = c.zone_id"
    );
    let rows = session.rows(sqlx::query(AssertSqlSafe(sql))).await?;
    let names = rows.iter().map(|row| Ok((name(row, 0)?, name(row, 1)?)));
    let names = names.collect::<Result<Vec<_>, Fault>>()?;
    let ours = names.into_iter().filter(|(zone, noted)| zone == noted);
    Ok(ours.map(|(zone, _)| zone).collect())
}

/// Whether the server is set to take nothing, as replicas are.
pub(super) async fn read_only(session: &mut Session<'_>) -> Result<bool, Fault> {
    let query = sqlx::query("SELECT CAST(@@global.read_only AS CHAR)");
    let rows = session.rows(query).await?;
    let set = rows.first().map(|row| text(row, 0)).transpose()?.flatten();
    Ok(!matches!(set.as_deref(), None | Some("0" | "OFF")))
}

/// Deletes rows of the table of records by their ids.
pub(super) async fn delete_rows(
    session: &mut Session<'_>,
    tables: &Tables,
    ids: &[i64],
) -> Result<(), Fault> {
    delete(session, &format!("{} WHERE id IN ", tables.records), ids).await
}

/// Deletes zones with all their rows.
pub(super) async fn delete_zones(
    session: &mut Session<'_>,
    tables: &Tables,
    ids: &[i64],
) -> Result<(), Fault> {
    delete(
        session,
        &format!("{} WHERE zone_id IN ", tables.records),
        ids,
    )
    .await?;
    delete(session, &format!("{} WHERE id IN ", tables.zones), ids).await
}

async fn delete(session: &mut Session<'_>, which: &str, ids: &[i64]) -> Result<(), Fault> {
    for some in ids.chunks(MANY) {
        let mut query = QueryBuilder::<MySql>::new(format!("DELETE FROM {which}"));
        push_list(&mut query, some);
        session.run(query.build()).await?;
    }
    Ok(())
}

/// Adds zones to the table of zones.
pub(super) async fn insert_zones(
    session: &mut Session<'_>,
    tables: &Tables,
    names: &[&str],
) -> Result<(), Fault> {
    for some in in_parts(names, |rest| shape(rest.len())) {
        let insert = format!("INSERT INTO {} (zone_name) ", tables.zones);
        let mut query = QueryBuilder::<MySql>::new(insert);
        query.push_values(some, |mut values, name| {
            values.push_bind(*name);
        });
        session.run(query.build()).await?;
    }
    Ok(())
}

/// Adds records, each to the zone of this id.
pub(super) async fn insert_rows(
    session: &mut Session<'_>,
    tables: &Tables,
    rows: &[(i64, &Row)],
) -> Result<(), Fault> {
    for some in in_parts(rows, fitting) {
        let mut query = QueryBuilder::<MySql>::new(format!(
            "INSERT INTO {} (zone_id, hostname, type, data, ttl, online) ",
            tables.records
        ));
        query.push_values(some, |mut values, (zone, row)| {
            values
                .push_bind(*zone)
                .push_bind(&row.hostname)
                .push_bind(&row.rtype)
                .push_bind(&row.data)
                .push_bind(row.ttl)
                .push("1");
        });
        session.run(query.build()).await?;
    }
    Ok(())
}

/// `items` in parts, each as long as `fitting` says of what is left.
fn in_parts<T>(items: &[T], fitting: impl Fn(&[T]) -> usize) -> impl Iterator<Item = &[T]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (some, after) = rest.split_at(fitting(rest));
        rest = after;
        Some(some)
    })
}

/// How many of `len` rows go into one statement: a power of two.
fn shape(len: usize) -> usize {
    1 << len.clamp(1, INSERTED.0).ilog2()
}

/// How many of `rows` go into one statement: at least one.
fn fitting(rows: &[(i64, &Row)]) -> usize {
    let (most, mut room) = INSERTED;
    let fit = rows.iter().take(most).take_while(|(_, row)| {
        let size = row.hostname.len() + row.data.len();
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    });
    shape(fit.count())
}

/// Notes in the change feed that these zones (name; id, or `None` for removed) have changed, all with
/// the same version, which becomes its newest.
pub(super) async fn note(
    session: &mut Session<'_>,
    tables: &Tables,
    zones: &[(&str, Option<i64>)],
    version: u64,
) -> Result<(), Fault> {
    let all: Vec<_> = zones.iter().copied().chain([(COUNTER, None)]).collect();
    for some in in_parts(&all, |rest| shape(rest.len())) {
        let mut query = QueryBuilder::<MySql>::new(format!(
            "REPLACE INTO {} (zone_name, zone_id, version) ",
            tables.changes
        ));
        query.push_values(some, |mut values, (name, id)| {
            values.push_bind(*name).push_bind(*id).push_bind(version);
        });
        session.run(query.build()).await?;
    }
    Ok(())
}

async fn by_names(
    session: &mut Session<'_>,
    select: &str,
    names: &[&str],
) -> Result<Vec<MySqlRow>, Fault> {
    let mut rows = Vec::with_capacity(names.len());
    for some in names.chunks(MANY) {
        let mut query = QueryBuilder::<MySql>::new(select);
        push_list(&mut query, some);
        rows.extend(session.rows(query.build()).await?);
    }
    Ok(rows)
}

/// `(?, ?, …)`, filled up with the last item, which changes nothing in a set.
fn push_list<'a, T>(query: &mut QueryBuilder<MySql>, items: &'a [T])
where
    &'a T: sqlx::Encode<'a, MySql> + sqlx::Type<MySql>,
{
    query.push("(");
    let mut list = query.separated(", ");
    let filled = (0..)
        .map(|power| 1 << (2 * power))
        .find(|filled| *filled >= items.len());
    let last = items.last().into_iter().cycle();
    for item in items.iter().chain(last).take(filled.unwrap_or(items.len())) {
        list.push_bind(item);
    }
    query.push(")");
}

/// A name as we write it; tables may hold it in other case.
pub(super) fn name(row: &MySqlRow, index: usize) -> Result<String, Fault> {
    Ok(text(row, index)?.unwrap_or_default().to_ascii_lowercase())
}

/// Text of whatever type the column is.
fn text(row: &MySqlRow, index: usize) -> Result<Option<String>, Fault> {
    let octets: Option<&[u8]> = row.try_get(index)?;
    Ok(octets.map(|octets| String::from_utf8_lossy(octets).into_owned()))
}

/// The row whose columns [`STORED`] start at `first`.
fn stored(row: &MySqlRow, first: usize) -> Result<StoredRow, Fault> {
    let columns = (
        text(row, first + 1)?,
        text(row, first + 2)?,
        text(row, first + 3)?,
        row.try_get::<Option<i64>, _>(first + 4)?,
    );
    let known = match columns {
        (Some(hostname), Some(rtype), Some(data), Some(ttl)) => Some(Row {
            hostname,
            rtype,
            data,
            ttl,
        }),
        _ => None,
    };
    Ok(StoredRow {
        id: row.try_get(first)?,
        row: known,
        online: row.try_get::<Option<i64>, _>(first + 5)?.unwrap_or(0) != 0,
    })
}
