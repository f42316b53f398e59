//! Updates on their way: so many at once, the others refused, each answered when it is durable and served.

use std::fmt;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use dadns_dns::tsig;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::gate::Accepted;
use super::recent::Recent;
use super::{Code, Updater};
use crate::sockets::counters::Counters;
use crate::sockets::udp::Way;
use crate::state::Shared;

/// Most updates that wait to be made.
const WAITING: usize = 1024;
/// Most updates that are made at once.
const AT_ONCE: usize = 256;
/// How long an answer waits at most until this server serves the change. The change is durable by then; Kea
/// gives up after half a second.
const UNTIL_SERVED: Duration = Duration::from_millis(300);

/// Where an answer goes.
pub(crate) enum Reply {
    /// To whoever sent a datagram.
    Udp(Arc<UdpSocket>, Way, Arc<Counters>),
    /// To the task that has the connection.
    Tcp(oneshot::Sender<Vec<u8>>),
}

impl Reply {
    fn send(self, answer: Vec<u8>) {
        match self {
            Self::Udp(socket, way, counters) => {
                counters.sent(&answer);
                way.send(&socket, &answer);
            }
            // The client has gone.
            Self::Tcp(waiting) => drop(waiting.send(answer)),
        }
    }
}

type Job = (Accepted, Reply);

/// The updates of a server.
pub(crate) struct Queue {
    updater: OnceLock<Updater>,
    waiting: mpsc::Sender<Job>,
    /// Taken by the task that works on it.
    jobs: Mutex<Option<mpsc::Receiver<Job>>>,
    recent: Recent,
    /// Woken when a zone is served anew.
    served: Notify,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queue")
    }
}

impl Default for Queue {
    fn default() -> Self {
        let (waiting, jobs) = mpsc::channel(WAITING);
        Self {
            updater: OnceLock::new(),
            waiting,
            jobs: Mutex::new(Some(jobs)),
            recent: Recent::default(),
            served: Notify::new(),
        }
    }
}

impl Queue {
    /// From now on `updater` makes updates; the first one that is set stays.
    pub fn update_by(&self, updater: Updater) {
        let _ = self.updater.set(updater);
    }

    /// A zone is served anew.
    pub fn served(&self) {
        self.served.notify_waiters();
    }
}

impl Shared {
    /// Has an update made and answered; or returns the answer that there is no room for it, to be sent now.
    pub fn hand_over(&self, accepted: Accepted, reply: Reply) -> Result<(), Vec<u8>> {
        self.updates
            .waiting
            .try_send((accepted, reply))
            .map_err(|error| {
                let (accepted, _) = error.into_inner();
                let (zone, client) = (&accepted.update.zone, accepted.update.client);
                self.reporter.trouble(|| {
                    format!(
                        "an update of {zone} by {client} was answered SERVFAIL: {WAITING} updates \
                         wait already"
                    )
                });
                accepted.to.answer(Code::ServFail)
            })
    }

    /// Makes what is handed over, for ever.
    pub async fn make_updates(self: Arc<Self>) {
        let jobs = self.updates.jobs.lock();
        let jobs = jobs.unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut jobs) = jobs else {
            // Another run of the same server has them.
            return std::future::pending().await;
        };
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                Some((accepted, reply)) = jobs.recv(), if running.len() < AT_ONCE => {
                    let shared = Arc::clone(&self);
                    running.spawn(async move { reply.send(shared.make_update(accepted).await) });
                }
                Some(ended) = running.join_next() => if let Err(error) = ended {
                    std::panic::resume_unwind(error.into_panic());
                },
                else => return,
            }
        }
    }

    /// Makes one update, unless the same request was made already; returns the answer.
    pub async fn make_update(&self, Accepted { update, to }: Accepted) -> Vec<u8> {
        let Some(updater) = self.updates.updater.get() else {
            return to.answer(Code::Refused);
        };
        let answer = self
            .updates
            .recent
            .answer(to.identity(), to.ends(), tsig::now());
        let apex = update.zone.to_domain_name();
        let made = answer.get_or_try_init(async || {
            let updated = updater(update).await;
            if let Some(serial) = updated.serial {
                // Who then asks another way finds it out; the change is made.
                let _ = timeout(UNTIL_SERVED, self.serves(apex.as_slice(), serial)).await;
            }
            match updated.code {
                // The same request may be tried again.
                Code::ServFail => Err(Code::ServFail),
                code => Ok(code),
            }
        });
        let code = made.await.map_or_else(|code| code, |code| *code);
        to.answer(code)
    }

    /// Waits until the zone is served with this serial or a later one, or not at all.
    async fn serves(&self, apex: &[u8], serial: u32) {
        loop {
            let served = self.updates.served.notified();
            tokio::pin!(served);
            served.as_mut().enable();
            let Some(zone) = self.responder.zones.get(apex) else {
                return;
            };
            let (present, _) = zone.image.serial_and_negative_ttl();
            if present == serial || dadns_zone::is_ahead(present, serial) {
                return;
            }
            drop(zone);
            served.await;
        }
    }
}
