//! Zone files: written beside their place, made durable, and moved there whole.
//!
//! `named` may read a file at any moment and the machine may stop at any moment, so no file is ever
//! changed in place. The contents are flushed before the rename, since some file systems would
//! otherwise keep an empty file under the new name; the directory is flushed once for each batch.
//!
//! `named` decides by the time of modification whether a file has to be read again, and takes an equal
//! or older one for unchanged. Two writes can fall into one tick of the file system, and clocks are set
//! back, so each new file is given a time later than that of the file it replaces.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use dadns_zone::{Zone, ZoneName};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sha2::{Digest, Sha256};

use super::beside;

/// The first words of each file of ours, by which it is known again when nothing else names it.
const MARK: &str = "; written by dadns, edits are lost: zone ";
/// What temporary names start with. A zone file never starts so: names have no empty label.
const TEMPORARY: &str = ".dadns-";
/// Longest file name that Linux takes, in octets.
const MAX_FILE_NAME: usize = 255;
/// How much of a longer name stands in the name of its file: room is left for what `named` may add.
const LONG_NAME: usize = 160;
/// How many files are written at once. Disks flush several in the time of one; measured on an SSD,
/// 1, 2, 8 and 16 writers take 300, 180, 110 and 105 ms for a thousand files.
const WRITERS: usize = 8;
/// The unit in which disks give room away.
const BLOCK: usize = 4096;
/// By how much the clock may be late that `named` notes the time of loading with. Were a new file, which it loads
/// within a millisecond, newer than that, `named` would take it for changed.
const COARSE: Duration = Duration::from_millis(10);
/// The step by which a file is made newer than the one it replaces, should the clock not do it.
const TICK: Duration = Duration::from_micros(1);

/// What became of the file of a zone that is put.
#[derive(Debug, Clone, Copy, Default)]
pub struct Put {
    /// Anything was written, or removed beside it.
    pub changed: bool,
    /// There was one before.
    pub was_there: bool,
}

/// The directory of the zone files.
#[derive(Debug)]
pub struct ZoneFiles {
    dir: PathBuf,
    /// Threads that wait for the disk. Not those of the process: they are for work, not for waiting.
    pool: ThreadPool,
    /// Makes temporary names different within this process.
    writes: AtomicUsize,
    /// Octets that the last batch found no room for: with less than that the next one fails too.
    lacking: AtomicUsize,
}

impl ZoneFiles {
    /// Creates the directory where it is absent.
    pub fn create(&self) -> io::Result<()> {
        create_dir(&self.dir)
    }

    /// Keeps other processes from writing until the lock is dropped: while one stops, the next may have
    /// started, and of two files written at the same moment the last could have the older time. `None`
    /// where the file system has no locks, or no directory is there: that fails, if it has to, where it
    /// is written.
    pub fn lock(&self) -> Option<File> {
        let dir = File::open(&self.dir).ok()?;
        dir.lock().ok().map(|()| dir)
    }

    /// Removes temporary files of a write that a crash has cut short.
    pub fn clean(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(TEMPORARY.as_bytes())
            {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// The files in `dir`, whether or not it is there yet.
    pub fn at(dir: &Path) -> io::Result<Self> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(WRITERS)
            .thread_name(|_| "zone-files".to_owned());
        Ok(Self {
            dir: dir.to_owned(),
            pool: pool.build().map_err(io::Error::other)?,
            writes: AtomicUsize::new(0),
            lacking: AtomicUsize::new(0),
        })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the file of `name` is: `NAME.db`, or where that or the journal that `named` looks for beside it
    /// would be too long for a file, the beginning of the name, `~` (which no zone name has) and a hash.
    pub fn path(&self, name: &ZoneName) -> PathBuf {
        let stem = name.file_stem();
        if stem.len() + ".db.jnl".len() <= MAX_FILE_NAME {
            return self.dir.join(stem + ".db");
        }
        let hash = Sha256::digest(name.as_str());
        let hash: String = hash.iter().map(|octet| format!("{octet:02x}")).collect();
        let beginning: String = stem.chars().take(LONG_NAME).collect();
        self.dir.join(format!("{beginning}~{hash}.db"))
    }

    /// Writes each zone whose file is not exactly that already, or that shall be written `rewrite`, and
    /// removes what `named` left beside it. Says of each whether anything was done; none is durable
    /// before [`sync`](Self::sync).
    pub fn write(&self, zones: &[(&Zone, bool)]) -> Vec<io::Result<Put>> {
        self.lacking.store(0, Ordering::Relaxed);
        if let [(zone, rewrite)] = zones {
            return vec![self.write_one(zone, *rewrite)];
        }
        self.pool.install(|| {
            let all = zones.par_iter();
            all.map(|(zone, rewrite)| self.write_one(zone, *rewrite))
                .collect()
        })
    }

    fn write_one(&self, zone: &Zone, rewrite: bool) -> io::Result<Put> {
        let path = self.path(zone.name());
        let cleared = beside::remove(&path)?;
        let content = format!("{MARK}{}\n{zone}", zone.name());
        let mut modified = SystemTime::now();
        let mut was_there = false;
        match File::open(&path) {
            Ok(file) => {
                was_there = true;
                let old = file.metadata()?;
                if !rewrite && old.len() == content.len() as u64 && holds(file, content.as_bytes())?
                {
                    return Ok(Put {
                        changed: cleared,
                        was_there,
                    });
                }
                modified = modified.max(old.modified()? + TICK);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => modified -= COARSE,
            Err(error) => return Err(error),
        }
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let temporary = self.dir.join(format!("{TEMPORARY}{number}.tmp"));
        replace(&temporary, &path, content.as_bytes(), |file| {
            file.set_permissions(Permissions::from_mode(0o644))?;
            file.set_modified(modified)
        })
        .inspect_err(|error| {
            if is_full(error) {
                let room = content.len().next_multiple_of(BLOCK);
                self.lacking.fetch_add(room, Ordering::Relaxed);
            }
        })?;
        Ok(Put {
            changed: true,
            was_there,
        })
    }

    /// The file of `name`, or `None` where there is none.
    pub fn read(&self, name: &ZoneName) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(name)) {
            Ok(content) => Ok(Some(content)),
            // Without its directory a file is not absent, but out of sight.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.dir.is_dir() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether `error` is a fault of the directory or of its disk, and not of one file.
    pub fn is_fault_of_all(&self, error: &io::Error) -> bool {
        use io::ErrorKind::{NotADirectory, NotFound, ReadOnlyFilesystem};
        is_full(error)
            || matches!(error.kind(), NotADirectory | NotFound | ReadOnlyFilesystem)
            || probe_dir(&self.dir, BLOCK).is_err()
    }

    /// Whether files can be written, as many as there was no room for.
    pub fn probe(&self) -> io::Result<()> {
        probe_dir(&self.dir, self.lacking.load(Ordering::Relaxed))
    }

    /// Removes the file of `name` if we wrote it, and what `named` left beside it. Says whether there was
    /// anything.
    pub fn remove(&self, name: &ZoneName) -> io::Result<bool> {
        let path = self.path(name);
        match File::open(&path) {
            Ok(file) if !starts_with(&file, MARK.as_bytes())? => return Ok(false),
            Ok(_) => fs::remove_file(&path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return beside::remove(&path),
            Err(error) => return Err(error),
        }
        // The file goes first: without it nothing beside it does harm.
        beside::remove(&path).map(|_| true)
    }

    /// Whether there is a file of `name` that we wrote.
    pub fn is_written_by_us(&self, name: &ZoneName) -> io::Result<bool> {
        match File::open(self.path(name)) {
            Ok(file) => starts_with(&file, MARK.as_bytes()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The zone that the file called `file` says it is of.
    pub fn name_in(&self, file: &str) -> io::Result<Option<ZoneName>> {
        let mut head = String::new();
        let file = File::open(self.dir.join(file))?;
        BufReader::new(file.take(2 * MAX_FILE_NAME as u64)).read_line(&mut head)?;
        Ok(head
            .strip_prefix(MARK)
            .and_then(|name| name.trim_end().parse().ok()))
    }

    /// Makes durable which files there are.
    pub fn sync(&self) -> io::Result<()> {
        sync_dir(&self.dir)
    }
}

/// Puts `content` at `target`, whole or not at all. `prepare` gives the new file what else it needs
/// before anyone can see it. Durable once the directory is.
pub fn replace(
    temporary: &Path,
    target: &Path,
    content: &[u8],
    prepare: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(temporary)?;
        file.write_all(content)?;
        prepare(&file)?;
        file.sync_all()?;
        fs::rename(temporary, target)
    })();
    if written.is_err() {
        // The error that counts is the one above.
        let _ = fs::remove_file(temporary);
    }
    written
}

/// Gives `file` the owner, group and mode that `old` has, so that those who could read it still can.
pub fn keep_access(file: &File, old: &Metadata) -> io::Result<()> {
    // Only root gives files away to another user; the group is what `named` reads by.
    let _ = fchown(file, Some(old.uid()), None);
    let everyone_reads = old.mode() & 0o004 != 0;
    match fchown(file, None, Some(old.gid())) {
        Err(error) if !everyone_reads => return Err(error),
        _ => {}
    }
    file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))
}

/// Creates `dir` and what is missing above it, open to every reader whatever the umask: `named` runs
/// as another user.
pub fn create_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o755).create(dir)?;
    fs::set_permissions(dir, Permissions::from_mode(0o755))
}

pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Whether a file of `room` octets, or a small one, can be written in `dir` and made durable.
pub fn probe_dir(dir: &Path, room: usize) -> io::Result<()> {
    let path = dir.join(format!("{TEMPORARY}probe.tmp"));
    let written = (|| {
        let mut file = File::create(&path)?;
        for _ in 0..room.div_ceil(BLOCK).max(1) {
            file.write_all(&[b'\n'; BLOCK])?;
        }
        file.sync_all()
    })();
    let removed = fs::remove_file(&path);
    written.and(removed)
}

/// Whether the text of a file says that we wrote it.
pub fn is_marked(text: &[u8]) -> bool {
    text.starts_with(MARK.as_bytes())
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn holds(mut file: File, content: &[u8]) -> io::Result<bool> {
    let mut stored = Vec::with_capacity(content.len());
    file.read_to_end(&mut stored)?;
    Ok(stored == content)
}

fn starts_with(file: &File, mark: &[u8]) -> io::Result<bool> {
    let mut head = Vec::with_capacity(mark.len());
    file.take(mark.len() as u64).read_to_end(&mut head)?;
    Ok(head == mark)
}

#[cfg(test)]
mod tests;
