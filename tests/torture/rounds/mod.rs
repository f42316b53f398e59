//! Random pushes, edits, removals and re-pushes by several masters, while the gateway is killed at random moments,
//! backends are killed and hang, and the clock jumps. After each round every acknowledged change is there, or one
//! that was acknowledged later; nothing older was served meanwhile; nothing stays pending; all copies agree.

mod ask;
mod clock;
mod model;
#[cfg(test)]
mod model_tests;
mod observe;
mod text;
mod watch;
mod world;
mod writer;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;

use self::watch::Past;
use self::world::World;
use crate::{alone, amount, seed};

const ZONES: usize = 24;
const MASTERS: usize = 4;

/// How long a zone that failed on its own waits at most, and a little more.
const DRAINS: Duration = Duration::from_secs(200);

#[test]
fn what_was_acknowledged_survives_kills_at_random_moments() {
    let _alone = alone();
    let kills = amount(12, 2_000);
    let mut random = Rng::with_seed(seed());
    let start = Instant::now();
    let mut world = World::start(ZONES);
    let past = Past::default();
    let mut totals = Totals::default();
    let mut told = Instant::now();
    while totals.kills < kills {
        totals.rounds += 1;
        if let Err(why) = round(&mut world, &past, &mut random, &mut totals) {
            let kept = keep(&world);
            panic!(
                "round {}: {why}\n{totals:?}; the store is in {kept}",
                totals.rounds
            );
        }
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            println!("{:.0?}: {totals:?}", start.elapsed());
        }
    }
    println!("{:.0?}: {totals:?}: no violation", start.elapsed());
    assert!(totals.acknowledged > kills, "hardly anything was changed");
}

/// All rounds together.
#[derive(Debug, Default)]
struct Totals {
    rounds: u64,
    kills: u64,
    acknowledged: u64,
    refused: u64,
    unanswered: u64,
    answers: u64,
    disturbances: u64,
    slowest_drain: Duration,
}

fn round(
    world: &mut World,
    past: &Past,
    random: &mut Rng,
    totals: &mut Totals,
) -> Result<(), String> {
    let done = AtomicBool::new(false);
    let lives = random.u32(1..=3);
    let mut happened = Vec::new();
    // What is shared is taken out, so that the world can be changed meanwhile.
    let shared = std::sync::Arc::clone(&world.shared);
    let servers = world.servers();
    let written = std::thread::scope(|scope| {
        let (done, shared) = (&done, &*shared);
        let writers: Vec<_> = (0..MASTERS)
            .map(|master| {
                let mut random = Rng::with_seed(random.u64(..));
                scope.spawn(move || writer::write(master, shared, done, &mut random))
            })
            .collect();
        let watchers: Vec<_> = servers
            .into_iter()
            .map(|server| {
                let mut random = Rng::with_seed(random.u64(..));
                scope.spawn(move || watch::watch(server, shared, past, done, &mut random))
            })
            .collect();
        // They end when this does, however it ends.
        let ends = Ends(done);
        for life in 1..=lives {
            happened.extend(world.disturb(random));
            // This long it lives: nothing is waited for.
            std::thread::sleep(Duration::from_millis(random.u64(5..500)));
            happened.extend(world.disturb(random));
            totals.kills += world.kill(random);
            if life < lives {
                world.run();
            }
        }
        drop(ends);
        for writer in writers {
            let counts = writer.join().unwrap()?;
            totals.acknowledged += counts.acknowledged;
            totals.refused += counts.refused;
            totals.unanswered += counts.unanswered;
        }
        for watcher in watchers {
            totals.answers += watcher.join().unwrap()?;
        }
        Ok::<_, String>(())
    });
    totals.disturbances += happened.len() as u64;
    let told = |why: String| format!("{why}\nthis happened: {happened:?}");
    written.map_err(told)?;
    world.restore(random);
    world.run();
    let took = world.drain(DRAINS).map_err(told)?;
    totals.slowest_drain = totals.slowest_drain.max(took);
    observe::check(world, past).map_err(told)
}

/// Keeps the store of a gateway that failed, and says where.
fn keep(world: &World) -> String {
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/torture")
        .join(format!("failed-{}", std::process::id()));
    std::fs::create_dir_all(&kept).unwrap();
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .arg(world.gateway.store())
        .arg(&kept)
        .status();
    copied.map_or_else(|error| error.to_string(), |_| kept.display().to_string())
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
