//! Where one zone is placed, as it is stored with the zone.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a zone is placed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Placement {
    /// The groups that it belongs to.
    pub groups: BTreeSet<String>,
    /// While it moves there: where it was before, and still is. `None`: it does not move.
    pub before: Option<Before>,
    /// The backends of other nodes, and of this one, that are known to have it while it moves.
    pub arrived: BTreeSet<String>,
}

/// Where a zone was before it moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Before {
    /// On every backend.
    Everywhere,
    /// On these groups.
    Groups(BTreeSet<String>),
}

/// Why a zone belongs elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It was accepted before there were groups.
    NeverPlaced,
    /// This group of its is not configured any more.
    Gone(String),
    /// This group of its has the weight 0.
    NoWeight(String),
    /// It belongs to so many groups now.
    Factor(usize),
    /// These groups rank before those that it has.
    Ranked(Vec<String>),
}

impl Placement {
    /// A zone that belongs to these groups, and to no others.
    pub fn at(groups: BTreeSet<String>) -> Self {
        Self {
            groups,
            before: None,
            arrived: BTreeSet::new(),
        }
    }

    /// The zone moves to `to` from where it is by `from`; until that is over it is at both.
    pub fn moving(from: Option<&Self>, to: BTreeSet<String>) -> Self {
        let before = match from {
            None => Before::Everywhere,
            Some(from) => match &from.before {
                Some(Before::Everywhere) => Before::Everywhere,
                // What it was moving to may have it already.
                Some(Before::Groups(before)) => {
                    Before::Groups(before.union(&from.groups).cloned().collect())
                }
                None => Before::Groups(from.groups.clone()),
            },
        };
        Self {
            groups: to,
            before: Some(before),
            arrived: BTreeSet::new(),
        }
    }

    /// Whether the backends of a group shall have the zone.
    pub fn has(&self, group: &str) -> bool {
        self.groups.contains(group)
            || match &self.before {
                None => false,
                Some(Before::Everywhere) => true,
                Some(Before::Groups(before)) => before.contains(group),
            }
    }

    /// Whether the zone is on its way.
    pub fn is_moving(&self) -> bool {
        self.before.is_some()
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverPlaced => f.write_str("it was accepted before there were groups"),
            Self::Gone(group) => write!(f, "group {group} is not configured any more"),
            Self::NoWeight(group) => write!(f, "group {group} has the weight 0"),
            Self::Factor(1) => f.write_str("each zone goes to 1 group now"),
            Self::Factor(factor) => write!(f, "each zone goes to {factor} groups now"),
            Self::Ranked(groups) if groups.len() == 1 => {
                write!(f, "group {} ranks higher for it now", groups.join(", "))
            }
            Self::Ranked(groups) => {
                write!(f, "groups {} rank higher for it now", groups.join(", "))
            }
        }
    }
}
