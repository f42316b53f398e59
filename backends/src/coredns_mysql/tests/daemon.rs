//! A whole `mariadbd` on a free loopback port, for one test.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tempfile::TempDir;

use crate::coredns_mysql::{CorednsMysql, Password, Plugin, Settings, Tables, Tls};
use crate::testing::{free_port, is_installed, program};

/// Small, and as safe as by default.
const CONFIG: &str = "[mariadbd]\ninnodb_log_file_size=8M\ninnodb_undo_tablespaces=0\n\
     innodb_buffer_pool_size=64M\naria_log_file_size=8M\nskip_name_resolve\n\
     innodb_fast_shutdown=0\n";

/// One `mariadbd` with a directory of its own; killed when dropped.
pub(super) struct Mariadb {
    dir: TempDir,
    child: Option<Child>,
    pub(super) port: u16,
}

impl Mariadb {
    /// A started server with an empty database `coredns`, or `None`, said loudly, where none is
    /// installed.
    pub(super) async fn start() -> Option<Self> {
        if !is_installed("mariadbd") {
            return None;
        }
        let mut server = Self {
            dir: tempfile::tempdir().unwrap(),
            child: None,
            port: free_port().port(),
        };
        // Of its own, too: at its start a server removes the temporary tables of others.
        fs::create_dir(server.path("tmp")).unwrap();
        let tmpdir = format!("{CONFIG}tmpdir={}\n", server.path("tmp").display());
        fs::write(server.path("my.cnf"), tmpdir).unwrap();
        fs::write(
            server.path("init.sql"),
            "CREATE DATABASE IF NOT EXISTS coredns;\n\
             CREATE USER IF NOT EXISTS 'coredns'@'%' IDENTIFIED BY 'geheim';\n\
             GRANT ALL ON coredns.* TO 'coredns'@'%';\n\
             CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY 'geheim';\n\
             GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;\n",
        )
        .unwrap();
        let made = Command::new(program("mariadb-install-db").unwrap())
            .arg(format!(
                "--defaults-file={}",
                server.path("my.cnf").display()
            ))
            .arg(format!("--datadir={}", server.path("data").display()))
            .args(["--skip-test-db", "--auth-root-authentication-method=normal"])
            .args(as_user())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        server.run().await;
        Some(server)
    }

    /// Starts it and waits until it can be logged in to.
    pub(super) async fn run(&mut self) {
        let log = fs::File::create(self.path("log")).unwrap();
        let child = Command::new(program("mariadbd").unwrap())
            .arg(format!("--defaults-file={}", self.path("my.cnf").display()))
            .arg(format!("--datadir={}", self.path("data").display()))
            .arg(format!("--socket={}", self.path("socket").display()))
            .arg(format!("--pid-file={}", self.path("pid").display()))
            .arg(format!("--init-file={}", self.path("init.sql").display()))
            .arg(format!("--port={}", self.port))
            .arg("--bind-address=127.0.0.1")
            .args(as_user())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.child = Some(child.unwrap());
        for _ in 0..1500 {
            if self.login("coredns").await.is_ok() {
                return;
            }
            let exited = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().unwrap());
            assert_eq!(exited, None, "{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("mariadbd does not come up: {}", self.log());
    }

    /// Kills it, as a crash would.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The number of its process.
    pub(super) fn process(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// SIGSTOP: it is there and never answers; SIGCONT: it goes on.
    pub(super) fn signal(&self, signal: &str) {
        let pid = self.process().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            host: "127.0.0.1".into(),
            port: self.port,
            database: "coredns".into(),
            username: "coredns".into(),
            password: Password("geheim".into()),
            tls: Tls::Preferred,
            tls_ca: None,
            pool_size: 4,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(20),
            tables: Tables {
                zones: "zones".parse().unwrap(),
                records: "records".parse().unwrap(),
                changes: "dadns_changes".parse().unwrap(),
            },
            owner_table: "dadns_owner".parse().unwrap(),
            manage_schema: true,
            plugin: Plugin::Dadns,
            dns_address: Vec::new(),
        }
    }

    pub(super) fn backend(&self) -> CorednsMysql {
        CorednsMysql::new("db".parse().unwrap(), self.settings())
    }

    async fn login(&self, user: &str) -> Result<MySqlConnection, sqlx::Error> {
        MySqlConnectOptions::new()
            .host("127.0.0.1")
            .port(self.port)
            .username(user)
            .password("geheim")
            .database("coredns")
            .disable_statement_logging()
            .connect()
            .await
    }

    /// Runs statements as an administrator does, behind our back.
    pub(super) async fn sql(&self, statements: &str) {
        let mut connection = self.login("admin").await.unwrap();
        let run = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection);
        run.await.unwrap();
    }

    /// The first column of all rows, as text.
    pub(super) async fn column(&self, query: &str) -> Vec<String> {
        use sqlx::Row;
        let mut connection = self.login("admin").await.unwrap();
        let rows = sqlx::raw_sql(AssertSqlSafe(query)).fetch_all(&mut connection);
        let rows = rows.await.unwrap();
        rows.iter()
            .map(|row| {
                let octets = row
                    .get_unchecked::<Option<Vec<u8>>, _>(0)
                    .unwrap_or_default();
                String::from_utf8(octets).unwrap()
            })
            .collect()
    }

    /// How many statements have ever written rows.
    pub(super) async fn writes(&self) -> u64 {
        let counts = self
            .column(
                "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME \
                 IN ('COM_INSERT', 'COM_UPDATE', 'COM_DELETE', 'COM_REPLACE')",
            )
            .await;
        assert_eq!(counts.len(), 4);
        counts
            .iter()
            .map(|count| count.parse::<u64>().unwrap())
            .sum()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Mariadb {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `mariadbd` refuses to run as root unless it is told to.
fn as_user() -> Option<&'static str> {
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap());
    (owner == 0).then_some("--user=root")
}
