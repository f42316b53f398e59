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
    /// The revision of the zone, where the request named another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// All that is wrong with the request, where that is more than one sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RecordError>,
}

/// One of the errors of a request that edits records.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct RecordError {
    /// Which of the changes or RRsets of the request, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The owner name, as the request has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The type, as the request has it.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub rtype: Option<String>,
    /// Which of its records, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<usize>,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for ProblemDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.detail, self.hint)?;
        self.errors
            .iter()
            .try_for_each(|error| write!(f, "\n  {error}"))
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.name, &self.rtype].into_iter().flatten() {
            write!(f, "{part} ")?;
        }
        f.write_str(&self.detail)
    }
}
