use super::*;
use crate::conformance::zone;

fn opened() -> (tempfile::TempDir, ZoneFiles) {
    let dir = tempfile::tempdir().unwrap();
    let files = ZoneFiles::at(dir.path()).unwrap();
    (dir, files)
}

fn write(files: &ZoneFiles, zone: &Zone) -> io::Result<bool> {
    let put = files.write(&[(zone, false)]).remove(0);
    put.map(|put| put.changed)
}

#[test]
fn an_equal_file_is_not_written_again() {
    let (_dir, files) = opened();
    let zone = zone("a.example", 1, "");
    assert!(write(&files, &zone).unwrap());
    let inode = |files: &ZoneFiles| {
        std::os::unix::fs::MetadataExt::ino(&fs::metadata(files.path(zone.name())).unwrap())
    };
    let before = inode(&files);
    assert!(!write(&files, &zone).unwrap());
    assert_eq!(inode(&files), before);
}

#[test]
fn a_file_is_newer_than_the_one_it_replaces_even_if_the_clock_was_set_back() {
    let (_dir, files) = opened();
    let modified = |zone: &Zone| {
        fs::metadata(files.path(zone.name()))
            .unwrap()
            .modified()
            .unwrap()
    };
    let old = zone("a.example", 1, "");
    write(&files, &old).unwrap();
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    File::open(files.path(old.name()))
        .unwrap()
        .set_modified(tomorrow)
        .unwrap();
    write(&files, &zone("a.example", 2, "")).unwrap();
    assert!(modified(&old) > tomorrow);
}

#[test]
fn only_files_that_we_wrote_are_removed() {
    let (_dir, files) = opened();
    let zone = zone("a.example", 1, "");
    assert!(!files.remove(zone.name()).unwrap());
    write(&files, &zone).unwrap();
    assert!(files.remove(zone.name()).unwrap());
    fs::write(files.path(zone.name()), "; by hand").unwrap();
    assert!(!files.remove(zone.name()).unwrap());
    assert!(files.path(zone.name()).exists());
}

#[test]
fn a_write_that_fails_leaves_the_old_file_and_no_temporary_one() {
    let (dir, files) = opened();
    let target = dir.path().join("a.example.db");
    fs::create_dir(&target).unwrap();
    let content = b"new";
    let failed = replace(&dir.path().join(".dadns-0.tmp"), &target, content, |_| {
        Ok(())
    });
    assert!(failed.is_err());
    let left: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["a.example.db"]);
    assert!(write(&files, &zone("b.example", 1, "")).unwrap());
}
