//! The include file on disk: read again when somebody else changed it, replaced whole when we do.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use dadns_zone::ZoneName;

use super::files::{self, ZoneFiles};
use super::include::Include;
use crate::BackendError;

/// The include file at its path, with what was last read from it.
#[derive(Debug)]
pub(super) struct IncludeFile {
    path: PathBuf,
    seen: Mutex<Option<(Identity, Arc<Include>)>>,
}

/// What changes whenever a file is written or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity([i64; 7]);

impl Identity {
    fn of(file: &Metadata) -> Self {
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

impl IncludeFile {
    /// The file at `path`, whether or not it is there yet.
    pub(super) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            seen: Mutex::default(),
        }
    }

    /// Creates the file where it is absent.
    pub(super) fn create(&self) -> Result<(), BackendError> {
        let path = &self.path;
        let failed = |error: io::Error| {
            BackendError::unreachable(format!("opening include file {}", path.display()), error)
        };
        if path.exists() {
            return Ok(());
        }
        let dir = path.parent().unwrap_or(Path::new("/"));
        files::create_dir(dir).map_err(failed)?;
        let empty = Include::empty();
        let readable = |file: &File| file.set_permissions(Permissions::from_mode(0o644));
        files::replace(&temporary_for(path), path, empty.text(), readable).map_err(failed)?;
        files::sync_dir(dir).map_err(failed)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What the file holds now.
    ///
    /// # Errors
    /// When it is gone, cannot be read, or does not balance. A file that is suddenly empty is not
    /// believed either: an editor may be about to write it.
    pub(super) fn load(&self, files: &ZoneFiles) -> Result<Arc<Include>, BackendError> {
        let failed = |cause: String| {
            BackendError::unreachable(
                format!("reading include file {}", self.path.display()),
                cause,
            )
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = File::open(&self.path).map_err(|error| failed(error.to_string()))?;
        let identity = Identity::of(&file.metadata().map_err(|error| failed(error.to_string()))?);
        let last = seen
            .as_ref()
            .map(|(_, include)| include.ours().count())
            .unwrap_or_default();
        if let Some((known, include)) = seen.as_ref()
            && *known == identity
        {
            return Ok(Arc::clone(include));
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .map_err(|error| failed(error.to_string()))?;
        if text.is_empty() && last > 0 {
            return Err(failed(format!(
                "it is empty, but held {last} of our zones; nothing is written until it is restored"
            )));
        }
        let include = Include::parse(text, files)
            .map_err(|error| failed(format!("{error}; nothing is written until it is repaired")))?;
        let include = Arc::new(include);
        *seen = Some((identity, Arc::clone(&include)));
        Ok(include)
    }

    /// Gives every zone of `put` a stanza of ours, and takes those of `removed` out. Returns the file
    /// as it was before, or `None` where nothing had to change.
    ///
    /// # Errors
    /// When the file cannot be read or replaced; it is then as it was.
    pub(super) fn edit(
        &self,
        put: &BTreeSet<&ZoneName>,
        removed: &BTreeSet<&ZoneName>,
        files: &ZoneFiles,
    ) -> Result<Option<Arc<Include>>, BackendError> {
        let before = self.load(files)?;
        let Some(text) = before.edited(put, removed, files) else {
            return Ok(None);
        };
        self.replace(&text, files)?;
        Ok(Some(before))
    }

    /// Replaces the file with `text`, unless somebody has changed it since it was last read.
    ///
    /// # Errors
    /// When the text does not balance, or the file changed or cannot be replaced; it is then as it was.
    pub(super) fn replace(&self, text: &[u8], files: &ZoneFiles) -> Result<(), BackendError> {
        let failed = |cause: String| {
            BackendError::unreachable(
                format!("writing include file {}", self.path.display()),
                cause,
            )
        };
        // Read back before it is written: what is put in place is what we think it is.
        let include =
            Include::parse(text.to_vec(), files).map_err(|error| failed(error.to_string()))?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = fs::metadata(&self.path).map_err(|error| failed(error.to_string()))?;
        if seen
            .as_ref()
            .is_some_and(|(known, _)| *known != Identity::of(&now))
        {
            return Err(failed(
                "somebody else is changing it; trying again later".to_owned(),
            ));
        }
        // Where the path is a link, the file that it leads to is replaced, and not the link.
        let target = fs::canonicalize(&self.path).map_err(|error| failed(error.to_string()))?;
        let replaced = files::replace(&temporary_for(&target), &target, text, |file| {
            keep_access(file, &now)
        });
        replaced.map_err(|error| failed(error.to_string()))?;
        *seen = None;
        let dir = target.parent().unwrap_or(Path::new("/"));
        files::sync_dir(dir).map_err(|error| failed(error.to_string()))?;
        let identity =
            Identity::of(&fs::metadata(&self.path).map_err(|error| failed(error.to_string()))?);
        *seen = Some((identity, Arc::new(include)));
        Ok(())
    }
}

/// Gives `file` the owner, group and mode that `old` has, so that those who could read it still can.
fn keep_access(file: &File, old: &Metadata) -> io::Result<()> {
    // Only root gives files away to another user; the group is what `named` reads by.
    let _ = fchown(file, Some(old.uid()), None);
    let everyone_reads = old.mode() & 0o004 != 0;
    match fchown(file, None, Some(old.gid())) {
        Err(error) if !everyone_reads => return Err(error),
        _ => {}
    }
    file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))
}

fn temporary_for(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.dadns.tmp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(text: &str) -> (tempfile::TempDir, ZoneFiles, IncludeFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("zones.conf");
        fs::write(&path, text).unwrap();
        let files = ZoneFiles::at(dir.path()).unwrap();
        let file = IncludeFile::at(&path);
        file.load(&files).unwrap();
        (dir, files, file)
    }

    fn add(
        file: &IncludeFile,
        files: &ZoneFiles,
        name: &str,
    ) -> Result<Option<Arc<Include>>, BackendError> {
        file.edit(
            &BTreeSet::from([&name.parse().unwrap()]),
            &BTreeSet::new(),
            files,
        )
    }

    #[test]
    fn a_file_is_read_once_as_long_as_it_is_the_same() {
        let (_dir, files, file) = opened("acl a { any; };\n");
        let first = file.load(&files).unwrap();
        assert!(Arc::ptr_eq(&first, &file.load(&files).unwrap()));
        fs::write(file.path(), "acl b { any; };\n").unwrap();
        assert_eq!(file.load(&files).unwrap().text(), b"acl b { any; };\n");
    }

    #[test]
    fn a_file_that_somebody_is_changing_is_left_to_them() {
        let (_dir, files, file) = opened("acl a { any; };\n");
        fs::write(file.path(), "acl b { any; };\n").unwrap();
        let error = file.replace(b"", &files).unwrap_err().to_string();
        assert!(error.contains("somebody else is changing it"), "{error}");
        assert_eq!(fs::read(file.path()).unwrap(), b"acl b { any; };\n");
    }

    #[test]
    fn text_that_does_not_balance_is_not_put_in_place() {
        let (_dir, files, file) = opened("acl a { any; };\n");
        assert!(file.replace(b"zone {", &files).is_err());
        assert_eq!(fs::read(file.path()).unwrap(), b"acl a { any; };\n");
    }

    #[test]
    fn a_link_stays_a_link() {
        let (dir, files, _) = opened("");
        let link = dir.path().join("link.conf");
        std::os::unix::fs::symlink("zones.conf", &link).unwrap();
        let file = IncludeFile::at(&link);
        add(&file, &files, "a.example").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(
            fs::read_to_string(dir.path().join("zones.conf"))
                .unwrap()
                .contains("a.example")
        );
    }

    #[test]
    fn an_edit_hands_back_the_file_as_it_was() {
        let (_dir, files, file) = opened("// mine\n");
        let before = add(&file, &files, "a.example").unwrap().unwrap();
        assert!(add(&file, &files, "a.example").unwrap().is_none());
        file.replace(before.text(), &files).unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"// mine\n");
    }
}
