//! What the gateway counts of itself, for Prometheus: text format 0.0.4.
//!
//! What happens is counted where it happens; what simply is (zones, pending, away) is looked up when
//! somebody asks (`scrape`). Nothing here is waited for: counters are atomic, and a histogram is
//! locked only while a number is put in or its dozen lines are written to memory.
//!
//! To add a family: one field of [`Metrics`], one line in [`Metrics::new`].

mod labels;
mod lane;
mod masters;
mod scrape;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use dadns_backends::BackendId;
use dadns_backends::builtin::Builtin;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

use crate::store::Store;
use labels::Counters;
pub use labels::{Applied, Drift, Pass, Push, Removal};
pub use lane::LaneMetrics;
pub use masters::MasterMetrics;

/// The content type of [`Metrics::text`].
pub use prometheus_text::CONTENT_TYPE;

/// Stands in front of every name.
const PREFIX: &str = "dadns";

/// Upper bounds for one batch on a backend, in seconds.
const APPLY: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];

/// Upper bounds for how long a backend was behind on a zone, in seconds: up to a night away.
const BEHIND: [f64; 12] = [
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0, 36_000.0,
];

/// Upper bounds for one proof of one zone, in seconds: a lane waits for a second.
const CHECK: [f64; 8] = [0.0005, 0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0];

/// Labels of a family: keys with values.
type Labels<const N: usize> = [(&'static str, String); N];

/// A histogram for each backend.
type PerBackend = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// All that is counted. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    pushes: Counters<Push>,
    removals: Counters<Removal>,
    applied: Family<Labels<2>, Counter>,
    apply: PerBackend,
    behind: PerBackend,
    check: PerBackend,
    drift_found: Family<Labels<2>, Counter>,
    drift_repaired: Family<Labels<1>, Counter>,
    audited: Family<Labels<1>, Counter>,
    audit_pass: Family<Labels<1>, Gauge<f64, AtomicU64>>,
    unmanaged: Family<Labels<1>, Gauge>,
    masters: masters::Families,
}

impl Metrics {
    /// Nothing counted yet; `servers` are the built-in ones, which count for themselves.
    pub fn new(store: Store, servers: Vec<Builtin>, started: Instant) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let all = &mut registry;
        all.register(
            "build",
            "The version of this program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let metrics = Self {
            pushes: Counters::all(&add(all, "pushes", labels::PUSHES, Family::default())),
            removals: Counters::all(&add(all, "removals", labels::REMOVALS, Family::default())),
            applied: add(all, "applied_zones", labels::APPLIED, Family::default()),
            apply: add(
                all,
                "apply_seconds",
                "How long a backend took for one batch of zones, without its proof",
                PerBackend::new_with_constructor(|| Histogram::new(APPLY)),
            ),
            behind: add(
                all,
                "proof_seconds",
                "How long a zone was pending on a backend until its latest revision was verified there: \
                 from the push, removal or other cause that first made it pending, over restarts",
                PerBackend::new_with_constructor(|| Histogram::new(BEHIND)),
            ),
            check: add(
                all,
                "proof_check_seconds",
                "How long one try to prove a zone took: reading it back and asking for it over DNS, \
                 until it was verified or given up for the moment",
                PerBackend::new_with_constructor(|| Histogram::new(CHECK)),
            ),
            drift_found: add(all, "drift_found", labels::DRIFT, Family::default()),
            drift_repaired: add(
                all,
                "drift_repaired",
                "Zones that were found so, put there again and verified",
                Family::default(),
            ),
            audited: add(
                all,
                "audit_zones",
                "Zones that the audit looked at",
                Family::default(),
            ),
            audit_pass: add(
                all,
                "audit_pass_seconds",
                "How long the last pass of the audit over all zones took",
                Family::default(),
            ),
            unmanaged: add(
                all,
                "unmanaged_zones",
                "Zones on a backend that nobody pushed to this gateway, and that are left alone",
                Family::default(),
            ),
            masters: masters::Families::new(all),
            registry: Arc::default(),
        };
        registry.register_collector(Box::new(scrape::Scrape::new(store, servers, started)));
        Self {
            registry: Arc::new(registry),
            ..metrics
        }
    }

    /// A push was answered.
    pub fn pushed(&self, push: Push) {
        self.pushes.count(push);
    }

    /// What one removal asked for was answered.
    pub fn removed(&self, removal: Removal) {
        self.removals.count(removal);
    }

    /// A zone was found otherwise on `backend`.
    pub fn drift_found(&self, backend: &BackendId, drift: Drift) {
        self.drift(backend).count(drift);
    }

    /// Shows what may be found wrong on `backend`, from 0 on.
    pub fn audits(&self, backend: &BackendId) {
        drop(self.drift(backend));
    }

    fn drift(&self, backend: &BackendId) -> Counters<Drift> {
        Counters::of(&self.drift_found, "backend", backend.as_str())
    }

    /// The audit went once over all zones on `backend`, of which it could judge so many.
    pub fn audited(&self, backend: &BackendId, zones: u64, took: Duration) {
        let labels = [("backend", backend.to_string())];
        self.audited.get_or_create_owned(&labels).inc_by(zones);
        let pass = self.audit_pass.get_or_create_owned(&labels);
        pass.set(took.as_secs_f64());
    }

    /// So many zones on `backend` are none of ours.
    pub fn unmanaged(&self, backend: &BackendId, zones: usize) {
        let labels = [("backend", backend.to_string())];
        let zones = i64::try_from(zones).unwrap_or(i64::MAX);
        self.unmanaged.get_or_create_owned(&labels).set(zones);
    }

    /// All of it as text, with what is looked up now. Reads the store: not for a thread that others
    /// wait for.
    ///
    /// # Errors
    /// When a value cannot be written.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::engine::Memory;
    use crate::store::Options;

    #[test]
    fn what_is_counted_is_shown_and_what_never_happened_is_0() {
        let bind: BackendId = "bind".parse().unwrap();
        let places = BTreeMap::from([(bind.clone(), String::new())]);
        let (store, _committer) = Store::open(
            std::sync::Arc::new(Memory::default()),
            &places,
            &Options::default(),
        )
        .unwrap();
        let metrics = Metrics::new(store.clone(), Vec::new(), Instant::now());
        metrics.pushed(Push::Stored);
        metrics.pushed(Push::Stored);
        metrics.removed(Removal::NotOwner);
        let lane = metrics.lane(&bind);
        for outcome in <Applied as labels::Choice>::ALL {
            lane.applied(*outcome);
        }
        lane.applied(Applied::Unverified);
        lane.batch_took(Duration::from_millis(20));
        let two_hours = jiff::SignedDuration::from_hours(2);
        lane.verified(false, Some(Timestamp::now() - two_hours));
        lane.verified(true, None);
        lane.repaired();
        metrics.drift_found(&bind, Drift::Missing);
        metrics.audited(&bind, 7, Duration::from_millis(1500));
        metrics.audited(&bind, 7, Duration::from_millis(2500));
        metrics.unmanaged(&bind, 3);
        store.note_unavailable(&bind, Some("gone".into()));
        let text = metrics.text().unwrap();
        for line in [
            "dadns_pushes_total{result=\"stored\"} 2",
            "dadns_pushes_total{result=\"held\"} 0",
            "dadns_removals_total{result=\"not_owner\"} 1",
            "dadns_removals_total{result=\"removed\"} 0",
            "dadns_applied_zones_total{backend=\"bind\",outcome=\"failed\"} 1",
            "dadns_applied_zones_total{backend=\"bind\",outcome=\"unverified\"} 2",
            "dadns_apply_seconds_bucket{backend=\"bind\",le=\"0.005\"} 0",
            "dadns_apply_seconds_bucket{backend=\"bind\",le=\"0.025\"} 1",
            "dadns_proof_seconds_bucket{backend=\"bind\",le=\"600\"} 0",
            "dadns_proof_seconds_bucket{backend=\"bind\",le=\"36000\"} 1",
            "dadns_proof_seconds_count{backend=\"bind\"} 1",
            "dadns_applied_zones_total{backend=\"bind\",outcome=\"unchanged\"} 2",
            "dadns_backend_up{backend=\"bind\"} 0",
            "dadns_drift_repaired_total{backend=\"bind\"} 1",
            "dadns_drift_found_total{backend=\"bind\",kind=\"missing\"} 1",
            "dadns_audit_zones_total{backend=\"bind\"} 14",
            "dadns_audit_pass_seconds{backend=\"bind\"} 2.5",
            "dadns_foreign_zones{backend=\"bind\"} 3",
            "dadns_pending_zones{backend=\"bind\"} 0",
            "dadns_store_up 1",
            "dadns_zones 0",
            "dadns_refused_zones 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("gone"), "causes are for the status");
    }

    #[test]
    fn label_values_are_escaped() {
        let mut registry = Registry::default();
        let family: Family<Labels<1>, Counter> = add(&mut registry, "x", "X", Family::default());
        family
            .get_or_create(&[("master", "a\"} 1\nb\\".to_owned())])
            .inc();
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        assert!(
            text.ends_with("x_total{master=\"a\\\"} 1\\nb\\\\\"} 1\n"),
            "{text}"
        );
    }
}
