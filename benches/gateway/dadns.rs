//! The gateway under measurement: a process with a configuration, and what it takes of the machine.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::support::dns::free_port;
use super::zones::{PASSWORD, USER, request};

/// How long a start, and all that is pending, may take.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// A running gateway, killed with its value.
pub struct Dadns {
    directory: TempDir,
    binary: PathBuf,
    child: Child,
    /// Where it takes pushes.
    pub http: SocketAddr,
}

impl Dadns {
    /// Starts one with these lines of its configuration, and these below `dns.backends`, and waits until it takes
    /// changes.
    pub fn start(binary: &Path, lines: &str, backends: &str) -> Self {
        // On the disk of the target directory: /tmp may be memory.
        let directory = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let http = free_port();
        let builtin = match backends.contains("builtin:") {
            true => "",
            false => "    builtin:\n      enabled: false\n",
        };
        let config = format!(
            "log_level: WARNING\nqueue_location: {}\napp:\n  auth_username: {USER}\n  auth_password: {PASSWORD}\n  \
             listen_host: 127.0.0.1\n  listen_port: {}\n  hostname: gateway.example\n{lines}dns:\n  backends:\n{backends}{builtin}",
            directory.path().join("queues").display(),
            http.port()
        );
        fs::write(directory.path().join("app.yml"), config).unwrap();
        let child = Self::spawn(binary, directory.path());
        let mut started = Self {
            directory,
            binary: binary.into(),
            child,
            http,
        };
        started.wait_until_healthy();
        started
    }

    fn spawn(binary: &Path, directory: &Path) -> Child {
        let log = File::create(directory.join("log")).unwrap();
        Command::new(binary)
            .arg("--config")
            .arg(directory.join("app.yml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", binary.display()))
    }

    fn wait_until_healthy(&mut self) {
        let began = Instant::now();
        while Connection::to(self.http).is_none_or(|mut connection| {
            !connection
                .call(&request("GET", "/health", ""))
                .contains("\"ok\"")
        }) {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("dadns ended with {status}:\n{}", self.log());
            }
            assert!(
                began.elapsed() < PATIENCE,
                "dadns does not start:\n{}",
                self.log()
            );
            pause();
        }
    }

    /// Another command of the same binary, with the same configuration, until it ends.
    pub fn command(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.binary);
        command
            .arg("--config")
            .arg(self.directory.path().join("app.yml"));
        let output = command.args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}{output:?}");
        said
    }

    /// Bytes that its store takes on disk, in MB.
    pub fn store(&self) -> f64 {
        let files = fs::read_dir(self.directory.path().join("queues/store")).unwrap();
        let sizes = files.map(|file| file.unwrap().metadata().unwrap().len());
        sizes.sum::<u64>() as f64 / 1e6
    }

    /// Ends it in order, starts it again, and returns how long the start took until it takes changes.
    pub fn restart(&mut self) -> Duration {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        self.child.wait().unwrap();
        let began = Instant::now();
        self.child = Self::spawn(&self.binary, self.directory.path());
        self.wait_until_healthy();
        began.elapsed()
    }

    /// A connection that is kept.
    pub fn connect(&self) -> Connection {
        Connection::to(self.http).expect("dadns takes connections")
    }

    /// On how many zones the backend may be behind.
    pub fn pending(&self, backend: &str) -> usize {
        let answer = self.connect().call(&request("GET", "/queue_status", ""));
        let answer: Value = serde_json::from_str(&answer).expect(&answer);
        let backends = answer["backends"]
            .as_array()
            .or(answer.as_array())
            .expect("a list of backends");
        let found = backends.iter().find(|found| found["id"] == backend);
        let found = found.unwrap_or_else(|| panic!("no backend {backend}: {answer}"));
        usize::try_from(found["pending"].as_u64().unwrap()).unwrap()
    }

    /// Waits until the backend has verified everything.
    pub fn until_verified(&self, backend: &str) {
        let began = Instant::now();
        loop {
            let pending = self.pending(backend);
            if pending == 0 {
                return;
            }
            let log = || self.log();
            assert!(
                began.elapsed() < PATIENCE,
                "{pending} zones stay pending:\n{}",
                log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Resident memory, in MB.
    pub fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        kilobytes.unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// CPU time that it has taken, in user space and in the kernel.
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name, in brackets, may have blanks.
        let fields: Vec<_> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        // Linux has 100 ticks a second for user space, whatever the kernel uses.
        Duration::from_millis(ticks * 10)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Dadns {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of dadns:\n{}", self.log());
        }
    }
}

/// A kept connection, one request after the other.
pub struct Connection(TcpStream);

impl Connection {
    fn to(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        Some(Self(stream))
    }

    /// Sends a request; the body of its answer.
    pub fn call(&mut self, request: &[u8]) -> String {
        // What was idle for long, dadns closes.
        let mut peeked = [0];
        self.0.set_nonblocking(true).unwrap();
        let closed = matches!(self.0.peek(&mut peeked), Ok(0));
        self.0.set_nonblocking(false).unwrap();
        if closed {
            *self = self.0.peer_addr().ok().and_then(Self::to).unwrap();
        }
        self.0.write_all(request).unwrap();
        let mut answer = Vec::new();
        let mut part = [0; 64 * 1024];
        loop {
            let length = self.0.read(&mut part).unwrap();
            assert!(length > 0, "dadns closed the connection");
            answer.extend_from_slice(&part[..length]);
            if let Some(body) = super::load::body(&answer) {
                return String::from_utf8_lossy(body).into_owned();
            }
        }
    }

    /// Sends a push, which has to be accepted.
    pub fn push(&mut self, number: usize, serial: u32) {
        let answer = self.call(&super::zones::push(number, serial));
        assert!(answer.contains("error=0"), "refused: {answer}");
    }
}

/// Between two looks at what cannot be waited for.
pub fn pause() {
    std::thread::sleep(Duration::from_micros(200));
}
