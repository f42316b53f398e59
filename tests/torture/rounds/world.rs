//! The gateway with its backends, all of which can be killed, hung and started again.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::clock::Clock;
use super::model::Known;
use crate::support::builtin::Builtin;
use crate::support::gateway::Gateway;
use crate::support::have;
use crate::support::mariadb::Mariadb;
use crate::support::named::Named;
use crate::support::process::Process;

/// Short times, so that what hangs is noticed within a round, and a check that is always under way.
const CONFIG: &str =
    "lanes:\n  verify_timeout_ms: 3000\ncheck:\n  zones_per_second: 50\n  every_seconds: 2\n";

/// What is read and written from several threads.
pub struct Shared {
    pub zones: Vec<(String, Mutex<Known>)>,
    /// Where the gateway listens; `None`: it is being started.
    pub address: RwLock<Option<SocketAddr>>,
}

pub struct World {
    pub gateway: Gateway,
    pub builtin: Builtin,
    named: Option<Named>,
    mariadb: Option<Mariadb>,
    clock: Option<Clock>,
    pub shared: Arc<Shared>,
    /// What is wrong with which backend at the moment.
    named_is: Trouble,
    mariadb_is: Trouble,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    Killed,
    Hung,
}

impl World {
    /// One with so many zones, and with every daemon that is installed.
    pub fn start(zones: usize) -> Self {
        let builtin = Builtin::new().open();
        let clock = Clock::new();
        if clock.is_none() {
            have(&["faketime"], "jumps of the clock");
        }
        let named = have(&["named"], "rounds with named").then(Named::prepare);
        let programs = ["mariadbd", "mariadb-install-db", "mariadb"];
        let mariadb = have(&programs, "rounds with mariadbd").then(Mariadb::start);
        let backends = [
            Some(builtin.backend("")),
            named.as_ref().map(|named| named.backend("bind")),
            mariadb.as_ref().map(|mariadb| {
                let soon = "      timeout_ms: 2000\n      connect_timeout_ms: 1000\n";
                mariadb.backend("mysql", soon)
            }),
        ];
        let backends: Vec<_> = backends.into_iter().flatten().collect();
        let zones = (0..zones).map(|zone| (format!("z{zone}.example"), Mutex::default()));
        let mut world = Self {
            gateway: Gateway::prepare(CONFIG, &backends),
            builtin,
            named,
            mariadb,
            clock,
            shared: Arc::new(Shared {
                zones: zones.collect(),
                address: RwLock::new(None),
            }),
            named_is: Trouble::Killed,
            mariadb_is: Trouble::None,
        };
        world.restore(&mut Rng::new());
        world.run();
        world
    }

    /// The name servers that can be asked: what they are called, and where they answer.
    pub fn servers(&self) -> Vec<(&'static str, SocketAddr)> {
        let named = self.named.iter().map(|named| ("bind", named.dns));
        [("builtin", self.builtin.dns)]
            .into_iter()
            .chain(named)
            .collect()
    }

    pub fn mariadb(&self) -> Option<&Mariadb> {
        self.mariadb.as_ref()
    }

    /// `kill -9` of the gateway, and now and then of one that has just begun to start.
    pub fn kill(&mut self, random: &mut Rng) -> u64 {
        *self.shared.address.write().unwrap() = None;
        let id = self.gateway.process().map(|process| process.id());
        self.gateway.kill();
        id.into_iter().for_each(Clock::forget);
        let mut kills = 1;
        while random.u8(..) < 50 {
            let config = self.gateway.config();
            let mut command = self.command();
            let process = Process::start("dadns", command.arg("--config").arg(config));
            // This long it has been starting when it is killed.
            std::thread::sleep(Duration::from_micros(random.u64(..120_000)));
            let id = process.id();
            drop(process);
            Clock::forget(id);
            kills += 1;
        }
        kills
    }

    /// Starts the gateway, and says where it listens.
    pub fn run(&mut self) {
        let mut command = self.command();
        self.gateway.run_as(&mut command);
        *self.shared.address.write().unwrap() = Some(self.gateway.address);
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dadns"));
        command.env("DADNS_LOG_LEVEL", "INFO");
        if let Some(clock) = &self.clock {
            clock.set(&mut command);
        }
        command
    }

    /// Something happens to a backend or to the clock. Says what.
    pub fn disturb(&mut self, random: &mut Rng) -> Option<String> {
        match random.u8(..12) {
            0 => {
                let named = self.named.as_mut()?;
                named.kill();
                self.named_is = Trouble::Killed;
                Some("named killed".to_owned())
            }
            1 => {
                let named = self.named.as_ref()?;
                if self.named_is == Trouble::None {
                    named.signal("-STOP");
                    self.named_is = Trouble::Hung;
                }
                Some("named hung".to_owned())
            }
            2 => {
                self.mariadb.as_mut()?.kill();
                self.mariadb_is = Trouble::Killed;
                Some("mariadbd killed".to_owned())
            }
            3 => {
                let mariadb = self.mariadb.as_ref()?;
                if self.mariadb_is == Trouble::None {
                    mariadb.signal("-STOP");
                    self.mariadb_is = Trouble::Hung;
                }
                Some("mariadbd hung".to_owned())
            }
            4 | 5 => {
                self.restore(random);
                Some("backends back".to_owned())
            }
            6 | 7 => {
                let day = 86_400;
                let jumps = [0, 1, 59, 280, 3_600, day, 40 * day, 400 * day];
                let ahead = jumps[random.usize(..jumps.len())];
                let ahead = if random.bool() { ahead } else { -ahead };
                self.clock.as_ref()?.jump(ahead);
                Some(format!("clock {ahead:+} s"))
            }
            _ => None,
        }
    }

    /// All backends run again, and the clock is nearly right: named takes no command that seems to come from more than
    /// 300 seconds ahead, or to have expired, which it does after 60. It cannot go by the clock itself, since its jemalloc and the library exclude each other.
    pub fn restore(&mut self, random: &mut Rng) {
        if let (Some(clock), Some(_)) = (&self.clock, &self.named) {
            clock.jump(random.i64(-45..=250));
        }
        if let Some(named) = &mut self.named {
            match self.named_is {
                Trouble::None => {}
                Trouble::Hung => named.signal("-CONT"),
                Trouble::Killed => named.run(),
            }
        }
        if let Some(mariadb) = &mut self.mariadb {
            match self.mariadb_is {
                Trouble::None => {}
                Trouble::Hung => mariadb.signal("-CONT"),
                Trouble::Killed => mariadb.run(),
            }
        }
        (self.named_is, self.mariadb_is) = (Trouble::None, Trouble::None);
    }

    /// Waits until nothing is pending on any backend; how long that took.
    pub fn drain(&self, most: Duration) -> Result<Duration, String> {
        let start = Instant::now();
        loop {
            let status = self.gateway.json("/queue_status");
            let backends = status.as_array().unwrap();
            let behind: Vec<_> = backends
                .iter()
                .filter(|backend| backend["pending"] != 0 || backend["state"] != "ok")
                .collect();
            if behind.is_empty() {
                return Ok(start.elapsed());
            }
            if start.elapsed() > most {
                return Err(format!("still pending after {most:?}: {behind:#?}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let id = self.gateway.process().map(|process| process.id());
        self.gateway.kill();
        id.into_iter().for_each(Clock::forget);
    }
}
