//! 64 MB of memory, by a control group: the kernel ends a process that takes more.

use std::path::{Path, PathBuf};

use super::Starved;
use crate::clients::{Clients, judge};
use crate::host::{left_out, peak_mib};
use crate::support::{test_name, zone_text};
use crate::{alone, amount};

/// Octets that it may take.
const LIMIT: u64 = 64 << 20;

/// A control group with so much memory, until it is dropped.
struct Group {
    path: PathBuf,
    pid: u32,
}

impl Group {
    /// A new one for `pid`, in version 2 or 1 of control groups.
    fn of(pid: u32) -> std::io::Result<Self> {
        let name = format!("dadns-torture-{pid}");
        let ways = [
            ("/sys/fs/cgroup", "memory.max"),
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        ];
        let mut failed = std::io::Error::from(std::io::ErrorKind::NotFound);
        for (root, limit) in ways {
            let path = Path::new(root).join(&name);
            let made = std::fs::create_dir(&path)
                .and_then(|()| std::fs::write(path.join(limit), LIMIT.to_string()))
                .and_then(|()| std::fs::write(path.join("cgroup.procs"), pid.to_string()));
            match made {
                Ok(()) => return Ok(Self { path, pid }),
                Err(error) => {
                    let _ = std::fs::remove_dir(&path);
                    failed = error;
                }
            }
        }
        Err(failed)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Back to where all are: a group goes only when it is empty.
        let all = self.path.with_file_name("cgroup.procs");
        let _ = std::fs::write(all, self.pid.to_string());
        let _ = std::fs::remove_dir(&self.path);
    }
}

#[test]
fn in_64_mb_of_memory_zones_are_taken_served_and_verified() {
    let _alone = alone();
    let mut starved = Starved::prepare();
    starved.run();
    let pid = starved.gateway.process().unwrap().id();
    let _group = match Group::of(pid) {
        Ok(group) => group,
        Err(error) => return left_out(&test_name(), &format!("no control group: {error}")),
    };
    let clients = Clients::start(starved.gateway.address, starved.dns);
    for n in 0..amount(200, 5_000) {
        let zone = format!("z{n}.example");
        let pushed = starved
            .gateway
            .push(&zone, &zone_text(&zone, 1, "192.0.2.1"));
        assert_eq!(pushed, "error=0");
    }
    // A body of the greatest size that is allowed, and no zone.
    let large = "; nothing\n".repeat((16 << 20) / 10);
    let refused = starved.gateway.push("large.example", &large);
    assert!(refused.starts_with("error=1&"), "{refused}");
    judge("64 MB of memory", &clients.stop());
    starved.serial = 1_000_000;
    starved.recovers();
    println!(
        "in 64 MB of memory: at most {} MiB were taken",
        peak_mib(pid)
    );
}
