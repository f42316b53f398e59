//! The gateway's metrics for Prometheus, in text format 0.0.4. This room only observes.
//!
//! What happens is counted in the room where it happens, which declares its families once in a struct of its
//! own (`counts.rs` there) and holds the counters: to add one is a field and a line of that struct. What
//! simply is (zones, pending, unavailable) is looked up when somebody asks (`scrape`).
//!
//! Nothing here is waited for: counters are atomic, and a histogram is locked only while a number is put in
//! or its dozen lines are written to memory.

mod labels;
mod looked_up;
mod scrape;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use dadns_backends::Server;
use parking_lot::Mutex;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

use crate::health::Health;
use crate::store::Store;
pub(crate) use labels::{Choice, Choices, Counters, choice};

/// The content type of [`Metrics::text`].
pub use prometheus_text::CONTENT_TYPE;

/// Stands in front of every name.
const PREFIX: &str = "dadns";

/// One label: its name and value.
pub(crate) type Label<'a> = (&'static str, &'a str);

/// The labels of a series.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// Gauges of numbers that are not whole.
pub(crate) type Floats = Family<Labels, Gauge<f64, AtomicU64>>;

/// Histograms with the same upper bounds.
pub(crate) type Histograms = Family<Labels, Histogram, Bounds>;

/// The labels of a series, as it keeps them.
pub(crate) fn labelled(labels: &[Label<'_>]) -> Labels {
    let owned = |(name, value): &Label<'_>| (*name, (*value).to_owned());
    labels.iter().map(owned).collect()
}

/// The upper bounds of a histogram.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds(&'static [f64]);

impl MetricConstructor<Histogram> for Bounds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// Where rooms declare what they count, once each. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
}

impl Metrics {
    /// Nothing is declared yet but what is looked up; `servers` are the built-in ones, which count for
    /// themselves.
    pub fn new(
        store: Store,
        health: Health,
        servers: Vec<Arc<dyn Server>>,
        started: Instant,
    ) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register(
            "build",
            "The version of this program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let scrape = scrape::Scrape::new(store, health, servers, started);
        registry.register_collector(Box::new(scrape));
        Self {
            registry: Arc::new(Mutex::new(registry)),
        }
    }

    fn add<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        self.registry.lock().register(name, help, metric.clone());
        metric
    }

    /// Declares a counter without labels.
    pub(crate) fn counter(&self, name: &str, help: &str) -> Counter {
        self.add(name, help, Counter::default())
    }

    /// Declares counters by labels.
    pub(crate) fn counters(&self, name: &str, help: &str) -> Family<Labels, Counter> {
        self.add(name, help, Family::default())
    }

    /// Declares counters by a choice, and by other labels. Each of the choice is explained in the help text.
    pub(crate) fn choices<C: Choice>(&self, name: &str, help: &str) -> Choices<C> {
        let meaning = |(word, what): &(&str, &str)| format!("; {word}: {what}");
        let help = help.to_owned() + &C::WORDS.iter().map(meaning).collect::<String>();
        Choices::new(self.counters(name, &help))
    }

    /// Declares gauges by labels.
    pub(crate) fn gauges(&self, name: &str, help: &str) -> Family<Labels, Gauge> {
        self.add(name, help, Family::default())
    }

    /// Declares gauges by labels of numbers that are not whole.
    pub(crate) fn floats(&self, name: &str, help: &str) -> Floats {
        self.add(name, help, Family::default())
    }

    /// Declares gauges by labels that `look` finds whenever somebody asks.
    pub(crate) fn looked_up(
        &self,
        name: &'static str,
        help: &'static str,
        look: impl Fn() -> Vec<(Labels, u64)> + Send + Sync + 'static,
    ) {
        let gauges = looked_up::LookedUp::new(name, help, look);
        self.registry.lock().register_collector(Box::new(gauges));
    }

    /// Declares histograms by labels, with these upper bounds.
    pub(crate) fn histograms(&self, name: &str, help: &str, bounds: &'static [f64]) -> Histograms {
        let family = Histograms::new_with_constructor(Bounds(bounds));
        self.add(name, help, family)
    }

    /// All of it as text, with what is looked up now. Reads the store: not for a thread that others
    /// wait for.
    ///
    /// # Errors
    /// When a value cannot be written.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry.lock())?;
        Ok(text)
    }
}

#[cfg(test)]
impl Metrics {
    /// Nothing is declared, and nothing looked up.
    pub(crate) fn empty() -> Self {
        Self {
            registry: Arc::new(Mutex::new(Registry::with_prefix(PREFIX))),
        }
    }

    /// Asserts that the text has these lines, and returns it.
    #[track_caller]
    pub(crate) fn shows(&self, lines: &[&str]) -> String {
        let text = self.text().unwrap();
        for line in lines {
            assert!(text.lines().any(|found| found == *line), "{line}\n{text}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use dadns_backends::BackendId;

    use super::*;
    use crate::store::Options;

    #[test]
    fn what_is_looked_up_is_shown() {
        let bind: BackendId = "bind".parse().unwrap();
        let (store, _committer) = Store::in_memory([&bind], &Options::default());
        let health = Health::of([bind.clone()]);
        let metrics = Metrics::new(store, health.clone(), Vec::new(), Instant::now());
        health.note_unavailable(&bind, "gone".into());
        health.note_drift(&bind, &"a.example".parse().unwrap(), 1, "gone".into());
        let text = metrics.shows(&[
            "dadns_backend_up{backend=\"bind\"} 0",
            "dadns_pending_zones{backend=\"bind\"} 0",
            "dadns_drifted_zones{backend=\"bind\"} 1",
            "dadns_store_up 1",
            "dadns_zones 0",
            "dadns_refused_zones 0",
        ]);
        assert!(!text.contains("gone"), "causes are for the status");
    }

    #[test]
    fn label_values_are_escaped() {
        let metrics = Metrics::empty();
        let family = metrics.counters("x", "X");
        family
            .get_or_create(&labelled(&[("master", "a\"} 1\nb\\")]))
            .inc();
        metrics.shows(&["dadns_x_total{master=\"a\\\"} 1\\nb\\\\\"} 1"]);
    }
}
