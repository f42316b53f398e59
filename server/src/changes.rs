//! How the zones that are served change, and the catalog after them.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dadns_zone::{Unsupported, Zone, ZoneName};

use crate::image::zones::ServedZone;
use crate::image::{Image, TooLarge};
use crate::limits::unsupported::unsupported;
use crate::notices::{Notice, NoticeSink};
use crate::state::Shared;
use crate::transfer::journal::Journal;
use crate::transfer::watch::Doubt;

/// How long the catalog waits for further changes before it is built anew.
/// Its serial is the time in seconds and goes up by one each time, so that it never gets ahead of the
/// clock, by which it starts after a restart.
const CATALOG_PAUSE: Duration = Duration::from_secs(1);
/// It waits at least this many times as long as building it took.
const CATALOG_REST: u32 = 9;

const NO_CATALOG: &str = "the catalog zone cannot be built: its name is too long for names of members below it; \
                          secondaries do not learn of new zones";

/// Why a zone was not put; what was served before is unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPut {
    /// The zone as a whole cannot be served, for these reasons.
    Unsupported(Vec<Unsupported>),
    /// It does not fit in memory as it is laid out here.
    TooLarge(TooLarge),
}

impl From<TooLarge> for NotPut {
    fn from(error: TooLarge) -> Self {
        Self::TooLarge(error)
    }
}

impl Shared {
    /// Serves `zone` from now on, and has secondaries notified; says whether it changed.
    pub fn put(&self, zone: &Zone) -> Result<bool, NotPut> {
        if self.is_catalog(zone.name()) {
            return Err(NotPut::Unsupported(unsupported(zone, Some(zone.name()))));
        }
        let apex = zone.name().to_domain_name();
        let served = self.responder.zones.get(apex.as_slice());
        let is_new = served.is_none();
        let before = |served: &ServedZone| served.image.to_zone(zone.name());
        let changed = self.replace(zone, served, before);
        self.updates.served();
        self.missing().remove(apex.as_slice());
        if is_new {
            self.catalog_due.notify_one();
        }
        // Also of a zone that is unchanged here: an earlier version may not have arrived there.
        let doubt = match is_new {
            _ if self.is_reused(zone.name()) => Doubt::Reused,
            true => Doubt::New,
            false => Doubt::Serial,
        };
        for notifier in &self.notifiers {
            notifier.changed(apex.as_slice(), doubt);
        }
        Ok(changed?)
    }

    /// Removes a zone; says whether it was served.
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

    /// Serves `zone` instead of `served`, which has the records that `before` puts together; says whether
    /// they differ.
    fn replace(
        &self,
        zone: &Zone,
        served: Option<Arc<ServedZone>>,
        before: impl FnOnce(&ServedZone) -> Option<Zone>,
    ) -> Result<bool, TooLarge> {
        let image = Image::new(zone)?;
        if served.as_ref().is_some_and(|served| served.image == image) {
            return Ok(false);
        }
        let served = served.filter(|_| self.responder.is_transferred());
        let before = served.and_then(|served| Some((before(&served)?, served)));
        let journal = match before {
            Some((before, served)) => served.journal.after(&before, zone, image.size()),
            None => self.first_journal(zone),
        };
        self.responder.zones.put(ServedZone { image, journal });
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

    /// Keeps the catalog as the zones are, for ever.
    pub async fn keep_catalog(self: Arc<Self>, sink: &NoticeSink) {
        let mut pause = CATALOG_PAUSE;
        loop {
            self.catalog_due.notified().await;
            tokio::time::sleep(pause).await;
            let start = Instant::now();
            let shared = Arc::clone(&self);
            let built = tokio::task::spawn_blocking(move || shared.update_catalog()).await;
            match built {
                Ok(true) => {}
                Ok(false) => sink(Notice::Trouble(NO_CATALOG.to_owned())),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
            // However many zones there are, it takes a tenth of a core at most.
            pause = CATALOG_PAUSE.max(start.elapsed() * CATALOG_REST);
        }
    }

    /// Lists all zones in the catalog, if there is one; says whether it could be built.
    pub fn update_catalog(&self) -> bool {
        let Some(catalog) = &self.catalog else {
            return true;
        };
        // It stays as it was until it is replaced, so a panic leaves it whole.
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
        // A catalog never gets as large as 4 GiB.
        let _ = self.replace(zone, zones.get(apex.as_slice()), |_| before);
        for notifier in &self.notifiers {
            notifier.changed(apex.as_slice(), Doubt::Serial);
        }
        true
    }
}
