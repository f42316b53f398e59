//! What the registry counts. What is registered is looked up when somebody asks: steps of the book wait for nothing here.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use super::Registry;
use super::rules::{Status, Target};
use crate::metrics::{Counters, Histograms, Labels, Metrics, choice, labelled};

/// Upper bounds for how long a change waited to be published, in seconds: a quarter of one is waited for more changes.
const PUBLISHED: [f64; 8] = [0.3, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0];

choice! {
    /// What a probe found.
    ProbeResult as "result":
    Passing = "passing", "it works";
    Warning = "warning", "it works, and says of itself that something is wrong";
    Critical = "critical", "it does not answer in time, or says that it does not work, or may not be asked";
}

/// What is counted.
#[derive(Debug)]
pub(super) struct Counts {
    /// Heartbeats and reports that were accepted.
    pub heartbeats: Counter,
    http: Counters<ProbeResult>,
    tcp: Counters<ProbeResult>,
    grpc: Counters<ProbeResult>,
    published: Histograms,
}

impl Counts {
    /// Declares it in `metrics`.
    pub fn new(metrics: &Metrics) -> Self {
        let probes = metrics.choices(
            "registry_probes",
            "Probes of instances by what they ask and what they found",
        );
        let published = metrics.histograms(
            "registry_published_seconds",
            "How long a change of what is registered waited until it was an edit of the zones that services are \
             published in, which is then delivered as every edit is",
            &PUBLISHED,
        );
        published.get_or_create_owned(&Labels::new());
        Self {
            heartbeats: metrics.counter(
                "registry_heartbeats",
                "Heartbeats, and reports of clients on their checks, that were accepted",
            ),
            http: probes.of(&[("kind", "http")]),
            tcp: probes.of(&[("kind", "tcp")]),
            grpc: probes.of(&[("kind", "grpc")]),
            published,
        }
    }

    /// A probe found this.
    pub fn probed(&self, target: &Target, found: Status) {
        let counters = match target {
            Target::Http { .. } => &self.http,
            Target::Tcp(_) => &self.tcp,
            Target::Grpc { .. } => &self.grpc,
        };
        counters.count(&match found {
            Status::Passing => ProbeResult::Passing,
            Status::Warning => ProbeResult::Warning,
            Status::Critical | Status::Maintenance => ProbeResult::Critical,
        });
    }

    /// What had changed so long ago is published.
    pub fn published(&self, after: Duration) {
        let histogram = self.published.get_or_create_owned(&Labels::new());
        histogram.observe(after.as_secs_f64());
    }
}

/// Shows in `metrics` how many instances and services there are.
pub(super) fn show(metrics: &Metrics, registry: &Registry) {
    const ALL: [Status; 4] = [
        Status::Passing,
        Status::Warning,
        Status::Critical,
        Status::Maintenance,
    ];
    let shown = registry.clone();
    metrics.looked_up(
        "registry_instances",
        "Instances of services that are registered, by their status; those that are passing or warning are published",
        move || {
            let mut counts = ALL.map(|status| (status, 0));
            shown.look(|book, _| {
                for instance in book.all() {
                    let status = instance.status();
                    let mut counts = counts.iter_mut();
                    if let Some((_, count)) = counts.find(|(one, _)| *one == status) {
                        *count += 1;
                    }
                }
            });
            let labelled = |(status, count): (Status, _)| {
                (labelled(&[("status", status.as_str())]), count)
            };
            counts.map(labelled).into()
        },
    );
    let shown = registry.clone();
    metrics.looked_up(
        "registry_stale_services",
        "Services of which most became critical at once, so that what was published stays until most of them work \
         again or an operator believes it",
        move || {
            let count = shown.look(|book, _| {
                let services = book.services();
                services.filter(|service| book.is_stale(service)).count()
            });
            vec![(Labels::new(), count as u64)]
        },
    );
}
