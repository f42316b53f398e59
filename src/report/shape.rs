//! The lines that an operation reports while it runs, for those who ask and those who answer: one JSON
//! object each.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
        detail: String,
    },
}

/// Something that was found or done.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Which zone, if it is about one.
    pub zone: Option<String>,
    /// Which backend, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// Which master, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<String>,
    /// What was found or done, in a word or two.
    pub result: String,
    /// The same for an operator, as a sentence.
    pub detail: String,
}

/// How it went as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Whether nothing differs and nothing failed.
    pub ok: bool,
    /// How many items had each result.
    pub counts: BTreeMap<String, usize>,
    /// All of it as a sentence.
    pub detail: String,
}

/// How the masters are compared with, and what the last pass found.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Reconciliation {
    /// Whether dadns asks them from time to time (`reconciliation.enabled`).
    pub enabled: bool,
    /// Seconds from the end of one pass to the next.
    pub every_s: u64,
    /// Whether passes only report (`reconciliation.dry_run`).
    pub dry_run: bool,
    /// The host names of the masters in the configuration.
    pub masters: Vec<String>,
    /// Whether a pass is in progress.
    pub running: bool,
    /// The last pass since the start.
    pub last: Option<PastPass>,
}

/// A pass over the masters that has ended.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PastPass {
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// Whether an operator requested it.
    pub requested: bool,
    /// Whether it only reported what would be done.
    pub dry_run: bool,
    /// How it went as a whole.
    pub summary: Summary,
    /// What was found and done; the first so many.
    pub items: Vec<Item>,
    /// How many more there were.
    pub more: usize,
}

impl Summary {
    /// Counts one more `result`.
    pub fn count(&mut self, result: &str) {
        *self.counts.entry(result.to_owned()).or_default() += 1;
    }

    /// How many items had this `result`.
    pub fn of(&self, result: &str) -> usize {
        self.counts.get(result).copied().unwrap_or_default()
    }
}
