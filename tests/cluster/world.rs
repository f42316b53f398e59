//! Three sites: at each a member of etcd, a node and its built-in server. What goes from one site to another passes a
//! proxy, which can be cut, slow, or lose what is answered.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{View, alike, json, view};
use crate::clock::Clock;
use crate::support::builtin::Builtin;
use crate::support::etcd::Etcd;
use crate::support::eventually;
use crate::support::gateway::Gateway;
use crate::support::proxy::{Passing, Proxy};

/// What the nodes are called, and their sites.
pub const NAMES: [&str; 3] = ["left", "middle", "right"];

/// How long all may take until they agree again.
pub const AGREES: Duration = Duration::from_secs(90);

/// How a world is made.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// `spool` or `refuse`; empty: as it comes.
    pub without_quorum: &'static str,
    /// Further keys below `cluster`.
    pub keys: String,
    /// Further backends of every node; `NODE` in them stands for its name.
    pub backends: Vec<String>,
    /// Further sections of the configuration of every node.
    pub config: String,
    /// Whether the built-in servers have a catalog, `catalog.example`.
    pub catalog: bool,
    /// Whether each node has a clock of its own, where that can be.
    pub clocks: bool,
}

/// Where the nodes listen; `None`: killed.
pub type Addresses = Arc<Vec<RwLock<Option<SocketAddr>>>>;

pub struct World {
    pub etcd: Etcd,
    pub nodes: Vec<Node>,
    pub addresses: Addresses,
}

pub struct Node {
    pub gateway: Gateway,
    pub builtin: Builtin,
    pub clock: Option<Clock>,
    /// The way to each member.
    pub links: Vec<Proxy>,
}

impl Plan {
    /// One whose nodes do this with a change while there is no majority.
    pub fn that(without_quorum: &'static str) -> Self {
        Self {
            without_quorum,
            ..Self::default()
        }
    }
}

impl Node {
    /// One that does not run yet.
    pub fn prepare(name: &str, etcd: &Etcd, plan: &Plan) -> Self {
        let links: Vec<_> = (0..etcd.len())
            .map(|member| Proxy::start(etcd.address(member)))
            .collect();
        let mut endpoints: Vec<_> = links
            .iter()
            .map(|link| format!("\"http://{}\"", link.address))
            .collect();
        // The member at its own site first.
        let site = NAMES.iter().position(|known| *known == name);
        endpoints.rotate_left(site.unwrap_or_default());
        let mut config = plan.config.clone();
        config.push_str(&format!(
            "cluster:\n  engine: etcd\n  node: {name}\n  endpoints: [{}]\n",
            endpoints.join(", ")
        ));
        if !plan.without_quorum.is_empty() {
            config.push_str(&format!("  without_quorum: {}\n", plan.without_quorum));
        }
        config.push_str(&plan.keys);
        let builtin = Builtin::new().open();
        let keys = match plan.catalog {
            true => "      catalog_zone: catalog.example\n",
            false => "",
        };
        let mut backends = vec![builtin.backend(keys)];
        let further = plan.backends.iter();
        backends.extend(further.map(|backend| backend.replace("NODE", name)));
        Self {
            gateway: Gateway::prepare(&config, &backends),
            builtin,
            clock: if plan.clocks { Clock::new() } else { None },
            links,
        }
    }

    /// Starts it, and waits until it listens.
    pub fn run(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dadns"));
        command.env("DADNS_LOG_LEVEL", "INFO");
        if let Some(clock) = &self.clock {
            clock.set(&mut command);
        }
        self.gateway.run_as(&mut command);
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let id = self.gateway.process().map(|process| process.id());
        self.gateway.kill();
        id.into_iter().for_each(Clock::forget);
    }

    /// How it stands to the others.
    pub fn status(&self) -> Option<Value> {
        json(self.gateway.address, "/api/v1/cluster")
    }

    /// Whether it has all that was written, and all have what it has.
    pub fn is_level(&self) -> bool {
        self.status().is_some_and(|status| {
            status["cluster"].is_string()
                && status["behind"] == 0
                && status["unshared"] == 0
                && status["outage"].is_null()
                && status["diverged"].is_null()
        })
    }

    /// A zone as this node has it and serves it.
    pub fn view(&self, zone: &str) -> Result<View, String> {
        view(self.gateway.address, self.builtin.dns, zone)
    }
}

impl World {
    /// Three of each, and the zones of none: the first makes the cluster, the others join by themselves.
    pub fn start(plan: &Plan) -> Self {
        let etcd = Etcd::start_linked(NAMES.len());
        let nodes: Vec<_> = NAMES
            .iter()
            .map(|name| Node::prepare(name, &etcd, plan))
            .collect();
        let addresses = nodes.iter().map(|_| RwLock::new(None)).collect();
        let mut world = Self {
            etcd,
            nodes,
            addresses: Arc::new(addresses),
        };
        for at in 0..NAMES.len() {
            world.run(at);
        }
        let (status, said, errors) = world.nodes[0].gateway.command(&["cluster", "init"]);
        assert!(status.success(), "{said}{errors}");
        for (name, node) in NAMES.iter().zip(&world.nodes) {
            eventually(&format!("{name} belongs to the cluster"), || {
                node.is_level().then_some(())
            });
        }
        world
    }

    /// Starts a node.
    pub fn run(&mut self, node: usize) {
        self.nodes[node].run();
        let address = self.nodes[node].gateway.address;
        *self.addresses[node].write().unwrap() = Some(address);
    }

    /// `kill -9` of a node.
    pub fn kill(&mut self, node: usize) {
        *self.addresses[node].write().unwrap() = None;
        self.nodes[node].kill();
    }

    /// Sends the process of a node a signal.
    pub fn signal(&mut self, node: usize, signal: &str) {
        let process = self.nodes[node].gateway.process();
        process.expect("it runs").signal(signal);
    }

    /// Cuts a site off: its member and its node from those of the others. The node still has its own member.
    pub fn cut_off(&self, site: usize) {
        for other in (0..self.nodes.len()).filter(|other| *other != site) {
            self.nodes[site].links[other].set(Passing::Waits, Passing::Waits);
            self.nodes[other].links[site].set(Passing::Waits, Passing::Waits);
            self.etcd.cut(site, other);
        }
    }

    /// Cuts a node off from every member.
    pub fn cut_node(&self, node: usize) {
        for link in &self.nodes[node].links {
            link.set(Passing::Waits, Passing::Waits);
        }
    }

    /// What a node asks the members arrives, and their answers are lost.
    pub fn lose_answers(&self, node: usize) {
        for link in &self.nodes[node].links {
            link.set(Passing::Through, Passing::Lost);
        }
    }

    /// Everything passes again.
    pub fn pass(&self) {
        for link in self.nodes.iter().flat_map(|node| &node.links) {
            link.pass();
        }
        self.etcd.pass();
    }

    /// From now on everything between sites takes so long, each way.
    pub fn delay(&self, each_way: Duration) {
        for (site, node) in self.nodes.iter().enumerate() {
            for (_, link) in node.links.iter().enumerate().filter(|(to, _)| *to != site) {
                link.delay(each_way);
            }
        }
        self.etcd.delay(each_way);
    }

    /// Waits until all nodes have everything.
    pub fn level(&self) {
        for (name, node) in NAMES.iter().zip(&self.nodes) {
            eventually(
                &format!("{name} has everything, and all have what it has"),
                || node.is_level().then_some(()),
            );
        }
    }

    /// Waits until all nodes agree on these zones, record by record, and serve them; how each stands then.
    pub fn agree(&self, zones: &[String]) -> Result<Vec<View>, String> {
        let start = Instant::now();
        loop {
            let why = match self.nodes.iter().position(|node| !node.is_level()) {
                Some(node) => format!(
                    "{} is not level: {:?}",
                    NAMES[node],
                    self.nodes[node].status()
                ),
                None => match zones.iter().map(|zone| self.seen(zone)).collect() {
                    Ok(views) => return Ok(views),
                    Err(why) => why,
                },
            };
            if start.elapsed() > AGREES {
                return Err(format!("no agreement after {AGREES:?}: {why}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A zone, if it is the same at all nodes.
    fn seen(&self, zone: &str) -> Result<View, String> {
        let views = self.nodes.iter().map(|node| node.view(zone));
        let views: Vec<_> = views.collect::<Result<_, _>>()?;
        match alike(&views) {
            true => Ok(views[0].clone()),
            false => Err(format!("{zone} stands so: {views:#?}")),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.pass();
        self.nodes.iter_mut().for_each(Node::kill);
    }
}
