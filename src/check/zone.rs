//! Zones on one backend: are they in sync?

use std::fmt;

use dadns_backends::{Backend, BackendError, Depth, Difference, Expected, Served};
use dadns_zone::{Zone, ZoneName, is_ahead};
use futures_util::future::join_all;
use jiff::Timestamp;

use super::counts::Drift;
use crate::health::Health;
use crate::store::{Store, StoreError};
use crate::verify::why;

/// The desired state of a zone.
#[derive(Debug, Clone)]
pub(crate) struct DesiredZone {
    pub name: ZoneName,
    pub revision: u64,
    /// `None`: it was removed.
    pub zone: Option<Zone>,
}

/// What was found of a zone on a backend.
#[derive(Debug)]
pub(crate) enum Found {
    /// The backend has and serves what is desired.
    InSync,
    /// It cannot be compared now, for this reason: it is being changed, or the backend is unavailable.
    Skipped(String),
    /// It has drifted.
    Drifted(Finding),
}

/// How a zone on a backend has drifted.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub kind: Drift,
    /// The serial there, where it is ahead of ours: serving ours again would go backwards.
    pub ahead: Option<u32>,
    /// In words for an operator.
    pub said: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

/// Compares what `backend` has, serves and answers of zones with what is desired: a result for each. What
/// changed meanwhile is skipped: it is the lane's.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn check(
    store: &Store,
    health: &Health,
    backend: &dyn Backend,
    zones: &[DesiredZone],
) -> Result<Vec<Found>, StoreError> {
    let id = backend.id();
    if let Some(unavailable) = health.unavailable(id) {
        let why = format!("{id} is unavailable: {}", unavailable.cause);
        let skipped = || Found::Skipped(why.clone());
        return Ok(zones.iter().map(|_| skipped()).collect());
    }
    let busy = |desired: &DesiredZone| store.pending_entry(id, &desired.name).is_some();
    let is_busy: Vec<bool> = zones.iter().map(busy).collect();
    let idle = zones.iter().zip(&is_busy).filter(|(_, busy)| !**busy);
    let idle: Vec<_> = idle.map(|(desired, _)| desired).collect();
    let began = Timestamp::now();
    let mut looks = look(backend, &idle).await.into_iter();
    let mut all = Vec::with_capacity(zones.len());
    for (desired, is_busy) in zones.iter().zip(is_busy) {
        let look = match is_busy {
            true => None,
            false => looks.next(),
        };
        all.push(match look {
            None => Found::Skipped("it is pending".into()),
            Some(Ok(Found::Drifted(finding))) => {
                let current = store.head(&desired.name)?.map_or(0, |head| head.revision);
                // In this order: what is recorded between the two has been verified since.
                let changed = busy(desired)
                    || health.is_verified_since(id, &desired.name, began)
                    || current != desired.revision;
                match changed {
                    true => Found::Skipped("it is being changed".into()),
                    false => Found::Drifted(finding),
                }
            }
            Some(Ok(found)) => found,
            Some(Err(unavailable)) => {
                health.suspect(id);
                Found::Skipped(unavailable.to_string())
            }
        });
    }
    Ok(all)
}

/// What is wrong; an error when the backend does not answer.
async fn look(backend: &dyn Backend, zones: &[&DesiredZone]) -> Vec<Result<Found, BackendError>> {
    let expected: Vec<_> = zones.iter().map(|desired| desired.expected()).collect();
    let differences = backend.compare(&expected).await;
    let alike = |difference: &Result<Option<Difference>, _>| matches!(difference, Ok(None));
    let asked = expected.iter().zip(&differences).filter(|(_, d)| alike(d));
    let asked: Vec<_> = asked.map(|(expected, _)| *expected).collect();
    let served = backend.served(&asked, Depth::EveryRRset).await;
    let compared = asked
        .into_iter()
        .zip(served)
        .map(|(expected, served)| async move {
            match served {
                Ok(served) => Ok(compare(backend, expected, served).await),
                Err(error) => Err(error),
            }
        });
    let mut compared = join_all(compared).await.into_iter();
    let mut all = Vec::with_capacity(zones.len());
    for (difference, expected) in differences.into_iter().zip(&expected) {
        all.push(match difference {
            Ok(None) => match compared.next() {
                Some(Err(error)) if !error.is_unreachable() => {
                    Ok(Found::Skipped(error.to_string()))
                }
                Some(found) => found,
                None => Ok(Found::InSync),
            },
            Ok(Some(found)) => Ok(Found::Drifted(records(found, expected.zone()))),
            Err(error) if error.is_unreachable() => Err(error),
            Err(error) => {
                let finding = Finding::new(Drift::Unreadable, error.to_string());
                Ok(Found::Drifted(finding))
            }
        });
    }
    all
}

/// What is wrong with what is served of a zone, with the reason as far as it is known.
async fn compare(backend: &dyn Backend, expected: Expected<'_>, said: Served) -> Found {
    let serial = expected.zone().map(Zone::serial);
    let Some(mut finding) = served(&said, serial) else {
        return match said {
            Served::Silent(said) => Found::Skipped(said),
            _ => Found::InSync,
        };
    };
    if let (Some(zone), false) = (expected.zone(), finding.kind == Drift::Answers)
        && let Some(why) = why(backend, zone, &said).await
    {
        finding.said = format!("{}; {why}", finding.said);
    }
    Found::Drifted(finding)
}

impl DesiredZone {
    /// What a backend should have of it.
    fn expected(&self) -> Expected<'_> {
        Expected::new(&self.name, self.zone.as_ref())
    }
}

impl Finding {
    /// Why the zone is left unchanged: it is signed and ahead there, ours cannot pass it, and may have
    /// expired. What it is known to have had here before is no newer.
    pub fn left(&self, store: &Store, desired: &DesiredZone) -> Option<String> {
        let signed = desired.zone.as_ref().is_some_and(Zone::is_signed);
        let newer = self
            .ahead
            .is_some_and(|serial| !store.is_known_serial(&desired.name, serial));
        (newer && signed).then(|| {
            format!(
                "zone {} is signed, and newer there than here: {self}; leaving it unchanged, its master has \
                 to push it again",
                desired.name
            )
        })
    }

    fn new(kind: Drift, said: impl Into<String>) -> Self {
        Self {
            kind,
            ahead: None,
            said: said.into(),
        }
    }
}

fn records(found: Difference, zone: Option<&Zone>) -> Finding {
    let kind = match (zone, found.serial) {
        (None, _) => Drift::Lingering,
        (Some(_), None) => Drift::Missing,
        (Some(_), Some(_)) => Drift::Records,
    };
    let ours = zone.map(Zone::serial);
    Finding {
        ahead: found
            .serial
            .filter(|serial| ours.is_some_and(|ours| is_not_passed(*serial, ours))),
        ..Finding::new(kind, found.to_string())
    }
}

/// Whether it takes a higher serial than ours to get past the one on the backend: one that is half the way
/// round apart is not passed either (RFC 1982).
fn is_not_passed(serial: u32, ours: u32) -> bool {
    serial != ours && !is_ahead(ours, serial)
}

fn served(served: &Served, serial: Option<u32>) -> Option<Finding> {
    match (served, serial) {
        (Served::NotAsked | Served::Silent(_), _) | (Served::Absent, None) => None,
        (Served::Serial(found), Some(serial)) if *found == serial => None,
        (Served::Serial(found), Some(serial)) => Some(Finding {
            ahead: is_not_passed(*found, serial).then_some(*found),
            ..Finding::new(
                Drift::Serial,
                format!("it is served with serial {found} instead of {serial}"),
            )
        }),
        (Served::RRsets(answers), _) => answers
            .fault()
            .map(|fault| Finding::new(Drift::Answers, fault)),
        (Served::Serial(_), None) => {
            let said = "it is served although it was removed";
            Some(Finding::new(Drift::Lingering, said))
        }
        (Served::Divided(said), _) => Some(Finding::new(
            Drift::NotServed,
            format!("its servers differ: {said}"),
        )),
        (Served::Absent | Served::Broken(_), _) => Some(Finding::new(
            Drift::NotServed,
            format!("the server {served}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_that_is_behind_is_not_ahead_even_across_the_wrap_around() {
        for (serial, ours, ahead) in [
            (2, 1, true),
            (1, 2, false),
            (0, u32::MAX, true),
            (u32::MAX, 0, false),
            (1 << 31, 0, true),
        ] {
            let finding = served(&Served::Serial(serial), Some(ours)).unwrap();
            assert_eq!(finding.ahead, ahead.then_some(serial), "{serial} {ours}");
        }
    }

    #[test]
    fn a_removed_zone_that_a_server_does_not_know_is_in_sync() {
        assert!(served(&Served::Absent, None).is_none());
        let lingering = served(&Served::Serial(1), None).unwrap();
        assert_eq!(lingering.kind, Drift::Lingering);
        assert_eq!(
            served(&Served::Absent, Some(1)).unwrap().kind,
            Drift::NotServed
        );
    }
}
