//! What this node shares with others, opened as the configuration says.

use std::sync::Arc;

use super::AppError;
use crate::cluster::{Cluster, Node, Role, WithoutQuorum};
use crate::config::Config;
use crate::ledger::Ledger;
use crate::ledger::etcd::{Etcd, EtcdSettings};
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
pub(super) fn take_part(config: &Config, store: Store, ledger: Arc<dyn Ledger>) -> Cluster {
    let node = Node {
        name: config.cluster.name(),
        site: config.cluster.site.clone(),
        role: config.cluster.role,
    };
    Cluster::new(store, ledger, node, [])
}
