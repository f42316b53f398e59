//! Directories and files that are absent, full or broken.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::bind::RecordLimits;

#[tokio::test]
async fn faults_of_files_at_start_only_make_bind_unavailable_until_they_are_repaired() {
    let dir = tempfile::tempdir().unwrap();
    let (zones_dir, named_conf) = (dir.path().join("zones"), dir.path().join("conf/zones.conf"));
    let settings = crate::bind::Settings {
        zones_dir: zones_dir.clone(),
        named_conf: named_conf.clone(),
        control: None,
        dns_address: None,
        provision: Default::default(),
        views: Vec::new(),
        limits: RecordLimits::default(),
    };
    let zone = zone("a.example", 1, "");
    fs::write(&zones_dir, "a file where the directory should be").unwrap();
    let bind = Bind::open("bind".parse().unwrap(), settings.clone()).unwrap();
    assert!(bind.describe().contains("zones.conf"));
    assert_eq!(bind.notes().await.len(), 1, "{:?}", bind.notes().await);
    let said = unavailable(put(&bind, &zone).await);
    assert_eq!(bind.probe().await.unwrap_err().to_string(), said);
    assert!(bind.list().await.unwrap_err().is_unreachable());
    fs::remove_file(&zones_dir).unwrap();
    bind.probe().await.unwrap();
    applied(put(&bind, &zone).await);

    let good = fs::read(&named_conf).unwrap();
    fs::write(&named_conf, "zone \"x\" {").unwrap();
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    assert!(
        bind.notes().await[0].contains("never closed"),
        "{:?}",
        bind.notes().await
    );
    assert!(bind.probe().await.unwrap_err().is_unreachable());
    assert!(
        bind.read_one(zone.name())
            .await
            .unwrap_err()
            .is_unreachable()
    );
    fs::write(&named_conf, good).unwrap();
    bind.probe().await.unwrap();
    assert_eq!(bind.read_one(zone.name()).await.unwrap(), Some(zone));
}

#[tokio::test]
async fn a_zone_directory_that_is_gone_is_no_fault_of_the_zones() {
    let dir = tempfile::tempdir().unwrap();
    let bind = on_disk(dir.path());
    let zones_dir = dir.path().join("zones");
    let (old, new) = (zone("old.example", 1, ""), zone("new.example", 1, ""));
    applied(put(&bind, &old).await);
    fs::remove_dir_all(&zones_dir).unwrap();
    for instead in [false, true] {
        if instead {
            fs::write(&zones_dir, "a file").unwrap();
        }
        unavailable(put(&bind, &new).await);
        assert!(bind.probe().await.unwrap_err().is_unreachable());
        assert!(
            bind.read_one(old.name())
                .await
                .unwrap_err()
                .is_unreachable()
        );
    }
    fs::remove_file(&zones_dir).unwrap();
    fs::create_dir(&zones_dir).unwrap();
    // A file of one zone that cannot be replaced is a fault of this zone alone.
    fs::create_dir(zones_dir.join("new.example.db")).unwrap();
    bind.probe().await.unwrap();
    failed(put(&bind, &new).await);
    applied(put(&bind, &old).await);
}

#[tokio::test]
async fn a_full_disk_makes_bind_unavailable_until_there_is_room_for_what_did_not_fit() {
    use std::process::Command;
    let dir = tempfile::tempdir().unwrap();
    let zones_dir = dir.path().join("zones");
    fs::create_dir(&zones_dir).unwrap();
    let mount = |command: &mut Command| command.output().is_ok_and(|done| done.status.success());
    if !mount(
        Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "none"])
            .arg(&zones_dir),
    ) {
        let test = "a_full_disk_makes_bind_unavailable";
        std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("LEFT OUT: {test} (mounting is not permitted)\n").as_bytes(),
        )
        .unwrap();
        return;
    }
    let bind = on_disk(dir.path());
    fs::write(zones_dir.join("ballast"), [0; 48 * 1024]).unwrap();
    let records: String = (0..500).map(|n| format!("host{n} A 192.0.2.1\n")).collect();
    let (large, small) = (
        zone("large.example", 1, &records),
        zone("small.example", 1, ""),
    );
    let batch = [ZoneChange::Put(&large), ZoneChange::Put(&small)];
    let mut said = Vec::new();
    for result in bind.apply(&batch).await {
        said.push(unavailable(result));
    }
    let probed = bind.probe().await;
    let left: Vec<_> = fs::read_dir(&zones_dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    fs::remove_file(zones_dir.join("ballast")).unwrap();
    let after = (bind.probe().await, bind.apply(&batch).await);
    assert!(mount(Command::new("umount").arg("-l").arg(&zones_dir)));
    assert_eq!(probed.unwrap_err().to_string(), said[0]);
    assert!(left.is_empty(), "{left:?}");
    after.0.unwrap();
    after.1.into_iter().for_each(applied);
}

#[tokio::test(start_paused = true)]
async fn an_include_file_that_stays_lost_is_put_back_as_it_was_last_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("zones.conf");
    let theirs =
        "// caf\u{e9}\nzone \"theirs.example\" { type secondary; primaries { 192.0.2.1; }; };\n";
    fs::write(&path, theirs).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let bind = on_disk(dir.path());
    let ours = zone("ours.example", 1, "");
    applied(put(&bind, &ours).await);
    let good = fs::read(&path).unwrap();
    assert!(good.starts_with(theirs.as_bytes()));

    let empty = || fs::write(&path, "").unwrap();
    let cut = || fs::write(&path, &good[..good.len() - 9]).unwrap();
    let gone = || fs::remove_file(&path).unwrap();
    let second = Duration::from_secs(1);
    for lose in [&empty as &dyn Fn(), &cut, &gone] {
        lose();
        let lost = fs::read(&path).ok();
        for _ in 0..5 {
            let error = bind.probe().await.unwrap_err();
            assert!(error.to_string().contains("put back"), "{error}");
            unavailable(put(&bind, &zone("new.example", 1, "")).await);
            tokio::time::advance(second).await;
        }
        assert_eq!(fs::read(&path).ok(), lost, "not before its time");
        bind.probe().await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), good);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(
            bind.read_one(ours.name()).await.unwrap().as_ref(),
            Some(&ours)
        );
    }

    // Whoever is still writing is left to it.
    for text in ["", "zone \"x\" {", " "] {
        fs::write(&path, text).unwrap();
        for _ in 0..4 {
            assert!(bind.list().await.is_err());
            tokio::time::advance(second).await;
        }
    }
    fs::write(&path, theirs).unwrap();
    bind.probe().await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
    // Nothing is known after a restart: what is empty then is empty.
    empty();
    let bind = on_disk(dir.path());
    bind.probe().await.unwrap();
    assert!(bind.list().await.unwrap().is_empty());
    applied(put(&bind, &ours).await);
    assert_eq!(bind.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_zone_file_that_others_changed_is_read_as_it_is_and_put_right() {
    let dir = tempfile::tempdir().unwrap();
    let bind = on_disk(dir.path());
    let (old, new) = (
        zone("a.example", 1, ""),
        zone("a.example", 2, "www A 192.0.2.1\n"),
    );
    applied(put(&bind, &old).await);
    let path = dir.path().join("zones/a.example.db");
    let (backup, name) = (fs::read(&path).unwrap(), old.name());
    applied(put(&bind, &new).await);
    let text = fs::read_to_string(&path).unwrap();
    let edited = text.replace("192.0.2.1", "192.0.2.9");
    let broken = text.replace("192.0.2.1", "192.0.2");
    let included = format!("{text}$INCLUDE /etc/passwd\n");
    for (found, expected) in [
        (Some(backup), Ok(Some(old.clone()))),
        (
            Some(edited.into_bytes()),
            Ok(Some(zone("a.example", 2, "www A 192.0.2.9\n"))),
        ),
        (None, Ok(None)),
        (Some(broken.into_bytes()), Err(())),
        (Some(included.into_bytes()), Err(())),
        (Some(text.as_bytes()[..90].to_vec()), Err(())),
        (Some(Vec::new()), Err(())),
    ] {
        match found {
            Some(found) => fs::write(&path, found).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let read = bind.read_one(name).await.map_err(|error| {
            assert!(!error.is_unreachable(), "{error}");
            assert!(error.to_string().contains("a.example.db"), "{error}");
        });
        assert_eq!(read, expected);
        applied(put(&bind, &new).await);
        assert_eq!(bind.read_one(name).await.unwrap().as_ref(), Some(&new));
    }
}

/// A backend that tells nobody.
pub(super) fn on_disk(dir: &std::path::Path) -> Bind {
    let settings = crate::bind::Settings {
        zones_dir: dir.join("zones"),
        named_conf: dir.join("zones.conf"),
        control: None,
        dns_address: None,
        provision: Default::default(),
        views: Vec::new(),
        limits: RecordLimits::default(),
    };
    Bind::open("bind".parse().unwrap(), settings).unwrap()
}
