//! Hostile load: while somebody does their worst, good clients keep being served. How long these waited is
//! printed; that one of them was not served is a failure.

mod attack;
mod checks;
mod connections;
mod logins;
mod queries;
mod slow;
mod zones;

use std::net::SocketAddr;
use std::time::Duration;

use crate::amount;
use crate::clients::{Clients, judge};
use crate::host::{forget_peak, most_files, peak_mib};
use crate::support::builtin::Builtin;
use crate::support::gateway::Gateway;

/// A gateway with its built-in server, that somebody is after.
struct Target {
    gateway: Gateway,
    dns: SocketAddr,
    pid: u32,
}

impl Target {
    fn start() -> Self {
        Self::start_with("")
    }

    /// With further keys below `app`.
    fn start_with(app: &str) -> Self {
        // It inherits how many files may be open.
        most_files();
        let builtin = Builtin::new();
        let mut gateway = Gateway::start_with(app, &[builtin.backend("")]);
        let pid = gateway.process().unwrap().id();
        Self {
            gateway,
            dns: builtin.dns,
            pid,
        }
    }

    /// Has good clients ask while `attack` goes on.
    fn during<T>(&self, name: &str, attack: impl FnOnce() -> T) -> T {
        let clients = Clients::start(self.gateway.address, self.dns);
        forget_peak(self.pid);
        let done = attack();
        judge(name, &clients.stop());
        println!(
            "{name}: at most {} MiB of memory were taken",
            peak_mib(self.pid)
        );
        done
    }
}

/// How long an attack goes on.
fn while_attacked() -> Duration {
    Duration::from_secs(amount(2, 30))
}
