//! The image of `docker/`, built and started as an engine would: topology A, from push to answer.
//!
//! A target of its own, so that the building takes no time from tests beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Each test target uses a part of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use support::process::Process;
use support::{eventually, zone_text};

const SECRET: &str = "a-secret-of-tests";

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn without_engine() -> Command {
    Command::new(top().join("docker/without-engine"))
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

/// Whether this machine lets us make the namespaces of a container; without, the test is left out, loudly:
/// no package that could be installed would change it.
fn may_contain() -> bool {
    let tried = Command::new("unshare")
        .args([
            "--mount", "--net", "--pid", "--fork", "mount", "-t", "tmpfs", "none", "/mnt",
        ])
        .output();
    let may = tried.is_ok_and(|output| output.status.success());
    if !may {
        // Not eprintln: the test harness would keep that to itself.
        let _ = writeln!(
            std::io::stderr(),
            "LEFT OUT: the image: it needs root, and a machine that lets it make namespaces"
        );
    }
    may
}

/// The image with the binary that cargo has built in place of its first stage.
fn build(directory: &Path) -> PathBuf {
    let (built, image) = (directory.join("built"), directory.join("image"));
    std::fs::create_dir_all(built.join("out")).unwrap();
    // Without what only a debugger reads, which is most of it.
    run(Command::new("strip")
        .arg("-o")
        .arg(built.join("out/dadns"))
        .arg(env!("CARGO_BIN_EXE_dadns")));
    run(without_engine()
        .args(["build", "dadns"])
        .args([&image, &built]));
    image
}

/// A container of topology A.
struct Container<'a> {
    image: &'a Path,
    process: Process,
    /// Its process 1.
    first: u32,
}

impl<'a> Container<'a> {
    fn start(image: &'a Path, volumes: &Path, secret: &Path) -> Self {
        let given = |file: &Path, inside: &str| format!("{}:{inside}", file.display());
        let mut process = Process::start(
            "the container",
            without_engine()
                .arg("start")
                .args([image, volumes])
                .args([
                    "WITH_NAMED=1",
                    "DADNS_APP_AUTH_PASSWORD_FILE=/run/secrets/app_password",
                ])
                .arg(given(
                    &top().join("docker/topology-a/app.yml"),
                    "/etc/dadns/app.yml",
                ))
                .arg(given(secret, "/run/secrets/app_password")),
        );
        process.line("that dadns listens", |line| line.contains("Listening on "));
        let children = format!("/proc/{0}/task/{0}/children", process.id());
        let first = std::fs::read_to_string(children).unwrap();
        let first = first.trim().parse().unwrap();
        Self {
            image,
            process,
            first,
        }
    }

    /// A program of this machine in the container's network.
    fn beside(&self, program: &str, arguments: &[&str]) -> String {
        let network = format!("--net=/proc/{}/ns/net", self.first);
        let output = run(Command::new("nsenter")
            .arg(network)
            .arg(program)
            .args(arguments));
        String::from_utf8(output.stdout).unwrap()
    }

    fn push(&self, zone: &str, file: &Path) -> String {
        let target = format!(
            "http://127.0.0.1:2222/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&username=alice\
             &hostname=da1.example.net&named_reload=yes"
        );
        let (login, body) = (
            format!("directdnsonly:{SECRET}"),
            format!("@{}", file.display()),
        );
        self.beside(
            "curl",
            &["-sS", "-u", &login, "--data-binary", &body, &target],
        )
    }

    /// Waits until its named answers with this address.
    fn answers(&self, name: &str, address: &str) {
        eventually(&format!("{name} has the address {address}"), || {
            let said = self.beside("dig", &["+short", "@127.0.0.1", name, "A"]);
            (said.trim() == address).then_some(())
        });
    }

    fn is_healthy(&self) -> bool {
        let mut check = without_engine();
        check
            .arg("exec")
            .arg(self.image)
            .arg(self.first.to_string());
        check.arg("healthcheck").status().unwrap().success()
    }

    /// SIGTERM to its process 1, as `docker stop` sends it.
    fn stop(mut self) -> Option<i32> {
        let first = self.first.to_string();
        run(Command::new("kill").args(["-TERM", &first]));
        self.process.wait().code()
    }
}

#[test]
fn the_image_takes_a_push_and_serves_it_as_topology_a_runs_it() {
    if !may_contain() {
        return;
    }
    needs!("buildah", "mmdebstrap", "ip", "strip", "curl", "dig");
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let image = build(directory.path());
    std::fs::write(at("secret"), SECRET).unwrap();
    std::fs::write(at("zone"), zone_text("a.example", 7, "192.0.2.7")).unwrap();

    let container = Container::start(&image, &at("volumes"), &at("secret"));
    assert_eq!(container.push("a.example", &at("zone")), "error=0");
    container.answers("www.a.example", "192.0.2.7");
    assert!(container.is_healthy());
    assert_eq!(container.stop(), Some(0));

    // The volume keeps what was pushed.
    let container = Container::start(&image, &at("volumes"), &at("secret"));
    container.answers("www.a.example", "192.0.2.7");
    assert_eq!(container.stop(), Some(0));
}
