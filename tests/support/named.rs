//! A real `named` in a directory of its own.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::dns::{NameServer, Primary, free_port, normal};
use super::find;
use super::process::Process;

pub struct Named {
    directory: TempDir,
    pub dns: SocketAddr,
    pub control: SocketAddr,
    process: Option<Process>,
}

impl Named {
    /// Starts with an empty include file.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts with an include file of this text.
    pub fn start_with(include: &str) -> Self {
        let mut named = Self::prepare();
        std::fs::write(named.include(), include).unwrap();
        named.run();
        named
    }

    /// Serves these zones (name, text of its file), and waits until it does.
    pub fn primary(zones: &[(String, String)]) -> Self {
        let mut named = Self::prepare();
        let mut include = String::new();
        for (zone, text) in zones {
            let file = named.path(&format!("{zone}.zone"));
            std::fs::write(&file, text).unwrap();
            let file = file.display();
            // What a zone holds is up to the test, not to BIND's taste.
            writeln!(
                include,
                "zone \"{zone}\" {{ type primary; file \"{file}\"; check-names ignore; }};"
            )
            .unwrap();
        }
        std::fs::write(named.include(), include).unwrap();
        named.run();
        for (zone, _) in zones {
            let log = named.log();
            let said: Vec<_> = log.lines().filter(|line| line.contains(zone)).collect();
            let served = named.serial(zone).is_some();
            assert!(served, "named does not serve {zone}: {said:#?}");
        }
        named
    }

    /// Gets these zones from a primary.
    pub fn secondary(primary: &Primary, zones: &[&str]) -> Self {
        let (mut include, from) = upstream(primary);
        for zone in zones {
            writeln!(
                include,
                "zone \"{zone}\" {{ type secondary; file \"{zone}.db\"; primaries {from}; }};"
            )
            .unwrap();
        }
        Self::start_with(&include)
    }

    /// Gets a catalog zone (RFC 9432) from a primary, and every zone that it lists.
    pub fn catalog_consumer(primary: &Primary, catalog: &str) -> Self {
        let mut named = Self::prepare();
        let (mut include, from) = upstream(primary);
        writeln!(
            include,
            "zone \"{catalog}\" {{ type secondary; file \"{catalog}.db\"; primaries {from}; }};"
        )
        .unwrap();
        std::fs::write(named.include(), include).unwrap();
        let options = format!(
            "catalog-zones {{ zone \"{catalog}\" default-primaries {from} \
             min-update-interval 0; }};\n"
        );
        std::fs::write(named.path("options.conf"), options).unwrap();
        named.run();
        named
    }

    /// All but the process.
    pub fn prepare() -> Self {
        let directory = TempDir::new().unwrap();
        let (dns, control) = (free_port(), free_port());
        let path = directory.path().display();
        let config = format!(
            "include \"{path}/rndc.key\";\n\
             options {{ directory \"{path}\"; pid-file none; session-keyfile none;\n\
               listen-on port {} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n\
               recursion no; dnssec-validation no; notify no; allow-transfer {{ 127.0.0.1; }};\n\
               transfers-in 50; transfers-per-ns 50; serial-query-rate 1000;\n\
               include \"{path}/options.conf\"; }};\n\
             controls {{ inet 127.0.0.1 port {} allow {{ 127.0.0.1; }} keys {{ \"rndc-key\"; }}; }};\n\
             include \"{path}/dadns.conf\";\n",
            dns.port(),
            control.port(),
        );
        std::fs::write(directory.path().join("named.conf"), config).unwrap();
        for empty in ["dadns.conf", "options.conf"] {
            std::fs::write(directory.path().join(empty), "").unwrap();
        }
        std::fs::write(
            directory.path().join("rndc.key"),
            "key \"rndc-key\" {\n\talgorithm hmac-sha256;\n\
             \tsecret \"c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyE=\";\n};\n",
        )
        .unwrap();
        Self {
            directory,
            dns,
            control,
            process: None,
        }
    }

    /// Starts the process and waits until it serves.
    pub fn run(&mut self) {
        let config = self.directory.path().join("named.conf");
        let mut process = Process::start(
            "named",
            Command::new(find("named").unwrap())
                .arg("-g")
                .args(["-n", "2"])
                .arg("-c")
                .arg(config),
        );
        process.line("that it runs", |line| line.ends_with(" running"));
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

    pub fn include(&self) -> PathBuf {
        self.directory.path().join("dadns.conf")
    }

    pub fn zones_dir(&self) -> PathBuf {
        self.directory.path().join("zones")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A backend of the gateway's configuration that is this server.
    pub fn backend(&self, id: &str) -> String {
        format!(
            "    {id}:\n      type: bind\n      enabled: true\n      zones_dir: {}\n      \
             named_conf: {}\n      control: {}\n      key_file: {}\n      dns_address: {}\n",
            self.zones_dir().display(),
            self.include().display(),
            self.control,
            self.path("rndc.key").display(),
            self.dns,
        )
    }

    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }
}

impl NameServer for Named {
    fn dns(&self) -> SocketAddr {
        self.dns
    }
}

/// What BIND makes of a zone's text.
pub fn compiled(zone: &str, text: &str) -> Vec<String> {
    let directory = TempDir::new().unwrap();
    let (input, output) = (directory.path().join("in"), directory.path().join("out"));
    std::fs::write(&input, text).unwrap();
    let status = Command::new(find("named-compilezone").unwrap())
        .args(["-q", "-i", "none", "-k", "ignore", "-s", "full", "-o"])
        .args([&output])
        .arg(zone)
        .arg(&input)
        .status()
        .unwrap();
    assert!(status.success(), "named-compilezone does not take {zone}");
    normal(&std::fs::read_to_string(output).unwrap())
}

/// Key statements, and a list of one primary as statements take it.
fn upstream(primary: &Primary) -> (String, String) {
    let (host, port) = (primary.address.ip(), primary.address.port());
    let Some(key) = &primary.key else {
        return (String::new(), format!("{{ {host} port {port}; }}"));
    };
    let statement = format!(
        "key \"{}\" {{ algorithm {}; secret \"{}\"; }};\n",
        key.name, key.algorithm, key.secret
    );
    let from = format!("{{ {host} port {port} key \"{}\"; }}", key.name);
    (statement, from)
}
