use super::*;

fn opened(text: &str) -> (tempfile::TempDir, ZoneFiles, IncludeFile) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("zones.conf");
    fs::write(&path, text).unwrap();
    let files = ZoneFiles::at(dir.path()).unwrap();
    let file = IncludeFile::at(&path);
    file.load(&files).unwrap();
    (dir, files, file)
}

fn add(
    file: &IncludeFile,
    files: &ZoneFiles,
    name: &str,
) -> Result<Option<Arc<Include>>, BackendError> {
    file.edit(
        &BTreeSet::from([&name.parse().unwrap()]),
        &BTreeSet::new(),
        &Options::first(),
        files,
    )
}

#[test]
fn a_file_is_read_once_as_long_as_it_is_the_same() {
    let (_dir, files, file) = opened("acl a { any; };\n");
    let first = file.load(&files).unwrap();
    assert!(Arc::ptr_eq(&first, &file.load(&files).unwrap()));
    fs::write(file.path(), "acl b { any; };\n").unwrap();
    assert_eq!(file.load(&files).unwrap().text(), b"acl b { any; };\n");
}

#[test]
fn a_file_that_somebody_is_changing_is_left_to_them() {
    let (_dir, files, file) = opened("acl a { any; };\n");
    fs::write(file.path(), "acl b { any; };\n").unwrap();
    let error = file.replace(b"", &files).unwrap_err().to_string();
    assert!(error.contains("somebody else is changing it"), "{error}");
    assert_eq!(fs::read(file.path()).unwrap(), b"acl b { any; };\n");
}

#[test]
fn text_that_does_not_balance_is_not_put_in_place() {
    let (_dir, files, file) = opened("acl a { any; };\n");
    assert!(file.replace(b"zone {", &files).is_err());
    assert_eq!(fs::read(file.path()).unwrap(), b"acl a { any; };\n");
}

#[test]
fn a_link_stays_a_link() {
    let (dir, files, _) = opened("");
    let link = dir.path().join("link.conf");
    std::os::unix::fs::symlink("zones.conf", &link).unwrap();
    let file = IncludeFile::at(&link);
    add(&file, &files, "a.example").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(
        fs::read_to_string(dir.path().join("zones.conf"))
            .unwrap()
            .contains("a.example")
    );
}

#[test]
fn an_edit_hands_back_the_file_as_it_was() {
    let (_dir, files, file) = opened("// mine\n");
    let before = add(&file, &files, "a.example").unwrap().unwrap();
    assert!(add(&file, &files, "a.example").unwrap().is_none());
    file.replace(before.text(), &files).unwrap();
    assert_eq!(fs::read(file.path()).unwrap(), b"// mine\n");
}

#[tokio::test(start_paused = true)]
async fn a_lost_file_behind_a_link_is_put_back_behind_it() {
    let (dir, files, _) = opened("acl a { any; };\n");
    let (link, target) = (dir.path().join("link.conf"), dir.path().join("zones.conf"));
    std::os::unix::fs::symlink("zones.conf", &link).unwrap();
    let file = IncludeFile::at(&link);
    file.load(&files).unwrap();
    fs::remove_file(&target).unwrap();
    assert!(file.load(&files).is_err());
    assert!(file.put_back(&files).is_none());
    tokio::time::advance(LOST_FOR).await;
    assert!(!file.was_put_back());
    file.put_back(&files).unwrap().unwrap();
    assert!(file.was_put_back() && !file.was_put_back());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&target).unwrap(), b"acl a { any; };\n");
    assert_eq!(file.load(&files).unwrap().text(), b"acl a { any; };\n");
}

#[tokio::test(start_paused = true)]
async fn a_lost_file_that_changes_meanwhile_is_put_back_later() {
    let (_dir, files, file) = opened("acl a { any; };\n");
    fs::write(file.path(), "zone {").unwrap();
    assert!(file.load(&files).is_err());
    tokio::time::advance(LOST_FOR).await;
    fs::write(file.path(), "zone { type").unwrap();
    assert!(file.put_back(&files).is_none());
    assert!(file.load(&files).is_err());
    assert!(file.put_back(&files).is_none());
    assert_eq!(fs::read(file.path()).unwrap(), b"zone { type");
    tokio::time::advance(LOST_FOR).await;
    file.put_back(&files).unwrap().unwrap();
    assert_eq!(fs::read(file.path()).unwrap(), b"acl a { any; };\n");
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_does_not_balance_is_kept_beside_the_file_that_is_put_back() {
    let (dir, files, _) = opened("acl a { any; };\n");
    let (link, target) = (dir.path().join("link.conf"), dir.path().join("zones.conf"));
    let broken = dir.path().join("zones.conf.broken");
    std::os::unix::fs::symlink("zones.conf", &link).unwrap();
    let file = IncludeFile::at(&link);
    file.load(&files).unwrap();
    for (edit, mode) in [
        ("acl a { any; };\nzone {", 0o640),
        ("// brace\nzone {", 0o604),
    ] {
        fs::write(&target, edit).unwrap();
        fs::set_permissions(&target, Permissions::from_mode(mode)).unwrap();
        let told = file.load(&files).unwrap_err().to_string();
        let kept = fs::canonicalize(dir.path())
            .unwrap()
            .join("zones.conf.broken");
        let promise = format!(
            "it is put back as it was last read, and what stands there now is kept as {}",
            kept.display()
        );
        assert!(told.contains(&promise), "{told}");
        tokio::time::advance(LOST_FOR).await;
        file.put_back(&files).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "acl a { any; };\n");
        assert_eq!(fs::read_to_string(&broken).unwrap(), edit);
        let access = fs::metadata(&broken).unwrap().permissions();
        assert_eq!(access.mode() & 0o7777, mode);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_file_that_is_empty_or_gone_nothing_is_kept() {
    let (dir, files, file) = opened("zone a.example { type primary; };\n");
    let lose: [fn(&Path); 2] = [
        |path| fs::write(path, " \n").unwrap(),
        |path| fs::remove_file(path).unwrap(),
    ];
    for lose in lose {
        lose(file.path());
        let told = file.load(&files).unwrap_err().to_string();
        assert!(!told.contains("kept"), "{told}");
        tokio::time::advance(LOST_FOR).await;
        file.put_back(&files).unwrap().unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_cannot_be_kept_is_not_overwritten() {
    let (dir, files, file) = opened("acl a { any; };\n");
    fs::create_dir(dir.path().join("zones.conf.broken")).unwrap();
    fs::write(file.path(), "zone {").unwrap();
    assert!(file.load(&files).is_err());
    tokio::time::advance(LOST_FOR).await;
    let told = file.put_back(&files).unwrap().unwrap_err().to_string();
    assert!(
        told.contains("zones.conf.broken: ") && told.contains("not put back before"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(file.path()).unwrap(), "zone {");
}
