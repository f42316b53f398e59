//! What a container runs: the entrypoint and the health check of the image, outside of it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::needs;
use crate::support::dns::{NameServer, free_port};
use crate::support::gateway::Gateway;
use crate::support::process::Process;
use crate::support::{eventually, zone_text};

/// Its bit among those of `/proc/ID/status`.
const SIGTERM: u64 = 1 << 14;

/// A dadns that the entrypoint runs, with a `named` that it runs beside.
struct Container {
    directory: TempDir,
    dns: SocketAddr,
    control: SocketAddr,
    gateway: Gateway,
}

impl Container {
    fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let (dns, control) = (free_port(), free_port());
        let named = directory.path().join("named");
        let backend = format!(
            "    bind:\n      enabled: true\n      zones_dir: {named}/zones\n      \
             named_conf: {named}/zones.conf\n      control: {control}\n      \
             key_file: {named}/rndc.key\n      dns_address: {dns}\n",
            named = named.display()
        );
        let mut container = Self {
            directory,
            dns,
            control,
            gateway: Gateway::prepare("", &[backend]),
        };
        let mut entrypoint = container.script("entrypoint");
        container.gateway.run_as(&mut entrypoint);
        container
    }

    /// A script of the image, with the variables of one.
    fn script(&self, name: &str) -> Command {
        let mut command = script(name);
        command
            .env("WITH_NAMED", "1")
            .env("NAMED_DIR", self.named_dir())
            .env("NAMED_LISTEN", "127.0.0.1")
            .env("NAMED_PORT", self.dns.port().to_string())
            .env("NAMED_CONTROL_PORT", self.control.port().to_string())
            .env(
                "HEALTH_URL",
                format!("http://{}/health", self.gateway.address),
            );
        command
    }

    fn named_dir(&self) -> PathBuf {
        self.directory.path().join("named")
    }

    fn health(&self) -> Output {
        self.script("healthcheck").output().unwrap()
    }

    fn entrypoint(&mut self) -> &mut Process {
        self.gateway.process().unwrap()
    }

    /// The process that the entrypoint has started from `program`.
    fn child(&mut self, program: &str) -> u32 {
        let parent = self.entrypoint().id();
        let found = children(parent).into_iter().find(|id| runs(*id, program));
        found.unwrap_or_else(|| panic!("the entrypoint does not run {program}"))
    }
}

impl Drop for Container {
    /// A killed entrypoint cannot end its own: all are found by the directory they were given.
    fn drop(&mut self) {
        let given = format!("NAMED_DIR={}", self.named_dir().display());
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let variables = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let is_ours = variables
                .split(|byte| *byte == 0)
                .any(|variable| variable == given.as_bytes());
            if let (true, Ok(id)) = (is_ours, entry.file_name().to_string_lossy().parse()) {
                signal("-KILL", id);
            }
        }
    }
}

impl NameServer for Container {
    fn dns(&self) -> SocketAddr {
        self.dns
    }
}

fn script(name: &str) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docker")
        .join(name);
    let binary = Path::new(env!("CARGO_BIN_EXE_dadns")).parent().unwrap();
    // rndc-confgen and named stand where the PATH of users may not reach.
    let own = [binary.to_owned(), PathBuf::from("/usr/sbin")];
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path_variable = own.into_iter().chain(std::env::split_paths(&inherited));
    // As an engine starts it: a shell cannot catch what it was started to ignore, and what runs tests in
    // the background may have us ignore SIGINT.
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(path);
    command.env("PATH", std::env::join_paths(path_variable).unwrap());
    command
}

fn children(parent: u32) -> Vec<u32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let listed = std::fs::read_to_string(path).unwrap_or_default();
    listed
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

fn runs(id: u32, program: &str) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{id}/comm"));
    name.is_ok_and(|name| name.trim_end() == program)
}

/// Whether all threads of the process have been stopped: one that is not yet would still take a signal.
fn stands_still(id: u32) -> Option<()> {
    let mut threads = std::fs::read_dir(format!("/proc/{id}/task")).ok()?;
    let stopped = threads.all(|thread| {
        let status = thread.ok().map(|thread| thread.path().join("status"));
        let status = status.and_then(|path| std::fs::read_to_string(path).ok());
        status.is_some_and(|status| status.contains("State:\tT"))
    });
    stopped.then_some(())
}

/// Whether SIGTERM waits for the process, which stands still.
fn is_terminating(id: u32) -> Option<()> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let pending = status
        .lines()
        .find_map(|line| line.strip_prefix("ShdPnd:"))?;
    let pending = u64::from_str_radix(pending.trim(), 16).ok()?;
    (pending & SIGTERM != 0).then_some(())
}

fn signal(signal: &str, id: u32) {
    let _ = Command::new("kill")
        .args([signal, &id.to_string()])
        .status();
}

#[test]
fn a_container_serves_by_its_own_named_and_is_healthy() {
    needs!("named", "rndc", "rndc-confgen", "dig", "bash", "curl");
    let container = Container::start();
    container
        .gateway
        .push("a.example", &zone_text("a.example", 7, "192.0.2.7"));
    container.gateway.until("a.example", "served");
    assert_eq!(container.serial("a.example"), Some(7));
    let health = container.health();
    assert!(health.status.success(), "{health:?}");
    assert_eq!(container.dig(&["+short", "version.bind", "CH", "TXT"]), "");
    let refused = container.dig(&["+tcp", "a.example", "AXFR"]);
    assert!(refused.contains("Transfer failed"), "{refused}");
}

#[test]
fn sigterm_ends_dadns_and_only_then_named() {
    needs!("named", "rndc", "rndc-confgen", "dig", "bash");
    let mut container = Container::start();
    let (named, dadns) = (container.child("named"), container.child("dadns"));
    signal("-STOP", dadns);
    eventually("dadns stands still", || stands_still(dadns));
    container.entrypoint().signal("-TERM");
    eventually("dadns is told", || is_terminating(dadns));
    // Nothing is served, and that much named still says.
    assert!(container.dig(&["a.example"]).contains("REFUSED"));
    signal("-CONT", dadns);
    assert_eq!(container.entrypoint().wait().code(), Some(0));
    assert!(!runs(named, "named"));
    let order = [
        "stopped; what is pending",
        "dadns ended with 0",
        "no longer listening",
    ];
    eventually("both have said that they end, in order", || {
        let log = container.gateway.log();
        let places: Option<Vec<_>> = order.iter().map(|part| log.find(part)).collect();
        places?.is_sorted().then_some(())
    });
}

#[test]
fn sigint_is_as_good() {
    needs!("named", "rndc", "rndc-confgen", "bash");
    let mut container = Container::start();
    container.entrypoint().signal("-INT");
    assert_eq!(container.entrypoint().wait().code(), Some(0));
}

#[test]
fn the_end_of_either_ends_the_container_with_its_code() {
    needs!("named", "rndc", "rndc-confgen", "bash");
    for (first, other) in [("named", "dadns"), ("dadns", "named")] {
        let mut container = Container::start();
        let left = container.child(other);
        signal("-KILL", container.child(first));
        assert_eq!(container.entrypoint().wait().code(), Some(137), "{first}");
        assert!(!runs(left, other), "{other} is left");
        let told = format!("{first} ended with 137; stopping {other}");
        eventually("the log says why", || {
            container.gateway.log().contains(&told).then_some(())
        });
    }
}

#[test]
fn a_second_start_finds_the_zones_of_the_first() {
    needs!("named", "rndc", "rndc-confgen", "dig", "bash");
    let mut container = Container::start();
    container
        .gateway
        .push("a.example", &zone_text("a.example", 7, "192.0.2.7"));
    container.gateway.until("a.example", "served");
    let (status, log) = container.gateway.terminate();
    assert!(status.success(), "{log}");
    let mut entrypoint = container.script("entrypoint");
    container.gateway.run_as(&mut entrypoint);
    eventually("the zone is served again", || container.serial("a.example"));
    // By the new key: this needs named to be told.
    container
        .gateway
        .push("a.example", &zone_text("a.example", 8, "192.0.2.8"));
    container.gateway.until("a.example", "served");
    assert_eq!(container.serial("a.example"), Some(8));
}

#[test]
fn without_named_the_entrypoint_becomes_dadns() {
    needs!("bash", "curl");
    let mut gateway = Gateway::prepare("", &[]);
    gateway.run_as(&mut script("entrypoint"));
    let id = gateway.process().unwrap().id();
    assert!(runs(id, "dadns"));
    let mut health = script("healthcheck");
    health.env("HEALTH_URL", format!("http://{}/health", gateway.address));
    assert!(health.status().unwrap().success());
    let (status, _) = gateway.terminate();
    assert!(status.success());
    let sick = health.output().unwrap();
    assert!(!sick.status.success(), "{sick:?}");
}

#[test]
fn a_health_check_fails_where_named_is_wanted_and_not_there() {
    needs!("rndc", "bash", "curl");
    let gateway = Gateway::start(&[]);
    let directory = TempDir::new().unwrap();
    let key = "key \"rndc-key\" { algorithm hmac-sha256; secret \"c2VjcmV0IG9mIGEgdGVzdA==\"; };\n";
    std::fs::write(directory.path().join("rndc.key"), key).unwrap();
    let mut health = script("healthcheck");
    health
        .env("HEALTH_URL", format!("http://{}/health", gateway.address))
        .env("NAMED_DIR", directory.path())
        .env("NAMED_CONTROL_PORT", free_port().port().to_string());
    assert!(health.env("WITH_NAMED", "0").status().unwrap().success());
    let sick = health.env("WITH_NAMED", "1").output().unwrap();
    let said = String::from_utf8_lossy(&sick.stderr);
    assert!(
        !sick.status.success() && said.contains("refused"),
        "{sick:?}"
    );
}

#[test]
fn other_commands_run_alone_and_a_misspelt_switch_is_told() {
    needs!("bash");
    let gateway = Gateway::prepare("", &[]);
    let check = script("entrypoint")
        .env("WITH_NAMED", "1")
        .args(["config", "check", "--config"])
        .arg(gateway.config())
        .output()
        .unwrap();
    assert!(check.status.success(), "{check:?}");
    assert!(String::from_utf8_lossy(&check.stdout).contains("app.listen_port"));
    let told = script("entrypoint")
        .env("WITH_NAMED", "yes")
        .output()
        .unwrap();
    assert_eq!(told.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&told.stderr).contains("WITH_NAMED is neither 0 nor 1"));
}
