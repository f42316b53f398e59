//! How many TCP connections there may be, and of whom.
//!
//! Where there are as many as there may be, the one that has waited longest for a request gives way to a new
//! one (RFC 7766 §6.2.3 lets a server close idle connections): otherwise whoever has enough addresses could
//! keep all others out by connections that do nothing. A client that asks at once is answered long before it
//! is its turn.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore};

use crate::settings::TcpLimits;

/// Who has how many connections.
#[derive(Debug)]
pub(crate) struct Connections {
    all: Arc<Semaphore>,
    most_per_client: usize,
    by_client: Arc<ByClient>,
    waiting: Arc<AllWaiting>,
}

/// The connections that wait for a request, in the order in which they began to.
#[derive(Debug, Default)]
struct AllWaiting(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// The number of the next one.
    next: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// A connection that waits for a request, until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    all: Arc<AllWaiting>,
    number: u64,
    gives_way: Arc<Notify>,
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
            waiting: Arc::default(),
        }
    }

    /// Waits until there is room for one more connection, whoever it is of. Where there is none, the one that
    /// has waited longest for a request has to give way.
    ///
    /// # Errors
    /// Never: nobody closes it.
    pub async fn room(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        if let Ok(room) = Arc::clone(&self.all).try_acquire_owned() {
            return Ok(room);
        }
        let longest = self.waiting.lock().waiting.pop_first();
        if let Some((_, gives_way)) = longest {
            gives_way.notify_one();
        }
        Arc::clone(&self.all).acquire_owned().await
    }

    /// A connection waits for a request from now on.
    pub fn waits(&self) -> Waiting {
        let gives_way = Arc::<Notify>::default();
        let mut queue = self.waiting.lock();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.insert(number, Arc::clone(&gives_way));
        drop(queue);
        Waiting {
            all: Arc::clone(&self.waiting),
            number,
            gives_way,
        }
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

impl AllWaiting {
    /// No step under the lock can leave the queue half changed.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Waits until the connection has to give way to another.
    pub async fn gives_way(&self) {
        self.gives_way.notified().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.all.lock().waiting.remove(&self.number);
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
