//! Files as they lie on disk: which there are, and the text of one.
//!
//! Whoever may write to the directory is not the one who runs the gateway: links do not lead out of it, nothing but
//! regular files is opened, and nothing is read further than a zone may be long. Names change while they are looked at,
//! so that nothing is judged by its name and opened by it afterwards: what is opened is opened below the open directory,
//! one component after the other and no link followed, and judged by its descriptor. A link is resolved to a path first,
//! which is then opened like that. `openat2` with `RESOLVE_BENEATH` would refuse absolute links within the directory too.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

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
    let cannot = |error: io::Error| format!("{} cannot be read: {error}", path.display());
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    let root = Root::open(directory(path)).map_err(cannot)?;
    let mut files = Files::new();
    if !metadata.is_dir() {
        let name = path.file_name().unwrap_or_default();
        let stamp = root.stamp(name).and_then(|stamp| {
            stamp.ok_or_else(|| "it is neither a file nor a directory".to_owned())
        });
        files.insert(name.to_string_lossy().into_owned(), stamp);
        return Ok(files);
    }
    let entries = Dir::read_from(&root.directory).map_err(|error| cannot(error.into()))?;
    for (count, entry) in entries.enumerate() {
        let entry = entry.map_err(|error| cannot(error.into()))?;
        // Among them are `.` and `..`.
        if count >= MOST + 2 {
            return Err(format!(
                "{} has more than {MOST} entries, so that none of it is read",
                path.display()
            ));
        }
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        let Some(known) = name.to_str() else {
            let name = name.to_string_lossy().into_owned();
            files.insert(name, Err("its name is not UTF-8".to_owned()));
            continue;
        };
        if named(known) == Named::Not {
            continue;
        }
        match root.stamp(name) {
            Ok(Some(stamp)) => drop(files.insert(known.to_owned(), Ok(stamp))),
            Ok(None) => {}
            Err(why) => drop(files.insert(known.to_owned(), Err(why))),
        }
    }
    Ok(files)
}

/// A directory that is open: its files are looked for below it, whatever takes its place meanwhile.
#[derive(Debug)]
struct Root {
    directory: OwnedFd,
    path: PathBuf,
}

/// Why a file was not opened.
#[derive(Debug)]
enum NotOpened {
    /// There is none, or no longer.
    Gone,
    /// What the system said, or where it leads.
    Failed(String),
}

impl From<io::Error> for NotOpened {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Gone,
            _ => Self::Failed(format!("it cannot be read: {error}")),
        }
    }
}

impl Root {
    fn open(path: PathBuf) -> io::Result<Self> {
        let directory = open(CWD, path.as_os_str(), OFlags::RDONLY | OFlags::DIRECTORY)?;
        Ok(Self { directory, path })
    }

    /// The stamp of a regular file; `None`: it is something else, or gone.
    fn stamp(&self, name: &OsStr) -> Result<Option<Stamp>, String> {
        // Nothing happens to what is opened like this: a pipe has no reader, and no device wakes up.
        let file = match self.file(name, OFlags::PATH) {
            Ok(file) => file,
            Err(NotOpened::Gone) => return Ok(None),
            Err(NotOpened::Failed(why)) => return Err(why),
        };
        let metadata = file.metadata();
        let metadata = metadata.map_err(|error| format!("it cannot be read: {error}"))?;
        Ok(metadata.is_file().then(|| Stamp::of(&metadata)))
    }

    /// Opens what has this name, or what the link of this name leads to if that is below the directory.
    fn file(&self, name: &OsStr, flags: OFlags) -> Result<File, NotOpened> {
        match open(&self.directory, name, flags | OFlags::NOFOLLOW) {
            Ok(opened) => {
                let file = File::from(opened);
                match file.metadata()?.is_symlink() {
                    true => self.linked(name, flags),
                    false => Ok(file),
                }
            }
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                self.linked(name, flags)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Opens what a link leads to. As Kubernetes mounts files: links to a directory beside them.
    fn linked(&self, name: &OsStr, flags: OFlags) -> Result<File, NotOpened> {
        let to_nothing = |error: io::Error| {
            NotOpened::Failed(format!("it is a symbolic link to nothing: {error}"))
        };
        let target = self.path.join(name).canonicalize().map_err(to_nothing)?;
        let within = self.path.canonicalize().map_err(to_nothing)?;
        match target.strip_prefix(within) {
            Ok(path) => self.below(path, flags),
            Err(_) => {
                let why = "it is a symbolic link that leads out of the directory";
                Err(NotOpened::Failed(why.to_owned()))
            }
        }
    }

    /// Opens a path below the directory in which there are no links.
    fn below(&self, path: &Path, flags: OFlags) -> Result<File, NotOpened> {
        let Some(last) = path.file_name() else {
            return Err(NotOpened::Gone);
        };
        let mut directory = None::<OwnedFd>;
        for part in path.parent().into_iter().flat_map(Path::iter) {
            let from = directory.as_ref().unwrap_or(&self.directory);
            let of_directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
            directory = Some(open(from, part, of_directory)?);
        }
        let from = directory.as_ref().unwrap_or(&self.directory);
        Ok(open(from, last, flags | OFlags::NOFOLLOW)?.into())
    }
}

fn open(directory: impl AsFd, name: &OsStr, flags: OFlags) -> io::Result<OwnedFd> {
    Ok(openat(
        directory,
        name,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// Why a file was not read.
#[derive(Debug)]
pub enum NotRead {
    /// It is another one by now, or is written to.
    Changed,
    /// What the system said, or that it is too long.
    Failed(String),
}

impl From<NotOpened> for NotRead {
    fn from(not_opened: NotOpened) -> Self {
        match not_opened {
            NotOpened::Gone => Self::Changed,
            NotOpened::Failed(why) => Self::Failed(why),
        }
    }
}

/// The text of a file of a directory, if it still has this stamp.
pub fn text(directory: &Path, name: &str, stamp: Stamp, most: usize) -> Result<Vec<u8>, NotRead> {
    let failed = |error: io::Error| NotRead::from(NotOpened::from(error));
    let same = |file: &File| {
        let metadata = file.metadata().map_err(failed)?;
        match Stamp::of(&metadata) == stamp {
            true => Ok(()),
            false => Err(NotRead::Changed),
        }
    };
    let root = Root::open(directory.to_owned()).map_err(failed)?;
    // A pipe that has taken its place must not hold this up.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = root.file(OsStr::new(name), flags)?;
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
        let (root, name) = (root.path(), "a.example.zone");
        let path = root.join(name);
        std::fs::write(&path, "12345").unwrap();
        let stamp = *list(root).unwrap()[name].as_ref().unwrap();
        assert_eq!(text(root, name, stamp, 5).unwrap(), b"12345");
        let longer = text(root, name, stamp, 4);
        assert!(matches!(longer, Err(NotRead::Failed(_))));
        let other = root.join("other");
        std::fs::write(&other, "54321").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(matches!(text(root, name, stamp, 5), Err(NotRead::Changed)));
    }

    /// A directory with a secret beside it, and the stamp of that.
    fn beside_a_secret() -> (tempfile::TempDir, PathBuf, Stamp) {
        let root = tempfile::tempdir().unwrap();
        let watched = root.path().join("zones");
        std::fs::create_dir(&watched).unwrap();
        let secret = root.path().join("secret.example.zone");
        std::fs::write(&secret, "secret").unwrap();
        let stamp = Stamp::of(&std::fs::metadata(&secret).unwrap());
        (root, watched, stamp)
    }

    #[test]
    fn a_link_that_takes_the_place_of_a_file_is_not_followed_out() {
        // As somebody leaves it who swaps names between the look at a file and its being opened.
        let (root, watched, stamp) = beside_a_secret();
        let name = "secret.example.zone";
        std::os::unix::fs::symlink(root.path().join(name), watched.join(name)).unwrap();
        let read = text(&watched, name, stamp, 99);
        assert!(
            matches!(&read, Err(NotRead::Failed(why)) if why.contains("leads out")),
            "{read:?}"
        );
        // Whoever is told of one file is not given another: the same rule holds.
        let single = &list(&watched.join(name)).unwrap()[name];
        assert!(single.as_ref().unwrap_err().contains("leads out"));

        // After a link was resolved, a directory on its way becomes a link.
        std::os::unix::fs::symlink("..", watched.join("out")).unwrap();
        let root = Root::open(watched).unwrap();
        let way = Path::new("out").join(name);
        assert!(root.below(&way, OFlags::RDONLY).is_err());
    }

    #[test]
    fn a_link_within_the_directory_is_read_be_it_relative_or_absolute() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        std::fs::create_dir(root.join("..1")).unwrap();
        std::fs::write(root.join("..1/a.example.zone"), "12345").unwrap();
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        link(Path::new("..1"), "..data");
        link(Path::new("..data/a.example.zone"), "a.example.zone");
        link(&root.join("..data/a.example.zone"), "b.example.zone");
        for name in ["a.example.zone", "b.example.zone"] {
            let stamp = *list(root).unwrap()[name].as_ref().unwrap();
            assert_eq!(text(root, name, stamp, 5).unwrap(), b"12345");
            assert_eq!(list(&root.join(name)).unwrap()[name], Ok(stamp));
        }
    }

    #[test]
    fn what_is_no_file_is_neither_listed_nor_waited_for() {
        let (_root, watched, stamp) = beside_a_secret();
        let pipe = watched.join("a.example.zone");
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert!(list(&watched).unwrap().is_empty());
        let read = text(&watched, "a.example.zone", stamp, 99);
        assert!(matches!(read, Err(NotRead::Changed)), "{read:?}");
    }
}
