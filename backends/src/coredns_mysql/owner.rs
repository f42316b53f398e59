//! The fence of a database that several nodes share: which of them may write.
//!
//! A row of a table of ours has the greatest fence that a node has brought; a node that takes over raises it. From
//! then on each transaction of that node first locks the row, together with others like it but against whoever would
//! raise it, and gives up where it finds a greater one. So once a takeover is through, nothing of an older node can
//! still be committed, however long that was asleep. Where the database is not shared, none of this is run, and the
//! table is not made.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sqlx::mysql::MySqlRow;

use super::fault::{Fault, Kind};
use super::pool::Session;
use super::settings::{Settings, TableName};
use super::{CorednsMysql, apply, reading};
use crate::{BackendError, Fenced, ZoneChange, ZoneResult};

/// What a transaction begins with where the database is shared.
#[derive(Debug)]
pub(super) struct Fence {
    number: u64,
    select: String,
    table: TableName,
}

/// The greatest fence that this process has brought to the database; 0: none, or the table has to be looked at.
#[derive(Debug, Default)]
pub(super) struct Brought(AtomicU64);

impl Brought {
    /// Has the table looked at again before it is used.
    pub fn doubt(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

#[async_trait]
impl Fenced for CorednsMysql {
    async fn apply(&self, fence: u64, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
        let fence = Fence::new(&self.settings, fence);
        match bring(self, &fence).await {
            Ok(()) => apply::apply(self, batch, Some(&fence)).await,
            Err(error) => vec![ZoneResult::from(error); batch.len()],
        }
    }
}

/// Raises the fence in the database, unless this process has done so.
async fn bring(backend: &CorednsMysql, fence: &Fence) -> Result<(), BackendError> {
    if backend.brought.0.load(Ordering::Relaxed) == fence.number {
        return Ok(());
    }
    // The table is made beside the others.
    backend.schema().await?;
    let doing = "taking over";
    let settings = &backend.settings;
    let raise = async || {
        let mut session = backend.pool.session().await?;
        ensure(&mut session, settings).await?;
        raise(&mut session, settings, fence).await?;
        session.done();
        Ok::<_, Fault>(())
    };
    let mut raised = raise().await;
    if matches!(&raised, Err(fault) if matches!(fault.kind, Kind::Lost | Kind::Again)) {
        backend.pool.forget();
        raised = raise().await;
    }
    match raised {
        Ok(()) => {
            backend.brought.0.store(fence.number, Ordering::Relaxed);
            Ok(())
        }
        Err(fault) => Err(backend.failed(doing, &fault)),
    }
}

/// Makes the table with the row of our change feed, where it is not there.
async fn ensure(session: &mut Session<'_>, settings: &Settings) -> Result<(), Fault> {
    let table = &settings.owner_table;
    let there = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?";
    let there = sqlx::query(there).bind(table.as_str());
    if session.rows(there).await?.is_empty() {
        let sql = create(table);
        if !settings.manage_schema {
            return Err(Fault::server(format!(
                "there is no table {}, which a shared database needs; run {sql:?} on it, or set manage_schema: true",
                table.as_str()
            )));
        }
        session.ask(sql).await?;
    }
    let feed = settings.tables.changes.as_str();
    let row = format!("INSERT IGNORE INTO {table} (feed, fence) VALUES ('{feed}', 0)");
    session.ask(row).await.map(drop)
}

fn create(table: &TableName) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (feed VARCHAR(64) NOT NULL PRIMARY KEY, \
         fence BIGINT UNSIGNED NOT NULL) ENGINE = InnoDB"
    )
}

/// Raises the fence, and fails where a greater one is there.
async fn raise(session: &mut Session<'_>, settings: &Settings, fence: &Fence) -> Result<(), Fault> {
    let Fence { number, select, .. } = fence;
    let (table, feed) = (&settings.owner_table, settings.tables.changes.as_str());
    let sql = format!(
        "UPDATE {table} SET fence = {number} WHERE feed = '{feed}' AND fence < {number}; {select}"
    );
    let answers = session.ask(sql).await?;
    fence.holds(answers.into_iter().nth(1))
}

impl Fence {
    /// That of a node for the database of these settings.
    pub fn new(settings: &Settings, number: u64) -> Self {
        let (table, feed) = (&settings.owner_table, settings.tables.changes.as_str());
        Self {
            number,
            // It reads what is committed last, and keeps whoever would raise it waiting.
            select: format!("SELECT fence FROM {table} WHERE feed = '{feed}' LOCK IN SHARE MODE"),
            table: table.clone(),
        }
    }

    /// The statement that a transaction runs before it locks anything else.
    pub fn select(&self) -> &str {
        &self.select
    }

    /// Whether the answer to that statement lets this node write.
    pub fn holds(&self, answer: Option<Vec<MySqlRow>>) -> Result<(), Fault> {
        let Self { number, table, .. } = self;
        let row = answer.and_then(|rows| rows.into_iter().next());
        let found: Option<u64> = match row {
            Some(row) => reading::number(&row, 0)?,
            None => None,
        };
        match found {
            Some(found) if found == *number => Ok(()),
            Some(found) if found > *number => Err(Fault {
                kind: Kind::Overtaken,
                cause: format!(
                    "another node took over: it brought fence {found}, this one has {number}. If there is no such \
                     node, because etcd was set up anew, run \"DELETE FROM {table}\" on it"
                ),
            }),
            _ => Err(Fault::server(format!(
                "table {} has lost the fence of this node",
                table.as_str()
            ))),
        }
    }
}
