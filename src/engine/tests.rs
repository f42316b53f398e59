//! What every engine has to keep, on each of them, and what only the one on disk has to.

use tempfile::TempDir;

use super::*;

/// Runs a check on a new database of each kind.
fn on_each(check: impl Fn(&dyn Engine)) {
    check(&Memory::default());
    let directory = TempDir::new().unwrap();
    check(&*open(directory.path(), 1 << 20).unwrap());
}

/// Opens a directory again, once it was let go of: with sled that is some time after it was dropped.
pub(super) fn reopened(path: &Path) -> Arc<dyn Engine> {
    loop {
        match open(path, 1 << 20) {
            Err(OpenError::InUse { .. }) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

fn batch(writes: &[(&str, Option<&str>)]) -> Batch {
    let mut batch = Batch::default();
    for (key, value) in writes {
        match value {
            Some(value) => batch.insert(*key, *value),
            None => batch.remove(*key),
        }
    }
    batch
}

fn keys(engine: &dyn Engine, range: KeyRange) -> Vec<String> {
    let entries = engine.scan(range);
    let keys = entries.map(|entry| String::from_utf8(entry.unwrap().0.to_vec()).unwrap());
    keys.collect()
}

#[test]
fn of_two_writes_to_one_key_in_a_batch_the_later_holds() {
    on_each(|engine| {
        let writes = [
            ("a", Some("1")),
            ("a", Some("2")),
            ("b", Some("1")),
            ("b", None),
        ];
        engine.apply(batch(&writes)).unwrap();
        assert_eq!(engine.get(b"a").unwrap().as_deref(), Some(&b"2"[..]));
        assert_eq!(engine.get(b"b").unwrap(), None);
        engine.sync().unwrap();
    });
}

#[test]
fn a_batch_that_expects_what_is_not_so_writes_nothing() {
    on_each(|engine| {
        engine.apply(batch(&[("a", Some("1"))])).unwrap();
        for (expected, applied) in [(None, false), (Some("0"), false), (Some("1"), true)] {
            let mut writes = batch(&[("b", Some("2"))]);
            writes.expect("absent", None);
            writes.expect("a", expected.map(|value| value.as_bytes().into()));
            let result = engine.apply(writes);
            assert_eq!(result.is_ok(), applied, "{expected:?}: {result:?}");
            assert_eq!(engine.get(b"b").unwrap().is_some(), applied);
        }
    });
}

#[test]
fn a_scan_has_the_keys_of_its_range_in_order() {
    on_each(|engine| {
        let all = ["a", "b", "b\0", "b\0x", "ba", "b\u{7f}", "c"];
        let writes = all.map(|key| (key, Some("")));
        engine.apply(batch(&writes)).unwrap();
        for (range, found) in [
            (KeyRange::prefix("b"), &all[1..6]),
            (KeyRange::prefix("b").after(b"b"), &all[2..6]),
            (KeyRange::prefix("b").after(b"b\0w"), &all[3..6]),
            (KeyRange::prefix("b").after(b"c"), &[]),
            (KeyRange::prefix("b").after(b"a"), &all[1..6]),
            (KeyRange::between("b\0", "ba"), &all[2..4]),
            (KeyRange::between("c", "a"), &[]),
            (KeyRange::prefix(""), &all),
        ] {
            assert_eq!(keys(engine, range.clone()), *found, "{range:?}");
        }
    });
}

#[test]
fn a_scan_finds_what_stays_while_others_write() {
    on_each(|engine| {
        let all = ["a", "b", "c", "d"];
        engine
            .apply(batch(&all.map(|key| (key, Some("1")))))
            .unwrap();
        let mut scan = engine.scan(KeyRange::prefix(""));
        scan.next().unwrap().unwrap();
        engine
            .apply(batch(&[("a", None), ("b", Some("2"))]))
            .unwrap();
        let rest: Vec<_> = scan.map(|entry| entry.unwrap().0).collect();
        assert_eq!(rest, ["b", "c", "d"].map(|key| key.as_bytes().into()));
    });
}

#[test]
fn a_prefix_that_cannot_be_raised_goes_on_to_the_end() {
    on_each(|engine| {
        let mut writes = Batch::default();
        for key in [&[1][..], &[u8::MAX], &[u8::MAX, u8::MAX, 7]] {
            writes.insert(key, "");
        }
        engine.apply(writes).unwrap();
        for (prefix, found) in [(&[u8::MAX][..], 2), (&[u8::MAX, u8::MAX], 1), (&[1], 1)] {
            assert_eq!(engine.scan(KeyRange::prefix(prefix)).count(), found);
        }
    });
}

#[test]
fn of_what_was_not_synced_a_crash_leaves_nothing() {
    let memory = Memory::default();
    memory.apply(batch(&[("a", Some("1"))])).unwrap();
    memory.sync().unwrap();
    memory.apply(batch(&[("a", Some("2"))])).unwrap();
    let left = memory.crash();
    assert_eq!(left.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    memory.break_next_sync();
    assert!(matches!(memory.sync(), Err(EngineError::Write(_))));
    memory.sync().unwrap();
    let left = memory.crash();
    assert_eq!(left.get(b"a").unwrap().as_deref(), Some(&b"2"[..]));
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again_oversized_values_too() {
    let directory = TempDir::new().unwrap();
    let big = vec![7; 600 << 10];
    let engine = open(directory.path(), 1 << 20).unwrap();
    let mut writes = batch(&[("a", Some("1"))]);
    writes.insert("big", big.clone());
    engine.apply(writes).unwrap();
    engine.sync().unwrap();
    assert!(engine.size().unwrap() > 0 && engine.free().unwrap() > 0);
    drop(engine);
    let engine = reopened(directory.path());
    assert_eq!(engine.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(engine.get(b"big").unwrap().as_deref(), Some(&big[..]));
}

#[test]
fn a_directory_that_is_open_already_is_not_opened_again() {
    let directory = TempDir::new().unwrap();
    let _engine = open(directory.path(), 1 << 20).unwrap();
    let error = open(directory.path(), 1 << 20).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
}

#[test]
fn a_path_that_is_a_file_is_refused_with_what_the_system_says() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("file");
    std::fs::write(&path, "x").unwrap();
    let error = open(&path, 1 << 20).unwrap_err();
    assert!(matches!(error, OpenError::Failed { .. }), "{error}");
}

#[test]
fn what_is_not_complete_has_not_the_name_of_the_store() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("store.redb.new"), "half").unwrap();
    let engine = open(directory.path(), 1 << 20).unwrap();
    engine.apply(batch(&[("a", Some("1"))])).unwrap();
    engine.sync().unwrap();
    drop(engine);
    assert!(!directory.path().join("store.redb.new").exists());
    assert_eq!(
        keys(&*reopened(directory.path()), KeyRange::prefix("")),
        ["a"]
    );
}

#[test]
fn a_scan_may_outlive_its_engine() {
    let directory = TempDir::new().unwrap();
    let engine = open(directory.path(), 1 << 20).unwrap();
    engine
        .apply(batch(&[("a", Some("1")), ("b", Some("2"))]))
        .unwrap();
    let scan = engine.scan(KeyRange::prefix(""));
    drop(engine);
    assert_eq!(scan.map(Result::unwrap).count(), 2);
    assert_eq!(
        reopened(directory.path())
            .scan(KeyRange::prefix(""))
            .count(),
        2
    );
}

#[test]
fn a_store_that_makes_no_sense_is_damaged() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("store.redb"), vec![7; 100_000]).unwrap();
    let error = open(directory.path(), 1 << 20).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[test]
fn an_engine_that_is_opened_anew_has_what_was_synced_and_takes_writes() {
    let directory = TempDir::new().unwrap();
    let engine = open(directory.path(), 1 << 20).unwrap();
    engine.apply(batch(&[("a", Some("1"))])).unwrap();
    engine.sync().unwrap();
    engine.reopen().unwrap();
    assert_eq!(engine.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    engine.apply(batch(&[("b", Some("2"))])).unwrap();
    engine.sync().unwrap();
    assert_eq!(keys(&*engine, KeyRange::prefix("")), ["a", "b"]);
}

#[test]
fn while_it_is_read_an_engine_cannot_be_opened_anew_and_afterwards_it_can() {
    let directory = TempDir::new().unwrap();
    let engine = open(directory.path(), 1 << 20).unwrap();
    engine
        .apply(batch(&[("a", Some("1")), ("b", Some("2"))]))
        .unwrap();
    engine.sync().unwrap();
    let mut scan = engine.scan(KeyRange::prefix(""));
    assert!(scan.next().unwrap().is_ok());
    let error = engine.reopen().unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(matches!(engine.get(b"a"), Err(EngineError::Read(_))));
    // Who reads has it to the end.
    assert!(scan.next().unwrap().is_ok());
    drop(scan);
    engine.reopen().unwrap();
    assert_eq!(engine.get(b"b").unwrap().as_deref(), Some(&b"2"[..]));
}

#[test]
fn whether_a_disk_takes_writes_is_found_out_without_a_trace() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("store");
    let engine = open(&path, 1 << 20).unwrap();
    let names = || std::fs::read_dir(&path).unwrap().count();
    let before = names();
    engine.try_disk().unwrap();
    assert_eq!(names(), before);
    drop(directory);
    engine.try_disk().unwrap_err();
}
