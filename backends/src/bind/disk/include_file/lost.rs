//! What stands in place of an include file that cannot be used any more.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use crate::bind::disk::files;

/// How long a file stays lost before it is put back. Editors and copies take less to write one.
pub const LOST_FOR: Duration = Duration::from_secs(5);

/// In place of what was last read stands nothing that could be used.
#[derive(Debug)]
pub struct Lost {
    pub now: Remains,
    since: Instant,
}

impl Lost {
    pub fn from_now(now: Remains) -> Self {
        let since = Instant::now();
        Self { now, since }
    }

    /// Whether it has been lost long enough to be put back.
    pub fn is_due(&self) -> bool {
        self.since.elapsed() >= LOST_FOR
    }
}

/// What stands there.
#[derive(Debug, PartialEq, Eq)]
pub enum Remains {
    /// No file.
    Gone,
    /// A file with nothing in it.
    Empty(Identity),
    /// Text that does not balance: an edit that somebody has not finished, or a file cut short.
    Broken(Identity),
}

impl Remains {
    /// Whether the same stands at `path` now.
    pub fn still_stands_at(&self, path: &Path) -> bool {
        let now = fs::metadata(path).ok().as_ref().map(Identity::of);
        match self {
            Self::Gone => now.is_none(),
            Self::Empty(identity) | Self::Broken(identity) => now.as_ref() == Some(identity),
        }
    }
}

/// Why a file is not used.
pub enum Fault {
    /// It was read before, and is gone, empty or broken.
    Lost(Remains, String),
    Other(String),
}

/// What changes whenever a file is written or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity([i64; 7]);

impl Identity {
    pub fn of(file: &Metadata) -> Self {
        // Bit patterns, compared and nothing else.
        let [device, inode, len] = [file.dev(), file.ino(), file.len()].map(|number| number as i64);
        Self([
            device,
            inode,
            len,
            file.mtime(),
            file.mtime_nsec(),
            file.ctime(),
            file.ctime_nsec(),
        ])
    }
}

/// Makes `copy` hold what `path` holds, durably and with the same access.
///
/// Copied, since neither link nor rename will do: a file of another user cannot be linked to
/// (`fs.protected_hardlinks`), and between a rename and the new file `named` would find none.
pub fn copy(path: &Path, copy: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let access = file.metadata()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let prepare = |file: &File| files::keep_access(file, &access);
    files::replace(&temporary_for(copy), copy, &text, prepare)?;
    files::sync_dir(copy.parent().unwrap_or(Path::new("/")))
}

/// Where what stands in place of the file at `path` is kept.
pub fn broken_for(path: &Path) -> PathBuf {
    path.with_added_extension("broken")
}

pub fn temporary_for(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.dadns.tmp"))
}
