//! What this node shares with others, opened as the configuration says.

use std::sync::Arc;

use super::AppError;
use crate::cluster::{self, Cluster, Node, RECONCILE, REGISTRY, Role, WithoutQuorum};
use crate::config::Config;
use crate::health::Health;
use crate::ledger::etcd::{Etcd, EtcdSettings};
use crate::ledger::{Ledger, Turn};
use crate::metrics::Metrics;
use crate::store::{Store, Terms};

/// The engine of the cluster; `None`: this node is alone.
pub(super) async fn open_ledger(config: &Config) -> Result<Option<Arc<dyn Ledger>>, AppError> {
    let cluster = &config.cluster;
    if !cluster.is_on() {
        return Ok(None);
    }
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let settings = EtcdSettings {
        endpoints: cluster.endpoints.clone(),
        prefix: cluster.prefix.clone(),
        tls_ca_file: cluster.tls_ca_file.clone(),
        tls_cert_file: cluster.tls_cert_file.clone(),
        tls_key_file: cluster.tls_key_file.clone(),
        username: given(&cluster.username),
        password: cluster.password.clone(),
    };
    let etcd = Etcd::open(&settings).await;
    let etcd = etcd.map_err(|error| AppError::Cluster(error.to_string()))?;
    Ok(Some(Arc::new(etcd)))
}

/// How the store is shared.
pub(super) fn terms(config: &Config, ledger: &dyn Ledger) -> Terms {
    Terms {
        node: config.cluster.name(),
        takes: config.cluster.role == Role::Full,
        spools: config.cluster.without_quorum == WithoutQuorum::Spool,
        answers: ledger.answers(),
    }
}

/// The part of this node in the cluster.
pub(super) fn take_part(
    config: &Config,
    store: Store,
    health: Health,
    ledger: Arc<dyn Ledger>,
    metrics: &Metrics,
) -> Cluster {
    let node = Node {
        name: config.cluster.name(),
        site: config.cluster.site.clone(),
        role: config.cluster.role,
    };
    let shared = config.dns.enabled().filter(|backend| backend.shared);
    let shared = shared.map(|backend| backend.id.to_string());
    let reconciles = config.reconciliation.enabled.then(|| RECONCILE.to_owned());
    let publishes = config.registry.enabled && config.registry.domain.is_some();
    let publishes = publishes.then(|| REGISTRY.to_owned());
    let shared = shared.chain(reconciles).chain(publishes);
    let counts = cluster::Counts::new(metrics);
    Cluster::new(store, health, ledger, node, shared, counts)
}

/// This node's turn at delivering to a backend, at reconciliation, or at publishing services.
pub(super) fn turn(cluster: Option<&Cluster>, what: &str) -> Turn {
    cluster.map_or_else(Turn::default, |cluster| cluster.turn(what))
}
