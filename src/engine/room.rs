//! What a disk has to offer, asked before an engine depends on it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::EngineError;

/// A file that is only there while it is found out whether one can be written.
const TRIAL: &str = ".trial";

/// Octets of that file: more than fits into the entry of a file itself, on any file system.
const TRIAL_SIZE: usize = 64 << 10;

/// Bytes that are free on the disk of `path`.
pub(super) fn free(path: &Path) -> Result<u64, EngineError> {
    let disk = rustix::fs::statvfs(path).map_err(|error| {
        EngineError::Write(format!("the free space cannot be found out: {error}"))
    })?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Writes and syncs a file in the directory `path`, and removes it: what keeps an engine from writing
/// (no room, no rights, a disk that is read-only or broken, no more open files) keeps this from it too.
pub(super) fn try_to_write(path: &Path) -> Result<(), EngineError> {
    let trial = path.join(TRIAL);
    let written = File::create(&trial).and_then(|mut file| {
        file.write_all(&[b'.'; TRIAL_SIZE])?;
        file.sync_all()
    });
    // Not one that could not be created: there is none.
    let removed = fs::remove_file(&trial);
    written
        .and(removed)
        .map_err(|error| EngineError::Write(format!("{}: {error}", path.display())))
}
