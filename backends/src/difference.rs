//! How the zone that a backend has differs from the desired one.

use std::fmt;

use dadns_zone::{ChangeKind, Diff, Zone};

use crate::{Backend, BackendError, Expected};

/// How many lines of a difference an error quotes.
const LINES: usize = 6;

/// How the zone that was read back from a backend differs from the desired one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Records that the backend has and should not.
    pub extra: usize,
    /// Records that the backend should have and has not.
    pub missing: usize,
    /// The serial that the backend has; `None`: it does not have the zone.
    pub serial: Option<u32>,
    /// The first lines of the difference, or what else there is to say.
    pub(crate) lines: String,
}

impl Difference {
    /// Reads zones back from a backend and compares them with what should be there: a result for each.
    ///
    /// Each is an error when it cannot be read.
    pub async fn by_reading(
        backend: &dyn Backend,
        expected: &[Expected<'_>],
    ) -> Vec<Result<Option<Self>, BackendError>> {
        let names: Vec<_> = expected.iter().map(|zone| zone.name().clone()).collect();
        let read = backend.read(&names).await.into_iter().zip(expected);
        read.map(|(found, expected)| Ok(Self::between(found?.as_ref(), expected.zone())))
            .collect()
    }

    /// Compares what was `found` on a backend with what is `desired` there (`None`: no such zone), by record
    /// count and digest. `None`: they agree.
    pub fn between(found: Option<&Zone>, desired: Option<&Zone>) -> Option<Self> {
        match (found, desired) {
            (None, None) => None,
            (Some(found), Some(desired))
                if found.record_count() == desired.record_count()
                    && found.digest() == desired.digest() =>
            {
                None
            }
            (Some(found), Some(desired)) => Some(Self::of(found, desired)),
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

    fn of(found: &Zone, desired: &Zone) -> Self {
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
        let shown: Vec<&str> = lines.by_ref().take(LINES).collect();
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

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            extra,
            missing,
            lines,
            ..
        } = self;
        write!(f, "{extra} extra and {missing} missing records: {lines}")
    }
}
