//! DNS on the wire, once for all of dadns.
//!
//! - [`served`], [`answers`] and [`compare`] ask a name server whether it serves what it should;
//! - [`look`] asks one question for people who look;
//! - [`notify`] tells a secondary that a zone has changed;
//! - [`Writer`] writes messages, [`Name`] is a name as they have it, and [`tsig`] signs them.
//!
//! What asks is built and decoded by hickory-proto, and what answers is not, on purpose: a fault of our
//! own writer cannot confirm itself.

mod client;
pub mod message;
mod name;
pub mod tsig;
pub mod wire;

pub use client::{
    Answers, Authority, MOST_TOLD, NoAnswer, Seen, SeenRecord, Served, Tally, Transport, Wrong,
    answers, compare, look, notify, serials, served,
};
pub use message::Writer;
pub use name::{MAX_LABELS, MAX_NAME, Name};
