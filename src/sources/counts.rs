//! What is counted of sources.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::shape::FileState;
use crate::metrics::{Choices, Labels, Metrics, choice, labelled};

choice! {
    /// What became of a file that was read.
    FileResult as "result":
    Accepted = "accepted", "the zone is as it says";
    Held = "held", "the guard holds it for an operator";
    Refused = "refused", "its text is no zone, or it may not be read";
    NotOwner = "not_owner", "the zone belongs to somebody else";
    Failed = "failed", "it could not be made durable, and is tried again";
}

/// What is counted of all sources.
#[derive(Debug, Clone)]
pub struct Counts {
    read: Choices<FileResult>,
    not_accepted: Family<Labels, Gauge>,
    removed: Family<Labels, prometheus_client::metrics::counter::Counter>,
}

impl Counts {
    /// Declares it in `metrics`.
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            read: metrics.choices("source_files_read", "Files of sources that were read"),
            not_accepted: metrics.gauges(
                "source_files_not_accepted",
                "Files of sources that are not accepted now: refused, held, of another owner, or failed",
            ),
            removed: metrics.counters(
                "source_zones_removed",
                "Zones that were removed because their file was",
            ),
        }
    }

    /// Shows what may become of the files of a source, from 0 on.
    pub fn begin(&self, source: &str) {
        self.read.of(&[("source", source)]);
        self.set_not_accepted(source, 0);
    }

    /// A file was read.
    pub fn read(&self, source: &str, state: FileState) {
        let result = match state {
            FileState::Waiting => return,
            FileState::Accepted => FileResult::Accepted,
            FileState::Held => FileResult::Held,
            FileState::Refused => FileResult::Refused,
            FileState::NotOwner => FileResult::NotOwner,
            FileState::Failed => FileResult::Failed,
        };
        self.read.of(&[("source", source)]).count(&result);
    }

    /// So many files are not accepted.
    pub fn set_not_accepted(&self, source: &str, count: usize) {
        let gauge = self
            .not_accepted
            .get_or_create_owned(&labelled(&[("source", source)]));
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A zone was removed.
    pub fn removed(&self, source: &str) {
        let counter = self
            .removed
            .get_or_create_owned(&labelled(&[("source", source)]));
        counter.inc();
    }
}
