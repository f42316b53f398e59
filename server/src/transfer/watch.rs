//! Finds secondaries that keep old records of a zone, because our serial is not ahead of theirs.
//!
//! A secondary compares serials and nothing else (RFC 1034 §4.3.5). It never transfers a zone whose serial
//! is not ahead of its own: a signed zone was pushed without a higher serial, the store was lost, or the
//! secondary once had the zone from another primary. The server cannot repair that: somebody has to force
//! a transfer there or raise the serial. So it reports the secondary and the zone. It asks each secondary
//! for the serial of every zone that it notified it of, and for all records only where our serial may stand
//! for other records as well.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dadns_dns::{Answers, Authority, NoAnswer, Served};
use dadns_zone::{Zone, is_ahead};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::image::zones::{ServedZone, Zones, zone_name};
use crate::limits::unsupported::unsupported;
use crate::notices::{Notice, NoticeSink};

/// Zones that one secondary is asked about at once.
const AT_ONCE: usize = 32;
/// The pauses between questions about one zone: the first, doubling up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(600));
/// After so many questions without an answer it is reported.
const PATIENCE: u32 = 3;
/// How many RRsets that differ a report names.
const SHOWN: usize = 3;
/// How many zones of one secondary are reported in the log at a time; the others are only recorded.
const NAMED: usize = 10;

/// How much of a zone a secondary is asked for, and what is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// Its serial.
    Serial,
    /// All records, where it has our serial: the zone is new here, and the secondary may have it from before.
    New,
    /// The same. Our serial is known to have stood for other records, so no answer is reported as well.
    Reused,
}

/// The zones that one secondary has to be asked about.
#[derive(Debug)]
pub(crate) struct Watch {
    address: SocketAddr,
    /// By apex.
    due: Mutex<BTreeMap<Box<[u8]>, Doubt>>,
    wake: Notify,
}

/// One zone that it is asked about.
struct Question {
    doubt: Doubt,
    next: Instant,
    pause: Duration,
    tries: u32,
    /// What was reported last.
    reported: Option<String>,
}

/// By apex.
type Questions = BTreeMap<Box<[u8]>, Question>;

/// What a secondary has of one zone.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// The same as this server, as far as is known.
    Same,
    /// A lower serial: it is going to transfer the zone.
    Behind,
    /// Other records, which it keeps for this reason.
    LeftBehind(String),
    /// Nobody knows, for this reason.
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
    pub async fn run(&self, zones: &Zones, sink: &NoticeSink) {
        let mut open = Questions::new();
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
                self.note(&mut open, apex, standing, sink);
            }
        }
    }

    /// Takes over what has become due.
    fn take(&self, open: &mut Questions) {
        let due = std::mem::take(&mut *self.due.lock().unwrap_or_else(PoisonError::into_inner));
        for (apex, doubt) in due {
            let before = open.remove(&apex);
            // A doubt stays until it is resolved.
            let doubt = before
                .as_ref()
                .map_or(doubt, |before| doubt.max(before.doubt));
            let reported = before.and_then(|before| before.reported);
            let fresh = Question {
                doubt,
                next: Instant::now(),
                pause: PAUSES.0,
                tries: 0,
                reported,
            };
            open.insert(apex, fresh);
        }
    }

    /// What the secondary has of these zones; `None`: the zone is not served here any more.
    async fn ask(
        &self,
        zones: &Zones,
        due: Vec<(Box<[u8]>, Doubt)>,
    ) -> Vec<(Box<[u8]>, Option<Standing>)> {
        let mut questions = JoinSet::new();
        let mut found = Vec::new();
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
                None => found.push((apex, None)),
            }
        }
        for (apex, doubt, asked) in questions.join_all().await {
            // Compared with the zone as it is now: it may have changed here and there since.
            let standing = match zones.get(&apex) {
                Some(zone) => Some(self.judge(&zone, doubt, asked).await),
                None => None,
            };
            found.push((apex, standing));
        }
        found
    }

    async fn judge(
        &self,
        zone: &ServedZone,
        doubt: Doubt,
        asked: Result<Served, NoAnswer>,
    ) -> Standing {
        let (ours, _) = zone.image.serial_and_negative_ttl();
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
        let zone = zone_name(zone.image.apex()).and_then(|name| zone.image.to_zone(&name));
        match zone.filter(|_| doubt > Doubt::Serial) {
            Some(zone) => self.compare(&zone).await,
            None => Standing::Same,
        }
    }

    /// Whether the secondary answers as `zone` has it, whose serial it has.
    async fn compare(&self, zone: &Zone) -> Standing {
        let unsupported = unsupported(zone, None);
        let unsupported = unsupported.iter().map(|one| one.record.as_str()).collect();
        match dadns_dns::compare(self.address, zone, Authority::Required, &unsupported).await {
            Ok(Answers {
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

    /// Reports what is new, and has the zone asked about again where that may change.
    fn note(
        &self,
        open: &mut Questions,
        apex: Box<[u8]>,
        standing: Option<Standing>,
        sink: &NoticeSink,
    ) {
        let Some(mut zone) = open.remove(&apex) else {
            return;
        };
        zone.tries += 1;
        let address = self.address;
        let Some(name) = zone_name(&apex) else {
            return;
        };
        let report = match standing {
            Some(Standing::LeftBehind(why)) => Some(format!(
                "secondary {address} keeps its old records of zone {name}: {why}. It transfers \
                 the zone only when our serial is ahead; until then force a transfer there (rndc \
                 retransfer, nsd-control force_transfer, knotc zone-retransfer)"
            )),
            Some(Standing::Unknown(why)) if zone.doubt == Doubt::Reused => (zone.tries >= PATIENCE).then(|| {
                format!(
                    "cannot tell whether secondary {address} has the new records of zone {name}, whose \
                     serial is not ahead of an earlier one: {why}"
                )
            }),
            // It is going to transfer the zone: asked until it has.
            Some(Standing::Behind) if zone.doubt == Doubt::Reused || zone.reported.is_some() => {
                zone.reported.clone()
            }
            Some(Standing::Same | Standing::Behind | Standing::Unknown(_)) | None => {
                if zone.reported.is_some() {
                    sink(Notice::CaughtUp {
                        zone: name,
                        secondary: address,
                    });
                }
                return;
            }
        };
        if let Some(report) = report.filter(|report| zone.reported.as_ref() != Some(report)) {
            let reported = open.values().filter(|open| open.reported.is_some()).count();
            sink(Notice::LeftBehind {
                zone: name,
                secondary: address,
                report: report.clone(),
                quiet: reported >= NAMED && zone.doubt != Doubt::Reused,
            });
            zone.reported = Some(report);
        }
        zone.next = Instant::now() + zone.pause;
        zone.pause = (zone.pause * 2).min(PAUSES.1);
        open.insert(apex, zone);
    }
}
