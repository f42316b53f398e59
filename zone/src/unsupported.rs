//! What a name server cannot store or serve of a zone.

use std::fmt;

/// One thing of a zone that a name server cannot store or serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The record at fault, as `owner TYPE`.
    pub record: String,
    /// Why, in words for an operator.
    pub reason: String,
    /// Whether the zone as a whole is refused for it; otherwise only this record is not served.
    pub fatal: bool,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.record, self.reason)
    }
}
