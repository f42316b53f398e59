//! Files as they lie on disk: which there are, and the text of one.
//!
//! Whoever may write to the directory is not the one who runs the gateway: links do not lead out of it, nothing but
//! regular files is opened, and nothing is read further than a zone may be long.

use std::collections::BTreeMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::name::{Named, named};

/// Most files of a directory.
const MOST: usize = 100_000;

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The files of a source that may be zone files, by their names.
pub type Files = BTreeMap<String, Result<Stamp, String>>;

/// The directory of a source.
pub fn directory(path: &Path) -> PathBuf {
    match path.is_dir() {
        true => path.to_owned(),
        false => match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        },
    }
}

/// Which files there are.
///
/// # Errors
/// Why it is not known.
pub fn list(path: &Path) -> Result<Files, String> {
    let cannot = |error| format!("{} cannot be read: {error}", path.display());
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    let mut files = Files::new();
    if !metadata.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stamp = match metadata.is_file() {
            true => Ok(Stamp::of(&metadata)),
            false => Err("it is neither a file nor a directory".to_owned()),
        };
        files.insert(name.into_owned(), stamp);
        return Ok(files);
    }
    let root = path.canonicalize().map_err(cannot)?;
    for (count, entry) in std::fs::read_dir(path).map_err(cannot)?.enumerate() {
        let entry = entry.map_err(cannot)?;
        if count >= MOST {
            return Err(format!(
                "{} has more than {MOST} entries, so that none of it is read",
                path.display()
            ));
        }
        let Ok(name) = entry.file_name().into_string() else {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.insert(name, Err("its name is not UTF-8".to_owned()));
            continue;
        };
        if named(&name) == Named::Not {
            continue;
        }
        match stamp(&entry.path(), &root) {
            Ok(Some(stamp)) => drop(files.insert(name, Ok(stamp))),
            Ok(None) => {}
            Err(why) => drop(files.insert(name, Err(why))),
        }
    }
    Ok(files)
}

/// The stamp of a regular file; `None`: it is something else, or gone.
fn stamp(path: &Path, root: &Path) -> Result<Option<Stamp>, String> {
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(None),
        _ => Err(format!("it cannot be read: {error}")),
    };
    let link = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_symlink(),
        Err(error) => return cannot(error),
    };
    if link {
        // As Kubernetes mounts files: they lead to a directory beside them.
        match path.canonicalize() {
            Ok(target) if target.starts_with(root) => {}
            Ok(_) => return Err("it is a symbolic link that leads out of the directory".to_owned()),
            Err(error) => return Err(format!("it is a symbolic link to nothing: {error}")),
        }
    }
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(Stamp::of(&metadata))),
        Ok(_) => Ok(None),
        Err(error) => cannot(error),
    }
}

/// Why a file was not read.
#[derive(Debug)]
pub enum NotRead {
    /// It is another one by now, or is written to.
    Changed,
    /// What the system said, or that it is too long.
    Failed(String),
}

/// The text of a file, if it still has this stamp.
pub fn text(path: &Path, stamp: Stamp, most: usize) -> Result<Vec<u8>, NotRead> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => NotRead::Changed,
        _ => NotRead::Failed(format!("it cannot be read: {error}")),
    };
    let same = |file: &File| {
        let metadata = file.metadata().map_err(failed)?;
        match Stamp::of(&metadata) == stamp {
            true => Ok(()),
            false => Err(NotRead::Changed),
        }
    };
    // A pipe that has taken its place must not hold this up.
    let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC).bits();
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path);
    let file = opened.map_err(failed)?;
    same(&file)?;
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = Vec::new();
    (&file).take(limit).read_to_end(&mut text).map_err(failed)?;
    same(&file)?;
    if text.len() > most {
        let why = format!("it is longer than {most} octets (app.max_body_bytes)");
        return Err(NotRead::Failed(why));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_directory_are_listed() {
        let root = tempfile::tempdir().unwrap();
        let watched = root.path().join("zones");
        std::fs::create_dir_all(watched.join("below.example")).unwrap();
        std::fs::create_dir(watched.join("..1")).unwrap();
        std::fs::write(root.path().join("secret"), "x").unwrap();
        std::fs::write(watched.join("a.example.zone"), "x").unwrap();
        std::fs::write(watched.join(".b.example.zone"), "x").unwrap();
        std::fs::write(watched.join("..1/c.example.zone"), "x").unwrap();
        let link =
            |to: &str, name: &str| std::os::unix::fs::symlink(to, watched.join(name)).unwrap();
        link("..1/c.example.zone", "c.example.zone");
        link("../secret", "d.example.zone");
        link("nothing", "e.example.zone");
        let files = list(&watched).unwrap();
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "a.example.zone",
                "c.example.zone",
                "d.example.zone",
                "e.example.zone"
            ]
        );
        assert!(files["a.example.zone"].is_ok() && files["c.example.zone"].is_ok());
        assert!(
            files["d.example.zone"]
                .as_ref()
                .unwrap_err()
                .contains("leads out")
        );
        assert!(
            files["e.example.zone"]
                .as_ref()
                .unwrap_err()
                .contains("to nothing")
        );
        assert!(list(&root.path().join("none")).is_err());
    }

    #[test]
    fn a_file_is_read_only_as_it_was_seen_and_not_further_than_allowed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.example.zone");
        std::fs::write(&path, "12345").unwrap();
        let stamp = *list(&path).unwrap()["a.example.zone"].as_ref().unwrap();
        assert_eq!(text(&path, stamp, 5).unwrap(), b"12345");
        assert!(matches!(text(&path, stamp, 4), Err(NotRead::Failed(_))));
        let other = root.path().join("other");
        std::fs::write(&other, "54321").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(matches!(text(&path, stamp, 5), Err(NotRead::Changed)));
    }
}
