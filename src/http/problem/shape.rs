//! The shape of a problem, for those who answer and those who ask.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::status::shape::RefusedPush;

/// An error below `/api`, as RFC 9457 has it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProblemDetails {
    /// Names the kind of problem: `urn:dadns:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time, as a sentence.
    pub detail: String,
    /// The kind of problem, for programs. Codes never change their meaning.
    pub code: String,
    /// What to do next.
    pub hint: String,
    /// The refused push of a zone of which nothing else is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refused: Option<RefusedPush>,
}

impl fmt::Display for ProblemDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.detail, self.hint)
    }
}
