//! Nodes and members that die or hang under load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::alone;
use crate::client::change;
use crate::history::Answer;
use crate::model::Op;
use crate::needs;
use crate::support::eventually;
use crate::world::{NAMES, Plan, World};

/// The longest time without an acknowledgement that one node's clients may see while another node dies.
const GAP: Duration = Duration::from_secs(3);

/// The same while a member dies or hangs. One election takes 1 to 2 s; on a busy machine the first may fail.
const ELECTED: Duration = Duration::from_secs(8);

/// What one client saw.
struct Seen {
    /// The last push that was acknowledged.
    last: u64,
    /// How many were.
    taken: u64,
    /// The longest time between two of them.
    gap: Duration,
}

/// Pushes at each node to a zone of its own, while `trouble` happens; what each client saw.
fn pushed_during(world: &mut World, first: u64, trouble: impl FnOnce(&mut World)) -> Vec<Seen> {
    let done = AtomicBool::new(false);
    let addresses = std::sync::Arc::clone(&world.addresses);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..NAMES.len())
            .map(|node| {
                let (done, address) = (&done, &addresses[node]);
                scope.spawn(move || {
                    let zone = format!("z{node}.example");
                    let mut seen = Seen {
                        last: 0,
                        taken: 0,
                        gap: Duration::ZERO,
                    };
                    let mut acknowledged = Instant::now();
                    for number in first.. {
                        if done.load(Ordering::SeqCst) {
                            break;
                        }
                        let op = Op::Push { master: 0, number };
                        let address = *address.read().unwrap();
                        let answer = change(address, &zone, op).unwrap();
                        if let Answer::Taken { .. } = answer {
                            seen.gap = seen.gap.max(acknowledged.elapsed());
                            acknowledged = Instant::now();
                            (seen.last, seen.taken) = (number, seen.taken + 1);
                        }
                    }
                    seen.gap = seen.gap.max(acknowledged.elapsed());
                    seen
                })
            })
            .collect();
        // They have begun; then it happens; then they go on.
        std::thread::sleep(Duration::from_millis(500));
        trouble(world);
        std::thread::sleep(Duration::from_secs(4));
        done.store(true, Ordering::SeqCst);
        let seen = clients.into_iter().map(|client| client.join().unwrap());
        seen.collect()
    })
}

/// Every acknowledged push is there, or a later one.
fn is_there(world: &World, seen: &[Seen]) {
    let zones: Vec<_> = (0..NAMES.len())
        .map(|node| format!("z{node}.example"))
        .collect();
    let views = world.agree(&zones).unwrap();
    for ((zone, view), seen) in zones.iter().zip(views).zip(seen) {
        let push = view.standing.zone.map_or(0, |present| present.push);
        assert!(
            push >= seen.last,
            "{zone}: push {push}, and {} was acknowledged",
            seen.last
        );
    }
}

fn tell(what: &str, seen: &[Seen]) {
    for (name, seen) in NAMES.iter().zip(seen) {
        println!(
            "{what}: at {name} {} taken, the longest time without: {:?}",
            seen.taken, seen.gap
        );
    }
}

#[test]
fn the_death_of_a_node_costs_no_acknowledged_push_and_no_other_node_a_pause() {
    needs!("go", "dig");
    let _alone = alone();
    let mut world = World::start(&Plan::that("refuse"));
    let seen = pushed_during(&mut world, 1, |world| world.kill(0));
    tell("node left killed", &seen);
    for seen in &seen[1..] {
        assert!(seen.gap < GAP, "{:?}", seen.gap);
    }
    world.run(0);
    is_there(&world, &seen);
}

#[test]
fn the_death_of_the_leader_costs_no_acknowledged_push_and_some_seconds_at_most() {
    needs!("go", "dig");
    let _alone = alone();
    let mut world = World::start(&Plan::that("refuse"));
    let leader = world.etcd.leader();
    let seen = pushed_during(&mut world, 1, |world| world.etcd.kill(leader));
    tell("the leader killed", &seen);
    is_there(&world, &seen);
    assert!(seen.iter().all(|seen| seen.gap < ELECTED));
    world.etcd.restart(leader);
}

#[test]
fn a_member_that_hangs_costs_no_acknowledged_push_and_some_seconds_at_most() {
    needs!("go", "dig");
    let _alone = alone();
    let mut world = World::start(&Plan::that("refuse"));
    let mut first = 1;
    for (what, member) in [
        ("the leader hangs", world.etcd.leader()),
        ("a follower hangs", (world.etcd.leader() + 1) % NAMES.len()),
    ] {
        let seen = pushed_during(&mut world, first, |world| world.etcd.stop(member));
        tell(what, &seen);
        world.etcd.go_on(member);
        world.etcd.healthy();
        is_there(&world, &seen);
        assert!(seen.iter().all(|seen| seen.gap < ELECTED), "{what}");
        first = seen.iter().map(|seen| seen.last).max().unwrap() + 1_000;
    }
}

#[test]
fn the_death_of_all_members_at_once_costs_no_acknowledged_push() {
    needs!("go", "dig");
    let _alone = alone();
    let mut world = World::start(&Plan::that("refuse"));
    let seen = pushed_during(&mut world, 1, |world| {
        (0..NAMES.len()).for_each(|member| world.etcd.kill(member));
        (0..NAMES.len()).for_each(|member| world.etcd.run(member));
    });
    tell("all members killed", &seen);
    world.etcd.healthy();
    is_there(&world, &seen);
    for node in &world.nodes {
        eventually("the engine answers again", || {
            node.status()?["outage"].is_null().then_some(())
        });
    }
}
