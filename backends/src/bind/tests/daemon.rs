//! A whole `named` on free loopback ports, for one test.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::BackendError;
use crate::bind::channel::{Patience, Rndc};
use crate::bind::{Bind, Control, Provision, RecordLimits, Settings};
use crate::testing::{free_port, is_installed, program};

/// One key for each algorithm, called as the algorithm. The first is what backends here use.
pub(super) const ALGORITHMS: [&str; 6] = [
    "hmac-sha256",
    "hmac-md5",
    "hmac-sha1",
    "hmac-sha224",
    "hmac-sha384",
    "hmac-sha512",
];

/// A key file with the key of `algorithm`.
pub(super) fn key(algorithm: &str) -> String {
    format!(
        "key \"{algorithm}\" {{ algorithm {algorithm}; secret \"dGhpcyBpcyBhIHRlc3Qgc2VjcmV0\"; }};\n"
    )
}

/// One `named` with a directory of its own; killed when dropped.
pub(super) struct Named {
    dir: TempDir,
    child: Option<Child>,
    control: SocketAddr,
    dns: SocketAddr,
    /// How backends on it give it zones.
    pub(super) provision: Provision,
}

impl Named {
    /// A started `named` whose configuration ends with `extra`, or `None`, said loudly, where none
    /// is installed.
    pub(super) async fn start(extra: &str) -> Option<Self> {
        let mut named = Self::prepare(extra)?;
        named.run().await;
        Some(named)
    }

    /// The same, not started yet.
    pub(super) fn prepare(extra: &str) -> Option<Self> {
        if !is_installed("named") {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let named = Self {
            control: free_port(),
            dns: free_port(),
            child: None,
            provision: Provision::default(),
            dir,
        };
        fs::write(named.path("rndc.key"), ALGORITHMS.map(key).concat()).unwrap();
        named.configure(extra);
        Some(named)
    }

    /// Writes `named.conf`, which ends with `extra`.
    pub(super) fn configure(&self, extra: &str) {
        let conf = format!(
            "options {{ directory \"{dir}\"; listen-on port {dns} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n\
             recursion no; notify no; dnssec-validation no; pid-file none; session-keyfile none; lock-file none; }};\n\
             include \"{dir}/rndc.key\";\n\
             controls {{ inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ {keys} }}; }};\n\
             {extra}\n",
            dir = self.dir.path().display(),
            dns = self.dns.port(),
            control = self.control.port(),
            keys = ALGORITHMS
                .map(|algorithm| format!("\"{algorithm}\";"))
                .concat(),
        );
        fs::write(self.path("named.conf"), conf).unwrap();
    }

    /// Starts it and waits until it answers on its control channel. It logs to `named.log`.
    pub(super) async fn run(&mut self) {
        self.run_with("-g").await;
    }

    /// The same, but it logs as its configuration says.
    pub(super) async fn run_as_service(&mut self) {
        self.run_with("-f").await;
    }

    async fn run_with(&mut self, foreground: &str) {
        let log = fs::File::create(self.path("named.log")).unwrap();
        let mut command = Command::new(program("named").unwrap());
        command
            .args([foreground, "-4", "-n", "2", "-c"])
            .arg(self.path("named.conf"));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let rndc = Rndc::new(self.control_settings(), Patience::default());
        self.child = Some(command.spawn().unwrap());
        for _ in 0..1000 {
            if rndc.call("null").await.is_ok() {
                return;
            }
            let exited = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().unwrap());
            assert_eq!(exited, None, "{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("named does not come up: {}", self.log());
    }

    /// Kills it, as a crash would.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.path("named.log")).unwrap_or_default()
    }

    pub(super) fn control_settings(&self) -> Control {
        Control {
            address: self.control.to_string(),
            key_file: self.path("rndc.key"),
        }
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            zones_dir: self.path("zones"),
            named_conf: self.path("zones.conf"),
            control: Some(self.control_settings()),
            dns_address: Some(self.dns),
            provision: self.provision,
            views: Vec::new(),
            limits: RecordLimits::default(),
        }
    }

    /// A backend on it, as the gateway would open one.
    pub(super) fn open(&self) -> Result<Bind, BackendError> {
        Bind::open("bind".parse().unwrap(), self.settings())
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        self.kill();
    }
}
