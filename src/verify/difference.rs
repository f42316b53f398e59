//! What backends have, read back from them, against what they should have.

use std::fmt;

use dadns_backends::{Backend, BackendError, Expected};
use dadns_zone::{ChangeKind, Diff, Zone};

/// How many lines of a difference an error quotes.
const DIFF_LINES: usize = 6;

/// How what a backend has differs from what it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Records that are there and should not be.
    pub extra: usize,
    /// Records that should be there and are not.
    pub missing: usize,
    /// The serial that is there; `None`: there is no zone.
    pub serial: Option<u32>,
    /// The first lines of the difference, or what else there is to say.
    lines: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            extra,
            missing,
            lines,
            ..
        } = self;
        write!(f, "{extra} extra and {missing} missing record(s): {lines}")
    }
}

/// Compares what `backend` has with what it should have, by count and digest: a result for each.
///
/// Each is an error when it cannot be read.
pub async fn differences(
    backend: &dyn Backend,
    expected: &[Expected<'_>],
) -> Vec<Result<Option<Difference>, BackendError>> {
    let names: Vec<_> = expected.iter().map(|zone| zone.name().clone()).collect();
    let read = backend.read(&names).await.into_iter().zip(expected);
    read.map(|(found, expected)| Ok(Difference::of(found?.as_ref(), expected.zone())))
        .collect()
}

impl Difference {
    fn of(found: Option<&Zone>, desired: Option<&Zone>) -> Option<Self> {
        match (found, desired) {
            (None, None) => None,
            (Some(found), Some(desired))
                if found.record_count() == desired.record_count()
                    && found.digest() == desired.digest() =>
            {
                None
            }
            (Some(found), Some(desired)) => Some(Self::between(found, desired)),
            (Some(found), None) => Some(Self {
                extra: found.record_count(),
                missing: 0,
                serial: Some(found.serial()),
                lines: "it is there although it was removed".into(),
            }),
            (None, Some(desired)) => Some(Self {
                extra: 0,
                missing: desired.record_count(),
                serial: None,
                lines: "it is not there".into(),
            }),
        }
    }

    fn between(found: &Zone, desired: &Zone) -> Self {
        let diff = Diff::between(found, desired);
        let (mut extra, mut missing) = (0, 0);
        for change in &diff.changes {
            match change.kind {
                ChangeKind::Removed { .. } => extra += 1,
                ChangeKind::Added { .. } => missing += 1,
                ChangeKind::Changed { .. } => {
                    extra += 1;
                    missing += 1;
                }
            }
        }
        let text = diff.to_string();
        let mut lines = text.lines();
        let shown: Vec<&str> = lines.by_ref().take(DIFF_LINES).collect();
        let more = match lines.count() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Self {
            extra,
            missing,
            serial: Some(found.serial()),
            lines: shown.join("; ") + &more,
        }
    }
}
