//! Directories and files that are absent, full or broken.

use std::fs;

use super::*;

#[tokio::test]
async fn faults_of_files_at_start_only_make_the_place_away_until_they_are_mended() {
    let dir = tempfile::tempdir().unwrap();
    let (zones_dir, named_conf) = (dir.path().join("zones"), dir.path().join("conf/zones.conf"));
    let settings = crate::bind::Settings {
        zones_dir: zones_dir.clone(),
        named_conf: named_conf.clone(),
        control: None,
        dns_address: None,
    };
    let zone = zone("a.example", 1, "");
    fs::write(&zones_dir, "a file where the directory should be").unwrap();
    let bind = Bind::open("bind".parse().unwrap(), settings.clone()).unwrap();
    assert!(bind.describe().contains("zones.conf"));
    assert_eq!(bind.notes().len(), 1, "{:?}", bind.notes());
    let said = away(put(&bind, &zone).await);
    assert_eq!(bind.probe().await.unwrap_err().to_string(), said);
    assert!(bind.list().await.unwrap_err().is_unreachable());
    fs::remove_file(&zones_dir).unwrap();
    bind.probe().await.unwrap();
    applied(put(&bind, &zone).await);

    let good = fs::read(&named_conf).unwrap();
    fs::write(&named_conf, "zone \"x\" {").unwrap();
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    assert!(
        bind.notes()[0].contains("never closed"),
        "{:?}",
        bind.notes()
    );
    assert!(bind.probe().await.unwrap_err().is_unreachable());
    assert!(bind.read(zone.name()).await.unwrap_err().is_unreachable());
    fs::write(&named_conf, good).unwrap();
    bind.probe().await.unwrap();
    assert_eq!(bind.read(zone.name()).await.unwrap(), Some(zone));
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
        away(put(&bind, &new).await);
        assert!(bind.probe().await.unwrap_err().is_unreachable());
        assert!(bind.read(old.name()).await.unwrap_err().is_unreachable());
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
async fn a_full_disk_makes_the_place_away_until_there_is_room_for_what_did_not_fit() {
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
        let test = "a_full_disk_makes_the_place_away";
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
    for outcome in bind.apply(&batch).await {
        said.push(away(outcome));
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

/// A backend that tells nobody.
fn on_disk(dir: &std::path::Path) -> Bind {
    let settings = crate::bind::Settings {
        zones_dir: dir.join("zones"),
        named_conf: dir.join("zones.conf"),
        control: None,
        dns_address: None,
    };
    Bind::open("bind".parse().unwrap(), settings).unwrap()
}
