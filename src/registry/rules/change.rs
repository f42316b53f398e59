//! What happened to an instance: the last changes of each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Status;

/// How many changes of one instance are remembered.
pub const REMEMBERED: usize = 100;

/// Most octets of what is said of one.
const WHY: usize = 256;

/// One change of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The index that the registry had after it.
    pub index: u64,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// The status from then on.
    pub status: Status,
    /// Why, in words.
    pub why: String,
}

impl Change {
    /// A change with as much of its reason as is remembered.
    pub fn new(index: u64, at: Timestamp, status: Status, why: &str) -> Self {
        let why = shortened(why, WHY).to_owned();
        Self {
            index,
            at,
            status,
            why,
        }
    }
}

/// As much of `text` as fits into so many octets, cut between characters.
pub fn shortened(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
