//! Signs zones as their masters would.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::zones::Source;
use crate::support::find;

#[derive(Debug, Clone, Copy)]
pub enum Denial {
    Nsec,
    Nsec3,
    /// NSEC3 that leaves out insecure delegations.
    OptOut,
}

/// The zone with a fresh key and signatures for a long time.
pub fn sign(source: &Source, denial: Denial) -> Source {
    let directory = TempDir::new().unwrap();
    let (zone, path) = (source.name.as_str(), directory.path());
    std::fs::write(path.join("plain"), &source.text).unwrap();
    let key = ["-q", "-a", "ECDSAP256SHA256", "-f", "KSK", zone];
    run(path, "dnssec-keygen", &key);
    let denial: &[_] = match denial {
        Denial::Nsec => &[],
        Denial::Nsec3 => &["-3", "ABCD", "-H", "1"],
        Denial::OptOut => &["-3", "-", "-H", "0", "-A"],
    };
    let mut sign = vec!["-q", "-S", "-z", "-P", "-o", zone, "-f", "signed"];
    sign.extend(["-s", "20200101000000", "-e", "20500101000000"]);
    sign.extend(denial);
    sign.push("plain");
    run(path, "dnssec-signzone", &sign);
    Source {
        name: source.name.clone(),
        text: std::fs::read_to_string(path.join("signed")).unwrap(),
    }
}

fn run(directory: &Path, program: &str, arguments: &[&str]) {
    let output = Command::new(find(program).unwrap())
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
}
