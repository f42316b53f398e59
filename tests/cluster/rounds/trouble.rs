//! What happens to nodes, members, cables and clocks.

use std::time::Duration;

use fastrand::Rng;

use crate::history::views::Views;
use crate::support::proxy::{Passing, Proxy};
use crate::world::{NAMES, World};

/// What is wrong at the moment.
#[derive(Debug, Default)]
pub struct Trouble {
    killed_nodes: [bool; 3],
    stopped_nodes: [bool; 3],
    killed_members: [bool; 3],
    stopped_members: [bool; 3],
}

impl Trouble {
    /// Something happens. Says what; nothing: it cannot.
    pub fn make<C>(
        &mut self,
        world: &mut World,
        views: &Views<C>,
        random: &mut Rng,
    ) -> Option<String>
    where
        C: std::fmt::Debug + PartialEq,
    {
        let at = random.usize(..NAMES.len());
        let name = NAMES[at];
        match random.u8(..16) {
            0 | 1 => {
                self.kill_node(world, at);
                Some(format!("node {name} killed"))
            }
            2 if self.killed_nodes[at] => {
                self.killed_nodes[at] = false;
                views.starts(at);
                world.run(at);
                Some(format!("node {name} started"))
            }
            2 | 3 => {
                let process = world.nodes[at].gateway.process()?;
                process.signal("-STOP");
                self.stopped_nodes[at] = true;
                Some(format!("node {name} stopped"))
            }
            4 | 5 => {
                self.kill_member(world, at);
                Some(format!("member {at} killed"))
            }
            6 => {
                let leader = self.leader(world)?;
                self.kill_member(world, leader);
                Some(format!("member {leader}, which led, killed"))
            }
            7 if !self.killed_members[at] => {
                world.etcd.stop(at);
                self.stopped_members[at] = true;
                Some(format!("member {at} stopped"))
            }
            8 => {
                (0..NAMES.len()).for_each(|at| self.kill_member(world, at));
                Some("all members killed".to_owned())
            }
            9 | 10 => {
                world.cut_off(at);
                Some(format!("site {name} cut off"))
            }
            11 => {
                world.cut_node(at);
                Some(format!("node {name} cut off from every member"))
            }
            12 => {
                world.lose_answers(at);
                Some(format!("answers to node {name} are lost"))
            }
            13 => {
                world.nodes[at].links.iter().for_each(Proxy::reset);
                let link = random.usize(..NAMES.len());
                world.nodes[at].links[link].set(Passing::Lost, Passing::Through);
                Some(format!(
                    "connections of node {name} end; what it asks member {link} is lost"
                ))
            }
            14 => {
                let day = 86_400;
                let jumps = [0, 1, 59, 3_600, day, 40 * day, 400 * day];
                let ahead = jumps[random.usize(..jumps.len())];
                let ahead = if random.bool() { ahead } else { -ahead };
                world.nodes[at].clock.as_ref()?.jump(ahead);
                Some(format!("clock of node {name} {ahead:+} s"))
            }
            _ => {
                world.pass();
                let delay = Duration::from_millis(random.u64(0..40));
                world.delay(delay);
                Some(format!("all cables repaired, {delay:?} long"))
            }
        }
    }

    /// All works again; clocks go on as they are.
    pub fn end<C>(&mut self, world: &mut World, views: &Views<C>, random: &mut Rng)
    where
        C: std::fmt::Debug + PartialEq,
    {
        world.pass();
        world.delay(Duration::ZERO);
        let mut sites: Vec<_> = (0..NAMES.len()).collect();
        random.shuffle(&mut sites);
        for at in sites.iter().copied() {
            if std::mem::take(&mut self.stopped_members[at]) {
                world.etcd.go_on(at);
            }
            if std::mem::take(&mut self.killed_members[at]) {
                world.etcd.run(at);
            }
        }
        for at in sites {
            if std::mem::take(&mut self.stopped_nodes[at])
                && let Some(process) = world.nodes[at].gateway.process()
            {
                process.signal("-CONT");
            }
            if std::mem::take(&mut self.killed_nodes[at]) {
                views.starts(at);
                world.run(at);
            }
        }
        world.etcd.healthy();
    }

    fn kill_node(&mut self, world: &mut World, at: usize) {
        world.kill(at);
        self.killed_nodes[at] = true;
        self.stopped_nodes[at] = false;
    }

    fn kill_member(&mut self, world: &mut World, at: usize) {
        world.etcd.kill(at);
        self.killed_members[at] = true;
        self.stopped_members[at] = false;
    }

    /// The member that leads, if all answer.
    fn leader(&self, world: &World) -> Option<usize> {
        let all_run = !self.killed_members.contains(&true) && !self.stopped_members.contains(&true);
        all_run.then(|| world.etcd.leads()).flatten()
    }
}
