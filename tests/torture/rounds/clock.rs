//! A clock that jumps, for the gateway: `libfaketime`, which reads the offset from a file.
//! The monotonic clock stays as it is, as on a real machine.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// How long a process goes by the old offset at most, in seconds.
const CACHED: &str = "1";

pub struct Clock {
    library: PathBuf,
    directory: TempDir,
}

impl Clock {
    /// One that is right; `None`: the library is not installed.
    pub fn new() -> Option<Self> {
        let library = std::fs::read_dir("/usr/lib")
            .ok()?
            .filter_map(Result::ok)
            .map(|directory| directory.path().join("faketime/libfaketimeMT.so.1"))
            .find(|library| library.is_file())?;
        let clock = Self {
            library,
            directory: TempDir::new().unwrap(),
        };
        clock.jump(0);
        Some(clock)
    }

    /// From now on it is so many seconds ahead of the real time.
    pub fn jump(&self, ahead: i64) {
        let (new, file) = (self.directory.path().join("new"), self.file());
        std::fs::write(&new, format!("{ahead:+}\n")).unwrap();
        std::fs::rename(new, file).unwrap();
    }

    /// Has a process go by it.
    pub fn set(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.file())
            .env("FAKETIME_CACHE_DURATION", CACHED)
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            // The kernel's times of files do not jump either.
            .env("NO_FAKE_STAT", "1");
    }

    /// Removes what the library leaves of a process that was killed.
    pub fn forget(process: u32) {
        for left in ["faketime_shm_", "sem.faketime_sem_"] {
            let _ = std::fs::remove_file(format!("/dev/shm/{left}{process}"));
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("offset")
    }
}
