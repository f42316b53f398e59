//! One zone on one backend: is it in sync?

use std::fmt;

use dadns_backends::{Answers, Backend, BackendError, Difference, Served};
use dadns_zone::{Zone, ZoneName, is_ahead};
use jiff::Timestamp;

use super::counts::Drift;
use crate::health::Health;
use crate::store::{Store, StoreError};
use crate::verify::difference;

/// A zone as it should be.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
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

/// Compares what `backend` has, serves and answers with what is desired. What changed meanwhile is skipped:
/// it is the lane's.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn check(
    store: &Store,
    health: &Health,
    backend: &dyn Backend,
    wanted: &Wanted,
) -> Result<Found, StoreError> {
    let id = backend.id();
    if let Some(unavailable) = health.unavailable(id) {
        let why = format!("{id} is unavailable: {}", unavailable.cause);
        return Ok(Found::Skipped(why));
    }
    let busy = || store.pending_entry(id, &wanted.name).is_some();
    if busy() {
        return Ok(Found::Skipped("it is pending".into()));
    }
    let began = Timestamp::now();
    let finding = match look(backend, wanted).await {
        Ok(Found::Drifted(finding)) => finding,
        Ok(found) => return Ok(found),
        Err(unavailable) => {
            health.suspect(id);
            return Ok(Found::Skipped(unavailable.to_string()));
        }
    };
    let current = store.head(&wanted.name)?.map_or(0, |head| head.revision);
    // In this order: what is recorded between the two has been verified since.
    if busy() || health.is_verified_since(id, &wanted.name, began) || current != wanted.revision {
        return Ok(Found::Skipped("it is being changed".into()));
    }
    Ok(Found::Drifted(finding))
}

/// What is wrong; an error when the backend does not answer.
async fn look(backend: &dyn Backend, wanted: &Wanted) -> Result<Found, BackendError> {
    let Wanted { name, zone, .. } = wanted;
    match difference(backend, name, zone.as_ref()).await {
        Ok(None) => {}
        Ok(Some(found)) => return Ok(Found::Drifted(records(found, zone.as_ref()))),
        Err(error) if error.is_unreachable() => return Err(error),
        Err(error) => {
            let finding = Finding::new(Drift::Unreadable, error.to_string());
            return Ok(Found::Drifted(finding));
        }
    }
    let mut said = backend.serves(name).await?;
    if zone.is_none() && said != Served::Absent && !backend.serves_ours(name).await? {
        said = Served::Absent;
    }
    if let Some(mut finding) = served(&said, zone.as_ref().map(Zone::serial)) {
        if let Some(zone) = zone {
            // The backend learns that it answers wrong, and writes the zone anew although it has it right.
            let _ = backend.answers(zone).await;
            if let Some(why) = backend.diagnose(zone, &said).await {
                finding.said = format!("{}; {why}", finding.said);
            }
        }
        return Ok(Found::Drifted(finding));
    }
    // Those that answer may still answer wrong.
    let answered = match zone {
        Some(zone) => backend.answers(zone).await,
        None => Ok(Answers::NotAsked),
    };
    Ok(match (answered, said) {
        (Ok(answers), said) => match (answers.fault(), said) {
            (Some(fault), _) => Found::Drifted(Finding::new(Drift::Answers, fault)),
            (None, Served::Silent(said)) => Found::Skipped(said),
            (None, _) => Found::InSync,
        },
        (Err(error), _) if error.is_unreachable() => return Err(error),
        (Err(error), _) => Found::Skipped(error.to_string()),
    })
}

impl Finding {
    /// Why the zone is left unchanged: it is signed and ahead there, ours cannot pass it, and may have
    /// expired. What it is known to have had here before is no newer.
    pub fn left(&self, store: &Store, wanted: &Wanted) -> Option<String> {
        let signed = wanted.zone.as_ref().is_some_and(Zone::is_signed);
        let newer = self
            .ahead
            .is_some_and(|serial| !store.is_known_serial(&wanted.name, serial));
        (newer && signed).then(|| {
            format!(
                "zone {} is signed, and newer there than here: {self}; leaving it unchanged, its master has \
                 to push it again",
                wanted.name
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

fn served(served: &Served, wanted: Option<u32>) -> Option<Finding> {
    match (served, wanted) {
        (Served::NotAsked | Served::Silent(_), _) | (Served::Absent, None) => None,
        (Served::Serial(serial), Some(wanted)) if *serial == wanted => None,
        (Served::Serial(serial), Some(wanted)) => Some(Finding {
            ahead: is_not_passed(*serial, wanted).then_some(*serial),
            ..Finding::new(
                Drift::Serial,
                format!("it is served with serial {serial} instead of {wanted}"),
            )
        }),
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
