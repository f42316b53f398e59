//! The files in which sled keeps oversized values, and which it never syncs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Values past about a quarter of sled's 512 KiB segment go to files in this directory.
const DIRECTORY: &str = "blobs";

/// How far apart two changes of a directory are surely told apart by its time.
const TIME_TICK: Duration = Duration::from_secs(2);

/// Which of the files are on disk for good. A name is never used twice.
pub(super) struct Blobs {
    directory: PathBuf,
    synced: BTreeSet<OsString>,
    /// The directory's time when they were all.
    as_of: Option<SystemTime>,
}

impl Blobs {
    /// Those of the store in `path`: none is known to be synced.
    pub fn of(path: &Path) -> Self {
        Self {
            directory: path.join(DIRECTORY),
            synced: BTreeSet::new(),
            as_of: None,
        }
    }

    /// Syncs those that are new.
    pub fn sync(&mut self) -> io::Result<()> {
        let changed = fs::metadata(&self.directory)?.modified()?;
        // A file made in the same tick as the last look is not missed: only older times are trusted.
        let is_old = changed.elapsed().is_ok_and(|age| age > TIME_TICK);
        if is_old && self.as_of == Some(changed) {
            return Ok(());
        }
        let mut present = BTreeSet::new();
        let mut new = false;
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if !self.synced.contains(&name) {
                match File::open(entry.path()) {
                    Ok(file) => file.sync_all()?,
                    // Superseded meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                }
                new = true;
            }
            present.insert(name);
        }
        if new {
            File::open(&self.directory)?.sync_all()?;
        }
        self.synced = present;
        self.as_of = is_old.then_some(changed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_synced_once_however_often_others_come() {
        let directory = tempfile::TempDir::new().unwrap();
        fs::create_dir(directory.path().join(DIRECTORY)).unwrap();
        let mut blobs = Blobs::of(directory.path());
        for name in ["1", "2", "3"] {
            fs::write(directory.path().join(DIRECTORY).join(name), name).unwrap();
            blobs.sync().unwrap();
            assert!(blobs.synced.contains(&OsString::from(name)));
        }
        assert_eq!(blobs.synced.len(), 3);
        // The directory has just changed: its time is not trusted yet.
        assert_eq!(blobs.as_of, None);
        fs::remove_file(directory.path().join(DIRECTORY).join("2")).unwrap();
        blobs.sync().unwrap();
        assert_eq!(blobs.synced.len(), 2);
    }
}
