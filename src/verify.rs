//! Done means verified: what a backend holds and serves, against what it should.

use std::time::Duration;

use dadns_backends::{Backend, BackendError, Served};
use dadns_zone::{ChangeKind, Diff, Zone, ZoneName};
use tokio::time::Instant;

/// The pauses between questions to a server that is still loading: 1 ms, doubling up to 100 ms.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How many lines of a difference an error quotes.
const DIFF_LINES: usize = 6;

/// What is missing from a proof.
#[derive(Debug)]
pub enum Missing {
    /// The backend holds other records.
    Records(Difference),
    /// The backend cannot be read, or serves something else, in words for an operator.
    Proof(String),
    /// The backend could not be asked.
    Answer(BackendError),
}

impl From<BackendError> for Missing {
    fn from(error: BackendError) -> Self {
        if error.is_unreachable() {
            Self::Answer(error)
        } else {
            Self::Proof(error.to_string())
        }
    }
}

/// Proves that `backend` holds exactly `desired` (`None`: that it holds nothing of `name`) and,
/// where it can be asked over DNS, that it serves it by `deadline`: with its serial, and where
/// `every_rrset` says so, with all that it consists of.
///
/// # Errors
/// What is missing from the proof.
pub async fn verify(
    backend: &dyn Backend,
    name: &ZoneName,
    desired: Option<&Zone>,
    every_rrset: bool,
    deadline: Instant,
) -> Result<(), Missing> {
    match difference(backend, name, desired).await? {
        Some(found) => return Err(Missing::Records(found)),
        None => {
            let served = served(backend, name, desired, deadline).await;
            if let (Err(_), Some(zone)) = (&served, desired) {
                // The place learns that it answers wrong: with the next try it writes the zone anew.
                let _ = backend.answers(zone).await;
            }
            served?;
        }
    }
    match desired {
        Some(zone) if every_rrset => answered(backend, zone, deadline).await,
        _ => Ok(()),
    }
}

/// Asks for every RRset until all are answered as they should be or the deadline has passed.
async fn answered(backend: &dyn Backend, zone: &Zone, deadline: Instant) -> Result<(), Missing> {
    let mut pauses = Pauses::until(deadline);
    loop {
        match backend.answers(zone).await?.fault() {
            None => return Ok(()),
            Some(_) if pauses.pause().await => {}
            Some(fault) => {
                let fault = format!("written and served with its serial, but {fault}");
                return Err(Missing::Proof(fault));
            }
        }
    }
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

    /// Waits for a moment; `false`: the time is over.
    async fn pause(&mut self) -> bool {
        if Instant::now() + self.next > self.deadline {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        true
    }
}

/// How what a backend holds differs from what it should hold, read back from the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Records that are held and should not be.
    pub extra: usize,
    /// Records that should be held and are not.
    pub missing: usize,
    /// The serial that is held; `None`: nothing is.
    pub serial: Option<u32>,
    /// The first lines of the difference, or what else there is to say.
    lines: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            extra,
            missing,
            lines,
            ..
        } = self;
        write!(f, "{extra} extra and {missing} missing record(s): {lines}")
    }
}

/// Compares what `backend` holds of `name` with `desired` (`None`: nothing), by count and digest.
///
/// # Errors
/// When it cannot be read.
pub async fn difference(
    backend: &dyn Backend,
    name: &ZoneName,
    desired: Option<&Zone>,
) -> Result<Option<Difference>, BackendError> {
    let held = backend.read(name).await?;
    Ok(match (&held, desired) {
        (None, None) => None,
        (Some(held), Some(desired))
            if held.record_count() == desired.record_count()
                && held.digest() == desired.digest() =>
        {
            None
        }
        (Some(held), Some(desired)) => Some(Difference::between(held, desired)),
        (Some(held), None) => Some(Difference {
            extra: held.record_count(),
            missing: 0,
            serial: Some(held.serial()),
            lines: "it is held although it was removed".into(),
        }),
        (None, Some(desired)) => Some(Difference {
            extra: 0,
            missing: desired.record_count(),
            serial: None,
            lines: "it is not held".into(),
        }),
    })
}

/// Asks until the answer is the serial of `desired` (`None`: no such zone) or the deadline has passed.
async fn served(
    backend: &dyn Backend,
    name: &ZoneName,
    desired: Option<&Zone>,
    deadline: Instant,
) -> Result<(), Missing> {
    let mut pauses = Pauses::until(deadline);
    let wanted = desired.map(Zone::serial);
    loop {
        let found = match (backend.serves(name).await?, wanted) {
            (Served::NotAsked, _) | (Served::Absent, None) => return Ok(()),
            (Served::Serial(serial), Some(wanted)) if serial == wanted => return Ok(()),
            (_, None) if !backend.serves_ours(name).await? => return Ok(()),
            (found, _) => found,
        };
        if !pauses.pause().await {
            return Err(Missing::Proof(unserved(backend, desired, &found).await));
        }
    }
}

/// What is said of a zone that is not served as it should be, with the reason as far as it is known.
async fn unserved(backend: &dyn Backend, desired: Option<&Zone>, found: &Served) -> String {
    let told = match found {
        Served::Divided(answers) => format!("its servers differ: {answers}"),
        Served::Silent(answers) => format!("not all of its servers answer: {answers}"),
        served => format!("it {served}"),
    };
    let Some(zone) = desired else {
        return format!("removed, but still served: {told}");
    };
    let serial = zone.serial();
    let why = match (backend.diagnose(zone, found).await, found) {
        (Some(why), _) => format!("; {why}"),
        (None, Served::Broken(_)) => {
            ": the server's own log says why it did not load the zone".to_owned()
        }
        (None, _) => String::new(),
    };
    format!("written, but not served with serial {serial}: {told}{why}")
}

impl Difference {
    fn between(held: &Zone, desired: &Zone) -> Self {
        let diff = Diff::between(held, desired);
        let (mut extra, mut missing) = (0, 0);
        for change in &diff.changes {
            match change.kind {
                ChangeKind::Removed { .. } => extra += 1,
                ChangeKind::Added { .. } => missing += 1,
                ChangeKind::Changed { .. } => {
                    extra += 1;
                    missing += 1;
                }
            }
        }
        let text = diff.to_string();
        let mut lines = text.lines();
        let shown: Vec<&str> = lines.by_ref().take(DIFF_LINES).collect();
        let more = match lines.count() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Self {
            extra,
            missing,
            serial: Some(held.serial()),
            lines: shown.join("; ") + &more,
        }
    }
}
