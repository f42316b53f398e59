//! A MySQL or MariaDB database that CoreDNS servers read.
//!
//! The tables of zones and records are those that the plugin `mysql_extend` defines, so hosts that run
//! it need not change anything. Beside them stands a table of ours, the change feed: for each zone that
//! was put here, which row of the table of zones is ours, and a version that grows in order of
//! commit. It says which zones are ours (others are left alone until a push takes them over), orders
//! writers, and tells our own plugin (`docker/coredns`) what to load anew; `mysql_extend` never notices
//! it.
//!
//! A batch is one transaction (`apply`) that compares and writes only rows that differ (`rows`), in
//! statements of many rows (`statements`). One transaction for each zone took 1,800 zones a second into
//! MariaDB on two cores, a hundred together 10,000.

mod apply;
mod fault;
mod pool;
mod readers;
mod rows;
mod schema;
mod settings;
mod statements;
#[cfg(test)]
mod tests;
mod together;
mod unmanaged;
mod unsupported;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

pub use self::settings::{Password, Plugin, SettingError, Settings, TableName, Tables, Tls};

use self::fault::{Fault, Kind};
use self::pool::{Pool, Session};
use self::readers::Readers;
use self::rows::Repeated;
use self::schema::Schema;
use self::together::Together;
use crate::dns::Authority;
use crate::doubt::Doubted;
use crate::{
    Answers, Backend, BackendError, BackendId, Served, Unsupported, ZoneChange, ZoneResult,
};

/// How long `mysql_extend` may take to see a new zone: it looks every 60 seconds unless it is told
/// otherwise (`success_heartbeat_time`), and 10 seconds after an error.
const HEARTBEAT: Duration = Duration::from_secs(75);

/// One database as a [`Backend`].
#[derive(Debug)]
pub struct CorednsMysql {
    id: BackendId,
    settings: Settings,
    pool: Pool,
    reads: Together,
    readers: Readers,
    doubted: Doubted,
    /// The tables as they were found; `None`: they have to be looked at.
    schema: Mutex<Option<Arc<Schema>>>,
    /// Held while they are looked at, so that nobody makes them twice.
    looking: tokio::sync::Mutex<()>,
}

impl CorednsMysql {
    /// A database; it is not asked anything yet.
    pub fn new(id: BackendId, settings: Settings) -> Self {
        let authority = match settings.plugin {
            Plugin::MysqlExtend => Authority::Ignored,
            Plugin::Dadns => Authority::Required,
        };
        Self {
            id,
            pool: Pool::new(&settings),
            readers: Readers::new(settings.dns_address.clone(), authority),
            looking: tokio::sync::Mutex::default(),
            settings,
            doubted: Doubted::default(),
            reads: Together::default(),
            schema: Mutex::default(),
        }
    }

    /// Which database it is, for messages.
    fn address(&self) -> String {
        let Settings {
            host,
            port,
            database,
            ..
        } = &self.settings;
        format!("database {database} at {host}:{port}")
    }

    /// The tables: as they were found before, or else looked at now.
    async fn schema(&self) -> Result<Arc<Schema>, BackendError> {
        if let Some(schema) = self.known_schema() {
            return Ok(schema);
        }
        let _looking = self.looking.lock().await;
        if let Some(schema) = self.known_schema() {
            return Ok(schema);
        }
        let look = async {
            let mut session = self.pool.session().await?;
            let schema = schema::ensure(&mut session, &self.settings).await?;
            session.done();
            Ok::<_, Fault>(schema)
        };
        let schema = look
            .await
            .map_err(|fault| self.failed("looking at the tables of", &fault))?;
        let schema = Arc::new(schema);
        *self.lock_schema() = Some(Arc::clone(&schema));
        Ok(schema)
    }

    fn known_schema(&self) -> Option<Arc<Schema>> {
        self.lock_schema().clone()
    }

    /// Has the tables looked at again before they are used.
    fn doubt_schema(&self) {
        *self.lock_schema() = None;
    }

    fn lock_schema(&self) -> std::sync::MutexGuard<'_, Option<Arc<Schema>>> {
        // It is set as a whole.
        self.schema.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, doing: &str, fault: &Fault) -> BackendError {
        BackendError::unreachable(format!("{doing} {}", self.address()), &fault.cause)
    }

    /// Runs a query on a connection, and once more where that had been cut off meanwhile. The query gives
    /// the connection back when it has its answer.
    async fn ask<'a, T, F>(
        &'a self,
        doing: &str,
        query: impl Fn(Session<'a>) -> F,
    ) -> Result<T, BackendError>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        self.schema().await?;
        let once = async || query(self.pool.session().await?).await;
        let mut answer = once().await;
        if matches!(&answer, Err(fault) if fault.kind == Kind::Lost) {
            self.pool.forget();
            answer = once().await;
        }
        answer.map_err(|fault| {
            self.doubt_schema();
            self.failed(doing, &fault)
        })
    }
}

#[async_trait]
impl Backend for CorednsMysql {
    fn id(&self) -> &BackendId {
        &self.id
    }

    fn describe(&self) -> String {
        let Settings {
            username,
            plugin,
            dns_address,
            ..
        } = &self.settings;
        let asked = match dns_address.as_slice() {
            [] => "not asked what they serve: the rows are the proof".to_owned(),
            servers => {
                let servers: Vec<_> = servers.iter().map(ToString::to_string).collect();
                format!("asked at {}", servers.join(", "))
            }
        };
        format!(
            "{} as {username}, read by CoreDNS with plugin {plugin}, {asked}",
            self.address()
        )
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self
            .known_schema()
            .map_or(Vec::new(), |schema| schema.notes.clone());
        if self.settings.plugin == Plugin::MysqlExtend {
            notes.push(
                "readers with mysql_extend answer SERVFAIL for names and types that do not exist, and \
                 go on answering removed zones and records until they are restarted; docker/coredns \
                 has a plugin that does not (plugin: dadns)"
                    .into(),
            );
        }
        notes
    }

    fn fingerprint(&self) -> String {
        let Settings {
            host,
            port,
            database,
            tables,
            plugin,
            dns_address,
            ..
        } = &self.settings;
        format!("{host:?} {port} {database:?} {tables:?} {plugin} {dns_address:?}")
    }

    fn lag(&self) -> Duration {
        match self.settings.plugin {
            Plugin::MysqlExtend if !self.settings.dns_address.is_empty() => HEARTBEAT,
            _ => Duration::ZERO,
        }
    }

    fn unsupported(&self, zone: &Zone) -> Vec<Unsupported> {
        unsupported::unsupported(zone, self.settings.plugin)
    }

    async fn probe(&self) -> Result<(), BackendError> {
        // A server that is a replica takes nothing.
        let read_only = self
            .ask("probing", |mut session| async move {
                let read_only = statements::read_only(&mut session).await?;
                session.done();
                Ok(read_only)
            })
            .await?;
        if read_only {
            let fault = Fault::place("the server is set to read_only");
            return Err(self.failed("probing", &fault));
        }
        Ok(())
    }

    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
        apply::apply(self, batch).await
    }

    async fn read(&self, name: &ZoneName) -> Result<Option<Zone>, BackendError> {
        let Some(rows) = self.reads.read(self, name).await? else {
            return Ok(None);
        };
        let zone = rows::to_zone(name, &rows, Repeated::Fault).map_err(|why| {
            BackendError::zone(name, format!("reading rows of {}", self.address()), why)
        })?;
        Ok(Some(zone))
    }

    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        let tables = &self.settings.tables;
        let names = self
            .ask("listing the zones of", |mut session| async move {
                let names = statements::list(&mut session, tables).await?;
                session.done();
                Ok(names)
            })
            .await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    async fn serves(&self, name: &ZoneName) -> Result<Served, BackendError> {
        if self.readers.is_empty() {
            return Ok(Served::NotAsked);
        }
        // A removal cannot be verified: what this plugin once answered it goes on answering.
        if self.settings.plugin == Plugin::MysqlExtend
            && self.reads.read(self, name).await?.is_none()
        {
            return Ok(Served::NotAsked);
        }
        Ok(self.readers.served(name).await)
    }

    async fn serves_ours(&self, _: &ZoneName) -> Result<bool, BackendError> {
        Ok(true)
    }

    async fn answers(&self, zone: &Zone) -> Result<Answers, BackendError> {
        // Where its own rules make it answer wrong, the rows are the proof.
        if self.readers.is_empty() || self.settings.plugin == Plugin::MysqlExtend {
            return Ok(Answers::NotAsked);
        }
        let answers = self.readers.answers(zone, &self.unsupported(zone)).await?;
        self.doubted.note(zone.name(), &answers);
        Ok(answers)
    }

    async fn diagnose(&self, _: &Zone, _: &Served) -> Option<String> {
        None
    }

    async fn unmanaged(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        unmanaged::list(self).await
    }

    async fn read_unmanaged(&self, name: &ZoneName) -> Result<Zone, BackendError> {
        unmanaged::read(self, name).await
    }
}
