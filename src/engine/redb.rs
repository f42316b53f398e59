//! redb as an engine: one file, a tree that is never written over.
//!
//! **Why redb.** A power loss may leave any of what was not synced on the disk: half of a batch, its sectors
//! in any order. `tests/torture/power_loss` rebuilds such disks by the thousand. sled 0.34, which was here
//! before, lost acknowledged changes on them, and could not be repaired from outside: it takes
//! `sync_file_range` for a sync, uses space again that durable state still needs, and its headers claim what
//! is not on the disk. fjall refuses to open after a batch of which only some sectors were written. redb
//! writes pages that nothing durable uses, and one checksummed header that names the newest tree; of a commit
//! that was cut there is the tree before.
//!
//! **One commit for each batch**, durable at once: the journal above brings much in one batch, and then has
//! to know that it is on disk. The tree that reads use is opened once for each batch, not for each read.
//!
//! **A file comes to be whole.** It gets its name when it is complete and synced (`create`).

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::redb::{
    Builder, Database, DatabaseError, ReadOnlyTable, ReadableDatabase, StorageError,
    TableDefinition,
};
use parking_lot::{Mutex, RwLock};

use super::{Batch, Engine, EngineError, KeyRange, OpenError, Scan, Value};

/// The one table: a batch would be atomic over several as well, but keys tell entries apart already.
const ENTRIES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("entries");

/// The file.
const FILE: &str = "store.redb";

/// The file before it is complete.
const NEW: &str = "store.redb.new";

/// How many bytes redb may write for one: it writes whole pages, and those above them.
const WRITE_AMPLIFICATION: u64 = 8;

type Entries = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// An open redb database.
pub(super) struct Redb {
    /// What reads see: as it was after the last batch. Stands before the database, which waits for it.
    entries: RwLock<Arc<Entries>>,
    db: Arc<Database>,
    path: PathBuf,
    /// Whoever writes: nothing may change between the check of a batch and its writes.
    writer: Mutex<()>,
}

impl Redb {
    /// Opens the database in the directory `path`; where there is none, `first` fills a new one.
    pub fn open(
        path: &Path,
        cache_bytes: u64,
        first: impl FnOnce(&mut Filler<'_>) -> Result<(), OpenError>,
    ) -> Result<Self, OpenError> {
        let failed = |error: io::Error| OpenError::of_disk(path, &error);
        make(path).map_err(failed)?;
        let mut builder = Builder::new();
        builder.set_cache_size(usize::try_from(cache_bytes).unwrap_or(usize::MAX));
        let file = path.join(FILE);
        if !file.try_exists().map_err(failed)? {
            create(path, &builder, first)?;
        }
        let db = builder.open(file).map_err(|error| damaged(path, error))?;
        let db = Arc::new(db);
        let entries = entries(&db).map_err(|error| other(path, &error))?;
        Ok(Self {
            entries: RwLock::new(Arc::new(entries)),
            db,
            path: path.into(),
            writer: Mutex::default(),
        })
    }

    fn commit(&self, batch: Batch) -> Result<(), ::redb::Error> {
        let transaction = self.db.begin_write()?;
        {
            let mut table = transaction.open_table(ENTRIES)?;
            for (key, value) in batch.writes {
                match value {
                    Some(value) => drop(table.insert(&*key, &*value)?),
                    None => drop(table.remove(&*key)?),
                }
            }
        }
        transaction.commit()?;
        *self.entries.write() = Arc::new(entries(&self.db)?);
        Ok(())
    }

    fn entries(&self) -> Arc<Entries> {
        Arc::clone(&self.entries.read())
    }
}

impl Engine for Redb {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, EngineError> {
        let value = self.entries().get_owned(key);
        let value = value.map_err(|error| reading(&error))?;
        Ok(value.map(|value| value.value().into()))
    }

    fn scan(&self, range: KeyRange) -> Scan {
        let KeyRange { start, end } = range;
        let entries = self.entries();
        let found = match &end {
            Some(end) => entries.range_owned::<&[u8]>(&*start..&**end),
            None => entries.range_owned::<&[u8]>(&*start..),
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => return Box::new(std::iter::once(Err(reading(&error)))),
        };
        // The database stays open as long as it is read.
        let db = Arc::clone(&self.db);
        Box::new(found.map(move |entry| {
            let _ = &db;
            match entry {
                Ok((key, value)) => Ok((key.value().into(), value.value().into())),
                Err(error) => Err(reading(&error)),
            }
        }))
    }

    fn apply(&self, batch: Batch) -> Result<(), EngineError> {
        let _writer = self.writer.lock();
        batch.check(|key| self.get(key))?;
        self.commit(batch).map_err(|error| self.writing(&error))
    }

    /// Every batch is durable already.
    fn sync(&self) -> Result<(), EngineError> {
        Ok(())
    }

    fn size(&self) -> Result<u64, EngineError> {
        let file = fs::metadata(self.path.join(FILE));
        let file = file.map_err(|error| EngineError::Read(error.to_string()))?;
        Ok(file.len())
    }

    fn free(&self) -> Result<u64, EngineError> {
        super::room::free(&self.path)
    }

    fn cost(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(WRITE_AMPLIFICATION)
    }

    fn location(&self) -> &Path {
        &self.path
    }
}

impl Redb {
    fn writing(&self, error: &::redb::Error) -> EngineError {
        EngineError::Write(format!("{}: {error}", self.path.display()))
    }
}

impl fmt::Debug for Redb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redb").field("path", &self.path).finish()
    }
}

/// Fills a new database.
pub(super) struct Filler<'a> {
    db: &'a Database,
    path: &'a Path,
}

impl Filler<'_> {
    /// Writes entries in their order, some at a time.
    pub fn fill<B: AsRef<[u8]>>(&mut self, writes: &[(B, B)]) -> Result<(), OpenError> {
        let write = || {
            let transaction = self.db.begin_write()?;
            {
                let mut table = transaction.open_table(ENTRIES)?;
                for (key, value) in writes {
                    table.insert(key.as_ref(), value.as_ref())?;
                }
            }
            Ok(transaction.commit()?)
        };
        write().map_err(|error: ::redb::Error| other(self.path, &error))
    }
}

/// Makes the file, which is not there before it is complete.
fn create(
    path: &Path,
    builder: &Builder,
    first: impl FnOnce(&mut Filler<'_>) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let failed = |error: io::Error| OpenError::of_disk(path, &error);
    let new = path.join(NEW);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let db = builder.create(&new).map_err(|error| damaged(path, error))?;
    let mut filler = Filler { db: &db, path };
    filler.fill::<&[u8]>(&[])?;
    first(&mut filler)?;
    db.close().map_err(|error| damaged(path, error))?;
    File::open(&new)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&new, path.join(FILE)))
        .and_then(|()| sync_names(path))
        .map_err(failed)
}

/// Makes a directory and those above it, durably.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    make(above)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_names(above)
}

/// Makes the names in a directory durable.
pub(super) fn sync_names(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn entries(db: &Database) -> Result<Entries, ::redb::Error> {
    Ok(db.begin_read()?.open_table(ENTRIES)?)
}

fn reading(error: &StorageError) -> EngineError {
    EngineError::Read(error.to_string())
}

fn damaged(path: &Path, error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::InUse { path: path.into() },
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() != io::ErrorKind::InvalidData =>
        {
            OpenError::of_disk(path, &error)
        }
        error => OpenError::Damaged {
            path: path.into(),
            cause: error.to_string(),
        },
    }
}

fn other(path: &Path, error: &::redb::Error) -> OpenError {
    match error {
        ::redb::Error::Io(error) => OpenError::of_disk(path, error),
        error => OpenError::Damaged {
            path: path.into(),
            cause: error.to_string(),
        },
    }
}
