//! The suite on sled.

use super::OnDisk as Home;

#[path = "suite/mod.rs"]
mod suite;
