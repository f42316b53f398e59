//! The built-in authoritative server: dadns itself answers, over UDP and TCP, from memory.
//!
//! [`Server`] is all that others see. Inside, a request goes through these rooms:
//!
//! - `sockets`: UDP in batches, TCP with its connections, and what each socket counts;
//! - `answer`: reads a request, checks its signature and writes the answer. No sockets, no locks, and
//!   no clock but for signatures;
//! - `image`: a zone as it is answered from, and the table of all zones;
//! - `update`: dynamic updates, verified, judged and handed to whoever makes them;
//! - `transfer`: AXFR and IXFR, NOTIFY, the catalog zone, and secondaries that keep old records;
//! - `limits`: response rate limiting, connections per client, and what of a zone cannot be served.
//!
//! # Why a server of our own
//!
//! Measured with 10,000 zones of 15 records on two cores, dnsperf beside it, in one run: hickory-server
//! 0.26 took 25 µs of CPU time a query and 225 MB, the server parts of domain 0.12 15 µs and 119 MB, and
//! sockets that answer a constant 6 to 9 µs. What we need on top is what either lacks:
//!
//! - hickory-server has no DNAME, no rate limiting, no IXFR, no catalogs, transfers of one message, zones
//!   behind a lock, and finds NSEC by walking the zone;
//! - domain's is behind `unstable-*`, answers from its zone tree have no DNSSEC records, no DNAME, no
//!   chains and no compression, removing a zone removes its siblings, and a task for each datagram,
//!   without bound, let memory grow to 1.3 GB under a flood.
//!
//! So the walk from question to answer is ours, over zones that are laid out for it (`image`), and
//! what others do well is theirs: names, types, codes and TSIG are `domain`'s, the table of zones is
//! papaya's, batches of datagrams are nix's. hickory-proto stays the independent decoder that verifies.

mod answer;
mod changes;
mod image;
mod limits;
mod notices;
mod server;
mod settings;
mod sockets;
mod state;
#[cfg(test)]
mod tests;
mod transfer;
mod update;

pub use answer::respond::Transport;
pub use changes::NotPut;
pub use dadns_dns::tsig::TsigKey;
pub use image::TooLarge;
pub use notices::{NotPassed, Notice, NoticeSink, Reused};
pub use server::{NoZone, Server};
pub use settings::{Allowed, Follow, RateLimit, Secondary, SettingError, Settings, TcpLimits};
pub use sockets::NotListening;
pub use sockets::counters::Counts;
pub use update::{Change, Code, Plan, Prerequisite, Refused, Step, Update, Updated, Updater};
