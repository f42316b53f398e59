//! The suite on the engine on disk.

use super::OnDisk as Home;

#[path = "suite/mod.rs"]
mod suite;
