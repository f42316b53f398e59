//! What the tests do to etcd does happen to it.

use crate::needs;
use crate::support::etcd::Etcd;

#[test]
fn members_that_are_killed_and_stopped_come_back_with_what_was_written() {
    needs!("go");
    let mut etcd = Etcd::start(3);
    let leader = etcd.leader();
    etcd.ctl(&["put", "a", "1"]);
    etcd.kill(leader);
    let next = etcd.leader();
    assert_ne!(next, leader);
    etcd.stop(next);
    etcd.run(leader);
    etcd.go_on(next);
    etcd.healthy();
    assert_eq!(etcd.ctl(&["get", "a", "--print-value-only"]).trim(), "1");
}
