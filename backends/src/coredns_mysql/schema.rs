//! The tables: what they have to be, what they are, and making them so.

use std::collections::HashMap;
use std::time::Duration;

use dadns_zone::ZoneName;
use sqlx::{AssertSqlSafe, Row as _};

use super::fault::{Fault, Kind};
use super::pool::Session;
use super::rows::Row;
use super::settings::{Settings, TableName, Tables};
use super::statements;
use crate::Unsupported;

/// How long making a table may take: a column of a large one that gets wider is copied.
const DDL: Duration = Duration::from_secs(600);

/// The longest RDATA is 65,535 octets, and an octet takes four characters at most (`\DDD`).
const ANY_DATA: u64 = 4 * 65_535;

/// The tables as they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schema {
    /// What a row can hold.
    pub room: Room,
    /// What an operator should know.
    pub notes: Vec<String>,
}

/// Most characters that the columns of a row hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub hostname: u64,
    pub rtype: u64,
    pub data: u64,
}

impl Room {
    /// Why a zone of these rows does not fit, one reason for each row that does not.
    pub fn refuse<'r>(
        &self,
        rows: impl Iterator<Item = &'r Row>,
        zone: &ZoneName,
    ) -> Vec<Unsupported> {
        let mut refused = Vec::new();
        for row in rows {
            let columns = [
                ("hostname", &row.hostname, self.hostname),
                ("type", &row.rtype, self.rtype),
                ("data", &row.data, self.data),
            ];
            for (column, value, room) in columns {
                let len = value.len() as u64;
                if len > room {
                    refused.push(Unsupported {
                        record: format!("{} {} in {zone}", row.hostname, row.rtype),
                        reason: format!(
                            "takes {len} characters in column {column}, which holds {room} \
                             (manage_schema: true widens data)"
                        ),
                        fatal: true,
                    });
                }
            }
        }
        refused
    }
}

/// Looks at the tables; where `manage_schema` says so, creates what is missing and widens `data`.
pub(super) async fn ensure(
    session: &mut Session<'_>,
    settings: &Settings,
) -> Result<Schema, Fault> {
    let tables = &settings.tables;
    let mut seen = Seen::look(session, tables).await?;
    let todo = seen.missing(tables);
    if !todo.is_empty() && settings.manage_schema {
        for statement in &todo {
            let made = session.run_within(DDL, &statement.sql).await;
            match made {
                Err(fault) if fault.kind == Kind::Lost => return Err(fault),
                Err(fault) if statement.needed => return Err(statement.failed(&fault)),
                // What is only desirable and could not be made is told below, as it is then.
                _ => {}
            }
        }
        seen = Seen::look(session, tables).await?;
    }
    let todo = seen.missing(tables);
    if let Some(needed) = todo.iter().find(|statement| statement.needed) {
        return Err(Fault::server(format!(
            "{}; run {:?} on it, or set manage_schema: true",
            needed.why, needed.sql
        )));
    }
    seen.check(tables)?;
    statements::start_feed(session, tables).await?;
    let desirable = todo.iter().map(|statement| {
        let Statement { why, sql, .. } = statement;
        format!("{why}; {sql:?} repairs it")
    });
    Ok(Schema {
        room: seen.room(tables),
        notes: desirable.collect(),
    })
}

/// A statement that would make the tables what they should be.
struct Statement {
    why: String,
    sql: String,
    /// Whether nothing works without it.
    needed: bool,
}

impl Statement {
    fn failed(&self, fault: &Fault) -> Fault {
        Fault::server(format!(
            "{}, and {:?} fails: {}",
            self.why, self.sql, fault.cause
        ))
    }
}

/// What the database says of the tables.
#[derive(Debug, Default)]
struct Seen {
    /// Their storage engines.
    engines: HashMap<String, String>,
    /// How many characters their columns hold; 0 for those that hold numbers.
    columns: HashMap<(String, String), u64>,
    /// What `data` is besides its type, as a statement that changes it has to repeat it.
    data: String,
    /// The columns of each index, in order, and whether it is unique.
    indexes: HashMap<(String, String), (Vec<String>, bool)>,
}

impl Seen {
    async fn look(session: &mut Session<'_>, tables: &Tables) -> Result<Self, Fault> {
        let mut seen = Self::default();
        for row in information(session, tables, "ENGINE", "TABLES", "").await? {
            seen.engines.insert(row.0, row.1);
        }
        let columns = "CONCAT(COLUMN_NAME, ' ', COALESCE(CHARACTER_MAXIMUM_LENGTH, 0), \
                       COALESCE(CONCAT(' CHARACTER SET ', CHARACTER_SET_NAME), ''), \
                       COALESCE(CONCAT(' COLLATE ', COLLATION_NAME), ''), \
                       IF(IS_NULLABLE = 'NO', ' NOT NULL', ''))";
        for (table, text) in information(session, tables, columns, "COLUMNS", "").await? {
            let mut words = text.splitn(3, ' ');
            let (Some(column), Some(room)) = (words.next(), words.next()) else {
                continue;
            };
            let column = column.to_ascii_lowercase();
            if table == tables.records.as_str() && column == "data" {
                seen.data = words
                    .next()
                    .map(|kept| format!(" {kept}"))
                    .unwrap_or_default();
            }
            seen.columns
                .insert((table, column), room.parse().unwrap_or(0));
        }
        let parts = "CONCAT(NON_UNIQUE, ' ', COLUMN_NAME, ' ', INDEX_NAME)";
        let order = "ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";
        for (table, text) in information(session, tables, parts, "STATISTICS", order).await? {
            let mut words = text.splitn(3, ' ');
            let (Some(not_unique), Some(column), Some(index)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let index = seen.indexes.entry((table, index.to_owned())).or_default();
            index.0.push(column.to_ascii_lowercase());
            index.1 = not_unique == "0";
        }
        Ok(seen)
    }

    fn has(&self, table: &TableName) -> bool {
        self.engines.contains_key(table.as_str())
    }

    fn width(&self, table: &TableName, column: &str) -> Option<u64> {
        let key = (table.as_str().to_owned(), column.to_owned());
        self.columns.get(&key).copied()
    }

    fn indexes_of(&self, table: &TableName) -> impl Iterator<Item = (&[String], bool)> {
        let of_table = self
            .indexes
            .iter()
            .filter(|((of, _), _)| of == table.as_str());
        of_table.map(|(_, (columns, unique))| (columns.as_slice(), *unique))
    }

    /// What would have to be run for the tables to be as they should.
    fn missing(&self, tables: &Tables) -> Vec<Statement> {
        let Tables {
            zones,
            records,
            changes,
        } = tables;
        let mut todo = Vec::new();
        let wanted = [
            (zones, zones_table(zones)),
            (records, records_table(records, zones)),
            (changes, changes_table(changes)),
        ];
        for (table, sql) in wanted {
            if !self.has(table) {
                todo.push(Statement {
                    why: format!("there is no table {}", table.as_str()),
                    sql,
                    needed: true,
                });
            }
        }
        if !self.has(records) {
            return todo;
        }
        if let Some(room) = self.width(records, "data").filter(|room| *room < ANY_DATA) {
            todo.push(Statement {
                why: format!(
                    "column data of table {} holds {room} characters, which is less than some \
                     records take: zones with such records are refused",
                    records.as_str()
                ),
                sql: format!("ALTER TABLE {records} MODIFY data MEDIUMTEXT{}", self.data),
                needed: false,
            });
        }
        let by_owner =
            |columns: &[String]| columns.starts_with(&["zone_id".into(), "hostname".into()]);
        if !self
            .indexes_of(records)
            .any(|(columns, _)| by_owner(columns))
        {
            todo.push(Statement {
                why: format!(
                    "table {} has no index on zone_id and hostname: readers that look up rows are slow",
                    records.as_str()
                ),
                sql: format!("CREATE INDEX {LOOKUP} ON {records} {LOOKUP_COLUMNS}"),
                needed: false,
            });
        }
        todo
    }

    /// What no statement of ours repairs.
    fn check(&self, tables: &Tables) -> Result<(), Fault> {
        let needed = [
            (&tables.zones, ["id", "zone_name"].as_slice()),
            (
                &tables.records,
                &["id", "zone_id", "hostname", "type", "data", "ttl", "online"],
            ),
            (&tables.changes, &["zone_name", "zone_id", "version"]),
        ];
        for (table, columns) in needed {
            let name = table.as_str();
            let engine = self.engines.get(name).map_or("", String::as_str);
            if !engine.eq_ignore_ascii_case("InnoDB") {
                return Err(Fault::server(format!(
                    "table {name} is kept by {engine}, which has no transactions, so that readers \
                     would see half a zone; run \"ALTER TABLE {table} ENGINE = InnoDB\""
                )));
            }
            for column in columns {
                if self.width(table, column).is_none() {
                    return Err(Fault::server(format!(
                        "table {name} has no column {column}"
                    )));
                }
            }
        }
        let unique = |columns: &[String], unique: bool| unique && columns == ["zone_name"];
        let zones = &tables.zones;
        if !self
            .indexes_of(zones)
            .any(|(columns, is_unique)| unique(columns, is_unique))
        {
            return Err(Fault::server(format!(
                "table {} can hold a zone twice; run \"CREATE UNIQUE INDEX zone_name ON {zones} \
                 (zone_name)\"",
                zones.as_str()
            )));
        }
        Ok(())
    }

    fn room(&self, tables: &Tables) -> Room {
        let width = |column| self.width(&tables.records, column).unwrap_or(0);
        Room {
            hostname: width("hostname"),
            rtype: width("type"),
            data: width("data"),
        }
    }
}

/// Two texts for each row that a table of `information_schema` has of our tables: the name of the
/// table, and `what`.
async fn information(
    session: &mut Session<'_>,
    tables: &Tables,
    what: &str,
    table: &str,
    order: &str,
) -> Result<Vec<(String, String)>, Fault> {
    let sql = format!(
        "SELECT CONVERT(TABLE_NAME USING utf8mb4), CONVERT({what} USING utf8mb4) \
         FROM information_schema.{table} WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?, ?, ?) {order}"
    );
    let query = sqlx::query(AssertSqlSafe(sql))
        .bind(tables.zones.as_str())
        .bind(tables.records.as_str())
        .bind(tables.changes.as_str());
    let rows = session.rows(query).await?;
    let texts = rows.iter().map(|row| {
        let what: Option<String> = row.try_get(1)?;
        Ok((row.try_get(0)?, what.unwrap_or_default()))
    });
    texts.collect()
}

const LOOKUP: &str = "dadns_lookup";
const LOOKUP_COLUMNS: &str = "(zone_id, hostname, type, online)";

fn zones_table(zones: &TableName) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {zones} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         zone_name VARCHAR(255) NOT NULL UNIQUE) ENGINE = InnoDB"
    )
}

fn records_table(records: &TableName, zones: &TableName) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {records} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         zone_id INT NOT NULL, hostname VARCHAR(512) NOT NULL, type VARCHAR(10) NOT NULL, \
         data MEDIUMTEXT, ttl INT DEFAULT 120, online INT DEFAULT 0, \
         INDEX {LOOKUP} {LOOKUP_COLUMNS}, FOREIGN KEY (zone_id) REFERENCES {zones} (id)) \
         ENGINE = InnoDB"
    )
}

fn changes_table(changes: &TableName) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {changes} (zone_name VARCHAR(255) NOT NULL PRIMARY KEY, \
         zone_id INT NULL, version BIGINT UNSIGNED NOT NULL, INDEX (zone_id), INDEX (version)) \
         ENGINE = InnoDB"
    )
}
