//! Stores of dadns 0.1.0, which sled kept: read once, into the engine of today.
//!
//! The new file gets its name when all of it is on the disk; only then sled's files are removed. Whatever
//! happens in between, the next start does it again.

use std::fs;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use ::sled::{Db, IVec};

use super::OpenError;
use super::redb::{Filler, sync_names};
use crate::logging::success;

/// sled's log: everything but oversized values.
const LOG: &str = "db";

/// What sled reads first.
const CONFIG: &str = "conf";

/// Stands in sled's `conf` afterwards, so that an older dadns refuses to start instead of starting empty.
const MOVED: &str = "dadns keeps this store in store.redb; dadns 0.1.0 cannot open it any more\n";

/// How many bytes are written at a time.
const PIECE: usize = 8 << 20;

/// How much memory sled may take meanwhile.
const CACHE: u64 = 32 << 20;

/// Copies what sled has in the directory `path`, if it has anything.
pub(super) fn copy(path: &Path, filler: &mut Filler<'_>) -> Result<(), OpenError> {
    if !path.join(LOG).exists() {
        return Ok(());
    }
    remove_unfinished(path).map_err(|error| failed(path, &error))?;
    // sled asserts on some kinds of damage: an operator needs a sentence, not a backtrace.
    let copied = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let config = ::sled::Config::new().path(path).cache_capacity(CACHE);
        let db = config.open().map_err(|error| opening(path, &error))?;
        copy_all(&db, path, filler)
    }));
    let count = copied.map_err(|_| OpenError::Damaged {
        path: path.into(),
        cause: "recovery stopped with an internal check".into(),
    })??;
    success!(
        "store migrated to store.redb, {count} entries; older versions of dadns can no longer open it"
    );
    Ok(())
}

fn copy_all(db: &Db, path: &Path, filler: &mut Filler<'_>) -> Result<usize, OpenError> {
    let mut piece: Vec<(IVec, IVec)> = Vec::new();
    let (mut bytes, mut count) = (0, 0);
    for entry in db.iter() {
        let (key, value) = entry.map_err(|error| opening(path, &error))?;
        bytes += key.len() + value.len();
        count += 1;
        piece.push((key, value));
        if bytes > PIECE {
            filler.fill(&piece)?;
            piece.clear();
            bytes = 0;
        }
    }
    filler.fill(&piece)?;
    Ok(count)
}

/// Removes what sled had, once the new file is there.
pub(super) fn remove(path: &Path) -> Result<(), OpenError> {
    let failed = |error: io::Error| failed(path, &error);
    if !path.join(LOG).exists() {
        return Ok(());
    }
    fs::write(path.join(CONFIG), MOVED).map_err(failed)?;
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name == "blobs" {
            fs::remove_dir_all(entry.path()).map_err(failed)?;
        } else if name.as_encoded_bytes().starts_with(b"snap.") {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    // Last: as long as it is there, this is done again.
    fs::remove_file(path.join(LOG)).map_err(failed)?;
    sync_names(path).map_err(failed)
}

/// Removes snapshots that were not finished: sled would take such a one for the newest.
fn remove_unfinished(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry
            .file_name()
            .as_encoded_bytes()
            .ends_with(b".generating")
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Failed {
        path: path.into(),
        cause: error.to_string(),
    }
}

fn opening(path: &Path, error: &::sled::Error) -> OpenError {
    let (path, cause) = (path.into(), error.to_string());
    match error {
        ::sled::Error::Io(_) if cause.contains("lock") => OpenError::InUse { path },
        ::sled::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
            OpenError::Full { path }
        }
        ::sled::Error::Corruption { .. } | ::sled::Error::Unsupported(_) => {
            OpenError::Damaged { path, cause }
        }
        _ => OpenError::Failed { path, cause },
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::{Batch, Engine, OpenError, open};

    /// Makes a store as sled had it, with an oversized value.
    fn sled(path: &std::path::Path) -> ::sled::Db {
        let db = ::sled::Config::new().path(path).open().unwrap();
        for number in 0..3_000_u32 {
            db.insert(number.to_be_bytes(), vec![7; 500]).unwrap();
        }
        db.insert("big", vec![7; 600 << 10]).unwrap();
        db.flush().unwrap();
        db
    }

    fn entries(engine: &dyn Engine) -> usize {
        let all = engine.scan(super::super::KeyRange::prefix(""));
        all.map(Result::unwrap).count()
    }

    #[test]
    fn what_sled_kept_is_there_afterwards_and_its_files_are_gone() {
        let directory = TempDir::new().unwrap();
        drop(sled(directory.path()));
        let engine = super::super::tests::reopened(directory.path());
        assert_eq!(entries(&*engine), 3_001);
        assert_eq!(engine.get(b"big").unwrap().unwrap().len(), 600 << 10);
        let mut batch = Batch::default();
        batch.insert("new", "1");
        engine.apply(batch).unwrap();
        drop(engine);
        let names = std::fs::read_dir(directory.path()).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["conf", "journal.0", "store.redb"]);
        let engine = super::super::tests::reopened(directory.path());
        assert_eq!(entries(&*engine), 3_002);
    }

    #[test]
    fn a_migration_that_was_broken_off_is_done_again() {
        let directory = TempDir::new().unwrap();
        drop(sled(directory.path()));
        std::fs::write(directory.path().join("store.redb.new"), "half").unwrap();
        std::fs::write(directory.path().join("snap.00FF.generating"), "half").unwrap();
        let engine = super::super::tests::reopened(directory.path());
        assert_eq!(entries(&*engine), 3_001);
    }

    #[test]
    fn sled_does_not_start_empty_where_a_store_was_migrated() {
        let directory = TempDir::new().unwrap();
        drop(sled(directory.path()));
        drop(super::super::tests::reopened(directory.path()));
        let opened = ::sled::Config::new().path(directory.path()).open();
        assert!(opened.is_err());
    }

    #[test]
    fn a_store_that_sled_has_open_is_in_use() {
        let directory = TempDir::new().unwrap();
        let _db = sled(directory.path());
        let error = open(directory.path(), 1 << 20).unwrap_err();
        assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    }
}
