//! What is counted of a node among others.

use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use crate::ledger::Holder;
use crate::metrics::{Floats, Labels, Metrics, labelled};

/// From a millisecond on loopback to the five seconds after which an answer is no longer looked for.
const SECONDS: &[f64] = &[
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
];

/// What is counted of a node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Counts {
    answers: Histogram,
    behind: Family<Labels, Gauge>,
    lag: Floats,
    turns: Family<Labels, Gauge>,
}

impl Counts {
    /// Declares it in `metrics`.
    pub fn new(metrics: &Metrics) -> Self {
        let answers = metrics.histograms(
            "cluster_engine_seconds",
            "How long the engine of the cluster took to answer changes",
            SECONDS,
        );
        Self {
            answers: answers.get_or_create_owned(&labelled(&[])),
            behind: metrics.gauges(
                "cluster_behind_writes",
                "Writes of the engine that this node knows of and has not followed yet",
            ),
            lag: metrics.floats(
                "cluster_lag_seconds",
                "For how long this node has not followed up to a write that it knows of; an engine that nobody writes \
                 to tells only every 5 s how far it is",
            ),
            turns: metrics.gauges(
                "cluster_turn",
                "Whether this node delivers to a shared backend, or reconciles",
            ),
        }
    }

    /// The engine has answered changes, whatever it said.
    pub(super) fn answered(&self, after: Duration) {
        self.answers.observe(after.as_secs_f64());
    }

    /// So many writes are not followed yet, the oldest of them for so long.
    pub(super) fn behind(&self, writes: u64, lag: Duration) {
        let behind = self.behind.get_or_create_owned(&labelled(&[]));
        behind.set(i64::try_from(writes).unwrap_or(i64::MAX));
        let seconds = self.lag.get_or_create_owned(&labelled(&[]));
        seconds.set(lag.as_secs_f64());
    }

    /// Whose turn it is.
    pub(super) fn turn(&self, what: &str, holder: &Holder) {
        let turn = self.turns.get_or_create_owned(&labelled(&[("of", what)]));
        turn.set(i64::from(matches!(holder, Holder::Ours(_))));
    }
}
