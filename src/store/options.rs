//! How a store is opened.

use super::{Guard, Keep, Terms};
use crate::placement::Groups;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Pushes are refused while the disk has fewer free bytes than this: an engine whose disk is full has to
    /// be opened anew.
    pub min_free_bytes: u64,
    /// How much of each zone's past is kept.
    pub keep: Keep,
    /// Which pushes are held.
    pub guard: Guard,
    /// The TTL of records that are edited here and have none, in seconds.
    pub ttl: u32,
    /// The most records of a zone that is created or edited here.
    pub max_records: usize,
    /// How it is shared with other nodes; `None`: it is not.
    pub terms: Option<Terms>,
    /// Which backends have which zones.
    pub groups: Groups,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            min_free_bytes: 64 << 20,
            keep: Keep::default(),
            guard: Guard::default(),
            ttl: 3_600,
            max_records: 100_000,
            terms: None,
            groups: Groups::default(),
        }
    }
}
