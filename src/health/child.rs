//! How the processes are that dadns runs for backends.

use dadns_backends::BackendId;
use jiff::Timestamp;

use super::Health;

/// The process of a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Its number; `None`: it does not run.
    pub pid: Option<u32>,
    /// Since when it runs, or does not.
    pub since: Timestamp,
    /// How often it was started again.
    pub restarts: u64,
    /// How it ended, while it does not run.
    pub ended: Option<String>,
    /// When it is started again, while it does not run.
    pub next_start: Option<Timestamp>,
}

impl Health {
    /// Notes how the process of a backend is.
    pub fn note_child(&self, backend: &BackendId, child: Child) {
        if let Some(board) = self.board(backend) {
            *board.child.lock() = Some(child);
        }
    }

    /// The process of a backend, if dadns runs one.
    pub fn child(&self, backend: &BackendId) -> Option<Child> {
        self.board(backend)?.child.lock().clone()
    }

    /// Whether a process does not run that dadns runs for a backend.
    pub fn lacks_child(&self) -> bool {
        let mut children = self.boards.values().map(|board| board.child.lock());
        children.any(|child| child.as_ref().is_some_and(|child| child.pid.is_none()))
    }
}
