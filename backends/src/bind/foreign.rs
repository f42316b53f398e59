//! Zones that others keep in the include file, read as they are.

use std::fs;
use std::io;
use std::path::Path;

use dadns_zone::{Limits, Zone, ZoneName};

use super::disk::Disk;
use crate::BackendError;

/// Reads the zone `name` from the file that its stanza names.
///
/// # Errors
/// [`BackendError::Zone`] with the reason where the stanza or the file does not give a zone.
pub(super) fn read(disk: &Disk, name: &ZoneName) -> Result<Zone, BackendError> {
    let include = disk.include()?;
    let doing = || format!("reading the stanza in {}", disk.include_path().display());
    let path = include
        .foreign_file(name)
        .map_err(|cause| BackendError::zone(name, doing(), cause))?;
    let failed =
        |cause: String| BackendError::zone(name, format!("reading {}", path.display()), cause);
    let journal = path.with_added_extension("jnl");
    if journal.exists() {
        return Err(failed(format!(
            "named keeps a journal of changes beside it, {}, so what is served may be newer; rndc sync \
             -clean writes them into the file",
            journal.display()
        )));
    }
    let limits = Limits::default();
    let text = text(path, limits.max_bytes).map_err(|error| failed(error.to_string()))?;
    dadns_zone::read(name, &text, &limits)
        .map(|reading| reading.zone)
        .map_err(|error| failed(error.to_string()))
}

/// What the file holds, if it is one, and not longer than `most` octets.
fn text(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    // Reading a pipe would wait for whoever writes to it.
    if !found.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if found.len() > most as u64 {
        let cause = format!("it has {} octets, which is more than {most}", found.len());
        return Err(io::Error::other(cause));
    }
    fs::read(path)
}
