//! What is written: many rows with each statement.
//!
//! A server takes long to prepare a statement of thousands of arguments: it describes each. So records,
//! whose owners and data are anything, are inserted by few shapes of one statement, which sqlx keeps
//! prepared: powers of two. (1,000 new zones took 1,311 ms with a shape for each length.) All else is
//! numbers and names of zones, and goes as text, as in `reading`.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use dadns_zone::ZoneName;
use sqlx::{MySql, QueryBuilder};

use super::fault::{Fault, Kind};
use super::pool::Session;
use super::reading;
use super::rows::Row;
use super::settings::Tables;

/// Most rows that one statement inserts, and most octets of their owners and data. So a statement goes
/// into one segment on the loopback: sqlx 0.9.0 does not set TCP_NODELAY, and what is left over for a
/// second one waits for the acknowledgement of the first, up to 40 ms. 64 rows cost the server a tenth more
/// than 256; thousands cost it as much, and their shapes take longer to prepare.
const INSERTED: (usize, usize) = (256, 40 << 10);
/// What a packet has besides the owners and data of its rows: for the packet itself, and for each row.
const OVERHEAD: (usize, usize) = (512, 64);

/// Gives the change feed its counter row, if it has none.
pub(super) async fn start_feed(session: &mut Session<'_>, tables: &Tables) -> Result<(), Fault> {
    let changes = &tables.changes;
    let there = format!("SELECT 1 FROM {changes} WHERE zone_name = ''");
    if session
        .ask(there)
        .await?
        .iter()
        .any(|rows| !rows.is_empty())
    {
        return Ok(());
    }
    let insert =
        format!("INSERT IGNORE INTO {changes} (zone_name, zone_id, version) VALUES ('', NULL, 0)");
    session.ask(insert).await.map(drop)
}

/// Statements that go to the server together, as many as a packet holds.
pub(super) struct Script<'s, 'p> {
    session: &'s mut Session<'p>,
    sql: String,
}

impl<'s, 'p> Script<'s, 'p> {
    pub fn new(session: &'s mut Session<'p>) -> Self {
        Self {
            session,
            sql: String::new(),
        }
    }

    /// Adds a statement; those before it are run first where all together are too long.
    pub async fn add(&mut self, statement: &str) -> Result<(), Fault> {
        if !self.sql.is_empty() {
            if self.sql.len() + 2 + statement.len() > self.session.room() {
                self.run().await?;
            } else {
                self.sql.push_str("; ");
            }
        }
        self.sql.push_str(statement);
        Ok(())
    }

    /// Runs what was added.
    pub async fn run(&mut self) -> Result<(), Fault> {
        match self.sql.is_empty() {
            true => Ok(()),
            false => self
                .session
                .ask(std::mem::take(&mut self.sql))
                .await
                .map(drop),
        }
    }

    /// Adds `head`, as many of `items` as fit, and `tail`, until all items are added.
    async fn add_lists<T: Copy>(
        &mut self,
        (head, tail): (&str, &str),
        items: impl Iterator<Item = T>,
        write: impl Fn(&mut String, T) -> fmt::Result,
    ) -> Result<(), Fault> {
        let room = self.session.room();
        let mut statement = String::new();
        let mut item = String::new();
        for one in items {
            item.clear();
            // Writing to a string does not fail.
            let _ = write(&mut item, one);
            if !statement.is_empty() && statement.len() + 2 + item.len() + tail.len() > room {
                statement.push_str(tail);
                self.add(&statement).await?;
                statement.clear();
            }
            statement.push_str(if statement.is_empty() { head } else { ", " });
            statement.push_str(&item);
        }
        if statement.is_empty() {
            return Ok(());
        }
        statement.push_str(tail);
        self.add(&statement).await
    }

    /// Deletes rows of the table of records by their ids.
    pub async fn delete_rows(&mut self, tables: &Tables, ids: &[i64]) -> Result<(), Fault> {
        self.delete(&format!("{} WHERE id", tables.records), ids)
            .await
    }

    /// Deletes zones with all their rows.
    pub async fn delete_zones(&mut self, tables: &Tables, ids: &[i64]) -> Result<(), Fault> {
        self.delete(&format!("{} WHERE zone_id", tables.records), ids)
            .await?;
        self.delete(&format!("{} WHERE id", tables.zones), ids)
            .await
    }

    async fn delete(&mut self, which: &str, ids: &[i64]) -> Result<(), Fault> {
        let head = format!("DELETE FROM {which} IN (");
        let ids = ids.iter().copied();
        let write = |sql: &mut String, id: i64| write!(sql, "{id}");
        self.add_lists((&head, ")"), ids, write).await
    }

    /// Notes in the change feed that these zones (id, or `None` for removed) have changed, all with the
    /// same version, which becomes its newest.
    pub async fn note(
        &mut self,
        tables: &Tables,
        zones: &[(&ZoneName, Option<i64>)],
        version: u64,
    ) -> Result<(), Fault> {
        let head = format!(
            "REPLACE INTO {} (zone_name, zone_id, version) VALUES ",
            tables.changes
        );
        let counter = std::iter::once(None);
        let all = zones.iter().copied().map(Some).chain(counter);
        let write = |sql: &mut String, zone: Option<(&ZoneName, Option<i64>)>| match zone {
            Some((name, Some(id))) => write!(sql, "('{name}.', {id}, {version})"),
            Some((name, None)) => write!(sql, "('{name}.', NULL, {version})"),
            None => write!(sql, "('', NULL, {version})"),
        };
        self.add_lists((&head, ""), all, write).await
    }
}

/// Adds zones to the table of zones, after `before`; returns their ids.
pub(super) async fn insert_zones(
    session: &mut Session<'_>,
    tables: &Tables,
    before: &str,
    names: &[&ZoneName],
) -> Result<HashMap<String, i64>, Fault> {
    let mut ids = HashMap::with_capacity(names.len());
    let mut before = before.to_owned();
    for list in reading::lists(session, names) {
        // ('a.', 'b.') as values is ('a.'), ('b.').
        let values = list.replace(", ", "), (");
        let insert = format!("INSERT INTO {} (zone_name) VALUES {values}", tables.zones);
        let select = reading::select_ids(tables, &list);
        let answers = session.ask(format!("{before}{insert}; {select}")).await?;
        if let Some(rows) = answers.last() {
            reading::take_ids(&mut ids, rows)?;
        }
        before.clear();
    }
    Ok(ids)
}

/// Adds records, each to the zone of this id.
pub(super) async fn insert_rows(
    session: &mut Session<'_>,
    tables: &Tables,
    rows: &[(i64, &Row)],
) -> Result<(), Fault> {
    let mut rest = rows;
    while let Some((_, first)) = rest.first() {
        let room = session.packet().saturating_sub(OVERHEAD.0);
        if size(first) > room {
            return Err(Fault {
                kind: Kind::Data,
                cause: format!(
                    "{} {} takes more than a packet, which max_allowed_packet of the server limits to {} \
                     octets",
                    first.hostname,
                    first.rtype,
                    session.packet()
                ),
            });
        }
        let (some, after) = rest.split_at(fitting(rest, room));
        rest = after;
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

/// How many octets a row takes of a packet, at most.
fn size(row: &Row) -> usize {
    row.hostname.len() + row.rtype.len() + row.data.len() + OVERHEAD.1
}

/// How many of `rows` go into one statement: at least one, and a power of two.
fn fitting(rows: &[(i64, &Row)], room: usize) -> usize {
    let (most, octets) = INSERTED;
    let mut room = room.min(octets);
    let fit = rows.iter().take(most).take_while(|(_, row)| {
        let fits = size(row) <= room;
        room = room.saturating_sub(size(row));
        fits
    });
    1 << fit.count().max(1).ilog2()
}
