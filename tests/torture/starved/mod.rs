//! A host that lacks something: room, a disk that takes writes, file descriptors, memory. Masters are told, the
//! built-in server goes on, `/health` tells, and once the cause is gone all goes on without a restart.

mod descriptors;
mod disk;
mod memory;
mod mount;

use std::net::SocketAddr;

use crate::clients::{self, ZONE};
use crate::support::builtin::Builtin;
use crate::support::eventually;
use crate::support::gateway::Gateway;
use crate::support::zone_text;

/// A gateway and its built-in server.
struct Starved {
    gateway: Gateway,
    dns: SocketAddr,
    serial: u32,
}

impl Starved {
    /// Prepared, and not started.
    fn prepare() -> Self {
        let builtin = Builtin::new();
        Self {
            gateway: Gateway::prepare("", &[builtin.backend("")]),
            dns: builtin.dns,
            serial: 0,
        }
    }

    /// Started, with a zone that is served.
    fn run(&mut self) {
        self.gateway.run();
        assert_eq!(self.push(), "error=0");
        self.gateway.until(ZONE, "served");
    }

    /// Pushes the next serial of the zone; what is answered.
    fn push(&mut self) -> String {
        self.serial += 1;
        let text = zone_text(ZONE, self.serial, "192.0.2.7");
        self.gateway.push(ZONE, &text)
    }

    fn health(&self) -> u16 {
        self.gateway.ask("GET", "/health", b"").status
    }

    /// Masters are told, `/health` tells, and what was accepted is answered.
    fn is_starved(&mut self, words: &str) {
        let answer = self.push();
        assert!(answer.starts_with("error=1&"), "{answer}");
        let said = answer.replace('+', " ");
        assert!(said.contains(words), "{said}");
        assert_eq!(self.health(), 503);
        self.answers();
    }

    /// The built-in server answers.
    fn answers(&self) {
        clients::udp(self.dns).unwrap();
        clients::tcp(self.dns).unwrap();
    }

    /// All goes on again, in the same process.
    fn recovers(&mut self) {
        eventually("a push is accepted again", || {
            (self.push() == "error=0").then_some(())
        });
        assert_eq!(self.health(), 200);
        let zone = self.gateway.until(ZONE, "served");
        assert_eq!(zone["serial"], self.serial, "{zone}");
        self.answers();
    }
}
