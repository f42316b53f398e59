//! The name of one backend instance.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest [`BackendId`], in bytes.
const MAX_LEN: usize = 64;

/// The name of one backend instance, as it stands in the configuration (`bind`, `coredns_dc1`):
/// lower-case letters, digits, `_` and `-`, starting with a letter, at most 64 bytes. It appears in
/// store keys, log lines and metrics.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId(Arc<str>);

/// The text is not a [`BackendId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a backend name: use lower-case letters, digits, '_' and '-', starting with a \
     letter, at most {MAX_LEN} characters"
)]
pub struct InvalidBackendId {
    text: String,
}

impl BackendId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BackendId {
    type Err = InvalidBackendId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() <= MAX_LEN
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(InvalidBackendId {
                text: text.chars().take(MAX_LEN).collect(),
            })
        }
    }
}

impl fmt::Display for BackendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BackendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
