//! Why there is nothing to judge.

/// No usable answer came from a name server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{doing}: {cause}")]
pub struct NoAnswer {
    /// What was being done, with the address of the server.
    pub doing: String,
    /// What the system or the server said.
    pub cause: String,
}

impl NoAnswer {
    pub(crate) fn new(doing: impl Into<String>, cause: impl ToString) -> Self {
        Self {
            doing: doing.into(),
            cause: cause.to_string(),
        }
    }
}
