//! The rules of the registry, pure: who may register what, what a heartbeat means, when an instance is critical, what
//! is published. No socket, no disk, and a clock only as a value that is given ([`Now`]).

mod book;
mod change;
mod check;
mod client;
mod find;
mod guard;
mod instance;
mod limits;
mod pool;
mod status;
mod timers;

use std::time::Duration;

use jiff::Timestamp;

pub use book::{Beat, Book, Effects, Group, News, Renewal, Write};
pub use change::Change;
pub use check::{Check, Kind, Probe, Target, Tls};
pub use client::Client;
pub use find::{Strategy, Wish};
pub use guard::GuardRule;
pub use instance::{Address, Instance, Key, NODE_ADDRESS, NODE_META, Registration, is_label};
pub use limits::{Limits, Refused};
pub use pool::Pool;
pub use status::Status;

/// The time: for intervals that of a clock that only goes forward, for people that of the calendar.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Since this process began.
    pub since: Duration,
    /// By the calendar.
    pub at: Timestamp,
}

/// What the book is kept by.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The least lease.
    pub lease: Duration,
    /// How long an instance may be critical; `None`: for ever.
    pub deregister_after: Option<Duration>,
    /// When a loss of instances is not believed.
    pub guard: GuardRule,
    /// How much there may be.
    pub limits: Limits,
    /// Out of which networks instances get addresses.
    pub pools: Vec<Pool>,
}

#[cfg(test)]
mod tests;
