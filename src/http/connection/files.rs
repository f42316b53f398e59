//! How many connections there may be: none may take the last file descriptor, which the store needs to write.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// As many open files as are ever asked for.
const FILES: u64 = 65_536;

/// What a system that sets no limit is taken for.
const UNLIMITED: u64 = FILES;

/// How many connections there may be at most. Lets the process have as many open files as it may, up to
/// [`FILES`]: what a system gives at first, often 1,024, is for programs that cannot do with more.
pub(super) fn most_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum.unwrap_or(UNLIMITED);
    let now = limit.current.unwrap_or(UNLIMITED);
    let wanted = now.max(hard.min(FILES));
    let raised = Rlimit {
        current: Some(wanted),
        ..limit
    };
    let files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(_) => now,
    };
    of_files(files)
}

/// Three quarters of the files: the rest is for the store, the backends and the built-in servers.
fn of_files(files: u64) -> usize {
    usize::try_from(files / 4 * 3).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_a_quarter_of_the_files_to_others() {
        assert_eq!(of_files(1_024), 768);
        assert_eq!(of_files(0), 1);
        assert!(most_connections() > 100);
    }
}
