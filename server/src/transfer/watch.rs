//! Finds secondaries that keep old records, because our serial is not ahead of theirs.
//!
//! A secondary goes by the serial alone (RFC 1034 §4.3.5). It never comes for a zone whose serial is not ahead
//! of its own: where a signed zone came without a higher serial, where the store was lost, or where it once
//! had the zone from somewhere else. Nothing here can help that, since its operator has to force a transfer or
//! the serial has to go up; so it is said, with its address. Each secondary is asked for the serial of what it
//! was notified of. Only where our serial may stand for other records as well is it asked for all of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dadns_dns::{Answers, Authority, NoAnswer, Served};
use dadns_zone::{Zone, is_ahead};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::image::zones::{Held, Zones, zone_name};
use crate::limits::unsupported::unsupported;
use crate::news::{News, Tell};

/// Zones that one secondary is asked about at once.
const AT_ONCE: usize = 32;
/// The pauses between questions while there is something to wait for: this, doubling up to the other.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(600));
/// How often a secondary that does not answer is asked before that is told.
const PATIENCE: u32 = 3;
/// How many RRsets that differ are named.
const SHOWN: usize = 3;
/// How many zones of one secondary are named in the log at a time; the others are only noted.
const NAMED: usize = 10;

/// How much of a zone a secondary is asked for, and what is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// Its serial.
    Serial,
    /// All its records, where it has our serial: the zone is new here, and it may have it from before.
    New,
    /// The same; our serial is known to have stood for other records, so silence is told as well.
    Reused,
}

/// What one secondary has to be asked about.
#[derive(Debug)]
pub(crate) struct Watch {
    address: SocketAddr,
    /// By apex.
    due: Mutex<BTreeMap<Box<[u8]>, Doubt>>,
    wake: Notify,
}

/// What is known of one zone there.
struct Open {
    doubt: Doubt,
    next: Instant,
    pause: Duration,
    tries: u32,
    /// What was told of it last.
    told: Option<String>,
}

/// How a secondary stands to us with one zone.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// It has what we have, or nothing is known against it.
    Same,
    /// Its serial is behind: it comes for the zone.
    Behind,
    /// It keeps other records than ours, for this reason.
    LeftBehind(String),
    /// It does not say, for this reason.
    Unknown(String),
}

impl Watch {
    /// Of the secondary at `address`; nothing is due.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            due: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// The zone with this apex may have changed.
    pub fn changed(&self, apex: &[u8], doubt: Doubt) {
        {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            let known = due.entry(apex.into()).or_insert(doubt);
            *known = doubt.max(*known);
        }
        self.wake.notify_one();
    }

    /// Asks, for ever.
    pub async fn run(&self, zones: &Zones, tell: &Tell) {
        let mut open = BTreeMap::<Box<[u8]>, Open>::new();
        loop {
            self.take(&mut open);
            let now = Instant::now();
            let due = open.iter().filter(|(_, open)| open.next <= now);
            let due: Vec<_> = due
                .take(AT_ONCE)
                .map(|(apex, open)| (apex.clone(), open.doubt))
                .collect();
            if due.is_empty() {
                let next = open.values().map(|open| open.next).min();
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = sleep_until(next.unwrap_or(now)), if next.is_some() => {}
                }
                continue;
            }
            for (apex, standing) in self.ask(zones, due).await {
                self.note(&mut open, apex, standing, tell);
            }
        }
    }

    /// Takes over what has become due.
    fn take(&self, open: &mut BTreeMap<Box<[u8]>, Open>) {
        let due = std::mem::take(&mut *self.due.lock().unwrap_or_else(PoisonError::into_inner));
        for (apex, doubt) in due {
            let before = open.remove(&apex);
            // What was in doubt is so until it is settled.
            let doubt = before
                .as_ref()
                .map_or(doubt, |before| doubt.max(before.doubt));
            let told = before.and_then(|before| before.told);
            let fresh = Open {
                doubt,
                next: Instant::now(),
                pause: PAUSES.0,
                tries: 0,
                told,
            };
            open.insert(apex, fresh);
        }
    }

    async fn ask(
        &self,
        zones: &Zones,
        due: Vec<(Box<[u8]>, Doubt)>,
    ) -> Vec<(Box<[u8]>, Option<Standing>)> {
        let mut questions = JoinSet::new();
        let mut gone = Vec::new();
        for (apex, doubt) in due {
            let address = self.address;
            match zones.get(&apex) {
                Some(_) => {
                    let name = zone_name(&apex);
                    questions.spawn(async move {
                        let asked = match &name {
                            Some(name) => {
                                dadns_dns::served(address, name, Authority::Required).await
                            }
                            None => Ok(Served::Absent),
                        };
                        (apex, doubt, asked)
                    });
                }
                None => gone.push((apex, None)),
            }
        }
        for (apex, doubt, asked) in questions.join_all().await {
            // As it is now: what it was before may have been overtaken there, too.
            let standing = match zones.get(&apex) {
                Some(held) => Some(self.judge(&held, doubt, asked).await),
                None => None,
            };
            gone.push((apex, standing));
        }
        gone
    }

    async fn judge(&self, held: &Held, doubt: Doubt, asked: Result<Served, NoAnswer>) -> Standing {
        let (ours, _) = held.image.serial_and_negative_ttl();
        let theirs = match asked {
            Ok(Served::Serial(serial)) => serial,
            Ok(served) => return Standing::Unknown(format!("it {served}")),
            Err(error) => return Standing::Unknown(error.to_string()),
        };
        if is_ahead(ours, theirs) {
            return Standing::Behind;
        }
        if ours != theirs {
            return Standing::LeftBehind(format!(
                "it has serial {theirs}, and our serial {ours} is not ahead of that"
            ));
        }
        let zone = zone_name(held.image.apex()).and_then(|name| held.image.to_zone(&name));
        match zone.filter(|_| doubt > Doubt::Serial) {
            Some(zone) => self.compare(&zone).await,
            None => Standing::Same,
        }
    }

    /// Whether the secondary answers as `zone` has it, whose serial it has.
    async fn compare(&self, zone: &Zone) -> Standing {
        let unserved = unsupported(zone, None);
        let unserved = unserved.iter().map(|one| one.record.as_str()).collect();
        match dadns_dns::compare(self.address, zone, Authority::Required, &unserved).await {
            Ok(Answers::Checked {
                rrsets,
                wrong,
                wrong_count: wrong_count @ 1..,
            }) => {
                let shown: Vec<_> = wrong.iter().take(SHOWN).map(|one| &*one.record).collect();
                let more = match wrong_count > shown.len() {
                    true => ", …",
                    false => "",
                };
                Standing::LeftBehind(format!(
                    "it has serial {} too, but {wrong_count} of {rrsets} RRsets differ ({}{more})",
                    zone.serial(),
                    shown.join(", ")
                ))
            }
            Ok(_) => Standing::Same,
            Err(error) => Standing::Unknown(error.to_string()),
        }
    }

    /// Tells what is new, and has it asked again where that may change.
    fn note(
        &self,
        open: &mut BTreeMap<Box<[u8]>, Open>,
        apex: Box<[u8]>,
        standing: Option<Standing>,
        tell: &Tell,
    ) {
        let Some(mut zone) = open.remove(&apex) else {
            return;
        };
        zone.tries += 1;
        let address = self.address;
        let Some(name) = zone_name(&apex) else {
            return;
        };
        let said = match standing {
            Some(Standing::LeftBehind(why)) => Some(format!(
                "secondary {address} keeps its old records of zone {name}: {why}. It comes for the zone \
                 only when the serial is ahead; until then force a transfer there (rndc retransfer, \
                 nsd-control force_transfer, knotc zone-retransfer)"
            )),
            Some(Standing::Unknown(why)) if zone.doubt == Doubt::Reused => (zone.tries >= PATIENCE).then(|| {
                format!(
                    "nobody knows whether secondary {address} has the new records of zone {name}, whose \
                     serial is not ahead of one that it had: {why}"
                )
            }),
            // It comes, or its operator has forced it to: looked at until it has.
            Some(Standing::Behind) if zone.doubt == Doubt::Reused || zone.told.is_some() => {
                zone.told.clone()
            }
            Some(Standing::Same | Standing::Behind | Standing::Unknown(_)) | None => {
                if zone.told.is_some() {
                    tell(News::CaughtUp {
                        zone: name,
                        secondary: address,
                    });
                }
                return;
            }
        };
        if let Some(said) = said.filter(|said| zone.told.as_ref() != Some(said)) {
            let told = open.values().filter(|open| open.told.is_some()).count();
            tell(News::LeftBehind {
                zone: name,
                secondary: address,
                said: said.clone(),
                quiet: told >= NAMED && zone.doubt != Doubt::Reused,
            });
            zone.told = Some(said);
        }
        zone.next = Instant::now() + zone.pause;
        zone.pause = (zone.pause * 2).min(PAUSES.1);
        open.insert(apex, zone);
    }
}
