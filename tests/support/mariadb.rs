//! A real `mariadbd` in a directory of its own, with an empty database.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use tempfile::TempDir;

use super::dns::free_port;
use super::find;
use super::process::Process;

/// Database, user and password are these on every server.
pub const DATABASE: &str = "coredns";
pub const USER: &str = "coredns";
pub const PASSWORD: &str = "a-secret-of-the-database";

/// Small, so that a start is quick, and as safe as by default.
const CONFIG: &str = "[mariadbd]\ninnodb_log_file_size=8M\ninnodb_undo_tablespaces=0\n\
     innodb_buffer_pool_size=64M\naria_log_file_size=8M\nskip_name_resolve\n";

pub struct Mariadb {
    directory: TempDir,
    pub address: SocketAddr,
    process: Option<Process>,
}

impl Mariadb {
    /// Makes one and starts it.
    pub fn start() -> Self {
        Self::start_with(CONFIG)
    }

    /// The same, with this configuration.
    pub fn start_with(config: &str) -> Self {
        let mut server = Self {
            directory: TempDir::new().unwrap(),
            address: free_port(),
            process: None,
        };
        // A directory of its own for temporary tables, too: at its start a server removes all there.
        let tmp = server.path("tmp");
        std::fs::create_dir(&tmp).unwrap();
        std::fs::write(server.path("my.cnf"), format!("{config}tmpdir={tmp}\n")).unwrap();
        let init = format!(
            "CREATE DATABASE IF NOT EXISTS {DATABASE};\n\
             CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL ON {DATABASE}.* TO '{USER}'@'%';\n"
        );
        std::fs::write(server.path("init.sql"), init).unwrap();
        let made = server
            .command("mariadb-install-db")
            .args(["--skip-test-db", "--auth-root-authentication-method=normal"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        server.run();
        server
    }

    /// Starts the process and waits until it takes logins.
    pub fn run(&mut self) {
        let mut process = Process::start(
            "mariadbd",
            self.command("mariadbd")
                .arg(format!("--socket={}", self.path("socket")))
                .arg(format!("--pid-file={}", self.path("pid")))
                .arg(format!("--init-file={}", self.path("init.sql")))
                .arg(format!("--port={}", self.address.port()))
                .arg("--bind-address=127.0.0.1"),
        );
        process.line("that it runs", |line| {
            line.contains("ready for connections")
        });
        self.process = Some(process);
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// SIGSTOP: it is there and never answers; SIGCONT: it goes on.
    pub fn signal(&self, signal: &str) {
        self.process.as_ref().unwrap().signal(signal);
    }

    /// A backend of the gateway's configuration that is this server, with further keys.
    pub fn backend(&self, id: &str, keys: &str) -> String {
        backend_at(self.address, id, keys)
    }

    /// Runs statements; the rows of what they select, NULL as `NULL`.
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        let output = Command::new(find("mariadb").unwrap())
            .arg("--no-defaults")
            .args(["--host=127.0.0.1", "--protocol=tcp"])
            .arg(format!("--port={}", self.address.port()))
            .arg(format!("--user={USER}"))
            .args(["--batch", "--skip-column-names", DATABASE, "-e", sql])
            .env("MYSQL_PWD", PASSWORD)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {error}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect()
    }

    /// Adds a user who may do all that [`USER`] may, with the same password.
    pub fn add_user(&self, name: &str) {
        let sql = format!(
            "CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON {DATABASE}.* TO '{name}'@'%'"
        );
        let output = Command::new(find("mariadb").unwrap())
            .arg("--no-defaults")
            .arg(format!("--socket={}", self.path("socket")))
            .args(["--user=root", "-e", &sql])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Where Go programs find the database.
    pub fn dsn(&self) -> String {
        format!("{USER}:{PASSWORD}@tcp({})/{DATABASE}", self.address)
    }

    /// A program with this server's directories.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(find(program).unwrap());
        command
            .arg(format!("--defaults-file={}", self.path("my.cnf")))
            .arg(format!("--datadir={}", self.path("data")));
        // It does not run as root unless it is told to.
        if std::fs::metadata(self.directory.path()).unwrap().uid() == 0 {
            command.arg("--user=root");
        }
        command
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }
}

/// A backend of the gateway's configuration that is a database at this address.
pub fn backend_at(address: SocketAddr, id: &str, keys: &str) -> String {
    format!(
        "    {id}:\n      type: coredns_mysql\n      enabled: true\n      host: {}\n      \
         port: {}\n      database: {DATABASE}\n      username: {USER}\n      \
         password: {PASSWORD}\n{keys}",
        address.ip(),
        address.port(),
    )
}
