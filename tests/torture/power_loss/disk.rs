//! What a disk is known to hold, and what it may hold besides: the model of a file system.
//!
//! It promises what POSIX does and nothing more. A sync of a file makes its data and length durable, and not
//! its name; a sync of a directory the names in it, and not what is in the files. Until then each write, cut
//! into sectors, and each change of a name may be on the disk or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::trace::Event;

/// A change of one file that is not durable.
#[derive(Debug, Clone)]
pub enum Change {
    Write { at: usize, data: Vec<u8> },
    Resize(usize),
}

/// One file: what is durable of it, and what came since.
#[derive(Debug, Clone, Default)]
pub struct File {
    pub durable: Vec<u8>,
    pub pending: Vec<Change>,
}

impl File {
    fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            change.apply(&mut self.durable);
        }
    }
}

impl Change {
    /// Has it happen to `octets`.
    pub fn apply(&self, octets: &mut Vec<u8>) {
        match self {
            Self::Write { at, data } => put(octets, *at, data),
            Self::Resize(len) => octets.resize(*len, 0),
        }
    }
}

/// Writes into a file that may be shorter.
pub fn put(octets: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if octets.len() < end {
        octets.resize(end, 0);
    }
    octets[at..end].copy_from_slice(data);
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    Dir,
    /// An index of [`Disk::files`].
    File(usize),
}

/// A change of names that is not durable.
#[derive(Debug, Clone)]
pub enum Naming {
    Add(PathBuf, Node),
    Rename(PathBuf, PathBuf, Node),
    Remove(PathBuf),
}

pub type Names = BTreeMap<PathBuf, Node>;

impl Naming {
    /// Has it happen.
    pub fn apply(&self, names: &mut Names) {
        match self {
            Self::Add(path, node) => {
                names.insert(path.clone(), *node);
            }
            Self::Rename(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
            Self::Remove(path) => {
                names.remove(path);
            }
        }
    }

    /// The directory that has to be synced for it.
    fn parent(&self) -> &Path {
        let (Self::Add(path, _) | Self::Rename(_, path, _) | Self::Remove(path)) = self;
        path.parent().unwrap()
    }

    /// Whether another has overtaken it: one that has moved the file, which is durable.
    fn is_overtaken_by(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Add(path, node), Self::Rename(from, _, moved)) => path == from && node == moved,
            _ => false,
        }
    }
}

/// A disk as a process left it.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// All files that there ever were.
    pub files: Vec<File>,
    /// Names that are durable.
    pub names: Names,
    /// Changes of names since.
    pub naming: Vec<Naming>,
    /// The file of each inode number.
    by_number: BTreeMap<u64, usize>,
}

impl Disk {
    /// A disk that durably holds what is in a directory.
    pub fn of(root: &Path) -> Self {
        let mut disk = Self::default();
        let mut open = vec![root.to_path_buf()];
        while let Some(directory) = open.pop() {
            disk.names.insert(directory.clone(), Node::Dir);
            for entry in std::fs::read_dir(&directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let number = std::os::unix::fs::MetadataExt::ino(&path.metadata().unwrap());
                disk.by_number.insert(number, disk.files.len());
                disk.names
                    .insert(path.clone(), Node::File(disk.files.len()));
                disk.files.push(File {
                    durable: std::fs::read(&path).unwrap(),
                    pending: Vec::new(),
                });
            }
        }
        disk
    }

    /// Has one recorded call happen.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Create { file, path } => {
                self.by_number.insert(*file, self.files.len());
                let node = Node::File(self.files.len());
                self.files.push(File::default());
                self.naming.push(Naming::Add(path.clone(), node));
            }
            Event::MakeDir { path } => self.naming.push(Naming::Add(path.clone(), Node::Dir)),
            Event::Write { file, at, data } => {
                let (at, data) = (usize::try_from(*at).unwrap(), data.clone());
                self.change(*file, Change::Write { at, data });
            }
            Event::Resize { file, len } => {
                self.change(*file, Change::Resize(usize::try_from(*len).unwrap()));
            }
            Event::Rename { from, to } => {
                let node = self.names_now()[from];
                let rename = Naming::Rename(from.clone(), to.clone(), node);
                self.naming.push(rename);
            }
            Event::Link { from, to } => {
                let node = self.names_now()[from];
                self.naming.push(Naming::Add(to.clone(), node));
            }
            Event::Remove { path } => self.naming.push(Naming::Remove(path.clone())),
            Event::Sync { file } => self.files[self.by_number[file]].sync(),
            Event::SyncDir { path } => {
                let (durable, rest) = std::mem::take(&mut self.naming)
                    .into_iter()
                    .partition(|naming| naming.parent() == path);
                self.naming = rest;
                let durable: Vec<Naming> = durable;
                for naming in &durable {
                    naming.apply(&mut self.names);
                    self.naming
                        .retain(|pending| !pending.is_overtaken_by(naming));
                }
            }
            Event::SyncRange | Event::Mark(_) => {}
        }
    }

    fn change(&mut self, number: u64, change: Change) {
        self.files[self.by_number[&number]].pending.push(change);
    }

    /// All names, as the process saw them.
    pub fn names_now(&self) -> Names {
        let mut names = self.names.clone();
        for naming in &self.naming {
            naming.apply(&mut names);
        }
        names
    }

    /// How much is not durable.
    pub fn unsynced(&self) -> usize {
        let files = self.files.iter().map(|file| file.pending.len());
        files.sum::<usize>() + self.naming.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(events: &[Event]) -> Disk {
        let mut disk = Disk::default();
        events.iter().for_each(|event| disk.take(event));
        disk
    }

    #[test]
    fn a_sync_of_a_file_makes_its_data_durable_and_not_its_name() {
        let path = PathBuf::from("/a/b");
        let mut events = vec![
            Event::Create {
                file: 7,
                path: path.clone(),
            },
            Event::Write {
                file: 7,
                at: 2,
                data: b"x".to_vec(),
            },
        ];
        assert_eq!(disk(&events).unsynced(), 2);
        events.push(Event::Sync { file: 7 });
        let synced = disk(&events);
        assert_eq!(synced.files[0].durable, b"\0\0x");
        assert_eq!((synced.unsynced(), synced.names.len()), (1, 0));
        events.push(Event::SyncDir { path: "/a".into() });
        let synced = disk(&events);
        assert_eq!(synced.names[&path], Node::File(0));
        assert_eq!(synced.unsynced(), 0);
    }

    #[test]
    fn a_sync_of_a_directory_makes_durable_what_is_in_it_and_nothing_else() {
        let synced = disk(&[
            Event::MakeDir {
                path: "/a/b".into(),
            },
            Event::MakeDir {
                path: "/a/b/c".into(),
            },
            Event::MakeDir {
                path: "/a/b/d".into(),
            },
            Event::Rename {
                from: "/a/b/c".into(),
                to: "/a/e".into(),
            },
            Event::SyncDir { path: "/a".into() },
        ]);
        let names: Vec<_> = synced.names.keys().collect();
        assert_eq!(names, [Path::new("/a/b"), Path::new("/a/e")]);
        assert_eq!(synced.unsynced(), 1);
    }
}
