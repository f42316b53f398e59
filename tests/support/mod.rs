//! Real daemons for whole-gateway tests: each on free loopback ports, in a directory of its own,
//! gone when its value is dropped.

pub mod builtin;
pub mod certificate;
pub mod coredns;
pub mod dns;
pub mod etcd;
pub mod gateway;
pub mod http;
pub mod knot;
pub mod mariadb;
pub mod master;
pub mod named;
pub mod nsd;
pub mod powerdns;
pub mod process;
pub mod prometheus;
pub mod proxy;
pub mod relay;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long anything that should happen may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `condition` gives something; a test that waits in vain says for what.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Where a program is, in the directories that a service's PATH may lack too, and where `tests/clients`
/// installs.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/usr/local/go/bin"].map(PathBuf::from))
        .chain([Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools")])
        .map(|directory: PathBuf| directory.join(program))
        .find(|candidate| candidate.is_file())
}

/// Whether the programs that a test needs are installed. Without them the test is left out, loudly;
/// where `DADNS_TEST_DAEMONS` is `required` that is a failure.
pub fn have(programs: &[&str], test: &str) -> bool {
    let missing: Vec<_> = programs
        .iter()
        .filter(|program| find(program).is_none())
        .collect();
    if missing.is_empty() {
        return true;
    }
    assert!(
        std::env::var("DADNS_TEST_DAEMONS").as_deref() != Ok("required"),
        "{test} needs {missing:?}, which are not installed"
    );
    // Not eprintln: the test harness would keep that to itself.
    let _ = writeln!(
        std::io::stderr(),
        "LEFT OUT: {test}: not installed: {missing:?}"
    );
    false
}

/// Leaves the test out where the programs are missing.
#[macro_export]
macro_rules! needs {
    ($($program:literal),+) => {
        if !$crate::support::have(&[$($program),+], $crate::support::test_name().as_str()) {
            return;
        }
    };
}

/// The name of the running test: the harness names its threads so.
pub fn test_name() -> String {
    std::thread::current().name().unwrap_or("a test").to_owned()
}

/// A sample zone by its path below `zone/tests/samples`, such as `refused/cut.example.zone`.
pub fn sample(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("zone/tests/samples")
        .join(path);
    std::fs::read_to_string(path).expect("the sample is there")
}

/// The names of the sample zones in a directory below `zone/tests/samples`.
pub fn samples(directory: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("zone/tests/samples")
        .join(directory);
    let mut names: Vec<_> = std::fs::read_dir(path)
        .expect("the samples are there")
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            Some(name.strip_suffix(".zone")?.to_owned())
        })
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// A zone as a DirectAdmin master writes it, with a serial and the address of `www`.
pub fn zone_text(name: &str, serial: u32, address: &str) -> String {
    format!(
        "\n\n$TTL 14400\n@       IN      SOA     ns1.{name}.      hostmaster.{name}. (\n\
         \t\t\t\t{serial}\n\t\t\t\t7200\n\t\t\t\t3600\n\t\t\t\t1209600\n\t\t\t\t180 )\n\n\
         {name}.\t14400\tIN\tNS\tns1.{name}.\n{name}.\t14400\tIN\tNS\tns2.{name}.\n\
         ns1\t14400\tIN\tA\t192.0.2.1\nns2\t14400\tIN\tA\t192.0.2.2\n\
         www\t14400\tIN\tA\t{address}\n\n\n"
    )
}
