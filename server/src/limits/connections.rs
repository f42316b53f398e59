//! How many TCP connections there may be, and of whom.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::settings::TcpLimits;

/// Who has how many connections.
#[derive(Debug)]
pub(crate) struct Connections {
    all: Arc<Semaphore>,
    most_per_client: usize,
    by_client: Arc<ByClient>,
}

/// How many connections each client has.
#[derive(Debug, Default)]
struct ByClient(Mutex<HashMap<u128, usize>>);

/// One connection of one client, until it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    by_client: Arc<ByClient>,
    client: u128,
}

impl Connections {
    /// None yet.
    pub fn new(limits: &TcpLimits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(
                limits.connections.min(Semaphore::MAX_PERMITS),
            )),
            most_per_client: limits.connections_per_client,
            by_client: Arc::default(),
        }
    }

    /// Waits until there is room for one more connection, whoever it is of.
    ///
    /// # Errors
    /// Never: nobody closes it.
    pub async fn room(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.all).acquire_owned().await
    }

    /// One more connection of `client`; `None`: it has enough.
    pub fn take(&self, client: IpAddr) -> Option<Connection> {
        let client = network(client);
        let mut by_client = self.by_client.lock();
        let open = by_client.entry(client).or_default();
        if *open >= self.most_per_client {
            return None;
        }
        *open += 1;
        Some(Connection {
            by_client: Arc::clone(&self.by_client),
            client,
        })
    }
}

impl ByClient {
    /// No step under the lock can leave the map half changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<u128, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Entry::Occupied(mut open) = self.by_client.lock().entry(self.client) {
            *open.get_mut() -= 1;
            if *open.get() == 0 {
                open.remove();
            }
        }
    }
}

/// Whom connections are counted for: an address, or a /64 of IPv6.
fn network(client: IpAddr) -> u128 {
    match client.to_canonical() {
        IpAddr::V4(client) => u128::from(client.to_bits()),
        IpAddr::V6(client) => client.to_bits() >> 64 | 1 << 127,
    }
}
