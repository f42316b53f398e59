//! What is counted while zones are compared with those of the masters.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{self, Counters, Pass};
use super::{Labels, Metrics, add};

/// The families of this part.
#[derive(Debug, Clone)]
pub(super) struct Families {
    passes: Family<Labels<2>, Counter>,
    last_success: Family<Labels<1>, Gauge>,
    deleted: Counter,
}

impl Families {
    pub fn new(all: &mut Registry) -> Self {
        Self {
            passes: add(all, "reconcile_passes", labels::PASSES, Family::default()),
            last_success: add(
                all,
                "reconcile_last_success_timestamp_seconds",
                "When the zones of a master were last compared in full, in seconds since 1970",
                Family::default(),
            ),
            deleted: add(
                all,
                "reconcile_deleted",
                "Zones that were removed because their master no longer has them",
                Counter::default(),
            ),
        }
    }

    fn master(&self, master: &str) -> MasterMetrics {
        MasterMetrics {
            passes: Counters::of(&self.passes, "master", master),
            labels: [("master", master.to_owned())],
            last_success: self.last_success.clone(),
            deleted: self.deleted.clone(),
        }
    }
}

impl Metrics {
    /// What the comparison with `master`, named by its host, counts.
    pub fn master(&self, master: &str) -> MasterMetrics {
        self.masters.master(master)
    }
}

/// What the reconciliation with one master counts.
#[derive(Debug, Clone)]
pub struct MasterMetrics {
    passes: Counters<Pass>,
    labels: Labels<1>,
    /// Has no value before the first success: monitors tell that from long ago.
    last_success: Family<Labels<1>, Gauge>,
    deleted: Counter,
}

impl MasterMetrics {
    /// A comparison with the master ended so.
    pub fn passed(&self, result: Pass) {
        self.passes.count(result);
        if result == Pass::Ok {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.unwrap_or_default().as_secs();
            let last = self.last_success.get_or_create(&self.labels);
            last.set(i64::try_from(now).unwrap_or(i64::MAX));
        }
    }

    /// A zone was removed because the master no longer has it.
    pub fn deleted(&self) {
        self.deleted.inc();
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text;

    use super::*;

    #[test]
    fn passes_are_counted_by_master_and_only_a_success_has_a_time() {
        let mut registry = Registry::default();
        let families = Families::new(&mut registry);
        let one = families.master("da1.example.net");
        one.passed(Pass::Ok);
        one.deleted();
        families.master("da2.example.net").passed(Pass::Unknown);
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        for line in [
            "reconcile_passes_total{master=\"da1.example.net\",result=\"ok\"} 1",
            "reconcile_passes_total{master=\"da2.example.net\",result=\"unknown\"} 1",
            "reconcile_passes_total{master=\"da2.example.net\",result=\"stopped\"} 0",
            "reconcile_deleted_total 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        let name = "reconcile_last_success_timestamp_seconds{master=";
        let times: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix(name))
            .collect();
        assert_eq!(times.len(), 1, "{text}");
        let time = times[0].strip_prefix("\"da1.example.net\"} ").unwrap();
        assert!(time.parse::<u64>().unwrap() > 1_700_000_000, "{time}");
    }
}
