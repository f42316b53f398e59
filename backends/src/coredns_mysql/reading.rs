//! What the tables have: many zones in one answer.
//!
//! These statements are text, several in one packet: nothing stands in them but numbers of ours and names
//! of zones, whose grammar has no character that could leave its quotes. A server takes long to prepare a
//! list of a thousand arguments, and describes each; this takes one round trip, and no preparation.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use dadns_zone::ZoneName;
use sqlx::Row as _;
use sqlx::mysql::MySqlRow;

use super::fault::Fault;
use super::owner::Fence;
use super::pool::Session;
use super::rows::{Row, StoredRow};
use super::settings::Tables;

/// Most zones that one answer is about: a connection has all of it in memory.
const MANY: usize = 1024;

/// One zone as the tables have it.
#[derive(Debug, Default)]
pub(super) struct StoredZone {
    pub id: i64,
    /// Whether the change feed says that it is ours; the id alone may have gone to an unmanaged zone.
    pub ours: bool,
    pub rows: Vec<StoredRow>,
}

/// Zones by their names as we write them, without the final dot.
pub(super) type Stored = HashMap<String, StoredZone>;

/// Begins a transaction, locks the change feed against other writers until it ends, and reads `names`.
/// Returns also the newest version of the feed. Whoever comes second waits here, also for a transaction
/// whose end nobody heard of.
pub(super) async fn lock_and_read(
    session: &mut Session<'_>,
    tables: &Tables,
    names: &[&ZoneName],
    fence: Option<&Fence>,
) -> Result<(u64, Stored), Fault> {
    let mut lists = lists(session, names).into_iter();
    let mut sql = format!("START TRANSACTION; {}", lock(tables, fence));
    if let Some(list) = lists.next() {
        let _ = write!(sql, "; {}", select(tables, &list));
    }
    let mut answers = session.ask(sql).await?.into_iter().skip(1);
    let version = version(tables, fence, &mut answers)?;
    let mut stored = Stored::new();
    take(&mut stored, answers)?;
    for list in lists {
        let answers = session.ask(select(tables, &list)).await?;
        take(&mut stored, answers.into_iter())?;
    }
    Ok((version, stored))
}

/// Locks the change feed in a transaction that is under way, and returns its newest version.
pub(super) async fn lock_feed(
    session: &mut Session<'_>,
    tables: &Tables,
    fence: Option<&Fence>,
) -> Result<u64, Fault> {
    let answers = session.ask(lock(tables, fence)).await?;
    version(tables, fence, &mut answers.into_iter())
}

fn lock(tables: &Tables, fence: Option<&Fence>) -> String {
    let lock = format!(
        "SELECT version FROM {} WHERE zone_name = '' FOR UPDATE",
        tables.changes
    );
    match fence {
        Some(fence) => format!("{}; {lock}", fence.select()),
        None => lock,
    }
}

/// Reads the answers to [`lock`].
fn version(
    tables: &Tables,
    fence: Option<&Fence>,
    answers: &mut impl Iterator<Item = Vec<MySqlRow>>,
) -> Result<u64, Fault> {
    if let Some(fence) = fence {
        fence.holds(answers.next())?;
    }
    let lost = || {
        Fault::server(format!(
            "table {} has lost its counter row, whose zone_name is empty",
            tables.changes.as_str()
        ))
    };
    let row = answers.next().and_then(|rows| rows.into_iter().next());
    number(&row.ok_or_else(lost)?, 0)?.ok_or_else(lost)
}

/// Those of `names` that are there, each answer of one moment.
pub(super) async fn zones(
    session: &mut Session<'_>,
    tables: &Tables,
    names: &[&ZoneName],
) -> Result<Stored, Fault> {
    let mut stored = Stored::with_capacity(names.len());
    for list in lists(session, names) {
        let select = select(tables, &list);
        let sql = format!("START TRANSACTION READ ONLY; {select}; COMMIT");
        let answers = session.ask(sql).await?;
        take(&mut stored, answers.into_iter().skip(1))?;
    }
    Ok(stored)
}

/// Two statements: the zones of a list, and their rows.
fn select(tables: &Tables, list: &str) -> String {
    let Tables {
        zones,
        records,
        changes,
    } = tables;
    format!(
        "SELECT z.id, z.zone_name, c.zone_name FROM {zones} z LEFT JOIN {changes} c \
         ON c.zone_id = z.id WHERE z.zone_name IN {list}; \
         SELECT z.id, r.id, r.hostname, r.type, r.data, r.ttl, r.online <> 0 FROM {zones} z \
         JOIN {records} r ON r.zone_id = z.id WHERE z.zone_name IN {list}"
    )
}

/// Adds the answers to [`select`].
fn take(
    stored: &mut Stored,
    mut answers: impl Iterator<Item = Vec<MySqlRow>>,
) -> Result<(), Fault> {
    let mut rows_of = HashMap::<i64, Vec<StoredRow>>::new();
    let zones = answers.next().unwrap_or_default();
    for row in answers.next().unwrap_or_default() {
        rows_of
            .entry(required(&row, 0)?)
            .or_default()
            .push(stored_row(&row)?);
    }
    for row in zones {
        let (id, name) = (required(&row, 0)?, name(&row, 1)?);
        let ours = octets(&row, 2)?.is_some_and(|noted| is_name(noted, &name));
        // An id may be noted for several names.
        let zone = stored.entry(name).or_default();
        zone.id = id;
        zone.ours |= ours;
        if let Some(rows) = rows_of.remove(&id) {
            zone.rows = rows;
        }
    }
    Ok(())
}

/// The ids of those of `names` that the table of zones has.
pub(super) async fn ids(
    session: &mut Session<'_>,
    tables: &Tables,
    names: &[&ZoneName],
) -> Result<HashMap<String, i64>, Fault> {
    let mut ids = HashMap::with_capacity(names.len());
    for list in lists(session, names) {
        for answer in session.ask(select_ids(tables, &list)).await? {
            take_ids(&mut ids, &answer)?;
        }
    }
    Ok(ids)
}

/// The ids of the zones of a list.
pub(super) fn select_ids(tables: &Tables, list: &str) -> String {
    format!(
        "SELECT id, zone_name FROM {} WHERE zone_name IN {list}",
        tables.zones
    )
}

/// Adds the answer to [`select_ids`].
pub(super) fn take_ids(ids: &mut HashMap<String, i64>, rows: &[MySqlRow]) -> Result<(), Fault> {
    for row in rows {
        ids.insert(name(row, 1)?, required(row, 0)?);
    }
    Ok(())
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
    let mut ours = BTreeSet::new();
    for row in session.ask(sql).await?.into_iter().flatten() {
        let zone = name(&row, 0)?;
        if octets(&row, 1)?.is_some_and(|noted| is_name(noted, &zone)) {
            ours.insert(zone);
        }
    }
    Ok(ours)
}

/// The names of the zones that we did not put.
pub(super) async fn list_unmanaged(
    session: &mut Session<'_>,
    tables: &Tables,
) -> Result<HashSet<String>, Fault> {
    let ours = list(session, tables).await?;
    // Without its final dot no reader serves it.
    let sql = format!(
        "SELECT zone_name FROM {} WHERE zone_name LIKE '%.'",
        tables.zones
    );
    let rows = session.ask(sql).await?.into_iter().flatten();
    let names = rows.map(|row| name(&row, 0));
    let mut names: HashSet<String> = names.collect::<Result<_, _>>()?;
    names.retain(|name| !ours.contains(name));
    Ok(names)
}

/// Whether the server is set to take nothing, as replicas are.
pub(super) async fn read_only(session: &mut Session<'_>) -> Result<bool, Fault> {
    let answers = session.ask("SELECT CAST(@@global.read_only AS CHAR)".into());
    let row = answers.await?.into_iter().flatten().next();
    let set = row.map(|row| text(&row, 0)).transpose()?.flatten();
    Ok(!matches!(set.as_deref(), None | Some("0" | "OFF")))
}

/// `('a.', 'b.', …)`, each as long as a statement may be.
pub(super) fn lists(session: &Session<'_>, names: &[&ZoneName]) -> Vec<String> {
    let mut lists = Vec::new();
    // A packet may have the list twice.
    let room = session.room() / 3;
    let mut rest = names.iter().peekable();
    while rest.peek().is_some() {
        let (mut list, mut count) = (String::from("("), 0);
        while let Some(name) = rest.next_if(|name| {
            count == 0 || (count < MANY && list.len() + name.as_str().len() + 6 <= room)
        }) {
            let comma = if count == 0 { "" } else { ", " };
            let _ = write!(list, "{comma}'{name}.'");
            count += 1;
        }
        list.push(')');
        lists.push(list);
    }
    lists
}

/// A name as we write it; tables hold it with a final dot, and may hold it in other case.
fn name(row: &MySqlRow, index: usize) -> Result<String, Fault> {
    let mut name = text(row, index)?.unwrap_or_default();
    name.make_ascii_lowercase();
    if name.ends_with('.') {
        name.pop();
    }
    Ok(name)
}

/// Whether a table says `name`, with its final dot.
fn is_name(octets: &[u8], name: &str) -> bool {
    octets
        .strip_suffix(b".")
        .is_some_and(|bare| bare.eq_ignore_ascii_case(name.as_bytes()))
}

/// What a column says, whatever its type is.
fn octets(row: &MySqlRow, index: usize) -> Result<Option<&[u8]>, Fault> {
    Ok(row.try_get_unchecked(index)?)
}

fn text(row: &MySqlRow, index: usize) -> Result<Option<String>, Fault> {
    let octets = octets(row, index)?;
    Ok(octets.map(|octets| String::from_utf8_lossy(octets).into_owned()))
}

/// A number, of whatever type the column is; `None`: it is NULL or something else.
pub(super) fn number<T: std::str::FromStr>(
    row: &MySqlRow,
    index: usize,
) -> Result<Option<T>, Fault> {
    let text = octets(row, index)?.and_then(|octets| std::str::from_utf8(octets).ok());
    Ok(text.and_then(|text| text.parse().ok()))
}

/// The id of a row.
fn required(row: &MySqlRow, index: usize) -> Result<i64, Fault> {
    number(row, index)?.ok_or_else(|| Fault::server("an id in the tables is not a whole number"))
}

/// A row of the table of records as [`select`] asks for it.
fn stored_row(row: &MySqlRow) -> Result<StoredRow, Fault> {
    let columns = (
        text(row, 2)?,
        text(row, 3)?,
        text(row, 4)?,
        number::<i64>(row, 5)?,
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
        id: required(row, 1)?,
        row: known,
        online: number::<i64>(row, 6)?.unwrap_or(0) != 0,
    })
}
