//! Power loss: whatever a disk may hold after it, the store opens, and every acknowledged change is there.
//!
//! A load runs with every write and sync recorded (`shim.c`, `record.rs`). From the record, disks are rebuilt as
//! the power may have left them at any moment (`disk.rs`, `cut.rs`): of what was not synced any call, sector or
//! name may be there or not. Each is opened by the real store in a process of its own (`judge.rs`) and compared
//! with what was acknowledged at that moment (`known.rs`). One of them is where the next load goes on: so
//! recovery is cut as well.

mod cut;
mod disk;
mod earlier;
mod judge;
mod known;
mod load;
mod record;
mod run;
mod trace;

use std::path::Path;

use self::load::Load;
use self::run::{Pretence, Run};

/// Cuts in CI, and in a long run.
const CUTS: (u64, u64) = (80, 20_000);

/// Cuts that find out what is wrong on purpose.
const FEW: u64 = 20;

/// Runs with the shim, in a directory of its own; says so if there is none.
fn with_shim(run: impl FnOnce(&Path, &Path) -> Run) -> Option<Run> {
    let work = work();
    let Some(shim) = record::shim(work.path()) else {
        assert!(std::env::var_os("CI").is_none(), "CI has a C compiler");
        println!("SKIPPED: power loss needs a C compiler, and there is no cc");
        return None;
    };
    let run = run(&shim, work.path());
    println!("{run}");
    Some(run)
}

fn run(cuts: u64, pretence: Pretence) -> Option<Run> {
    with_shim(|shim, work| run::run(shim, work, crate::seed(), cuts, pretence))
}

/// A directory in memory, where there is one: syncs are only recorded.
fn work() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    match tempfile::TempDir::new_in(memory) {
        Ok(directory) => directory,
        Err(_) => tempfile::TempDir::new().unwrap(),
    }
}

#[test]
fn no_power_loss_takes_an_acknowledged_change_or_keeps_the_store_from_opening() {
    let _alone = crate::alone();
    let Some(run) = run(crate::amount(CUTS.0, CUTS.1), Pretence::None) else {
        return;
    };
    assert!(run.cuts > 0 && run.acknowledged > 0);
    assert!(run.violations.is_empty(), "{run}");
}

#[test]
fn no_power_loss_takes_anything_while_a_store_of_an_earlier_version_is_migrated() {
    let _alone = crate::alone();
    let cuts = crate::amount(CUTS.0, CUTS.1) / 4;
    let run = with_shim(|shim, work| run::run_migrated(shim, work, crate::seed(), cuts.max(1)));
    let Some(run) = run else { return };
    assert!(run.cuts > 0);
    assert!(run.violations.is_empty(), "{run}");
}

#[test]
fn a_store_that_acknowledges_before_it_syncs_is_found_out() {
    let _alone = crate::alone();
    let Some(run) = run(FEW, Pretence::EarlyAcknowledgement) else {
        return;
    };
    assert!(!run.violations.is_empty(), "nothing was found: {run}");
}

#[test]
fn a_disk_that_does_not_sync_is_found_out() {
    let _alone = crate::alone();
    let Some(run) = run(FEW, Pretence::NoSync) else {
        return;
    };
    assert!(!run.violations.is_empty(), "nothing was found: {run}");
}

#[test]
#[ignore = "the other tests start it, as a process of its own"]
fn a_process_of_its_own() {
    let Ok(task) = std::env::var(record::TASK) else {
        return;
    };
    match task.split_once(' ') {
        Some(("load", load)) => {
            let [root, marks] =
                ["POWER_LOSS_ROOT", "POWER_LOSS_MARKS"].map(|name| std::env::var(name).unwrap());
            load::run(Path::new(&root), Path::new(&marks), Load::decode(load));
        }
        Some(("earlier", paths)) => {
            let (from, to) = paths.split_once(' ').unwrap();
            earlier::run(Path::new(from), Path::new(to));
        }
        _ => judge::run(),
    }
}
