//! The gateway itself, as an operator runs it: the binary with a configuration file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use serde_json::Value;
use tempfile::TempDir;

use super::eventually;
use super::http::{Answer, basic, master_request, send};
use super::process::Process;

pub const USER: &str = "directdnsonly";
pub const PASSWORD: &str = "a-secret-of-tests";

pub struct Gateway {
    directory: TempDir,
    process: Option<Process>,
    pub address: SocketAddr,
}

impl Gateway {
    /// Starts with these backends (lines below `dns.backends`); `builtin` is off unless it is one.
    pub fn start(backends: &[String]) -> Self {
        Self::start_with("", backends)
    }

    /// Starts with further keys below `app`.
    pub fn start_with(app: &str, backends: &[String]) -> Self {
        let mut gateway = Self::prepare(app, backends);
        gateway.run();
        gateway
    }

    /// All but the process.
    pub fn prepare(app: &str, backends: &[String]) -> Self {
        let directory = TempDir::new().unwrap();
        let mut backends = backends.concat();
        if !backends.contains("builtin:") {
            backends.push_str("    builtin:\n      enabled: false\n");
        }
        let config = format!(
            "log_level: DEBUG\nqueue_location: {}\napp:\n  auth_password: {PASSWORD}\n  \
             listen_host: 127.0.0.1\n  listen_port: 0\n  hostname: gateway.example\n{app}\
             dns:\n  backends:\n{backends}",
            directory.path().join("queues").display()
        );
        std::fs::write(directory.path().join("app.yml"), config).unwrap();
        Self {
            directory,
            process: None,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }

    /// Starts the process and waits until it listens.
    pub fn run(&mut self) {
        self.run_as(&mut Command::new(env!("CARGO_BIN_EXE_dadns")));
    }

    /// Starts again, with what it syncs and answers written to a file.
    pub fn run_traced(&mut self) -> PathBuf {
        self.kill();
        let trace = self.directory.path().join("trace");
        self.run_as(
            Command::new("strace")
                .args([
                    "-D",
                    "-f",
                    "-y",
                    "-s",
                    "500",
                    "-e",
                    "trace=fdatasync,write,writev,sendto",
                ])
                .arg("-o")
                .arg(&trace)
                .arg(env!("CARGO_BIN_EXE_dadns")),
        );
        trace
    }

    /// Starts `command` in place of the binary itself, and waits until it listens.
    pub fn run_as(&mut self, command: &mut Command) {
        let mut process = Process::start("dadns", command.arg("--config").arg(self.config()));
        let line = process.line("where it listens", |line| line.contains("Listening on "));
        let address = line
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        self.address = address.unwrap().parse().unwrap();
        self.process = Some(process);
    }

    pub fn config(&self) -> PathBuf {
        self.directory.path().join("app.yml")
    }

    /// Where its store is.
    pub fn store(&self) -> PathBuf {
        self.directory.path().join("queues/store")
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// SIGTERM, and waits for its end.
    pub fn terminate(&mut self) -> (ExitStatus, String) {
        let mut process = self.process.take().unwrap();
        let status = process.terminate();
        (status, process.log())
    }

    /// The process, while it runs.
    pub fn process(&mut self) -> Option<&mut Process> {
        self.process.as_mut()
    }

    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// Waits for a log line that contains `text`.
    pub fn logs(&mut self, text: &str) -> String {
        let process = self.process.as_mut().unwrap();
        process.line(text, |line| line.contains(text))
    }

    /// Another command of the binary, with this gateway's configuration.
    pub fn command(&self, arguments: &[&str]) -> (ExitStatus, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_dadns"))
            .arg("--config")
            .arg(self.config())
            .args(arguments)
            .env("DADNS_APP_LISTEN_PORT", self.address.port().to_string())
            .output()
            .unwrap();
        (
            output.status,
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    /// A request as a master sends it.
    pub fn ask(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        let request = master_request(method, target, &basic(USER, PASSWORD), body);
        send(self.address, &request)
    }

    pub fn get(&self, target: &str) -> String {
        self.ask("GET", target, b"").body
    }

    /// A push by the master `da1.example.net` of user `alice`.
    pub fn push(&self, zone: &str, text: &str) -> String {
        self.push_from("da1.example.net", zone, text)
    }

    pub fn push_from(&self, master: &str, zone: &str, text: &str) -> String {
        let target = format!(
            "/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&username=alice&hostname={master}\
             &named_reload=yes"
        );
        self.ask("POST", &target, text.as_bytes()).body
    }

    /// A removal in the captured form shape.
    pub fn delete_from(&self, master: &str, zone: &str) -> String {
        let body = format!("action=delete&cluster=yes&hostname={master}&select0={zone}");
        self.ask("POST", "/CMD_API_DNS_ADMIN", body.as_bytes()).body
    }

    pub fn json(&self, target: &str) -> Value {
        serde_json::from_str(&self.get(target)).unwrap()
    }

    /// Waits until a zone is in this state: `served`, `removed`, `pending`, `failed`.
    pub fn until(&self, zone: &str, state: &str) -> Value {
        eventually(&format!("{zone} is {state}"), || {
            let found = self.json(&format!("/api/v1/zones/{zone}"));
            (found["state"] == state).then_some(found)
        })
    }
}
