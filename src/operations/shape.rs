//! The lines that an operation tells while it runs, for those who ask and those who answer: one JSON
//! object each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "line")]
pub enum Line {
    /// How far it is.
    Progress {
        /// Done so far.
        done: usize,
        /// Of so many, as far as is known.
        total: usize,
    },
    /// Something that was found or done.
    Item(Item),
    /// The end: how it went as a whole.
    Summary(Summary),
    /// The end: it could not go on.
    Failed {
        /// Why.
        error: String,
    },
}

/// Something that was found or done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// Which zone, if it is about one.
    pub zone: Option<String>,
    /// Which backend or master.
    pub place: String,
    /// What it is, in one word.
    pub what: String,
    /// In words for an operator.
    pub said: String,
}

/// How it went as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Whether all is as it should be.
    pub well: bool,
    /// How often what happened.
    pub counts: BTreeMap<String, usize>,
    /// In words for an operator.
    pub said: String,
}

impl Summary {
    /// Counts one more of `what`.
    pub fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    /// How many of `what` were counted.
    pub fn of(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or_default()
    }
}
