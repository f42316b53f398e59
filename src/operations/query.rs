//! One question, asked at every backend that can be asked over DNS.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use dadns_backends::{Backend, BackendId, Seen, look};
use dadns_zone::{DomainName, Rtype};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

pub use dadns_backends::Transport;

/// How many servers are asked at the same time, by whomever.
const AT_ONCE: usize = 32;

/// Asks the backends. Cheap to clone.
#[derive(Clone)]
pub struct Questions {
    backends: Arc<BTreeMap<BackendId, Arc<dyn Backend>>>,
    turns: Arc<Semaphore>,
}

/// What a server of a backend answered.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The backend.
    pub backend: BackendId,
    /// The server; `None`: the backend has no address to be asked at.
    pub server: Option<SocketAddr>,
    /// Its answer, or why there is none.
    pub answer: Result<Seen, String>,
}

impl Default for Questions {
    fn default() -> Self {
        Self::at(Arc::default())
    }
}

impl fmt::Debug for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.backends.keys()).finish()
    }
}

impl Questions {
    /// For these backends.
    pub(crate) fn at(backends: Arc<BTreeMap<BackendId, Arc<dyn Backend>>>) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Self { backends, turns }
    }

    /// What each answers, in the order of backends and their servers.
    pub async fn ask(&self, name: &DomainName, rtype: Rtype, over: Transport) -> Vec<Asked> {
        let servers = self.backends.values().flat_map(|backend| {
            let servers = backend.dns_addresses().into_iter().map(Some);
            let servers: Vec<_> = servers.collect();
            let or_none = if servers.is_empty() {
                vec![None]
            } else {
                servers
            };
            or_none
                .into_iter()
                .map(|server| (backend.id().clone(), server))
        });
        join_all(servers.map(|(backend, server)| async move {
            let answer = match server {
                Some(server) => {
                    // It is never closed.
                    let _turn = self.turns.acquire().await;
                    let seen = look(server, name, rtype, over).await;
                    seen.map_err(|error| error.to_string())
                }
                None => Err("it has no DNS address to be asked at (dns_address)".to_owned()),
            };
            Asked {
                backend,
                server,
                answer,
            }
        }))
        .await
    }
}
