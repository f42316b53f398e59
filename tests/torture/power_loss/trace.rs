//! What the shim has recorded, entry by entry.

use std::path::{Path, PathBuf};

/// One call that changed something, or made it durable.
#[derive(Debug, Clone)]
pub enum Event {
    /// A file came to be.
    Create {
        file: u64,
        path: PathBuf,
    },
    /// A directory came to be.
    MakeDir {
        path: PathBuf,
    },
    Write {
        file: u64,
        at: u64,
        data: Vec<u8>,
    },
    /// The file is as long as this now, with zeroes where it grew.
    Resize {
        file: u64,
        len: u64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    /// `fsync` or `fdatasync` of a file.
    Sync {
        file: u64,
    },
    /// `fsync` of a directory.
    SyncDir {
        path: PathBuf,
    },
    /// It promises nothing: neither the disk's own cache nor the length of the file.
    SyncRange,
    /// What the recorded process says of itself.
    Mark(String),
}

impl Event {
    /// Whether something is durable after it that was not before.
    pub fn is_sync(&self) -> bool {
        matches!(self, Self::Sync { .. } | Self::SyncDir { .. })
    }
}

/// Reads a trace.
///
/// # Panics
/// When it has a call that the shim does not understand: the rebuilt disks would be wrong.
pub fn read(path: &Path) -> Vec<Event> {
    let octets = std::fs::read(path).unwrap();
    let mut rest = octets.as_slice();
    let mut take = |len: usize| -> &[u8] {
        let (taken, behind) = rest.split_at(len.min(rest.len()));
        rest = behind;
        taken
    };
    let mut events = Vec::new();
    loop {
        let head = take(48);
        if head.len() < 48 {
            break;
        }
        let number =
            |index: usize| u64::from_ne_bytes(head[index * 8..index * 8 + 8].try_into().unwrap());
        let data = take(usize::try_from(number(4)).unwrap()).to_vec();
        let second = take(usize::try_from(number(5)).unwrap()).to_vec();
        let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
        let file = number(1);
        events.push(match char::from(u8::try_from(number(0)).unwrap()) {
            'C' => Event::Create {
                file,
                path: text(&data).into(),
            },
            'K' => Event::MakeDir {
                path: text(&data).into(),
            },
            'W' => Event::Write {
                file,
                at: number(2),
                data,
            },
            'T' => Event::Resize {
                file,
                len: number(2),
            },
            'R' => Event::Rename {
                from: text(&data).into(),
                to: text(&second).into(),
            },
            'L' => Event::Link {
                from: text(&data).into(),
                to: text(&second).into(),
            },
            'U' => Event::Remove {
                path: text(&data).into(),
            },
            'S' => Event::Sync { file },
            'D' => Event::SyncDir {
                path: text(&data).into(),
            },
            'Y' => Event::SyncRange,
            'M' => Event::Mark(text(&data)),
            other => panic!("the shim does not understand {other}: {}", text(&data)),
        });
    }
    events
}
