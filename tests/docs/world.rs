//! What the commands of a page find when they run: a directory that looks like the repository, a gateway,
//! and the daemons around it, all on free ports. The pages name the ports and paths of a real host; what is
//! run and printed is translated between the two.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

use crate::page::path;
use crate::support::dns::{NameServer, free_port};
use crate::support::master::{ADMIN, ADMIN_PASSWORD, Master};
use crate::support::named::Named;
use crate::support::process::Process;

/// What a page needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// Only the program and the files.
    Nothing,
    /// A gateway with its built-in server, as `config/app.yml` says.
    Gateway,
    /// Also a BIND that the gateway delivers to.
    Bind,
    /// A BIND with zones of another gateway, and a master that knows more of them.
    Takeover,
}

/// The command of the README that starts a gateway.
const START: &str = "cargo run --release --locked";

/// How a host stops its BIND, and starts it again.
const STOP_NAMED: &str = "systemctl stop named";
const START_NAMED: &str = "systemctl start named";

/// Log file of the gateway, as pages call it.
const LOG: &str = "/var/log/dadns/dadns.log";

/// dadns, without variables of ours.
pub fn program() -> Command {
    clean(env!("CARGO_BIN_EXE_dadns"))
}

fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DADNS_") {
            command.env_remove(name);
        }
    }
    command
}

pub struct World {
    directory: TempDir,
    variables: Vec<(String, String)>,
    /// What pages say, and what is really there.
    words: Vec<(&'static str, String)>,
    gateway: Option<Process>,
    named: Option<Named>,
    _master: Option<Master>,
}

impl World {
    /// `variables` override keys of the gateway.
    pub fn new(around: Around, variables: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().unwrap();
        for name in ["zone", "config"] {
            symlink(path(name), directory.path().join(name)).unwrap();
        }
        fs::create_dir(directory.path().join("bin")).unwrap();
        let program = directory.path().join("bin/dadns");
        symlink(env!("CARGO_BIN_EXE_dadns"), program).unwrap();
        let mut world = Self {
            directory,
            variables: Vec::new(),
            words: Vec::new(),
            gateway: None,
            named: None,
            _master: None,
        };
        if around == Around::Nothing {
            return world;
        }
        let (http, dns) = (free_port(), free_port());
        world.set("APP_LISTEN_PORT", &http.port().to_string());
        world.set("DNS_BACKENDS_BUILTIN_LISTEN", &dns.to_string());
        let log = world.directory.path().join("dadns.log");
        world.set("LOG_FILE", log.to_str().unwrap());
        world.words = vec![
            ("127.0.0.1:2222", http.to_string()),
            ("127.0.0.1:5300", dns.to_string()),
            ("-p 5300", format!("-p {}", dns.port())),
            (LOG, log.to_str().unwrap().to_owned()),
        ];
        for (key, value) in variables {
            world.set(key, value);
        }
        match around {
            Around::Bind => world.bind(&[]),
            Around::Takeover => world.takeover(),
            Around::Nothing | Around::Gateway => {}
        }
        world
    }

    fn set(&mut self, key: &str, value: &str) {
        self.variables
            .push((format!("DADNS_{key}"), value.to_owned()));
    }

    /// A `named` with these zones (name, text), as another program left them.
    fn bind(&mut self, zones: &[(&str, String)]) {
        let mut named = Named::prepare();
        let mut include = String::new();
        for (zone, text) in zones {
            let file = named.path(&format!("{zone}.db"));
            fs::write(&file, text).unwrap();
            include += &format!(
                "zone \"{zone}\" {{ type master; file \"{}\"; }};\n",
                file.display()
            );
        }
        fs::write(named.include(), include).unwrap();
        named.run();
        let show = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
        for (key, word, value) in [
            ("ENABLED", "", "true".to_owned()),
            (
                "ZONES_DIR",
                "/var/cache/bind/dadns",
                show(named.zones_dir()),
            ),
            (
                "NAMED_CONF",
                "/etc/bind/named.conf.local",
                show(named.include()),
            ),
            ("CONTROL", "127.0.0.1:953", named.control.to_string()),
            (
                "KEY_FILE",
                "/etc/bind/rndc.key",
                show(named.path("rndc.key")),
            ),
            ("DNS_ADDRESS", "127.0.0.1:53", named.dns().to_string()),
        ] {
            self.set(&format!("DNS_BACKENDS_BIND_{key}"), &value);
            if !word.is_empty() {
                self.words.push((word, value));
            }
        }
        // Last: the paths above are below it.
        self.words.push((
            "/etc/named/zones",
            show(named.path("")).trim_end_matches('/').to_owned(),
        ));
        self.named = Some(named);
    }

    fn takeover(&mut self) {
        let text = |zone: &str, www: &str| {
            format!(
                "$TTL 14400\n@ IN SOA ns1.{zone}. hostmaster.{zone}. 2026112401 7200 3600 1209600 180\n\
                 @ IN NS ns1.{zone}.\n@ IN NS ns2.{zone}.\n@ IN A 192.0.2.7\n\
                 ns1 IN A 192.0.2.1\nns2 IN A 192.0.2.2\nwww IN A {www}\n"
            )
        };
        let zones = ["alice.example", "bob.example"].map(|zone| (zone, text(zone, "192.0.2.7")));
        let broken = ("broken.example", text("broken.example", "192.0.2.777"));
        self.bind(&[&zones[..], &[broken]].concat());
        let master = Master::start();
        for (zone, user) in [("alice", "alice"), ("bob", "bob"), ("carol", "carol")] {
            let zone = format!("{zone}.example");
            master.put(&zone, Some(user), &text(&zone, "192.0.2.7"));
        }
        // The host of the pages does not resolve.
        self.words.push(("da1.example.net", "localhost".to_owned()));
        let key = "RECONCILIATION_DIRECTADMIN_SERVERS_1";
        self.set(&format!("{key}_HOSTNAME"), "localhost");
        self.set(&format!("{key}_PORT"), &master.address.port().to_string());
        self.set(&format!("{key}_USERNAME"), ADMIN);
        self.set(&format!("{key}_PASSWORD"), ADMIN_PASSWORD);
        self.set(&format!("{key}_SSL"), "false");
        self._master = Some(master);
    }

    /// Starts the gateway, where there is one, and waits until it listens.
    pub fn start(&mut self) {
        if self.variables.is_empty() || self.gateway.is_some() {
            return;
        }
        let mut process = Process::start("dadns", &mut self.command(env!("CARGO_BIN_EXE_dadns")));
        process.line("where it listens", |line| line.contains("Listening on "));
        process.line("where it answers", |line| line.contains("answers DNS at"));
        self.gateway = Some(process);
    }

    fn command(&self, program: &str) -> Command {
        let mut command = clean(program);
        let search = std::env::var("PATH").unwrap_or_default();
        let own = self.directory.path().join("bin");
        command
            .env("PATH", format!("{}:{search}:/usr/sbin", own.display()))
            .envs(self.variables.iter().cloned())
            .current_dir(self.directory.path());
        command
    }

    /// Runs commands of a page; whether they succeeded, and what they printed, as the page would say it.
    pub fn run(&mut self, commands: &str) -> (bool, String) {
        match (commands, &mut self.named) {
            (START, _) => self.start(),
            (STOP_NAMED, Some(named)) => named.kill(),
            (START_NAMED, Some(named)) => named.run(),
            _ => return self.shell(commands),
        }
        (true, String::new())
    }

    fn shell(&self, commands: &str) -> (bool, String) {
        let mut commands = commands.to_owned();
        for (word, real) in &self.words {
            commands = commands.replace(word, real);
        }
        let mut shell = self.command("bash");
        // What goes wrong is printed between the rest, as on a terminal; curl is quiet as on one.
        let output = shell
            .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{commands}")])
            .output()
            .unwrap();
        let mut printed = String::from_utf8(output.stdout).unwrap();
        for (word, real) in &self.words {
            printed = printed.replace(real, word);
        }
        (output.status.success(), printed)
    }
}
