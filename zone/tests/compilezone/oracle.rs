//! Runs `named-compilezone` of BIND.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use dadns_zone::ZoneName;

/// Where the tool is, if it is installed.
fn tool() -> Option<&'static PathBuf> {
    static TOOL: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
        folders
            .map(|folder| folder.join("named-compilezone"))
            .find(|tool| tool.is_file())
    };
    TOOL.get_or_init(find).as_ref()
}

/// Whether the tool is there. If not, says so past the test harness, or fails where
/// `DADNS_TEST_DAEMONS=required`.
pub fn present_or_left_out(test: &str) -> bool {
    if tool().is_some() {
        return true;
    }
    let line = format!("LEFT OUT: {test} (named-compilezone is not installed)");
    assert!(
        std::env::var_os("DADNS_TEST_DAEMONS").is_none_or(|value| value != "required"),
        "{line}"
    );
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap().insert(test.to_owned()) {
        // Not eprintln!, which the harness keeps to itself while the test passes.
        io::stderr()
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }
    false
}

/// How many cases to run: `PROPTEST_CASES`, or else `default`.
pub fn cases(default: u32) -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(default)
}

/// What BIND makes of a zone text, as `named` would load it with `check-names ignore`: all records, one
/// a line; or what it complains about.
pub fn compile(name: &ZoneName, text: &[u8]) -> Result<String, String> {
    // Integrity checks are off because `named` only logs what they find; the tool would fail.
    let options = ["-i", "none", "-k", "ignore", "-s", "full", "-o", "-"];
    let arguments = options.into_iter().chain([name.as_str(), "-"]);
    run(Command::new(tool().unwrap()).args(arguments), text)
}

/// Whether the signatures of a zone text are valid for its records (`dnssec-verify`).
pub fn verify(name: &ZoneName, text: &str) -> Result<(), String> {
    let verifier = tool().unwrap().with_file_name("dnssec-verify");
    // -z: keys may sign everything, whatever their flags. The text comes by file name.
    run(
        Command::new(verifier).args(["-z", "-o", name.as_str(), "/dev/stdin"]),
        text.as_bytes(),
    )
    .map(drop)
}

/// Gives `text` to a command. Returns what it wrote, or what it complained about if it failed.
fn run(command: &mut Command, text: &[u8]) -> Result<String, String> {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(text));
        child.wait_with_output().unwrap()
    });
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
