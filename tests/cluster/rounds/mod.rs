//! Random pushes, edits and removals at all nodes, while nodes and members of etcd are killed, stopped and cut off, and
//! clocks differ. After each round all nodes agree record by record, and one order of all changes explains every
//! answer: so every acknowledged change is there or superseded, and nothing that was removed is back.

mod database;
mod trouble;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;

use self::database::Database;
use self::trouble::Trouble;
use crate::client::head;
use crate::history::views::Views;
use crate::history::{Answer, Asked, History, Judged, Standing, check};
use crate::support::have;
use crate::world::{NAMES, Plan, World};
use crate::writers::{Writers, zones};
use crate::{alone, amount, seed};

const ZONES: usize = 9;

/// Clients of each node.
const CLIENTS: usize = 2;

#[test]
fn no_acknowledged_change_is_lost_while_nodes_members_and_cables_fail() {
    if !have(&["go", "dig"], "rounds of several nodes") {
        return;
    }
    run("refuse", Writers::AtAnyNode, Judges::Answers);
}

#[test]
fn what_was_kept_without_a_majority_is_shared_once_there_is_one() {
    if !have(&["go", "dig"], "rounds of several nodes that spool") {
        return;
    }
    run("spool", Writers::AtOneNode, Judges::Answers);
}

#[test]
fn nodes_agree_on_zones_that_were_changed_at_several_without_a_majority() {
    if !have(&["go", "dig"], "rounds of nodes that merge what they kept") {
        return;
    }
    run("spool", Writers::AtAnyNode, Judges::Agreement);
}

/// What is asked of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judges {
    /// One order of all changes explains every answer.
    Answers,
    /// All nodes agree in the end. Of two changes that were kept apart one loses, though both were acknowledged.
    Agreement,
}

/// All rounds together.
#[derive(Debug, Default)]
struct Totals {
    taken: usize,
    refused: usize,
    untried: usize,
    unknown: usize,
    looks: usize,
    judged: usize,
    not_judged: usize,
    slowest_agreement: Duration,
}

impl Totals {
    fn count(&mut self, answer: &Answer) {
        match answer {
            Answer::Taken { .. } => self.taken += 1,
            Answer::Refused => self.refused += 1,
            Answer::Untried => self.untried += 1,
            Answer::Unknown => self.unknown += 1,
            Answer::Stands(_) => {}
        }
    }
}

fn run(without_quorum: &'static str, writers: Writers, judges: Judges) {
    let _alone = alone();
    let rounds = amount(4, 100);
    let mut random = Rng::with_seed(seed());
    let database = Database::start();
    let plan = Plan {
        clocks: true,
        backends: database.iter().map(Database::backend).collect(),
        ..Plan::that(without_quorum)
    };
    let mut world = World::start(&plan);
    database.iter().for_each(Database::watch);
    let zones = zones(ZONES);
    let mut before = vec![Standing::default(); ZONES];
    let views = Views::default();
    let mut totals = Totals::default();
    let start = Instant::now();
    for number in 1..=rounds {
        let mut round = Round {
            world: &mut world,
            judges,
            zones: &zones,
            views: &views,
            history: History::new(ZONES),
            happened: Vec::new(),
        };
        let went = round.run(&mut random, writers, &mut before, &mut totals);
        let went = went.and_then(|()| match &database {
            // It takes a while: a node that was killed has its turn for as long as its lease lasts.
            Some(database) if number % 5 == 0 || number == rounds => {
                database.is_like(round.world.nodes[0].gateway.address, &zones)
            }
            _ => Ok(()),
        });
        if let Err(why) = went {
            panic!(
                "round {number}: {why}\n{totals:?}\nthis happened: {:#?}",
                round.happened
            );
        }
        if number % 10 == 0 || number == rounds {
            println!("{:.0?}: {number} rounds, {totals:?}", start.elapsed());
        }
    }
    assert!(
        totals.not_judged * 20 <= totals.judged,
        "too many records cannot be judged: {totals:?}"
    );
    assert!(
        totals.taken as u64 > rounds * 10,
        "hardly anything was changed: {totals:?}"
    );
}

struct Round<'a> {
    world: &'a mut World,
    judges: Judges,
    zones: &'a [String],
    views: &'a Views<(u32, bool)>,
    history: History,
    happened: Vec<String>,
}

impl Round<'_> {
    fn run(
        &mut self,
        random: &mut Rng,
        writers: Writers,
        before: &mut [Standing],
        totals: &mut Totals,
    ) -> Result<(), String> {
        let addresses = std::sync::Arc::clone(&self.world.addresses);
        let (zones, views) = (self.zones, self.views);
        let (history, world, happened) = (&self.history, &mut *self.world, &mut self.happened);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (done, addresses) = (&done, &addresses);
            let at_work: Vec<_> = (0..NAMES.len() * CLIENTS)
                .map(|client| {
                    let mut random = Rng::with_seed(random.u64(..));
                    let node = client % NAMES.len();
                    scope.spawn(move || {
                        writers.work(node, zones, history, &addresses[node], done, &mut random)
                    })
                })
                .collect();
            let watched = match self.judges {
                Judges::Answers => NAMES.len(),
                Judges::Agreement => 0,
            };
            let watching: Vec<_> = (0..watched)
                .map(|node| {
                    let mut random = Rng::with_seed(random.u64(..));
                    scope.spawn(move || {
                        let mut looks = 0;
                        while !done.load(Ordering::SeqCst) {
                            let zone = &zones[random.usize(..zones.len())];
                            let address = *addresses[node].read().unwrap();
                            let Some((revision, serial, present)) =
                                address.and_then(|address| head(address, zone))
                            else {
                                std::thread::sleep(Duration::from_millis(5));
                                continue;
                            };
                            looks += 1;
                            views.see(node, zone, revision, (serial, present))?;
                        }
                        Ok::<_, String>(looks)
                    })
                })
                .collect();
            let ends = Ends(done);
            let mut trouble = Trouble::default();
            for _ in 0..random.usize(2..=5) {
                happened.extend(trouble.make(world, views, random));
                // So long it lasts: nothing is waited for.
                std::thread::sleep(Duration::from_millis(random.u64(50..1_200)));
            }
            drop(ends);
            trouble.end(world, views, random);
            for writer in at_work {
                writer.join().unwrap()?;
            }
            for watcher in watching {
                totals.looks += watcher.join().unwrap()?;
            }
            Ok::<_, String>(())
        })?;
        let quiet = Instant::now();
        self.world.agree(self.zones)?;
        totals.slowest_agreement = totals.slowest_agreement.max(quiet.elapsed());
        if self.judges == Judges::Agreement {
            let record = (0..self.zones.len()).flat_map(|zone| self.history.of(zone));
            record.for_each(|entry| totals.count(&entry.answer));
            return Ok(());
        }
        for (zone, before) in before.iter_mut().enumerate() {
            self.judge(zone, before, totals)?;
        }
        Ok(())
    }

    /// Reads a zone at every node, and looks whether all that was answered has an order.
    fn judge(&self, zone: usize, before: &mut Standing, totals: &mut Totals) -> Result<(), String> {
        let name = &self.zones[zone];
        for (at, node) in self.world.nodes.iter().enumerate() {
            let view = node.view(name)?;
            let read = || Answer::Stands(view.standing.clone());
            self.history.record(zone, at, Asked::Read, read);
            if let Some((revision, serial, present)) = head(node.gateway.address, name) {
                self.views.see(at, name, revision, (serial, present))?;
            }
        }
        let record = self.history.of(zone);
        for entry in &record {
            totals.count(&entry.answer);
        }
        let judged = check(before, &record).map_err(|why| format!("{name}: {why}"))?;
        totals.judged += 1;
        totals.not_judged += usize::from(judged == Judged::TooLong);
        if let Some(Answer::Stands(standing)) = record.last().map(|entry| &entry.answer) {
            before.clone_from(standing);
        }
        Ok(())
    }
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
