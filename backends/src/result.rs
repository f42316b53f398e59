//! What happened to one zone on one backend: the one word for it from the backend to the lane, the store,
//! the log, the metrics and the API.
//!
//! # Why one enum is enough
//!
//! A backend knows less than its lane: it can say that it wrote a zone, and not that the zone is served.
//! So what it has written is [`Unverified`](ZoneResult::Unverified), which is the truth until somebody reads
//! the zone back and asks for it over DNS. The lane does that with whatever was
//! [written](ZoneResult::written), and replaces the result by what it finds. A type of its own for the first
//! stage would repeat the half of the variants that both stages share, and its conversion; and a backend
//! that claimed [`Verified`](ZoneResult::Verified) would gain nothing: it is verified all the same.

use std::fmt;

use crate::{BackendError, Difference, Unsupported};

/// What happened to one zone on one backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZoneResult {
    /// The backend has exactly the desired zone, or no longer the removed one, and serves it where it can be
    /// asked. Only the lane says so.
    Verified {
        /// Whether anything had to be written.
        changed: bool,
        /// The drift that this has repaired.
        repaired: Option<String>,
    },
    /// The backend took the change, or had the zone like this already; it is not verified yet.
    Unverified {
        /// Whether anything had to be written.
        changed: bool,
        /// What is missing for it to be verified; `None`: nobody has looked yet.
        cause: Option<String>,
    },
    /// The backend took the change, and other records were read back.
    Differs(Difference),
    /// The backend cannot hold or serve the zone, for these reasons; what it had before is untouched.
    Refused(Vec<Unsupported>),
    /// The backend works, but this zone failed on it, for this cause.
    Failed(String),
    /// The backend as a whole is unavailable; the zone is not at fault.
    Unavailable(BackendError),
}

impl ZoneResult {
    /// Every [word](Self::word) with what it means, for labels of metrics and descriptions.
    pub const WORDS: &[(&str, &str)] = &[
        ("applied", "it was written and is verified"),
        ("unchanged", "it was there already and is verified"),
        (
            "repaired",
            "it had drifted, was written again and is verified",
        ),
        (
            "unverified",
            "it was written and is not served yet, verified again in a moment",
        ),
        (
            "differs",
            "it was written and other records were read back, written once more",
        ),
        ("refused", "the backend cannot hold it, tried again later"),
        (
            "failed",
            "it failed or was not verified in time, tried again later",
        ),
        (
            "unavailable",
            "the backend is unavailable, tried again as soon as it answers",
        ),
    ];

    /// What a backend says of a change that it took: `changed` says whether it had to write anything.
    pub fn applied(changed: bool) -> Self {
        Self::Unverified {
            changed,
            cause: None,
        }
    }

    /// If the backend took the change: whether it had to write anything.
    pub fn written(&self) -> Option<bool> {
        match self {
            Self::Verified { changed, .. } | Self::Unverified { changed, .. } => Some(*changed),
            Self::Differs(_) => Some(true),
            Self::Refused(_) | Self::Failed(_) | Self::Unavailable(_) => None,
        }
    }

    /// Whether the zone is verified.
    pub fn is_verified(&self) -> bool {
        matches!(self, Self::Verified { .. })
    }

    /// Whether the zone waits to be verified: nothing has failed yet.
    pub fn is_unverified(&self) -> bool {
        matches!(self, Self::Unverified { .. } | Self::Differs(_))
    }

    /// One word for it: in metrics, JSON and the history of a zone.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Verified {
                repaired: Some(_), ..
            } => "repaired",
            Self::Verified { changed: true, .. } => "applied",
            Self::Verified { changed: false, .. } => "unchanged",
            Self::Unverified { .. } => "unverified",
            Self::Differs(_) => "differs",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Why it is not verified, or the drift that was repaired; `None`: there is nothing to add.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Verified { repaired, .. } => repaired.clone(),
            Self::Unverified { cause, .. } => cause.clone(),
            Self::Differs(found) => Some(found.to_string()),
            Self::Refused(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                Some(format!("refused: {}", reasons.join("; ")))
            }
            Self::Failed(cause) => Some(cause.clone()),
            Self::Unavailable(error) => Some(error.to_string()),
        }
    }
}

/// Why nothing was written: the backend is unavailable, or the zone failed on it.
impl From<BackendError> for ZoneResult {
    fn from(error: BackendError) -> Self {
        if error.is_unreachable() {
            Self::Unavailable(error)
        } else {
            Self::Failed(error.to_string())
        }
    }
}

impl fmt::Display for ZoneResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            Some(cause) => f.write_str(&cause),
            None => f.write_str(self.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_has_a_word_that_is_explained() {
        let verified = |changed, repaired| ZoneResult::Verified { changed, repaired };
        let all = [
            verified(true, None),
            verified(false, None),
            verified(true, Some("www A is missing".into())),
            ZoneResult::applied(true),
            ZoneResult::Differs(Difference {
                extra: 1,
                missing: 0,
                serial: Some(1),
                lines: "x".into(),
            }),
            ZoneResult::Refused(Vec::new()),
            ZoneResult::Failed("no".into()),
            BackendError::unreachable("asking", "nobody answers").into(),
        ];
        let words: Vec<_> = all.iter().map(ZoneResult::word).collect();
        let explained: Vec<_> = ZoneResult::WORDS.iter().map(|(word, _)| *word).collect();
        assert_eq!(words, explained);
    }

    #[test]
    fn what_a_backend_wrote_is_not_verified_by_its_word() {
        let result = ZoneResult::applied(true);
        assert!(result.is_unverified() && !result.is_verified());
        assert_eq!(result.written(), Some(true));
    }

    #[test]
    fn an_unavailable_backend_is_not_a_zone_that_failed() {
        let zone = "a.example".parse().unwrap();
        let failed = ZoneResult::from(BackendError::zone(&zone, "loading", "syntax error"));
        assert!(matches!(failed, ZoneResult::Failed(_)), "{failed:?}");
        let away = ZoneResult::from(BackendError::unreachable("asking", "refused"));
        assert!(matches!(away, ZoneResult::Unavailable(_)), "{away:?}");
    }
}
