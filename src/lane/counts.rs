//! What the lanes count.

use std::time::Duration;

use dadns_backends::{BackendId, ZoneResult};
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use crate::metrics::{Choice, Choices, Counters, Histograms, Labels, Metrics, labelled};

/// Upper bounds for one batch on a backend, in seconds.
const APPLY: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];

/// Upper bounds for how long a zone was pending on a backend, in seconds: up to an outage of a night.
const VERIFIED_AFTER: [f64; 12] = [
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0, 36_000.0,
];

/// Upper bounds for one try to verify one zone, in seconds: a lane waits for a second.
const VERIFY: [f64; 8] = [0.0005, 0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0];

impl Choice for ZoneResult {
    const LABEL: &'static str = "result";
    const WORDS: &'static [(&'static str, &'static str)] = Self::WORDS;

    fn word(&self) -> &'static str {
        self.word()
    }
}

/// What all lanes count.
#[derive(Debug, Clone)]
pub struct Counts {
    results: Choices<ZoneResult>,
    apply: Histograms,
    verified_after: Histograms,
    verify: Histograms,
    repaired: Family<Labels, Counter>,
}

impl Counts {
    /// Declares it in `metrics`.
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            results: metrics.choices(
                "zone_results",
                "Attempts to apply or to remove a zone on a backend, by result",
            ),
            apply: metrics.histograms(
                "apply_seconds",
                "How long a backend took to apply one batch of zones, without verifying them",
                &APPLY,
            ),
            verified_after: metrics.histograms(
                "verified_after_seconds",
                "How long a zone was pending on a backend until its latest revision was verified there: \
                 from the push, removal or other cause that first made it pending, over restarts",
                &VERIFIED_AFTER,
            ),
            verify: metrics.histograms(
                "verify_seconds",
                "How long one try to verify a zone took: reading it back and asking for it over DNS, \
                 until it was verified or given up for the moment",
                &VERIFY,
            ),
            repaired: metrics.counters(
                "drift_repaired",
                "Zones that had drifted, were applied again and are verified",
            ),
        }
    }

    /// What the lane of `backend` counts.
    pub fn of(&self, backend: &BackendId) -> LaneCounts {
        let only = [("backend", backend.as_str())];
        let labels = labelled(&only);
        LaneCounts {
            results: self.results.of(&only),
            apply: self.apply.get_or_create_owned(&labels),
            verified_after: self.verified_after.get_or_create_owned(&labels),
            verify: self.verify.get_or_create_owned(&labels),
            repaired: self.repaired.get_or_create_owned(&labels),
        }
    }
}

/// What the lane of one backend counts.
#[derive(Debug, Clone)]
pub struct LaneCounts {
    results: Counters<ZoneResult>,
    apply: Histogram,
    verified_after: Histogram,
    verify: Histogram,
    repaired: Counter,
}

impl LaneCounts {
    /// This happened to one zone.
    pub fn result(&self, result: &ZoneResult) {
        self.results.count(result);
    }

    /// The backend was given a batch, which took so long.
    pub fn batch_took(&self, took: Duration) {
        self.apply.observe(took.as_secs_f64());
    }

    /// A zone that had drifted is verified again.
    pub fn repaired(&self) {
        self.repaired.inc();
    }

    /// One try to verify a zone took so long.
    pub fn verify_took(&self, took: Duration) {
        self.verify.observe(took.as_secs_f64());
    }

    /// A zone is verified that was pending since `since`; says for how long.
    pub fn verified_after(&self, since: Timestamp) -> Duration {
        // The clock may have been set back meanwhile.
        let took = Timestamp::now().duration_since(since);
        let took = Duration::try_from(took).unwrap_or_default();
        self.verified_after.observe(took.as_secs_f64());
        took
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lanes_count_is_shown_and_what_never_happened_is_0() {
        let metrics = Metrics::empty();
        let lane = Counts::new(&metrics).of(&"bind".parse().unwrap());
        lane.result(&ZoneResult::Refused(Vec::new()));
        for changed in [true, false, false] {
            lane.result(&ZoneResult::Verified {
                changed,
                repaired: None,
            });
        }
        lane.batch_took(Duration::from_millis(20));
        let two_hours = jiff::SignedDuration::from_hours(2);
        lane.verified_after(Timestamp::now() - two_hours);
        lane.repaired();
        metrics.shows(&[
            "dadns_zone_results_total{backend=\"bind\",result=\"applied\"} 1",
            "dadns_zone_results_total{backend=\"bind\",result=\"unchanged\"} 2",
            "dadns_zone_results_total{backend=\"bind\",result=\"refused\"} 1",
            "dadns_zone_results_total{backend=\"bind\",result=\"unavailable\"} 0",
            "dadns_apply_seconds_bucket{backend=\"bind\",le=\"0.005\"} 0",
            "dadns_apply_seconds_bucket{backend=\"bind\",le=\"0.025\"} 1",
            "dadns_verified_after_seconds_bucket{backend=\"bind\",le=\"600\"} 0",
            "dadns_verified_after_seconds_bucket{backend=\"bind\",le=\"36000\"} 1",
            "dadns_verified_after_seconds_count{backend=\"bind\"} 1",
            "dadns_verify_seconds_count{backend=\"bind\"} 0",
            "dadns_drift_repaired_total{backend=\"bind\"} 1",
        ]);
    }
}
