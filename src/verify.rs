//! Verified means: a backend has what is desired, and serves it where it can be asked.

use std::time::Duration;

use dadns_backends::{Backend, BackendError, Difference, Served, ZoneResult};
use dadns_zone::{Zone, ZoneName};
use tokio::time::Instant;

/// The pauses between questions to a server that is still loading: 1 ms, doubling up to 100 ms.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// What a backend is verified to have.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The name of the zone.
    pub name: &'a ZoneName,
    /// The zone; `None`: it was removed.
    pub zone: Option<&'a Zone>,
    /// Whether every RRset is asked for, and not only the serial.
    pub every_rrset: bool,
}

/// Verifies that `backend` has exactly what is `expected` (no zone, where it was removed) and, where it can
/// be asked over DNS, that it serves it by `deadline`. `changed`: whether it had to write anything.
pub async fn verify(
    backend: &dyn Backend,
    expected: Expected<'_>,
    changed: bool,
    deadline: Instant,
) -> ZoneResult {
    let unverified = |cause| ZoneResult::Unverified {
        changed,
        cause: Some(cause),
    };
    let found = match difference(backend, expected.name, expected.zone).await {
        Ok(Some(found)) => return ZoneResult::Differs(found),
        Ok(None) => fault(backend, expected, deadline).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(None) => ZoneResult::Verified {
            changed,
            repaired: None,
        },
        Ok(Some(cause)) => unverified(cause),
        Err(error) if error.is_unreachable() => ZoneResult::Unavailable(error),
        Err(error) => unverified(error.to_string()),
    }
}

/// Compares what `backend` has of `name` with `desired` (`None`: no such zone).
///
/// # Errors
/// When it cannot be read.
pub async fn difference(
    backend: &dyn Backend,
    name: &ZoneName,
    desired: Option<&Zone>,
) -> Result<Option<Difference>, BackendError> {
    let found = backend.read(name).await?;
    Ok(Difference::between(found.as_ref(), desired))
}

/// What is wrong with what `backend` serves at the `deadline`, in words for an operator; `None`: nothing.
async fn fault(
    backend: &dyn Backend,
    expected: Expected<'_>,
    deadline: Instant,
) -> Result<Option<String>, BackendError> {
    let Expected {
        zone, every_rrset, ..
    } = expected;
    let fault = unserved(backend, expected, deadline).await;
    if let (Ok(Some(_)) | Err(_), Some(zone)) = (&fault, zone) {
        // The backend learns that it answers wrong: with the next try it writes the zone anew.
        let _ = backend.answers(zone).await;
    }
    match (fault?, zone) {
        (None, Some(zone)) if every_rrset => answered_wrong(backend, zone, deadline).await,
        (fault, _) => Ok(fault),
    }
}

/// Asks for every RRset until all answers are right or the deadline has passed.
async fn answered_wrong(
    backend: &dyn Backend,
    zone: &Zone,
    deadline: Instant,
) -> Result<Option<String>, BackendError> {
    let mut pauses = Pauses::until(deadline);
    loop {
        match backend.answers(zone).await?.fault() {
            None => return Ok(None),
            Some(_) if pauses.pause().await => {}
            Some(fault) => {
                let fault = format!("written and served with its serial, but {fault}");
                return Ok(Some(fault));
            }
        }
    }
}

/// Asks until the answer is the serial of the zone (no such zone, where it was removed) or the deadline has
/// passed.
async fn unserved(
    backend: &dyn Backend,
    expected: Expected<'_>,
    deadline: Instant,
) -> Result<Option<String>, BackendError> {
    let mut pauses = Pauses::until(deadline);
    let Expected { name, zone, .. } = expected;
    let serial = zone.map(Zone::serial);
    loop {
        let found = match (backend.serves(name).await?, serial) {
            (Served::NotAsked, _) | (Served::Absent, None) => return Ok(None),
            (Served::Serial(found), Some(serial)) if found == serial => return Ok(None),
            (_, None) if !backend.serves_ours(name).await? => return Ok(None),
            (found, _) => found,
        };
        if !pauses.pause().await {
            return Ok(Some(why_unserved(backend, zone, &found).await));
        }
    }
}

/// What is served instead of the zone, with the reason as far as it is known.
async fn why_unserved(backend: &dyn Backend, zone: Option<&Zone>, found: &Served) -> String {
    let said = match found {
        Served::Divided(answers) => format!("its servers differ: {answers}"),
        Served::Silent(answers) => format!("not all of its servers answer: {answers}"),
        served => format!("it {served}"),
    };
    let Some(zone) = zone else {
        return format!("removed, but still served: {said}");
    };
    let serial = zone.serial();
    let why = match (backend.diagnose(zone, found).await, found) {
        (Some(why), _) => format!("; {why}"),
        (None, Served::Broken(_)) => {
            ": the server's own log says why it did not load the zone".to_owned()
        }
        (None, _) => String::new(),
    };
    format!("written, but not served with serial {serial}: {said}{why}")
}

/// The pauses between questions.
struct Pauses {
    next: Duration,
    deadline: Instant,
}

impl Pauses {
    fn until(deadline: Instant) -> Self {
        Self {
            next: FIRST_PAUSE,
            deadline,
        }
    }

    /// Waits for a moment; `false`: the deadline has come.
    async fn pause(&mut self) -> bool {
        if Instant::now() + self.next > self.deadline {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        true
    }
}
