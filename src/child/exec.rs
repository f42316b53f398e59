//! How a server is made to end with dadns, even when that is killed.
//!
//! The kernel ends a process whose parent ends if that process asked for it (`PR_SET_PDEATHSIG`, prctl(2)). To ask
//! between fork and exec takes unsafe code, so dadns starts itself, asks, and becomes the server by exec(2), across
//! which the wish lasts.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// The hidden command of this program that becomes a server.
pub(super) const COMMAND: &str = "run-child";

/// This program, wherever it lies by now.
pub(super) const PROGRAM: &str = "/proc/self/exe";

/// Whether this process is that program, and not a test with the gateway in it.
static THROUGH: AtomicBool = AtomicBool::new(false);

/// Servers are started through this program from now on.
pub fn through_this_program() {
    THROUGH.store(true, Ordering::Relaxed);
}

pub(super) fn is_through_this_program() -> bool {
    THROUGH.load(Ordering::Relaxed)
}

/// Becomes the server `words`, which ends when process `parent` does. Returns only why it cannot.
pub fn become_child(parent: u32, words: &[OsString]) -> String {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::TERM)) {
        return format!("the server would outlive dadns: {error}");
    }
    let is_there = getppid()
        .map(Pid::as_raw_nonzero)
        .map(|pid| pid.get().unsigned_abs());
    if is_there != Some(parent) {
        return "dadns has ended meanwhile".to_owned();
    }
    // Those of dadns are not those of the server.
    let _ = rustix::thread::disable_transparent_huge_pages(false);
    let Some((program, arguments)) = words.split_first() else {
        return "no program is named".to_owned();
    };
    let error = Command::new(program).args(arguments).exec();
    format!("{} cannot be run: {error}", program.display())
}
