//! What the system tells of changes in a directory. Notices get lost, and some file systems send none: they only make
//! things quick.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, channel};

/// Most notices that wait to be read; one more is as good as any of them.
const MOST: usize = 4_096;

/// The notices of one directory.
#[derive(Debug)]
pub struct Events {
    // It ends with this.
    _watcher: RecommendedWatcher,
    notices: Receiver<Result<Event, notify::Error>>,
    path: PathBuf,
    directory: (u64, u64),
}

/// Whether somebody writes to a file, or has closed it.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub file: String,
    /// Whether it is open still.
    pub open: bool,
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Events {
    /// Those of `directory`.
    ///
    /// # Errors
    /// What the system said: there is no such directory, or no watch is left (`fs.inotify.max_user_watches`).
    pub fn of(directory: &Path) -> Result<Self, notify::Error> {
        let (send, notices) = channel(MOST);
        let tell = move |event: Result<Event, notify::Error>| {
            // Reading a file is no news; else a look would be the cause of the next one.
            let news = event.as_ref().map_or(true, is_news);
            if news && let Err(TrySendError::Full(_)) = send.try_send(event) {
                // Whoever reads the others looks at all files.
            }
        };
        let mut watcher = notify::recommended_watcher(tell)?;
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
        Ok(Self {
            _watcher: watcher,
            notices,
            path: directory.to_owned(),
            directory: identity(directory)?,
        })
    }

    /// Whether these are of `directory`, and it is still the same one.
    pub fn is_of(&self, directory: &Path) -> bool {
        self.path == directory && identity(directory).is_ok_and(|found| found == self.directory)
    }

    /// Waits until something changes, and says which files are written to.
    ///
    /// # Errors
    /// What the system said.
    pub async fn next(&mut self) -> Result<Vec<Written>, notify::Error> {
        let mut events = Vec::new();
        if self.notices.recv_many(&mut events, MOST).await == 0 {
            return Err(notify::Error::generic("the watch has ended"));
        }
        let mut all = Vec::new();
        for event in events {
            let event = event?;
            let Some(open) = is_open(event.kind) else {
                continue;
            };
            let names = event
                .paths
                .iter()
                .filter_map(|path| path.file_name()?.to_str());
            all.extend(names.map(|file| Written {
                file: file.to_owned(),
                open,
            }));
        }
        Ok(all)
    }
}

fn is_news(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Access(_)) || is_open(event.kind).is_some()
}

/// Whether a file is written to from now on, or not any more.
fn is_open(kind: EventKind) -> Option<bool> {
    match kind {
        EventKind::Modify(ModifyKind::Data(_)) => Some(true),
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(ModifyKind::Name(_)) => Some(false),
        _ => None,
    }
}
