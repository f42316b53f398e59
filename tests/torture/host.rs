//! What the host gives a process, and takes from it.

use std::io::Write;
use std::process::Command;

/// Says that a check is left out here, and why. Not by println: the harness would keep that to itself.
pub fn left_out(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {test}: {why}");
}

/// Runs a command of the host; `Err`: what it said.
pub fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{program} {arguments:?}: {}", text(&output.stderr))),
    }
}

/// Lets this process open as many files as it may; how many that are.
pub fn most_files() -> usize {
    let pid = std::process::id().to_string();
    let _ = run("prlimit", &["--pid", &pid, "--nofile=1048576:1048576"]);
    let hard = run(
        "prlimit",
        &[
            "--pid",
            &pid,
            "--nofile",
            "--raw",
            "--noheadings",
            "-o",
            "HARD",
        ],
    );
    let hard = hard.unwrap_or_default();
    let _ = run(
        "prlimit",
        &["--pid", &pid, &format!("--nofile={hard}:{hard}")],
    );
    hard.parse().unwrap_or(1_024)
}

/// A number of `/proc/PID/status`, such as `VmRSS` in KiB.
pub fn status(pid: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The most memory that a process has taken so far, in MiB.
pub fn peak_mib(pid: u32) -> u64 {
    status(pid, "VmHWM:") >> 10
}

/// Forgets what the most was.
pub fn forget_peak(pid: u32) {
    let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// How many files a process has open.
pub fn open_files(pid: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"));
    files.map_or(0, Iterator::count)
}
