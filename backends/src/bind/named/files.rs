//! The files that a configuration was read from, to see whether they are still the same.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The files that were read, as they were just before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    stamps: Vec<(PathBuf, Option<Stamp>)>,
    /// Patterns, with the paths that fitted them.
    patterns: Vec<(String, Vec<PathBuf>)>,
}

/// What differs where a file was replaced, or written. The time of its change cannot be set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    number: u64,
    octets: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Files {
    /// Notes a file that is about to be read.
    pub fn add(&mut self, path: &Path) {
        self.stamps.push((path.to_owned(), stamp(path)));
    }

    /// The paths that fit `pattern`, which are noted.
    ///
    /// # Errors
    /// When it is no pattern, or a directory cannot be read.
    pub fn matching(&mut self, pattern: String) -> Result<Vec<PathBuf>, String> {
        let found = matching(&pattern)?;
        self.patterns.push((pattern, found.clone()));
        Ok(found)
    }

    /// Whether all are as they were, and were so by `then`.
    pub fn are_as_of(&self, then: SystemTime) -> bool {
        let Ok(then) = then.duration_since(UNIX_EPOCH) else {
            return false;
        };
        // `then` has no parts of a second. What was changed in it was most likely changed before.
        let then = i64::try_from(then.as_secs()).unwrap_or(i64::MAX);
        let mut stamps = self.stamps.iter();
        let mut patterns = self.patterns.iter();
        stamps.all(|(path, before)| {
            before.is_some_and(|before| before.seconds <= then) && stamp(path) == *before
        }) && patterns
            .all(|(pattern, before)| matching(pattern).is_ok_and(|found| found == *before))
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok()?;
    Some(Stamp {
        device: found.dev(),
        number: found.ino(),
        octets: found.len(),
        seconds: found.ctime(),
        nanoseconds: found.ctime_nsec(),
    })
}

fn matching(pattern: &str) -> Result<Vec<PathBuf>, String> {
    let found = glob::glob(pattern).map_err(|error| error.to_string())?;
    found
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The files `a` and those that fit `*.inc` of a new directory.
    fn noted() -> (tempfile::TempDir, Files) {
        let dir = tempfile::tempdir().unwrap();
        for file in ["a", "b.inc"] {
            fs::write(dir.path().join(file), "x").unwrap();
        }
        let mut files = Files::default();
        files.add(&dir.path().join("a"));
        let pattern = dir.path().join("*.inc").display().to_string();
        for file in files.matching(pattern).unwrap() {
            files.add(&file);
        }
        (dir, files)
    }

    fn soon() -> SystemTime {
        SystemTime::now() + Duration::from_secs(10)
    }

    #[test]
    fn files_that_nobody_touched_are_as_they_were() {
        let (_dir, files) = noted();
        assert!(files.are_as_of(soon()));
    }

    #[test]
    fn files_that_were_changed_after_a_time_are_not_as_of_then() {
        let (_dir, files) = noted();
        assert!(!files.are_as_of(SystemTime::now() - Duration::from_secs(10)));
    }

    #[test]
    fn each_way_to_change_a_configuration_is_noticed() {
        type Edit = fn(&Path);
        let edits: [(&str, Edit); 6] = [
            ("written anew, as long as before", |dir| {
                fs::write(dir.join("a"), "y").unwrap();
            }),
            ("replaced, with the time of the old one", |dir| {
                let time = fs::metadata(dir.join("a")).unwrap().modified().unwrap();
                fs::write(dir.join("new"), "y").unwrap();
                let new = fs::File::options().write(true).open(dir.join("new"));
                new.unwrap().set_modified(time).unwrap();
                fs::rename(dir.join("new"), dir.join("a")).unwrap();
            }),
            ("removed", |dir| fs::remove_file(dir.join("a")).unwrap()),
            ("one more that fits", |dir| {
                fs::write(dir.join("c.inc"), "").unwrap();
            }),
            ("one less that fits", |dir| {
                fs::remove_file(dir.join("b.inc")).unwrap();
            }),
            ("made a link to another", |dir| {
                fs::write(dir.join("new"), "x").unwrap();
                fs::remove_file(dir.join("a")).unwrap();
                std::os::unix::fs::symlink(dir.join("new"), dir.join("a")).unwrap();
            }),
        ];
        for (what, edit) in edits {
            let (dir, files) = noted();
            // The file system has a clock of its own, with steps.
            let before = stamp(&dir.path().join("a"));
            loop {
                let probe = dir.path().join("probe");
                fs::write(&probe, "").unwrap();
                let now = stamp(&probe).map(|stamp| (stamp.seconds, stamp.nanoseconds));
                if now > before.map(|stamp| (stamp.seconds, stamp.nanoseconds)) {
                    break;
                }
            }
            edit(dir.path());
            assert!(!files.are_as_of(soon()), "{what}");
        }
    }
}
