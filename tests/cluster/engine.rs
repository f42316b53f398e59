//! etcd behaves behind proxies as it does on cables.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::alone;
use crate::needs;
use crate::support::etcd::{Etcd, built};
use crate::support::eventually;

/// Writes at one member; whether it is answered within so many seconds.
fn put(etcd: &Etcd, member: usize, seconds: u32) -> bool {
    let output = Command::new(built("etcdctl"))
        .args(["--endpoints", &etcd.endpoints()[member]])
        .arg(format!("--command-timeout={seconds}s"))
        .args(["put", "a", "b"])
        .output()
        .unwrap();
    output.status.success()
}

#[test]
fn a_member_that_is_cut_off_takes_no_write_and_the_others_elect_one_who_leads() {
    needs!("go");
    let _alone = alone();
    let etcd = Etcd::start_linked(3);
    let leader = etcd.leader();
    let others = [(leader + 1) % 3, (leader + 2) % 3];
    for other in others {
        etcd.cut(leader, other);
    }
    let cut = Instant::now();
    assert!(!put(&etcd, leader, 1));
    eventually("the others take writes", || {
        put(&etcd, others[0], 1).then_some(())
    });
    println!("after {:?}", cut.elapsed());
    etcd.pass();
    eventually("the one that was cut off takes writes", || {
        put(&etcd, leader, 1).then_some(())
    });
}

#[test]
fn what_members_say_to_each_other_takes_as_long_as_the_cable_is() {
    needs!("go");
    let _alone = alone();
    let etcd = Etcd::start_linked(3);
    etcd.delay(Duration::from_millis(40));
    let began = Instant::now();
    assert!(put(&etcd, etcd.leader(), 5));
    let took = began.elapsed();
    assert!(took > Duration::from_millis(80), "{took:?}");
}
