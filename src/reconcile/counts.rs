//! What is counted while zones are compared with those of the masters.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::metrics::{Choices, Labels, Metrics, choice, labelled};

choice! {
    /// How the comparison with one master ended.
    Ended as "result":
    Ok = "ok", "its list came whole";
    Unknown = "unknown", "it could not be asked or its list was not whole, nothing was removed";
    Stopped = "stopped", "so many zones would be removed that an operator has to confirm it";
}

/// What is counted of all masters.
#[derive(Debug, Clone)]
pub struct Counts {
    passes: Choices<Ended>,
    /// Has no value before the first success: monitors tell that from long ago.
    last_success: Family<Labels, Gauge>,
    deleted: Counter,
}

impl Counts {
    /// Declares it in `metrics`.
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            passes: metrics.choices(
                "reconcile_passes",
                "Comparisons with a master by how they ended",
            ),
            last_success: metrics.gauges(
                "reconcile_last_success_timestamp_seconds",
                "When the zones of a master were last compared in full, in seconds since 1970",
            ),
            deleted: metrics.counter(
                "reconcile_deleted",
                "Zones that were removed because their master no longer has them",
            ),
        }
    }

    /// Shows how the comparison with `master` may end, from 0 on.
    pub fn begin(&self, master: &str) {
        self.passes.of(&[("master", master)]);
    }

    /// The comparison with `master`, named by its host, ended so.
    pub fn passed(&self, master: &str, ended: Ended) {
        let labels = [("master", master)];
        self.passes.of(&labels).count(&ended);
        if ended == Ended::Ok {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.unwrap_or_default().as_secs();
            let last = self.last_success.get_or_create_owned(&labelled(&labels));
            last.set(i64::try_from(now).unwrap_or(i64::MAX));
        }
    }

    /// A zone was removed because its master no longer has it.
    pub fn deleted(&self) {
        self.deleted.inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_are_counted_by_master_and_only_a_success_has_a_time() {
        let metrics = Metrics::empty();
        let counts = Counts::new(&metrics);
        counts.passed("da1.example.net", Ended::Ok);
        counts.deleted();
        counts.passed("da2.example.net", Ended::Unknown);
        let text = metrics.shows(&[
            "dadns_reconcile_passes_total{master=\"da1.example.net\",result=\"ok\"} 1",
            "dadns_reconcile_passes_total{master=\"da2.example.net\",result=\"unknown\"} 1",
            "dadns_reconcile_passes_total{master=\"da2.example.net\",result=\"stopped\"} 0",
            "dadns_reconcile_deleted_total 1",
        ]);
        let name = "dadns_reconcile_last_success_timestamp_seconds{master=";
        let times: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix(name))
            .collect();
        assert_eq!(times.len(), 1, "{text}");
        let time = times[0].strip_prefix("\"da1.example.net\"} ").unwrap();
        assert!(time.parse::<u64>().unwrap() > 1_700_000_000, "{time}");
    }
}
