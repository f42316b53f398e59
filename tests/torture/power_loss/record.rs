//! Runs a load in a process of its own, with the shim preloaded.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::disk::{Disk, Node};
use super::load::Load;
use super::trace::{self, Event};

/// What a process of its own is told to do.
pub const TASK: &str = "POWER_LOSS_TASK";

/// Compiles the shim; `None`: there is no C compiler.
pub fn shim(directory: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture/power_loss/shim.c");
    let library = directory.join("shim.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .args(["-ldl", "-lpthread"])
        .status();
    match compiled {
        Ok(status) => {
            assert!(status.success(), "cc: {status}");
            Some(library)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("cc: {error}"),
    }
}

/// This program again, as a process that does one thing.
pub fn child(task: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "power_loss::a_process_of_its_own"])
        .args(["--ignored", "--nocapture"])
        .env(TASK, task);
    command
}

/// Has a process write a store as dadns 0.1.0 would have left it.
pub fn earlier(from: &Path, to: &Path) {
    let task = format!("earlier {} {}", from.display(), to.display());
    let status = child(&task).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "an earlier store: {status}");
}

/// Makes a load on the store in `root`, which the test has put there, and returns what happened.
pub fn record(shim: &Path, work: &Path, root: &Path, load: Load) -> Vec<Event> {
    let (trace, marks) = (work.join("trace"), work.join("marks"));
    let _ = std::fs::remove_file(&trace);
    let before = Disk::of(root);
    let status = child(&format!("load {}", load.encode()))
        .env("LD_PRELOAD", shim)
        .env("POWER_LOSS_ROOT", root)
        .env("POWER_LOSS_TRACE", &trace)
        .env("POWER_LOSS_MARKS", &marks)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "the load: {status}");
    let events = trace::read(&trace);
    is_complete(before, &events, root);
    events
}

/// Nothing was written past the shim: with all that was recorded the disk is as it is.
fn is_complete(mut disk: Disk, events: &[Event], root: &Path) {
    events.iter().for_each(|event| disk.take(event));
    let there = Disk::of(root);
    let names = disk.names_now();
    let (names_of, names_there): (Vec<_>, Vec<_>) =
        (names.keys().collect(), there.names.keys().collect());
    assert_eq!(names_of, names_there, "a call was not recorded");
    for (path, node) in &names {
        let (Node::File(recorded), Node::File(found)) = (node, &there.names[path]) else {
            continue;
        };
        let file = &disk.files[*recorded];
        let mut octets = file.durable.clone();
        file.pending
            .iter()
            .for_each(|change| change.apply(&mut octets));
        assert!(
            octets == there.files[*found].durable,
            "{path:?} is different"
        );
    }
}
