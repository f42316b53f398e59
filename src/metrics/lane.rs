//! What a lane counts.

use std::time::Duration;

use dadns_backends::BackendId;
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use super::Metrics;
use super::labels::{Applied, Counters};

impl Metrics {
    /// What the lane of `backend` counts.
    pub fn lane(&self, backend: &BackendId) -> LaneMetrics {
        let labels = [("backend", backend.to_string())];
        LaneMetrics {
            applied: Counters::of(&self.applied, "backend", backend.as_str()),
            apply: self.apply.get_or_create_owned(&labels),
            behind: self.behind.get_or_create_owned(&labels),
            check: self.check.get_or_create_owned(&labels),
            repaired: self.drift_repaired.get_or_create_owned(&labels),
        }
    }
}

/// What the lane of one backend counts.
#[derive(Debug, Clone)]
pub struct LaneMetrics {
    applied: Counters<Applied>,
    apply: Histogram,
    behind: Histogram,
    check: Histogram,
    repaired: Counter,
}

impl LaneMetrics {
    /// A try to bring one zone there ended so.
    pub fn applied(&self, outcome: Applied) {
        self.applied.count(outcome);
    }

    /// The backend was given a batch, which took so long.
    pub fn batch_took(&self, took: Duration) {
        self.apply.observe(took.as_secs_f64());
    }

    /// A zone that had been found otherwise there is as it should be again.
    pub fn repaired(&self) {
        self.repaired.inc();
    }

    /// One try to prove a zone took so long.
    pub fn check_took(&self, took: Duration) {
        self.check.observe(took.as_secs_f64());
    }

    /// A zone is verified; `since`: since when the backend was behind on it, if it is no more.
    pub fn verified(&self, changed: bool, since: Option<Timestamp>) {
        self.applied(match changed {
            true => Applied::Applied,
            false => Applied::Unchanged,
        });
        if let Some(since) = since {
            // The clock may have been set back meanwhile.
            let behind = Timestamp::now()
                .duration_since(since)
                .as_secs_f64()
                .max(0.0);
            self.behind.observe(behind);
        }
    }
}
