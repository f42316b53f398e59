//! What the check counts.

use std::time::Duration;

use dadns_backends::BackendId;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::metrics::{Choice, Choices, Floats, Labels, Metrics, choice, labelled};

choice! {
    /// How a zone on a backend has drifted.
    Drift as "kind":
    Records = "records", "the backend has other records";
    Missing = "missing", "the backend does not have it";
    Lingering = "lingering", "it was removed, but the backend has it";
    Unreadable = "unreadable", "what the backend has cannot be read";
    NotServed = "not_served", "the backend has it and does not serve it";
    Serial = "serial", "it is served with another serial";
    Answers = "answers", "some of its RRsets are answered wrong";
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// What the check counts, on all backends.
#[derive(Debug, Clone)]
pub struct Counts {
    drift: Choices<Drift>,
    zones: Family<Labels, Counter>,
    pass: Floats,
    unmanaged: Family<Labels, Gauge>,
}

impl Counts {
    /// Declares it in `metrics`.
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            drift: metrics.choices(
                "drift_found",
                "Zones that had drifted on a backend, by what was wrong",
            ),
            zones: metrics.counters("check_zones", "Zones that the check compared"),
            pass: metrics.floats(
                "check_pass_seconds",
                "How long the last pass of the check over all zones took",
            ),
            unmanaged: metrics.gauges(
                "unmanaged_zones",
                "Zones on a backend that nobody pushed to this gateway, and that are left unchanged",
            ),
        }
    }

    /// Shows what may be found on `backend`, from 0 on.
    pub fn begin(&self, backend: &BackendId) {
        self.drift.of(&[("backend", backend.as_str())]);
    }

    /// A zone on `backend` has drifted.
    pub fn drifted(&self, backend: &BackendId, drift: Drift) {
        let counters = self.drift.of(&[("backend", backend.as_str())]);
        counters.count(&drift);
    }

    /// A pass over all zones on `backend` compared so many of them and took so long.
    pub fn passed(&self, backend: &BackendId, zones: u64, took: Duration) {
        let labels = labelled(&[("backend", backend.as_str())]);
        self.zones.get_or_create_owned(&labels).inc_by(zones);
        let pass = self.pass.get_or_create_owned(&labels);
        pass.set(took.as_secs_f64());
    }

    /// So many zones on `backend` are unmanaged.
    pub fn unmanaged(&self, backend: &BackendId, zones: usize) {
        let labels = labelled(&[("backend", backend.as_str())]);
        let zones = i64::try_from(zones).unwrap_or(i64::MAX);
        self.unmanaged.get_or_create_owned(&labels).set(zones);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_check_finds_is_counted_from_0_on() {
        let metrics = Metrics::empty();
        let counts = Counts::new(&metrics);
        let bind: BackendId = "bind".parse().unwrap();
        counts.begin(&bind);
        counts.drifted(&bind, Drift::Missing);
        counts.passed(&bind, 7, Duration::from_millis(1500));
        counts.passed(&bind, 7, Duration::from_millis(2500));
        counts.unmanaged(&bind, 3);
        metrics.shows(&[
            "dadns_drift_found_total{backend=\"bind\",kind=\"missing\"} 1",
            "dadns_drift_found_total{backend=\"bind\",kind=\"serial\"} 0",
            "dadns_check_zones_total{backend=\"bind\"} 14",
            "dadns_check_pass_seconds{backend=\"bind\"} 2.5",
            "dadns_unmanaged_zones{backend=\"bind\"} 3",
        ]);
    }
}
