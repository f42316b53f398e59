//! What the backend and the tasks of the server share, and how it changes.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dadns_dns::tsig;
use dadns_zone::{Zone, ZoneName};
use ipnet::IpNet;
use tokio::sync::Notify;

use crate::answer::respond::Responder;
use crate::image::zones::{Held, zone_name};
use crate::image::{Image, TooLarge};
use crate::limits::connections::Connections;
use crate::limits::rate::{Limiter, Subject, Verdict};
use crate::limits::unsupported::{Unsupported, unsupported};
use crate::news::{News, NotPassed, Reporter, Reused, Tell};
use crate::settings::{Secondary, Settings};
use crate::sockets::counters::AllCounters;
use crate::sockets::{Listening, Sockets};
use crate::transfer::catalog::Catalog;
use crate::transfer::journal::Journal;
use crate::transfer::listener::Listener;
use crate::transfer::watch::Doubt;

/// How long the catalog waits for further changes before it is made anew.
/// Its serial is the time in seconds and goes up by one each time, so that it never gets ahead of the
/// clock, by which it starts after a restart.
const CATALOG_PAUSE: Duration = Duration::from_secs(1);
/// How many times as long as making it took it waits at least.
const CATALOG_REST: u32 = 9;

/// What an operator is told of a catalog that is not there.
const CATALOG_TROUBLE: &str = "the catalog zone cannot be made: its name is too long for anything to fit \
                               below it; secondaries do not hear of new zones";

/// What the backend and the tasks of the server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub settings: Settings,
    pub responder: Responder,
    pub connections: Connections,
    pub listeners: Vec<Listener>,
    pub reporter: Reporter,
    pub counters: AllCounters,
    limiter: Option<Limiter>,
    listening: Mutex<Listening>,
    catalog: Option<Mutex<Catalog>>,
    /// The catalog may lack a change of what zones there are.
    catalog_due: Notify,
    /// Zones that should be served and could not be loaded, by their apexes.
    missing: Mutex<BTreeSet<Box<[u8]>>>,
    started: Instant,
    reused: OnceLock<ReusedSerials>,
}

/// Says which serials may stand for other records as well.
struct ReusedSerials(Reused);

impl fmt::Debug for ReusedSerials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReusedSerials")
    }
}

impl Shared {
    /// Without zones, its sockets open.
    pub fn new(settings: Settings) -> Self {
        let keys = tsig::keys(&settings.tsig_keys);
        let listener = |secondary: &Secondary| Listener::new(secondary.clone(), &keys);
        Self {
            listeners: settings.notify.iter().map(listener).collect(),
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
        }
    }

    pub fn ask_for_reused(&self, reused: Reused) {
        let _ = self.reused.set(ReusedSerials(reused));
    }

    /// Whether the serial of a zone may stand for other records as well.
    pub fn is_reused(&self, name: &ZoneName) -> bool {
        self.not_passed(name)
            .is_some_and(|not_passed| not_passed.differs)
    }

    fn not_passed(&self, name: &ZoneName) -> Option<NotPassed> {
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

    /// Makes the first catalog, and has secondaries hear of all zones in time: what changed before a
    /// restart may not have reached them.
    pub fn loaded(&self) -> bool {
        let made = self.list_in_catalog();
        if !self.listeners.is_empty() {
            let apexes = self.responder.zones.apexes();
            let mut reused = apexes.clone();
            reused.retain(|apex| zone_name(apex).is_some_and(|name| self.is_reused(&name)));
            for listener in &self.listeners {
                listener.started(&apexes, &reused);
            }
        }
        made
    }

    fn missing(&self) -> MutexGuard<'_, BTreeSet<Box<[u8]>>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do with an answer about `subject` to `client`.
    pub fn limited(&self, client: IpAddr, subject: Subject) -> Verdict {
        match &self.limiter {
            Some(limiter) => {
                let now = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
                limiter.check(client, subject, now)
            }
            None => Verdict::Send,
        }
    }

    /// Takes `zone` in, and has those hear of it who should; says whether it changed.
    pub fn put(&self, zone: &Zone) -> Result<bool, NotPut> {
        if self.is_catalog(zone.name()) {
            return Err(NotPut::Unsupported(unsupported(zone, Some(zone.name()))));
        }
        let apex = zone.name().to_domain_name();
        let held = self.responder.zones.get(apex.as_slice());
        let is_new = held.is_none();
        let before = held
            .as_ref()
            .and_then(|held| held.image.to_zone(zone.name()));
        let changed = self.replace(zone, held, before.as_ref());
        self.missing().remove(apex.as_slice());
        if is_new {
            self.catalog_due.notify_one();
        }
        // Also of a zone that was here: what was pushed again may not have arrived there.
        let doubt = match is_new {
            _ if self.is_reused(zone.name()) => Doubt::Reused,
            true => Doubt::New,
            false => Doubt::Serial,
        };
        for listener in &self.listeners {
            listener.changed(apex.as_slice(), doubt);
        }
        Ok(changed?)
    }

    /// Removes a zone; says whether it was there.
    pub fn remove(&self, name: &ZoneName) -> bool {
        if self.is_catalog(name) {
            return false;
        }
        let apex = name.to_domain_name();
        self.missing().remove(apex.as_slice());
        let removed = self.responder.zones.remove(apex.as_slice());
        if removed {
            self.catalog_due.notify_one();
        }
        removed
    }

    /// Puts `zone` in place of what is `held` of it, which is the zone `before`; says whether they differ.
    fn replace(
        &self,
        zone: &Zone,
        held: Option<Arc<Held>>,
        before: Option<&Zone>,
    ) -> Result<bool, TooLarge> {
        if before == Some(zone) {
            return Ok(false);
        }
        let image = Image::new(zone)?;
        let journal = match (held, before) {
            (Some(held), Some(before)) if self.responder.is_transferred() => {
                held.journal.after(before, zone, image.size())
            }
            _ => self.first_journal(zone),
        };
        self.responder.zones.put(Held { image, journal });
        Ok(true)
    }

    /// The journal of a zone of which no change is known yet.
    pub fn first_journal(&self, zone: &Zone) -> Journal {
        match self.not_passed(zone.name()) {
            // A higher one may come again, and with other records than secondaries have under it.
            Some(not_passed) => Journal::doubting(not_passed.serial),
            None => Journal::default(),
        }
    }

    /// Makes the catalog anew whenever zones have come or gone.
    pub async fn keep_catalog(self: Arc<Self>, tell: &Tell) {
        let mut pause = CATALOG_PAUSE;
        loop {
            self.catalog_due.notified().await;
            tokio::time::sleep(pause).await;
            let start = Instant::now();
            let shared = Arc::clone(&self);
            let made = tokio::task::spawn_blocking(move || shared.list_in_catalog()).await;
            match made {
                Ok(true) => {}
                Ok(false) => tell(News::Trouble(CATALOG_TROUBLE.to_owned())),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
            // However many zones there are, a tenth of a core at the most goes into it.
            pause = CATALOG_PAUSE.max(start.elapsed() * CATALOG_REST);
        }
    }

    /// Lists all zones in the catalog, if there is one; says whether that went well.
    pub fn list_in_catalog(&self) -> bool {
        let Some(catalog) = &self.catalog else {
            return true;
        };
        // Its zone stays as it was until it is replaced.
        let mut catalog = catalog.lock().unwrap_or_else(PoisonError::into_inner);
        let zones = &self.responder.zones;
        let apex = catalog.name().to_domain_name();
        let mut members = zones.apexes();
        members.remove(apex.as_slice());
        members.extend(self.missing().iter().cloned());
        if catalog.lists(&members) {
            return true;
        }
        let before = catalog.zone().cloned();
        // By the clock, so that it goes up over a restart too.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs() as u32;
        let next = before.as_ref().map(|zone| zone.serial().wrapping_add(1));
        let Some(zone) = catalog.list(next.unwrap_or(0).max(now), members) else {
            return false;
        };
        // Its size is bounded by the number of zones.
        let _ = self.replace(zone, zones.get(apex.as_slice()), before.as_ref());
        for listener in &self.listeners {
            listener.changed(apex.as_slice(), Doubt::Serial);
        }
        true
    }
}

/// The server asks itself whether it serves: not limited.
fn limiter(settings: &Settings) -> Option<Limiter> {
    let mut limit = settings.rate_limit.clone()?;
    let own = settings.listen.iter().map(|address| address.ip());
    limit
        .exempt
        .extend(own.filter(|ip| !ip.is_unspecified()).map(IpNet::from));
    Some(Limiter::new(limit))
}

/// Why a zone was not taken in; what was there before is untouched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPut {
    /// It cannot be served, for these reasons.
    Unsupported(Vec<Unsupported>),
    /// It cannot be held.
    TooLarge(TooLarge),
}

impl From<TooLarge> for NotPut {
    fn from(error: TooLarge) -> Self {
        Self::TooLarge(error)
    }
}
