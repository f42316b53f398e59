//! The suite on the engine in memory.

use super::InMemory as Home;

#[path = "suite/mod.rs"]
mod suite;
