//! Connections to one database, and statements that take a bounded time.
//!
//! sqlx has a pool of its own. Ours is here because that one, while nothing listens, tries again until
//! its time is over and then says only that its time is over; and because a connection on which
//! anything failed must not be used again, so that the server rolls back what was begun on it.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Either, MySql, MySqlConnection, Row};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::fault::Fault;
use super::settings::Settings;

/// How long a connection may lie idle until it is not used again.
const IDLE: Duration = Duration::from_secs(30);
/// After how many idle seconds the server ends a connection, with what was begun on it: a connection
/// that was cut off from us may hold locks until then.
const SERVER_IDLE_SECS: u64 = 60;
/// How many seconds a change of a table waits for those who use it: all who come after it wait behind it,
/// readers too.
const METADATA_LOCK_SECS: u64 = 5;
/// Most octets of a statement that is text, where the server would take longer ones.
const LONGEST: usize = 1 << 20;
/// What the servers of all versions take at least, if this one does not say what it takes.
const LEAST_PACKET: usize = 1024;

/// Connections that are open and idle, and how many there may be in all.
pub(super) struct Pool {
    options: MySqlConnectOptions,
    connect_timeout: Duration,
    timeout: Duration,
    permits: Semaphore,
    idle: Mutex<Vec<(Connection, Instant)>>,
    /// How often something was sent and its answer awaited.
    #[cfg(test)]
    pub round_trips: std::sync::atomic::AtomicU64,
}

/// A connection, and the most octets that the server takes in one packet.
struct Connection {
    inner: MySqlConnection,
    packet: usize,
}

/// One connection in use. Unless it is [`done`](Session::done), it is closed when it goes.
pub(super) struct Session<'p> {
    pool: &'p Pool,
    connection: Connection,
    permit: SemaphorePermit<'p>,
}

impl Pool {
    pub fn new(settings: &Settings) -> Self {
        Self {
            options: settings
                .connect_options()
                .pipes_as_concat(false)
                .no_engine_substitution(false)
                .timezone(None),
            connect_timeout: settings.connect_timeout,
            timeout: settings.timeout,
            permits: Semaphore::new(settings.pool_size),
            idle: Mutex::default(),
            #[cfg(test)]
            round_trips: Default::default(),
        }
    }

    /// A connection: one that was idle, or a new one.
    pub async fn session(&self) -> Result<Session<'_>, Fault> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|error| Fault::server(error.to_string()))?;
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Session {
            pool: self,
            connection,
            permit,
        })
    }

    /// Forgets connections that lie idle: the server may have been another one.
    pub fn forget(&self) {
        self.idle().clear();
    }

    #[cfg(test)]
    fn count(&self) {
        let order = std::sync::atomic::Ordering::Relaxed;
        self.round_trips.fetch_add(1, order);
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        idle.retain(|(_, since)| since.elapsed() < IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let connect = async {
            let mut inner = self.options.connect().await?;
            // Without strict mode a server cuts values that are too long, and says nothing.
            let set = format!(
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', \
                 wait_timeout = {SERVER_IDLE_SECS}, lock_wait_timeout = {METADATA_LOCK_SECS}, \
                 innodb_lock_wait_timeout = {}; \
                 SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
                 SELECT CAST(@@max_allowed_packet AS CHAR)",
                // Less than we wait ourselves, so that the server says why.
                (self.timeout.as_secs() / 2).max(1)
            );
            let row = sqlx::raw_sql(AssertSqlSafe(set))
                .fetch_one(&mut inner)
                .await?;
            let packet: Option<String> = row.try_get_unchecked(0)?;
            let packet = packet.and_then(|packet| packet.parse().ok());
            let packet = packet.unwrap_or(LEAST_PACKET);
            Ok(Connection { inner, packet })
        };
        match timeout(self.connect_timeout, connect).await {
            Ok(connected) => connected.map_err(|error: sqlx::Error| error.into()),
            Err(_) => Err(Fault::silent(self.connect_timeout)),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Connection, Instant)>> {
        // A list is whole after any panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options hold the password.
        f.debug_struct("Pool")
            .field("idle", &self.idle().len())
            .finish_non_exhaustive()
    }
}

impl Session<'_> {
    /// Runs a statement without arguments that may take up to `limit`.
    pub async fn run_within(&mut self, limit: Duration, sql: &str) -> Result<(), Fault> {
        let run = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection.inner);
        bounded(limit.max(self.pool.timeout), run).await.map(drop)
    }

    /// Runs statements without arguments, in one round trip. Returns the rows of each; of one that has none,
    /// too. The first that fails is the last that was run.
    pub async fn ask(&mut self, sql: String) -> Result<Vec<Vec<MySqlRow>>, Fault> {
        #[cfg(test)]
        self.pool.count();
        let ask = async {
            let mut answers =
                sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(&mut self.connection.inner);
            let (mut all, mut rows) = (Vec::new(), Vec::new());
            while let Some(answer) = answers.try_next().await? {
                match answer {
                    Either::Left(_) => all.push(std::mem::take(&mut rows)),
                    Either::Right(row) => rows.push(row),
                }
            }
            Ok(all)
        };
        bounded(self.pool.timeout, ask).await
    }

    /// Runs a statement with arguments.
    pub async fn run(&mut self, query: Query<'_, MySql, MySqlArguments>) -> Result<(), Fault> {
        #[cfg(test)]
        self.pool.count();
        let run = query.execute(&mut self.connection.inner);
        bounded(self.pool.timeout, run).await.map(drop)
    }

    /// Runs a query with arguments.
    pub async fn rows(
        &mut self,
        query: Query<'_, MySql, MySqlArguments>,
    ) -> Result<Vec<MySqlRow>, Fault> {
        let rows = query.fetch_all(&mut self.connection.inner);
        bounded(self.pool.timeout, rows).await
    }

    /// Most octets that the server takes in one packet.
    pub fn packet(&self) -> usize {
        self.connection.packet
    }

    /// Most octets that a statement of text should have.
    pub fn room(&self) -> usize {
        self.packet().saturating_sub(16).min(LONGEST)
    }

    /// Gives the connection back, on which nothing is under way.
    pub fn done(self) {
        let Self {
            pool,
            connection,
            permit,
        } = self;
        pool.idle().push((connection, Instant::now()));
        drop(permit);
    }
}

async fn bounded<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Fault> {
    match timeout(limit, work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Fault::silent(limit)),
    }
}
