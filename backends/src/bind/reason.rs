//! Why `named` did not load a zone, or refuses its configuration: in the words of its log, else in those of
//! its checking programs, else where to look.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dadns_zone::ZoneName;
use tokio::process::Command;
use tokio::time::timeout;

/// How much of the end of a log is read.
const TAIL: u64 = 256 << 10;
/// How many lines are told, and how long one may be, in characters.
const LINES: usize = 3;
const LINE: usize = 240;
/// How long a checking program may take.
const CHECK: Duration = Duration::from_secs(5);
/// Where distributions put them; not every service has `sbin` in its path.
const PLACES: [&str; 4] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];

/// Why `named`, which logs to `logs`, did not load the zone `name` from the file at `path`.
pub(super) async fn why(name: &ZoneName, path: &Path, logs: &[PathBuf]) -> String {
    let zone = (name.clone(), path.to_owned(), logs.to_owned());
    let from_logs = tokio::task::spawn_blocking(move || {
        let (name, path, logs) = zone;
        logs.iter().find_map(|log| from_log(log, &name, &path))
    });
    if let Ok(Some(said)) = from_logs.await {
        return said;
    }
    match checkzone(name, path).await {
        Some(Err(said)) => format!("named-checkzone says: {said}"),
        Some(Ok(())) => format!(
            "named-checkzone finds nothing wrong with {}, so look for the reason in the log of named \
             (journalctl -u named): it may not be allowed to read the file, or its configuration refuses \
             the zone",
            path.display()
        ),
        None => "the log of named has the reason (journalctl -u named)".to_owned(),
    }
}

/// Why `named`, which logs to `logs`, refuses its configuration `file`.
pub(super) async fn why_refused(file: Option<&Path>, logs: &[PathBuf]) -> String {
    let logs = logs.to_owned();
    let from_logs = tokio::task::spawn_blocking(move || {
        let mut logs = logs.iter();
        logs.find_map(|log| {
            let text = tail(log).ok()?;
            let said = refusal(&String::from_utf8_lossy(&text))?;
            Some(format!("named says in {}: {said}", log.display()))
        })
    });
    if let Ok(Some(said)) = from_logs.await {
        return said;
    }
    let checked = match file {
        Some(file) => checked(&["named-checkconf"], &[file.as_os_str()]).await,
        None => None,
    };
    match checked {
        Some(Err(said)) => format!("named-checkconf says: {said}"),
        _ => "its log and named-checkconf say where the fault is".to_owned(),
    }
}

/// What a log tells of the configuration that was last read, if that was refused.
fn refusal(log: &str) -> Option<String> {
    let (_, last) = log.rsplit_once("loading configuration from ")?;
    let is_error = |line: &&str| line.contains("config: error: ");
    let errors = last.lines().filter(is_error);
    told(errors.filter_map(|line| Some(line.split_once("config: error: ")?.1)))
}

/// The last that `log` tells of the zone, if that is a failure.
fn from_log(log: &Path, name: &ZoneName, path: &Path) -> Option<String> {
    let text = tail(log).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (zone, file) = (format!("zone {name}/IN"), format!("{}:", path.display()));
    let is_about = |line: &&str| {
        let rest = line.split_once(zone.as_str()).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.starts_with([':', '/'])) || line.contains(file.as_str())
    };
    let about: Vec<&str> = text.lines().filter(is_about).collect();
    // What was before it was last loaded is over.
    let is_loaded = |line: &&str| line.contains(": loaded serial ");
    let from = about.iter().rposition(is_loaded).map_or(0, |at| at + 1);
    let said: Vec<_> = about[from..]
        .iter()
        .map(|line| without_head(line))
        .collect();
    told(said.into_iter()).map(|said| format!("named says in {}: {said}", log.display()))
}

/// A line of the log without time, category and severity.
fn without_head(line: &str) -> &str {
    let starts = [
        "zone ",
        "dns_master_load: ",
        "dns_rdata_fromtext: ",
        "error adding ",
    ];
    let start = starts.iter().filter_map(|start| line.find(start)).min();
    &line[start.unwrap_or_default()..]
}

/// The end of a file, or all of it.
fn tail(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    file.seek(SeekFrom::Start(found.len().saturating_sub(TAIL)))?;
    let mut text = Vec::new();
    file.take(TAIL).read_to_end(&mut text)?;
    Ok(text)
}

/// What `named-checkzone` says of the file: `Err` with its words where it finds something wrong. `None`: it
/// cannot be run.
async fn checkzone(name: &ZoneName, path: &Path) -> Option<Result<(), String>> {
    // Without the checks that our stanzas switch off.
    const PROGRAM: [&str; 16] = [
        "named-checkzone",
        "-k",
        "ignore",
        "-i",
        "none",
        "-m",
        "ignore",
        "-M",
        "ignore",
        "-S",
        "ignore",
        "-n",
        "ignore",
        "-f",
        "text",
        "--",
    ];
    checked(&PROGRAM, &[name.as_str().as_ref(), path.as_os_str()]).await
}

/// What a checking program says, given with its options.
async fn checked(program: &[&str], of: &[&OsStr]) -> Option<Result<(), String>> {
    let (program, options) = program.split_first()?;
    let program = PLACES
        .iter()
        .map(|place| Path::new(place).join(program))
        .find(|program| program.is_file())?;
    let run = Command::new(program)
        .args(options)
        .args(of)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = timeout(CHECK, run).await.ok()?.ok()?;
    if done.status.success() {
        return Some(Ok(()));
    }
    let said = [done.stdout, done.stderr].concat();
    told(String::from_utf8_lossy(&said).lines()).map(Err)
}

/// The first lines, as one.
fn told<'a>(lines: impl Iterator<Item = &'a str>) -> Option<String> {
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    let mut shown: Vec<String> = Vec::new();
    for line in lines {
        let line: String = line.chars().take(LINE).collect();
        if !shown.contains(&line) {
            shown.push(line);
        }
        if shown.len() == LINES {
            break;
        }
    }
    (!shown.is_empty()).then(|| shown.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> ZoneName {
        "a.example".parse().unwrap()
    }

    fn told_by(log: &str) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, log).unwrap();
        let said = from_log(&path, &name(), Path::new("/z/a.example.db"))?;
        said.split_once(": ").map(|(_, said)| said.to_owned())
    }

    #[test]
    fn what_the_log_tells_of_a_zone_since_it_was_last_loaded_is_the_reason() {
        let log = "28-Nov-2026 15:25:33.662 general: error: zone a.example/IN: old trouble\n\
             28-Nov-2026 15:25:33.662 general: info: zone a.example/IN: loaded serial 4\n\
             28-Nov-2026 15:25:34.000 dns_master_load: /z/a.example.db:2: out of range\n\
             28-Nov-2026 15:25:34.000 general: error: zone a.example/IN: not loaded due to errors.\n\
             28-Nov-2026 15:25:34.000 general: error: zone b.a.example/IN: other trouble\n\
             28-Nov-2026 15:25:34.000 general: error: zone xa.example/IN: other trouble\n";
        assert_eq!(
            told_by(log).unwrap(),
            "dns_master_load: /z/a.example.db:2: out of range; zone a.example/IN: not loaded due to errors."
        );
        let loaded = "general: info: zone a.example/IN: loaded serial 4\n";
        assert_eq!(told_by(loaded), None);
        assert_eq!(told_by(""), None);
        let in_a_view =
            "zone a.example/IN/wan: journal rollforward failed: journal out of sync with zone\n";
        assert_eq!(told_by(in_a_view).unwrap(), in_a_view.trim());
    }

    #[test]
    fn what_the_log_tells_of_the_configuration_that_was_last_read_is_why_it_is_refused() {
        let read = "28-Nov-2026 17:20:18.431 general: info: loading configuration from '/n.conf'\n";
        let refused = "28-Nov-2026 17:20:18.431 config: error: /n.conf:5: unknown option 'bogus'\n\
             28-Nov-2026 17:20:18.431 general: error: reloading configuration failed: failure\n";
        let log = [read, refused].concat();
        assert_eq!(refusal(&log).unwrap(), "/n.conf:5: unknown option 'bogus'");
        assert_eq!(refusal(&(log + read)), None);
        assert_eq!(refusal(""), None);
    }

    #[test]
    fn of_a_long_log_only_the_end_is_read() {
        let end = "zone a.example/IN: not loaded due to errors.\n";
        let log = "zone a.example/IN: early trouble\n".to_owned() + &"x\n".repeat(1 << 18) + end;
        assert_eq!(told_by(&log).unwrap(), end.trim());
    }
}
