//! Where the store is, and what it takes there.

use std::path::PathBuf;

use super::db::reading;
use super::{Store, StoreError};
use crate::engine::KIND;

/// Where the store is, and what it takes there.
#[derive(Debug, Clone)]
pub struct Disk {
    /// What keeps it.
    pub engine: &'static str,
    /// Its directory.
    pub directory: PathBuf,
    /// The files in it with their bytes, by name.
    pub files: Vec<(String, u64)>,
    /// Bytes that are free on its disk.
    pub free_bytes: u64,
}

impl Store {
    /// Where the store is, and what it takes there.
    ///
    /// # Errors
    /// When the disk cannot be asked.
    pub fn disk(&self) -> Result<Disk, StoreError> {
        let engine = self.shared.db.engine();
        let free = engine.free();
        let free_bytes = free.map_err(|error| reading("the room on its disk", &error))?;
        let directory = engine.location().to_path_buf();
        let mut files = Vec::new();
        // What cannot be listed is left out: it is shown, and decides nothing.
        for entry in std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            if let Ok(about) = entry.metadata()
                && about.is_file()
            {
                files.push((
                    entry.file_name().to_string_lossy().into_owned(),
                    about.len(),
                ));
            }
        }
        files.sort();
        Ok(Disk {
            engine: KIND,
            directory,
            files,
            free_bytes,
        })
    }
}
