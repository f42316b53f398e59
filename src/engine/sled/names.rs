//! The names of sled's files, which it never syncs, and what keeps it from opening after a power loss.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// What sled reads first, and writes without a sync.
const CONFIG: &str = "conf";

/// Where `CONFIG` is written before it gets its name.
const FIRST: &str = "first";

/// Makes the directory, and has `CONFIG` there whole or not at all.
pub(super) fn prepare(path: &Path) -> io::Result<()> {
    make(path)?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // A snapshot that was not finished: sled would take it for the newest one.
        if entry.file_name().as_encoded_bytes().ends_with(b".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    let first = path.join(FIRST);
    if first.exists() {
        fs::remove_dir_all(&first)?;
    }
    if !path.join(CONFIG).exists() {
        drop(::sled::Config::new().path(&first).open().map_err(io::Error::other)?);
        File::open(first.join(CONFIG))?.sync_all()?;
        fs::rename(first.join(CONFIG), path.join(CONFIG))?;
        fs::remove_dir_all(&first)?;
    }
    sync(path)
}

/// Makes the names in the directory durable.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes a directory and those above it, durably.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    make(above)?;
    fs::create_dir(path)?;
    sync(above)
}
