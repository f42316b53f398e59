//! Layers: a zone is merged from what its master pushed and from rules that stand above it.
//!
//! Each door writes a layer of its own, so that a push never wipes an edit. A layer above [`Layer::Push`]
//! does not hold records but [`Rule`]s, one for each owner name and type: what the RRset is to be, given what
//! lies below. Rules outlive the RRset below them, and apply to whatever is pushed next.

mod key;
mod merge;
mod rule;

use std::fmt;

pub use key::RrsetKey;
pub use merge::{Loss, Merged, Overlay, Rules, Shadowed, merge, merge_at, merge_names};
pub use rule::{Rule, RuleError};

/// The part of a zone's records that one door writes. A later one stands above an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What a master sent, or an operator imported.
    Push,
    /// Published services.
    Registry,
    /// Edits by API, dynamic update, command line and web page.
    Records,
}

impl Layer {
    /// The layers that hold rules, from below.
    pub const ABOVE: [Self; 2] = [Self::Registry, Self::Records];

    /// Its name: `push`, `registry` or `records`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Registry => "registry",
            Self::Records => "records",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
