//! Done means proven: what a backend holds and serves, against what it should.

use std::time::Duration;

use dadns_backends::{Backend, BackendError, Served};
use dadns_zone::{Diff, Zone, ZoneName};
use tokio::time::Instant;

/// The pauses between questions to a server that is still loading: 1 ms, doubling up to 100 ms.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How many lines of a difference an error quotes.
const DIFF_LINES: usize = 6;

/// What is missing from a proof.
#[derive(Debug)]
pub enum Missing {
    /// The backend holds or serves something else, in words for an operator.
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
/// where it can be asked over DNS, that it serves it by `deadline`.
///
/// # Errors
/// What is missing from the proof.
pub async fn prove(
    backend: &dyn Backend,
    name: &ZoneName,
    desired: Option<&Zone>,
    deadline: Instant,
) -> Result<(), Missing> {
    let held = backend.read(name).await?;
    let differs = match (&held, desired) {
        (None, None) => None,
        (Some(held), Some(desired)) if held.digest() == desired.digest() => None,
        (Some(held), Some(desired)) => Some(difference(held, desired)),
        (Some(_), None) => Some("it is still held after its removal".into()),
        (None, Some(_)) => Some("it is not held after it was written".into()),
    };
    match differs {
        Some(differs) => Err(Missing::Proof(differs)),
        None => served(backend, name, desired.map(Zone::serial), deadline).await,
    }
}

/// Asks until the answer is the wanted serial (`None`: no such zone) or the deadline has passed.
async fn served(
    backend: &dyn Backend,
    name: &ZoneName,
    wanted: Option<u32>,
    deadline: Instant,
) -> Result<(), Missing> {
    let mut pause = FIRST_PAUSE;
    loop {
        let found = match (backend.serves(name).await?, wanted) {
            (Served::NotAsked, _) | (Served::Absent, None) => return Ok(()),
            (Served::Serial(serial), Some(wanted)) if serial == wanted => return Ok(()),
            (broken @ Served::Broken(_), _) => {
                format!("it {broken}: the server's own log says why it did not load the zone")
            }
            (Served::Divided(answers), _) => format!("its servers differ: {answers}"),
            (served, _) => format!("it {served}"),
        };
        if Instant::now() + pause > deadline {
            return Err(Missing::Proof(match wanted {
                Some(serial) => format!("written, but not served with serial {serial}: {found}"),
                None => format!("removed, but still served: {found}"),
            }));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn difference(held: &Zone, desired: &Zone) -> String {
    let diff = Diff::between(held, desired).to_string();
    let mut lines = diff.lines();
    let shown: Vec<&str> = lines.by_ref().take(DIFF_LINES).collect();
    let more = match lines.count() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!(
        "it does not hold what was written: {}{more}",
        shown.join("; ")
    )
}
