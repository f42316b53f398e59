//! What the journal and the tables add to an engine: nothing that is read differs, and nothing synced is lost.

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::engine::Memory;

fn engine(directory: &TempDir, below: &Memory) -> Journaled {
    Journaled::open(directory.path(), Arc::new(below.clone())).unwrap()
}

fn one(key: &str, value: Option<&str>) -> Batch {
    let mut batch = Batch::default();
    match value {
        Some(value) => batch.insert(key, value),
        None => batch.remove(key),
    }
    batch
}

fn all(engine: &dyn Engine) -> Vec<(Vec<u8>, Vec<u8>)> {
    let entries = engine.scan(KeyRange::prefix("")).map(Result::unwrap);
    entries
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

/// Brings below what is in memory, and waits until it is there.
fn checkpoint(engine: &Journaled) {
    let core = &engine.core;
    let mut writer = core.writer.lock();
    while core.tables.has_frozen() {
        core.turn.wait(&mut writer);
    }
    core.freeze(&mut writer).unwrap();
    while core.tables.has_frozen() {
        core.turn.wait(&mut writer);
    }
}

/// The journal as it would be found, in a directory of its own: the last file cut to `len`.
fn cut(directory: &TempDir, len: u64) -> TempDir {
    let copy = TempDir::new().unwrap();
    let numbers = files_of(directory);
    for name in &numbers {
        fs::copy(directory.path().join(name), copy.path().join(name)).unwrap();
    }
    let last = copy.path().join(numbers.last().unwrap());
    let file = fs::File::options().write(true).open(last).unwrap();
    file.set_len(len).unwrap();
    copy
}

fn files_of(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn what_was_synced_is_there_after_a_crash_though_the_engine_below_has_nothing() {
    let (directory, below) = (TempDir::new().unwrap(), Memory::default());
    let journaled = engine(&directory, &below);
    journaled.apply(one("a", Some("1"))).unwrap();
    journaled.apply(one("b", Some("2"))).unwrap();
    journaled.apply(one("a", None)).unwrap();
    journaled.sync().unwrap();
    assert!(all(&below).is_empty());
    let found = engine(
        &cut(
            &directory,
            fs::metadata(directory.path().join("journal.0"))
                .unwrap()
                .len(),
        ),
        &below.crash(),
    );
    assert_eq!(all(&found), [(b"b".to_vec(), b"2".to_vec())]);
}

#[test]
fn of_a_journal_that_is_cut_anywhere_every_whole_batch_is_there_and_nothing_of_the_next() {
    let (directory, below) = (TempDir::new().unwrap(), Memory::default());
    let journaled = engine(&directory, &below);
    let mut ends = vec![0];
    for step in 0..4 {
        let mut batch = Batch::default();
        batch.insert("all", step.to_string());
        batch.insert(step.to_string(), "x".repeat(40));
        journaled.apply(batch).unwrap();
        journaled.sync().unwrap();
        ends.push(
            fs::metadata(directory.path().join("journal.0"))
                .unwrap()
                .len(),
        );
    }
    for len in 0..=*ends.last().unwrap() {
        let whole = ends.iter().filter(|end| **end <= len).count() - 1;
        let found = engine(&cut(&directory, len), &below.crash());
        assert_eq!(
            all(&found).len(),
            if whole == 0 { 0 } else { whole + 1 },
            "cut at {len}"
        );
        if whole > 0 {
            let last = (whole - 1).to_string();
            assert_eq!(found.get(b"all").unwrap().as_deref(), Some(last.as_bytes()));
        }
    }
}

#[test]
fn a_frame_with_another_octet_in_it_ends_the_journal() {
    let (directory, below) = (TempDir::new().unwrap(), Memory::default());
    let journaled = engine(&directory, &below);
    for key in ["a", "b", "c"] {
        journaled.apply(one(key, Some("1"))).unwrap();
    }
    journaled.sync().unwrap();
    let path = directory.path().join("journal.0");
    let mut octets = fs::read(&path).unwrap();
    let second = octets.len() / 3;
    octets[second + HEAD_OF_A_FRAME] ^= 1;
    let copy = TempDir::new().unwrap();
    fs::write(copy.path().join("journal.0"), octets).unwrap();
    assert_eq!(all(&engine(&copy, &below.crash())).len(), 1);
}

/// Past length and checksum.
const HEAD_OF_A_FRAME: usize = 20;

#[test]
fn a_checkpoint_leaves_the_entries_below_and_only_the_new_file() {
    let (directory, below) = (TempDir::new().unwrap(), Memory::default());
    let journaled = engine(&directory, &below);
    journaled.apply(one("a", Some("1"))).unwrap();
    journaled.apply(one("gone", Some("1"))).unwrap();
    journaled.apply(one("gone", None)).unwrap();
    checkpoint(&journaled);
    assert_eq!(files_of(&directory), ["journal.1"]);
    // Synced below, so it needs no journal any more.
    assert_eq!(all(&below.crash()), [(b"a".to_vec(), b"1".to_vec())]);
    assert_eq!(all(&journaled), all(&below));
}

#[test]
fn what_a_checkpoint_cannot_bring_below_stays_in_the_journal_and_nothing_more_is_taken() {
    let (directory, below) = (TempDir::new().unwrap(), Memory::default());
    let journaled = engine(&directory, &below);
    journaled.apply(one("a", Some("1"))).unwrap();
    below.break_next_sync();
    let mut writer = journaled.core.writer.lock();
    journaled.core.freeze(&mut writer).unwrap();
    while writer.failed.is_none() {
        journaled.core.turn.wait(&mut writer);
    }
    drop(writer);
    assert!(matches!(
        journaled.apply(one("b", Some("2"))),
        Err(EngineError::Write(_))
    ));
    assert!(matches!(journaled.sync(), Err(EngineError::Write(_))));
    assert_eq!(journaled.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    drop(journaled);
    let found = engine(&directory, &below.crash());
    assert_eq!(all(&found), [(b"a".to_vec(), b"1".to_vec())]);
}

#[test]
fn a_sync_of_nothing_new_is_none() {
    let (directory, below) = (TempDir::new().unwrap(), Memory::default());
    let journaled = engine(&directory, &below);
    journaled.sync().unwrap();
    assert_eq!(
        fs::metadata(directory.path().join("journal.0"))
            .unwrap()
            .len(),
        0
    );
    journaled.apply(one("a", Some("1"))).unwrap();
    // Nobody waits for it, so it is not written yet.
    assert_eq!(
        fs::metadata(directory.path().join("journal.0"))
            .unwrap()
            .len(),
        0
    );
    journaled.sync().unwrap();
    assert_ne!(
        fs::metadata(directory.path().join("journal.0"))
            .unwrap()
            .len(),
        0
    );
}

/// What is done to a database.
#[derive(Debug, Clone)]
enum Step {
    Write(Vec<(u8, Option<u8>)>),
    Freeze,
    Checkpoint,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let write = (any::<u8>().prop_map(|key| key % 16), any::<Option<u8>>());
    prop_oneof![
        6 => prop::collection::vec(write, 1..6).prop_map(Step::Write),
        1 => Just(Step::Freeze),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_done_it_reads_as_one_map(steps in prop::collection::vec(step(), 1..40)) {
        let (directory, below) = (TempDir::new().unwrap(), Memory::default());
        let (mut journaled, plain) = (engine(&directory, &below), Memory::default());
        for step in steps {
            match step {
                Step::Write(writes) => {
                    for engine in [&journaled as &dyn Engine, &plain] {
                        let mut batch = Batch::default();
                        for (key, value) in &writes {
                            match value {
                                Some(value) => batch.insert([*key], [*value]),
                                None => batch.remove([*key]),
                            }
                        }
                        engine.apply(batch).unwrap();
                    }
                }
                Step::Freeze if !journaled.core.tables.has_frozen() => {
                    journaled.core.freeze(&mut journaled.core.writer.lock()).unwrap();
                }
                Step::Freeze => {}
                Step::Checkpoint => checkpoint(&journaled),
                Step::Reopen => {
                    journaled.sync().unwrap();
                    drop(journaled);
                    journaled = engine(&directory, &below);
                }
            }
            prop_assert_eq!(all(&journaled), all(&plain));
            for key in 0..16 {
                prop_assert_eq!(journaled.get(&[key]).unwrap(), plain.get(&[key]).unwrap());
            }
            let (middle, whole) = (KeyRange::between([3], [9]), |engine: &dyn Engine, range| engine.scan(range).map(|entry| entry.unwrap().0).collect::<Vec<_>>());
            prop_assert_eq!(whole(&journaled, middle.clone()), whole(&plain, middle));
        }
    }
}
