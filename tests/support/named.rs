//! A real `named` in a directory of its own.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

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

    /// All but the process.
    pub fn prepare() -> Self {
        let directory = TempDir::new().unwrap();
        let (dns, control) = (free_dns_port(), free_port());
        let path = directory.path().display();
        let config = format!(
            "include \"{path}/rndc.key\";\n\
             options {{ directory \"{path}\"; pid-file none; session-keyfile none;\n\
               listen-on port {} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n\
               recursion no; dnssec-validation no; notify no; allow-transfer {{ 127.0.0.1; }}; }};\n\
             controls {{ inet 127.0.0.1 port {} allow {{ 127.0.0.1; }} keys {{ \"rndc-key\"; }}; }};\n\
             include \"{path}/dadns.conf\";\n",
            dns.port(),
            control.port(),
        );
        std::fs::write(directory.path().join("named.conf"), config).unwrap();
        std::fs::write(directory.path().join("dadns.conf"), "").unwrap();
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

    /// `dig`, with its answer in its own words.
    pub fn dig(&self, arguments: &[&str]) -> String {
        let output = Command::new(find("dig").unwrap())
            .args(["@127.0.0.1", "-p", &self.dns.port().to_string()])
            .args(["+time=2", "+tries=1"])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The serial that it serves for a zone.
    pub fn serial(&self, zone: &str) -> Option<u32> {
        let answer = self.dig(&["+short", zone, "SOA"]);
        answer.split_whitespace().nth(2)?.parse().ok()
    }

    /// All records of a zone, by transfer, in normal form.
    pub fn records(&self, zone: &str) -> Vec<String> {
        let mut records = normal(&self.dig(&["+noall", "+answer", "AXFR", zone]));
        // A transfer begins and ends with the SOA.
        records.dedup();
        records
    }
}

/// Records one a line, as `dig` and `named-compilezone` print them: owner in lower case, one blank
/// between fields, sorted.
pub fn normal(text: &str) -> Vec<String> {
    let mut records: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with(';') && !line.trim().is_empty())
        .map(|line| {
            let mut fields = line.split_whitespace();
            let owner = fields.next().unwrap_or_default().to_ascii_lowercase();
            let rest: Vec<_> = fields.collect();
            format!("{owner} {}", rest.join(" "))
        })
        .collect();
    records.sort();
    records
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

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

/// A port that is free for UDP and TCP.
fn free_dns_port() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
