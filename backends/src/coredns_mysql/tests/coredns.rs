//! A CoreDNS with our plugin (`docker/coredns`) that reads a database.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use super::Mariadb;
use crate::testing::{free_port, is_installed, program};

/// One CoreDNS with a directory of its own; killed when dropped.
pub(super) struct Coredns {
    _dir: TempDir,
    child: Child,
    pub(super) dns: SocketAddr,
}

impl Coredns {
    /// A started one, or `None`, said loudly, where it cannot be built.
    pub(super) async fn start(database: &Mariadb) -> Option<Self> {
        if !is_installed("go") {
            return None;
        }
        let (dir, dns) = (tempfile::tempdir().unwrap(), free_port());
        let dsn = format!("coredns:geheim@tcp(127.0.0.1:{})/coredns", database.port);
        let corefile = format!(
            ".:{} {{\nbind 127.0.0.1\nerrors\ndadns {{\n  dsn {dsn}\n  refresh 20ms\n  poll 1s\n}}\n}}\n",
            dns.port()
        );
        fs::write(dir.path().join("Corefile"), corefile).unwrap();
        let log = fs::File::create(dir.path().join("log")).unwrap();
        let child = Command::new(built())
            .args(["-conf", "Corefile"])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        let mut coredns = Self {
            child: child.unwrap(),
            dns,
            _dir: dir,
        };
        for _ in 0..1000 {
            if crate::dns::answers(dns).await.is_ok() {
                return Some(coredns);
            }
            let exited = coredns.child.try_wait().unwrap();
            let log = fs::read_to_string(coredns._dir.path().join("log"));
            assert_eq!(exited, None, "{log:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("CoreDNS does not come up");
    }
}

impl Drop for Coredns {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, built once for all tests of the process.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // Beside the test, wherever that was built.
        let test = std::env::current_exe().unwrap();
        let binary = test.with_file_name("coredns-of-backends");
        let output = Command::new(program("go").unwrap())
            .args(["build", "-buildvcs=false", "-o"])
            .arg(&binary)
            .arg(".")
            .current_dir(root.join("docker/coredns"))
            // The compiler that is here, or none: no other one is fetched.
            .env("GOTOOLCHAIN", "local")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "docker/coredns does not build:\n{error}"
        );
        binary
    })
}
