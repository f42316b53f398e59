//! A MySQL or MariaDB database that CoreDNS servers read.
//!
//! The tables of zones and records are those that the plugin `mysql_extend` defines, so hosts that run
//! it need not change anything. Beside them stands a table of ours, the change feed: for each zone that
//! was put here, which row of the table of zones is ours, and a version that grows in order of
//! commit. It says which zones are ours (unmanaged ones are left unchanged until a push takes them over), orders
//! writers, and tells our own plugin (`docker/coredns`) what to load anew; `mysql_extend` never notices
//! it.
//!
//! Zones are compared with what is there, and only rows that differ are written (`put`, `rows`), in
//! statements of many rows (`statements`). Zones that are new go in several transactions at once (`add`).

mod add;
mod apply;
mod fault;
mod keys;
mod owner;
mod pool;
mod put;
mod readers;
mod reading;
mod rows;
mod schema;
mod settings;
mod statements;
#[cfg(test)]
mod tests;
mod unmanaged;
mod unsupported;

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

pub use self::settings::{Password, Plugin, SettingError, Settings, TableName, Tables, Tls};

use self::fault::{Fault, Kind};
use self::owner::Brought;
use self::pool::{Pool, Session};
use self::readers::Readers;
use self::reading::Stored;
use self::rows::{Repeated, StoredRow};
use self::schema::Schema;
use crate::{
    Backend, BackendError, BackendId, Depth, Diagnose, Difference, Expected, Fenced, Served,
    Unmanaged, Unsupported, ZoneChange, ZoneResult, each,
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
    readers: Readers,
    /// The tables as they were found; `None`: they have to be looked at.
    schema: Mutex<Option<Arc<Schema>>>,
    /// Locked while they are looked at, so that nobody makes them twice.
    looking: tokio::sync::Mutex<()>,
    /// What was brought to it where several nodes share it.
    brought: Brought,
}

impl CorednsMysql {
    /// A database; it is not asked anything yet.
    pub fn new(id: BackendId, settings: Settings) -> Self {
        Self {
            id,
            pool: Pool::new(&settings),
            readers: Readers::new(settings.dns_address.clone(), settings.plugin),
            looking: tokio::sync::Mutex::default(),
            brought: Brought::default(),
            settings,
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
        self.brought.doubt();
    }

    fn lock_schema(&self) -> std::sync::MutexGuard<'_, Option<Arc<Schema>>> {
        // It is set as a whole.
        self.schema.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, doing: &str, fault: &Fault) -> BackendError {
        let doing = format!("{doing} {}", self.address());
        match fault.kind {
            Kind::Overtaken => BackendError::Overtaken {
                doing,
                cause: fault.cause.clone(),
            },
            _ => BackendError::unreachable(doing, &fault.cause),
        }
    }

    /// What an operator should know of it.
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

    /// Those of `names` that are there, whoever put them.
    async fn stored(&self, names: &[ZoneName]) -> Result<Stored, BackendError> {
        let names: Vec<&ZoneName> = names.iter().collect();
        let (tables, names) = (&self.settings.tables, names.as_slice());
        self.ask("reading from", |mut session| async move {
            let stored = reading::zones(&mut session, tables, names).await?;
            session.done();
            Ok(stored)
        })
        .await
    }

    /// The rows of those of `names` that we put there and that are there.
    async fn rows(
        &self,
        names: &[ZoneName],
    ) -> Result<HashMap<String, Vec<StoredRow>>, BackendError> {
        let stored = self.stored(names).await?;
        let ours = stored.into_iter().filter(|(_, zone)| zone.ours);
        Ok(ours.map(|(name, zone)| (name, zone.rows)).collect())
    }

    /// Where its own rules make this plugin answer wrong, only the rows verify a zone. Nor can a removal be
    /// verified: what this plugin once answered it goes on answering.
    async fn served_by_mysql_extend(
        &self,
        zones: &[Expected<'_>],
    ) -> Vec<Result<Served, BackendError>> {
        let names: Vec<_> = zones.iter().map(|zone| zone.name().clone()).collect();
        let stored = match self.rows(&names).await {
            Ok(rows) => rows,
            Err(error) => return zones.iter().map(|_| Err(error.clone())).collect(),
        };
        let is_asked = |zone: &&Expected<'_>| stored.contains_key(zone.name().as_str());
        let asked: Vec<_> = zones.iter().filter(is_asked).copied().collect();
        let answers = self.readers.served(&asked, Depth::Serial).await;
        let mut answers = answers.into_iter();
        let served = zones.iter().map(|zone| match is_asked(&zone) {
            true => answers.next().unwrap_or(Ok(Served::NotAsked)),
            false => Ok(Served::NotAsked),
        });
        served.collect()
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
            [] => "not asked what they serve: the rows alone are verified".to_owned(),
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

    fn at_once(&self) -> usize {
        1_000
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

    async fn probe(&self) -> Result<Vec<String>, BackendError> {
        // A server that is a replica takes nothing.
        let read_only = self
            .ask("probing", |mut session| async move {
                let read_only = reading::read_only(&mut session).await?;
                session.done();
                Ok(read_only)
            })
            .await?;
        if read_only {
            let fault = Fault::server("the server is set to read_only");
            return Err(self.failed("probing", &fault));
        }
        Ok(self.notes())
    }

    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
        apply::apply(self, batch, None).await
    }

    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Option<Zone>, BackendError>> {
        let mut rows = match self.rows(names).await {
            Ok(rows) => rows,
            Err(error) => return names.iter().map(|_| Err(error.clone())).collect(),
        };
        let rows: Vec<_> = names
            .iter()
            .map(|name| (name.clone(), rows.remove(name.as_str())))
            .collect();
        let doing = format!("reading rows of {}", self.address());
        let zone = move |(name, rows): (ZoneName, Option<Vec<StoredRow>>)| {
            let zone = rows.map(|rows| rows::to_zone(&name, &rows, Repeated::Fault));
            zone.transpose()
                .map_err(|why| BackendError::zone(&name, doing.as_str(), why))
        };
        let work = move || each(rows, zone);
        match tokio::task::spawn_blocking(work).await {
            Ok(zones) => zones,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn compare(
        &self,
        zones: &[Expected<'_>],
    ) -> Vec<Result<Option<Difference>, BackendError>> {
        Difference::by_reading(self, zones).await
    }

    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        let tables = &self.settings.tables;
        let names = self
            .ask("listing the zones of", |mut session| async move {
                let names = reading::list(&mut session, tables).await?;
                session.done();
                Ok(names)
            })
            .await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    async fn served(
        &self,
        zones: &[Expected<'_>],
        how: Depth,
    ) -> Vec<Result<Served, BackendError>> {
        if self.readers.is_empty() {
            return zones.iter().map(|_| Ok(Served::NotAsked)).collect();
        }
        match self.settings.plugin {
            Plugin::Dadns => self.readers.served(zones, how).await,
            Plugin::MysqlExtend => self.served_by_mysql_extend(zones).await,
        }
    }

    fn dns_addresses(&self) -> Vec<SocketAddr> {
        self.readers.servers().to_vec()
    }

    fn diagnose(&self) -> Option<&dyn Diagnose> {
        None
    }

    fn unmanaged(&self) -> Option<&dyn Unmanaged> {
        Some(self)
    }

    fn fenced(&self) -> Option<&dyn Fenced> {
        Some(self)
    }
}
