//! A cluster of etcd on loopback, whose members a test kills, stops and starts again.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use super::dns::free_port;
use super::process::Process;
use super::proxy::Proxy;
use super::{eventually, find};

/// Members that vote together. They are gone with their value.
pub struct Etcd {
    directory: TempDir,
    pub(super) members: Vec<Member>,
    scheme: &'static str,
    extra: Vec<String>,
}

pub(super) struct Member {
    client: SocketAddr,
    between: SocketAddr,
    /// What stands before that, so that the way of others to it can be cut; and its id, by which they know it.
    pub(super) link: Option<Proxy>,
    pub(super) id: String,
    /// Health and figures without TLS and without a password.
    figures: SocketAddr,
    process: Option<Process>,
}

impl Etcd {
    /// Starts so many members, and waits until each takes writes.
    pub fn start(count: usize) -> Self {
        Self::start_with(count, "http", &[])
    }

    /// The same with more arguments; `scheme` is `https` where these are about certificates.
    pub fn start_with(count: usize, scheme: &'static str, extra: &[&str]) -> Self {
        let mut etcd = Self::prepare(count, scheme, extra);
        etcd.run_all();
        etcd
    }

    /// Starts so many members, and what goes from one to another can be cut and delayed.
    pub fn start_linked(count: usize) -> Self {
        let mut etcd = Self::prepare(count, "http", &[]);
        for member in &mut etcd.members {
            member.link = Some(Proxy::start(member.between));
        }
        etcd.run_all();
        etcd.learn_ids();
        etcd
    }

    fn prepare(count: usize, scheme: &'static str, extra: &[&str]) -> Self {
        let member = |_| Member {
            client: free_port(),
            between: free_port(),
            link: None,
            id: String::new(),
            figures: free_port(),
            process: None,
        };
        Self {
            directory: TempDir::new().unwrap(),
            members: (0..count).map(member).collect(),
            scheme,
            extra: extra.iter().map(|&argument| argument.to_owned()).collect(),
        }
    }

    pub(super) fn run_all(&mut self) {
        (0..self.len()).for_each(|at| self.run(at));
        self.healthy();
    }

    /// How many members there are, whether they run or not.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Starts a member that does not run; it may not be ready yet.
    pub fn run(&mut self, at: usize) {
        let member = &self.members[at];
        let client = format!("{}://{}", self.scheme, member.client);
        let between = format!("http://{}", member.between);
        let known = format!("http://{}", member.known());
        let process = Process::start(
            "etcd",
            Command::new(built("etcd"))
                .args(["--name", &format!("m{at}")])
                .arg("--data-dir")
                .arg(self.data(at))
                .args(["--listen-client-urls", &client])
                .args(["--advertise-client-urls", &client])
                .args(["--listen-peer-urls", &between])
                .args(["--initial-advertise-peer-urls", &known])
                .args(["--initial-cluster", &self.all()])
                .args([
                    "--listen-metrics-urls",
                    &format!("http://{}", member.figures),
                ])
                .args(["--log-level", "warn"])
                .args(&self.extra),
        );
        self.members[at].process = Some(process);
    }

    /// All members, as each is told of them.
    pub(super) fn all(&self) -> String {
        let all: Vec<_> = (self.members.iter().enumerate())
            .map(|(at, member)| format!("m{at}=http://{}", member.known()))
            .collect();
        all.join(",")
    }

    /// Waits until every member that runs takes writes.
    pub fn healthy(&self) {
        let runs = |at: &usize| self.members[*at].process.is_some();
        for at in (0..self.members.len()).filter(runs) {
            eventually(&format!("member {at} of etcd is healthy"), || {
                self.get(at, "/health")?
                    .contains("\"health\":\"true\"")
                    .then_some(())
            });
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self, at: usize) {
        self.members[at].process = None;
    }

    /// SIGTERM, and waits for its end.
    pub fn terminate(&mut self, at: usize) {
        if let Some(mut process) = self.members[at].process.take() {
            process.terminate();
        }
    }

    /// Starts a member again that was killed, and waits until it takes writes.
    pub fn restart(&mut self, at: usize) {
        self.run(at);
        self.healthy();
    }

    /// SIGSTOP: it keeps its connections and says nothing.
    pub fn stop(&self, at: usize) {
        self.process(at).signal("-STOP");
    }

    /// SIGCONT.
    pub fn go_on(&self, at: usize) {
        self.process(at).signal("-CONT");
    }

    fn process(&self, at: usize) -> &Process {
        let process = self.members[at].process.as_ref();
        process.unwrap_or_else(|| panic!("member {at} of etcd does not run"))
    }

    /// The member that leads now; waits until one does.
    pub fn leader(&self) -> usize {
        eventually("a member of etcd leads", || self.leads())
    }

    /// The member that leads now, if one says so.
    pub fn leads(&self) -> Option<usize> {
        let leads = |at: &usize| {
            let figures = self.get(*at, "/metrics").unwrap_or_default();
            figures.contains("\netcd_server_is_leader 1\n")
        };
        (0..self.members.len()).find(leads)
    }

    /// Where the members are asked, as the configuration names them.
    pub fn endpoints(&self) -> Vec<String> {
        let name = |at| format!("{}://{}", self.scheme, self.address(at));
        (0..self.members.len()).map(name).collect()
    }

    /// Where a member is asked.
    pub fn address(&self, at: usize) -> SocketAddr {
        self.members[at].client
    }

    /// Where a member keeps its data.
    pub fn data(&self, at: usize) -> PathBuf {
        self.directory.path().join(format!("m{at}"))
    }

    /// Has it count on, by so many writes that are not ours.
    pub fn count_on(&self, writes: usize) {
        for at in 0..writes {
            self.ctl(&["put", "other", &at.to_string()]);
        }
    }

    /// What etcdctl says. It has to succeed.
    pub fn ctl(&self, arguments: &[&str]) -> String {
        let output = Command::new(built("etcdctl"))
            .args(["--endpoints", &self.endpoints().join(",")])
            .args(arguments)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "etcdctl {arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A page of a member that runs and answers at once.
    fn get(&self, at: usize, path: &str) -> Option<String> {
        self.members[at].process.as_ref()?;
        let mut stream = TcpStream::connect(self.members[at].figures).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
        let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Member {
    /// Where the others find it.
    pub(super) fn known(&self) -> SocketAddr {
        self.link.as_ref().map_or(self.between, |link| link.address)
    }
}

/// A program of `tests/tools/etcd`, all of which are built once: the first time takes minutes.
pub fn built(program: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let directory = BUILT.get_or_init(|| {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let directory = top.join("target/tools/etcd");
        std::fs::create_dir_all(&directory).unwrap();
        // Go looks at what is there itself: nothing to do takes it a second.
        let output = Command::new(find("go").unwrap())
            .args(["build", "-buildvcs=false", "-o"])
            .arg(&directory)
            .args([
                ".",
                "go.etcd.io/etcd/etcdctl/v3",
                "go.etcd.io/etcd/etcdutl/v3",
            ])
            .current_dir(top.join("tests/tools/etcd"))
            // The compiler that is here, or none: no other one is fetched.
            .env("GOTOOLCHAIN", "local")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "etcd does not build:\n{error}");
        directory
    });
    directory.join(program)
}
