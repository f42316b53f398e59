//! The door of a line protocol over TCP, as small DNS databases speak it: `ADD:www.example.com:A:192.0.2.1` is answered
//! `Record added: A record for www.example.com -> 192.0.2.1`. docs/registry.md has the table.
//!
//! Its first clients send a command in one write, without an end of line and without closing their side, and read the
//! answer once. So a command ends at a line feed, where the client closes its side, or where nothing more came for a
//! moment. A connection has one command; only `AUTH:TOKEN` may be on a line before it.
//!
//! Edits go into layer `records`. Whatever the address that is asked, it is the same store: a client that fails over
//! from one to another splits nothing.

mod command;
mod door;
mod server;

pub use door::Door;
pub use server::{CannotListen, Listener, bind};
