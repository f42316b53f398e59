//! The shapes of sources, as the API gives them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A directory or file that is watched.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// The directory or file.
    pub path: String,
    /// Whether a zone is removed when its file is.
    pub remove: bool,
    /// When it was last looked through.
    pub looked_at: Option<Timestamp>,
    /// Why it cannot be read, why changes are noticed late, or why zones without a file stay.
    pub trouble: Option<String>,
    /// How many zone files it has.
    pub total: usize,
    /// How many of them are not accepted: refused, held, of another owner, or failed.
    pub not_accepted: usize,
    /// At most 1,000 of its files, those first that are not accepted.
    pub files: Vec<FileStatus>,
}

/// A file of a source.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FileStatus {
    /// Its name.
    pub file: String,
    /// The zone that it is of, once that is known.
    pub zone: Option<String>,
    /// What became of it.
    pub state: FileState,
    /// When it was last read.
    pub read_at: Option<Timestamp>,
    /// The revision of the zone that it made, or that was like it.
    pub revision: Option<u64>,
    /// Why it is not accepted, or what is odd about it.
    pub detail: Option<String>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It has not been read yet: somebody writes it.
    Waiting,
    /// The zone is as it says.
    Accepted,
    /// The guard holds it for an operator.
    Held,
    /// Its text is no zone, or it may not be read.
    Refused,
    /// The zone belongs to somebody else; it is tried again.
    NotOwner,
    /// It could not be made durable; it is tried again.
    Failed,
}

impl FileState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Held => "held",
            Self::Refused => "refused",
            Self::NotOwner => "not owner",
            Self::Failed => "failed",
        }
    }
}
