//! How long a push takes, and how long until others serve it: on loopback, and with 80 ms between sites.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use domain::base::iana::Rtype;

use crate::alone;
use crate::client::change;
use crate::dns::{Answer, Client};
use crate::history;
use crate::model::Op;
use crate::needs;
use crate::world::{NAMES, Plan, World};

const PUSHES: u64 = 300;

#[test]
#[ignore = "it measures: just cluster-bench"]
fn how_long_a_push_takes_and_how_long_until_others_serve_it() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::default());
    println!(
        "| between sites | pushed at | to `error=0` p50, p99 ms | served there p50, p99 ms | served elsewhere p50, p99 ms |"
    );
    println!("|---|---|---|---|---|");
    let mut number = 1;
    for each_way in [0, 40] {
        world.delay(Duration::from_millis(each_way));
        let leader = world.etcd.leader();
        for node in [leader, (leader + 1) % NAMES.len()] {
            let beside = if node == leader {
                "the leader"
            } else {
                "a follower"
            };
            let [taken, here, elsewhere] = measure(&world, node, &mut number);
            println!(
                "| {} ms | beside {beside} | {taken} | {here} | {elsewhere} |",
                2 * each_way
            );
        }
    }
}

fn measure(world: &World, node: usize, number: &mut u64) -> [String; 3] {
    let dns: Vec<SocketAddr> = world.nodes.iter().map(|node| node.builtin.dns).collect();
    let address = Some(world.nodes[node].gateway.address);
    let (mut taken, mut here, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PUSHES {
        *number += 1;
        let push = *number;
        let began = Instant::now();
        let served: Vec<_> = std::thread::scope(|scope| {
            let watching: Vec<_> = dns
                .iter()
                .map(|dns| scope.spawn(move || until_served(*dns, push, began)))
                .collect();
            let op = Op::Push {
                master: 0,
                number: push,
            };
            let answer = change(address, "measured.example", op).unwrap();
            assert!(
                matches!(answer, history::Answer::Taken { .. }),
                "{answer:?}"
            );
            taken.push(began.elapsed());
            watching
                .into_iter()
                .map(|one| one.join().unwrap())
                .collect()
        });
        for (at, served) in served.into_iter().enumerate() {
            let waits = match at == node {
                true => &mut here,
                false => &mut elsewhere,
            };
            waits.push(served);
        }
    }
    [taken, here, elsewhere].map(shown)
}

/// How long after `began` a name server has this push.
fn until_served(dns: SocketAddr, push: u64, began: Instant) -> Duration {
    let mut client = Client::new(dns);
    let data = format!("\"{push}\"");
    loop {
        let answer = client.ask("n.measured.example", Rtype::TXT);
        if let Ok(Answer::Data(found)) = answer
            && found.contains(&data)
        {
            return began.elapsed();
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "push {push} is not served"
        );
        // So coarse are the figures.
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn shown(mut waits: Vec<Duration>) -> String {
    waits.sort();
    let at = |percent: usize| waits[(waits.len() * percent / 100).min(waits.len() - 1)];
    let ms = |wait: Duration| wait.as_secs_f64() * 1e3;
    format!("{:.1}, {:.1}", ms(at(50)), ms(at(99)))
}
