//! What is looked up when somebody asks: the store, the backends, the built-in servers.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use dadns_backends::{Counts, Server};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, NoLabelSet,
};
use prometheus_client::metrics::MetricType;

use super::Labels;
use crate::health::{BackendHealth, Health, Snapshot};
use crate::store::Store;

/// What is looked up.
#[derive(Debug)]
pub(super) struct Scrape {
    store: Store,
    health: Health,
    servers: Vec<Arc<dyn Server>>,
    started: Instant,
}

impl Scrape {
    pub fn new(
        store: Store,
        health: Health,
        servers: Vec<Arc<dyn Server>>,
        started: Instant,
    ) -> Self {
        Self {
            store,
            health,
            servers,
            started,
        }
    }

    fn of_store(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let zones = self.store.zone_count() as u64;
        gauge(encoder, "zones", "Zones that are present", &zones)?;
        let records = self.store.record_count();
        gauge(encoder, "records", "Records of these zones", &records)?;
        // What cannot be read is left out: monitors tell that from zero.
        if let Ok(bytes) = self.store.size_on_disk() {
            let help = "Bytes that the store takes on disk";
            gauge(encoder, "store_bytes", help, &bytes)?;
        }
        let held = self.store.held_zones().len() as u64;
        let help = "Pushes that the guard holds until an operator approves or rejects them";
        gauge(encoder, "held_pushes", help, &held)?;
        let refused = self.store.refused_count() as u64;
        let help = "Zones whose last push was refused, present or not";
        gauge(encoder, "refused_zones", help, &refused)?;
        let help = "Signed zones whose serial is not ahead of one that they had with other records: \
                    secondaries that have that one keep their records until they expire";
        let zones = self.store.zones_not_ahead() as u64;
        gauge(encoder, "signed_serial_not_ahead_zones", help, &zones)?;
        let help = "How often other records of a signed zone came with a serial that is not ahead of one \
                    that it had";
        let none = [(Labels::new(), self.store.pushes_not_ahead())];
        counters(encoder, "signed_serial_not_ahead", help, none)?;
        let up = self.store.failure().is_none() && self.store.check_room().is_ok();
        let help =
            "Whether changes can be taken: 0 when the store has failed or the disk has no room";
        gauge(encoder, "store_up", help, &u64::from(up))?;
        self.of_cluster(encoder)
    }

    fn of_cluster(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some(standing) = self.store.standing() else {
            return Ok(());
        };
        let up = standing.outage.is_none();
        let help = "Whether the engine of the cluster answers";
        gauge(encoder, "cluster_engine_up", help, &u64::from(up))?;
        let full = u64::from(standing.full.is_some());
        let help = "Whether the engine of the cluster takes nothing more for want of room";
        gauge(encoder, "cluster_engine_full", help, &full)?;
        let help = "Whether nothing is shared because this node and the engine do not fit together";
        let diverged = u64::from(standing.diverged.is_some());
        gauge(encoder, "cluster_diverged", help, &diverged)?;
        let help = "Zones with changes that this node accepted and the others do not know yet";
        gauge(
            encoder,
            "cluster_unshared_zones",
            help,
            &(standing.unshared as u64),
        )?;
        let cursor = standing
            .membership
            .map_or(0, |membership| membership.cursor);
        let help = "Up to which write of the engine this node has followed";
        gauge(encoder, "cluster_cursor", help, &cursor)
    }

    fn of_backends(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let snapshot = Snapshot::take(&self.health, &self.store);
        let each = |value: &dyn Fn(&BackendHealth) -> Option<u64>| -> Vec<(Labels, u64)> {
            let labelled = |(id, backend)| {
                let labels = vec![("backend", ToString::to_string(id))];
                Some((labels, value(backend)?))
            };
            snapshot.backends.iter().filter_map(labelled).collect()
        };
        gauges(
            encoder,
            "pending_zones",
            "Zones that a backend may be behind on",
            &each(&|backend| Some(backend.pending as u64)),
        )?;
        gauges(
            encoder,
            "oldest_pending_seconds",
            "For how long a backend has been behind on any zone; 0: on none",
            &each(&|backend| {
                let waits = backend.oldest_pending_seconds(snapshot.at);
                u64::try_from(waits.unwrap_or_default()).ok()
            }),
        )?;
        gauges(
            encoder,
            "drifted_zones",
            "Zones that have drifted on a backend and are not repaired yet",
            &each(&|backend| Some(backend.drifted as u64)),
        )?;
        // Without a value before the first: monitors tell that from long ago.
        gauges(
            encoder,
            "last_verified_timestamp_seconds",
            "When any zone was last verified on a backend by its lane, in seconds since 1970",
            &each(&|backend| u64::try_from(backend.last_verified?.as_second()).ok()),
        )?;
        gauges(
            encoder,
            "backend_up",
            "Whether a backend is available; 0: it is unavailable, and probed until it answers",
            &each(&|backend| Some(u64::from(backend.unavailable.is_none()))),
        )?;
        let children = snapshot.backends.keys().filter_map(|id| {
            let child = self.health.child(id)?;
            Some((vec![("backend", id.to_string())], child))
        });
        let children: Vec<(Labels, _)> = children.collect();
        if children.is_empty() {
            return Ok(());
        }
        let up = children
            .iter()
            .map(|(labels, child)| (labels.clone(), u64::from(child.pid.is_some())));
        let help = "Whether the name server runs that dadns runs for a backend";
        gauges(encoder, "child_up", help, &up.collect::<Vec<_>>())?;
        let restarts = children
            .iter()
            .map(|(labels, child)| (labels.clone(), child.restarts));
        let help = "How often the name server was started again that dadns runs for a backend";
        counters(encoder, "child_restarts", help, restarts)
    }

    fn of_servers(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        if self.servers.is_empty() {
            return Ok(());
        }
        let counts: Vec<(String, Counts)> = self
            .servers
            .iter()
            .map(|server| (server.id().to_string(), server.counts()))
            .collect();
        let answers = counts.iter().flat_map(|(id, counts)| {
            let labelled = |(code, count): &(&str, u64)| {
                let labels = [("backend", id.clone()), ("rcode", (*code).to_owned())];
                (labels, *count)
            };
            counts.answers.iter().map(labelled).collect::<Vec<_>>()
        });
        counters(
            encoder,
            "dns_answers",
            "Answers of a built-in server by response code, those to the gateway's own questions among \
             them; a zone transfer counts as one",
            answers,
        )?;
        let behind = |server: &Arc<dyn Server>| {
            let labels = [("backend", server.id().to_string())];
            (labels, self.health.count_left_behind(server.id()) as u64)
        };
        gauges(
            encoder,
            "secondary_zones_left_behind",
            "Zones of which a secondary in notify of a built-in server keeps old records, or does not say, \
             counted for each secondary",
            &self.servers.iter().map(behind).collect::<Vec<_>>(),
        )?;
        counters(
            encoder,
            "dns_truncated_answers",
            "Answers of a built-in server that were truncated because they did not fit into a UDP datagram: the client asks again over TCP",
            counts
                .iter()
                .map(|(id, counts)| ([("backend", id.clone())], counts.truncated)),
        )?;
        counters(
            encoder,
            "dns_rate_limited_answers",
            "Answers of a built-in server over rate_limit; slipped: a truncated one was sent in its place; \
             dropped: nothing was",
            counts.iter().flat_map(|(id, counts)| {
                [("slipped", counts.slipped), ("dropped", counts.dropped)].map(|(action, count)| {
                    let labels = [("backend", id.clone()), ("action", action.to_owned())];
                    (labels, count)
                })
            }),
        )
    }
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let uptime = self.started.elapsed().as_secs();
        let help = "Seconds since the start of the gateway";
        gauge(&mut encoder, "uptime_seconds", help, &uptime)?;
        self.of_store(&mut encoder)?;
        self.of_backends(&mut encoder)?;
        self.of_servers(&mut encoder)
    }
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: &impl EncodeGaugeValue,
) -> fmt::Result {
    encoder
        .encode_descriptor(name, help, None, MetricType::Gauge)?
        .encode_gauge(value)
}

pub(super) fn gauges(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: &[(impl EncodeLabelSet, u64)],
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in values {
        family.encode_family(labels)?.encode_gauge(value)?;
    }
    Ok(())
}

fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (impl EncodeLabelSet, u64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in values {
        let mut counter = family.encode_family(&labels)?;
        counter.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
    }
    Ok(())
}
