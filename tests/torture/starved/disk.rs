//! A disk that is full, read-only, or refuses writes.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Starved;
use super::mount::Mount;
use crate::clients::{push_text, udp};
use crate::host::{left_out, run};
use crate::support::{eventually, test_name, zone_text};
use crate::{alone, amount};

/// Fills the disk of a directory to the last octet.
fn fill(directory: &Path) {
    let mut file = File::create(directory.join("others")).unwrap();
    for size in [1 << 20, 4_096, 1] {
        let octets = vec![b'x'; size];
        while file.write_all(&octets).is_ok() {}
    }
}

fn free(directory: &Path) {
    std::fs::remove_file(directory.join("others")).unwrap();
}

/// Files that nobody may write to, until it is dropped. Not even who has them open already.
struct Immutable(String);

impl Immutable {
    fn make(directory: &Path) -> Result<Self, String> {
        let path = directory.to_str().unwrap().to_owned();
        run("chattr", &["-R", "+i", &path])?;
        let made = Self(path);
        match File::create(directory.join("another")) {
            Ok(_) => Err("this file system does not keep to chattr".to_owned()),
            Err(_) => Ok(made),
        }
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        let _ = run("chattr", &["-R", "-i", &self.0]);
    }
}

/// A gateway whose state is on a disk of 150 MiB; `None`: this user may not mount one.
fn on_a_small_disk() -> Option<(Starved, PathBuf, Mount)> {
    let mut starved = Starved::prepare();
    let queues = starved.gateway.store().parent().unwrap().to_path_buf();
    let mount = Mount::memory(&test_name(), &queues, 150)?;
    starved.run();
    Some((starved, queues, mount))
}

#[test]
fn on_a_full_disk_masters_are_told_and_all_goes_on_when_there_is_room_again() {
    let _alone = alone();
    let Some((mut starved, queues, _mount)) = on_a_small_disk() else {
        return;
    };
    fill(&queues);
    starved.is_starved("has only 0 MiB left");
    // A push that cannot be read is noted: that must not be what breaks it.
    let refused = starved.gateway.push("bad.example", "rubbish");
    assert!(refused.starts_with("error=1&"), "{refused}");
    starved.is_starved("changes are refused until there is room again");
    free(&queues);
    starved.recovers();
}

#[test]
fn a_disk_that_others_fill_within_a_flood_of_pushes_costs_no_acknowledged_one() {
    let _alone = alone();
    let Some((mut starved, queues, _mount)) = on_a_small_disk() else {
        return;
    };
    let (http, dns) = (starved.gateway.address, starved.dns);
    let stop = AtomicBool::new(false);
    let hosts: String = (0..200).map(|n| format!("h{n} A 10.0.0.{n}\n")).collect();
    let acknowledged: Vec<(String, u32)> = std::thread::scope(|scope| {
        let masters: Vec<_> = (0..8)
            .map(|master| {
                let (stop, hosts) = (&stop, &hosts);
                scope.spawn(move || {
                    let zone = format!("flood{master}.example");
                    let mut last = 0;
                    for serial in 1.. {
                        let text = zone_text(&zone, serial, "192.0.2.1") + hosts;
                        if push_text(http, &zone, &text).is_ok() {
                            last = serial;
                        }
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                    (zone, last)
                })
            })
            .collect();
        for _ in 0..amount(2, 30) {
            std::thread::sleep(Duration::from_millis(500));
            fill(&queues);
            std::thread::sleep(Duration::from_millis(500));
            udp(dns).unwrap();
            free(&queues);
        }
        stop.store(true, Ordering::Relaxed);
        masters
            .into_iter()
            .map(|master| master.join().unwrap())
            .collect()
    });
    starved.recovers();
    for (zone, last) in acknowledged {
        assert!(last > 0, "of {zone} nothing was acknowledged");
        let found = starved.gateway.until(&zone, "served");
        assert!(
            found["serial"].as_u64().unwrap() >= u64::from(last),
            "{last}: {found}"
        );
    }
}

#[test]
fn a_disk_that_refuses_writes_ends_nothing_and_all_goes_on_when_it_takes_them() {
    let _alone = alone();
    let mut starved = Starved::prepare();
    starved.run();
    let immutable = match Immutable::make(&starved.gateway.store()) {
        Ok(immutable) => immutable,
        Err(why) => return left_out(&test_name(), &why),
    };
    starved.is_starved("could not be written to disk");
    starved.gateway.logs("the store can no longer be written: ");
    // Long enough for several tries.
    eventually("the store has been opened anew in vain, or waits", || {
        let tried = starved
            .gateway
            .log()
            .contains("the store cannot be written yet: ");
        tried.then_some(())
    });
    let answer = starved.push();
    assert!(answer.starts_with("error=1&"), "{answer}");
    drop(immutable);
    starved.recovers();
    starved.gateway.logs("the store can be written again");
}

#[test]
fn a_disk_that_becomes_read_only_ends_nothing_and_one_that_is_repaired_is_gone_on_with() {
    let _alone = alone();
    let mut starved = Starved::prepare();
    let queues = starved.gateway.store().parent().unwrap().to_path_buf();
    let images = starved.gateway.config().parent().unwrap().to_path_buf();
    let (broken, repaired) = (images.join("broken"), images.join("repaired"));
    let made = File::create(&broken).and_then(|file| file.set_len(200 << 20));
    made.unwrap();
    let broken = broken.to_str().unwrap();
    // Without a journal: what is on this disk stays as it is when it finds its error.
    if let Err(why) = run("mkfs.ext4", &["-q", "-O", "^has_journal", broken]) {
        return left_out(&test_name(), &why);
    }
    let Some(mount) = Mount::image(&test_name(), &queues, Path::new(broken)) else {
        return;
    };
    starved.run();
    let device = run("findmnt", &["-n", "-o", "SOURCE", queues.to_str().unwrap()]).unwrap();
    let device = device.trim_start_matches("/dev/");
    let trigger = format!("/sys/fs/ext4/{device}/trigger_fs_error");
    if let Err(error) = std::fs::write(&trigger, "1") {
        return left_out(&test_name(), &format!("{trigger}: {error}"));
    }
    starved.is_starved("Read-only file system");
    starved.gateway.logs("the store can no longer be written: ");
    run("sync", &["-f", queues.to_str().unwrap()]).ok();
    // As an operator would: away with it, repair what is on it, and put that in its place.
    drop(mount);
    std::fs::copy(broken, &repaired).unwrap();
    // Its status says that it has repaired something.
    let _ = run("fsck.ext4", &["-fy", repaired.to_str().unwrap()]);
    let Some(_mount) = Mount::image(&test_name(), &queues, &repaired) else {
        return;
    };
    starved.recovers();
}
