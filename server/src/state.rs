//! What all tasks of the server share.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use dadns_dns::tsig::Keys;
use dadns_zone::ZoneName;
use ipnet::IpNet;
use tokio::sync::Notify;

use crate::answer::respond::Responder;
use crate::image::zones::zone_name;
use crate::limits::connections::Connections;
use crate::limits::rate::{Action, Limiter, Subject};
use crate::notices::{NotPassed, Reporter, Reused};
use crate::settings::{Secondary, Settings};
use crate::sockets::counters::AllCounters;
use crate::sockets::{Listening, Sockets};
use crate::transfer::catalog::Catalog;
use crate::transfer::notifier::Notifier;
use crate::update::Queue;

/// What all tasks of the server share. How its zones change is in `changes`.
#[derive(Debug)]
pub(crate) struct Shared {
    pub settings: Settings,
    pub responder: Responder,
    pub connections: Connections,
    pub notifiers: Vec<Notifier>,
    pub reporter: Reporter,
    pub counters: AllCounters,
    limiter: Option<Limiter>,
    listening: Mutex<Listening>,
    pub catalog: Option<Mutex<Catalog>>,
    /// Woken when zones were added or removed: the catalog has to follow.
    pub catalog_due: Notify,
    /// Zones that should be served and could not be loaded, by their apexes.
    missing: Mutex<BTreeSet<Box<[u8]>>>,
    started: Instant,
    reused: OnceLock<ReusedSerials>,
    /// Dynamic updates on their way.
    pub updates: Queue,
}

/// Knows which serials may stand for other records as well.
struct ReusedSerials(Reused);

impl fmt::Debug for ReusedSerials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReusedSerials")
    }
}

impl Shared {
    /// Without zones, its sockets open.
    pub fn new(settings: Settings) -> Self {
        let keys = Keys::new(&settings.tsig_keys);
        let notifier = |secondary: &Secondary| Notifier::new(secondary.clone(), &keys);
        Self {
            notifiers: settings.notify.iter().map(notifier).collect(),
            limiter: limiter(&settings),
            connections: Connections::new(&settings.tcp),
            listening: Mutex::new(Listening::open(&settings.listen)),
            responder: Responder::new(&settings, keys),
            catalog: settings
                .catalog_zone
                .clone()
                .map(Catalog::new)
                .map(Mutex::new),
            catalog_due: Notify::new(),
            settings,
            missing: Mutex::default(),
            reporter: Reporter::default(),
            counters: AllCounters::default(),
            started: Instant::now(),
            reused: OnceLock::new(),
            updates: Queue::default(),
        }
    }

    /// From now on `reused` is asked; the first one that is set stays.
    pub fn ask_for_reused(&self, reused: Reused) {
        let _ = self.reused.set(ReusedSerials(reused));
    }

    /// Whether the serial of a zone may stand for other records as well.
    pub fn is_reused(&self, name: &ZoneName) -> bool {
        self.not_passed(name)
            .is_some_and(|not_passed| not_passed.differs)
    }

    /// The serial of a zone that the present one is not ahead of, if there is one.
    pub fn not_passed(&self, name: &ZoneName) -> Option<NotPassed> {
        self.reused.get()?.0(name)
    }

    /// Whether the addresses are listened on. No step under the lock can leave it half changed.
    pub fn listening(&self) -> MutexGuard<'_, Listening> {
        self.listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The sockets to serve; opens them where that failed before.
    pub fn take_sockets(&self) -> Option<Vec<Sockets>> {
        let mut listening = self.listening();
        if matches!(*listening, Listening::Failed(_)) {
            *listening = Listening::open(&self.settings.listen);
        }
        listening.take()
    }

    /// Whether this is the name of the catalog.
    pub fn is_catalog(&self, name: &ZoneName) -> bool {
        self.settings.catalog_zone.as_ref() == Some(name)
    }

    /// Notes a zone that should be served and could not be loaded.
    pub fn not_loaded(&self, name: &ZoneName) {
        self.missing()
            .insert(name.to_domain_name().as_slice().into());
    }

    /// Builds the first catalog, and has secondaries notified of all zones in time: what changed before a
    /// restart may not have reached them. Says whether the catalog could be built.
    pub fn loaded(&self) -> bool {
        let built = self.update_catalog();
        if !self.notifiers.is_empty() {
            let apexes = self.responder.zones.apexes();
            let mut reused = apexes.clone();
            reused.retain(|apex| zone_name(apex).is_some_and(|name| self.is_reused(&name)));
            for notifier in &self.notifiers {
                notifier.started(&apexes, &reused);
            }
        }
        built
    }

    /// Zones that should be served and could not be loaded, by their apexes.
    pub fn missing(&self) -> MutexGuard<'_, BTreeSet<Box<[u8]>>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do with an answer about `subject` to `client`.
    pub fn limited(&self, client: IpAddr, subject: Subject) -> Action {
        match &self.limiter {
            Some(limiter) => {
                let now = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
                limiter.check(client, subject, now)
            }
            None => Action::Send,
        }
    }
}

/// The gateway asks the server whether it serves, from its own addresses: those are not limited.
fn limiter(settings: &Settings) -> Option<Limiter> {
    let mut limit = settings.rate_limit.clone()?;
    let own = settings.listen.iter().map(|address| address.ip());
    limit
        .exempt
        .extend(own.filter(|ip| !ip.is_unspecified()).map(IpNet::from));
    Some(Limiter::new(limit))
}
