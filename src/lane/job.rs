//! One zone of a batch: loading what it should be, and judging how it went.

use dadns_backends::{Backend, BackendError, Depth, Expected, Outcome, Unsupported};
use dadns_zone::{Zone, ZoneName};

use crate::store::{Due, Store};
use crate::verify::{Difference, Missing, Subject};

/// A zone of a batch, loaded.
pub(super) struct Job {
    pub name: ZoneName,
    pub attempts: u32,
    pub revision: u64,
    pub zone: Option<Zone>,
    pub notes: Vec<Unsupported>,
    /// Whether every RRset is to be asked for.
    pub ask_all: bool,
    /// Whether it is to be written even where the backend has it already.
    pub rewrite: bool,
    /// Whether the place was last verified to have just this zone.
    pub is_known_there: bool,
    /// Whether the place was never verified to have any of its revisions.
    pub is_new_there: bool,
    /// Whether the place had other records under the serial of the zone, so that to be served with it
    /// proves nothing.
    pub serial_reused: bool,
    /// Whether the place has the serial already, be it from a write of ours that was not verified.
    pub serial_proves_nothing: bool,
}

impl Job {
    /// How many RRsets the zone has.
    pub fn rrsets(&self) -> usize {
        self.zone
            .as_ref()
            .map_or(0, |zone| zone.record_sets().len())
    }

    /// The serial that it should have.
    pub fn serial(&self) -> Option<u32> {
        self.zone.as_ref().map(Zone::serial)
    }

    /// What is missing from a proof, with the reason where the serial is a likely one.
    fn explained(&self, cause: String) -> String {
        match &self.zone {
            Some(zone) if self.serial_reused => format!(
                "{cause}. Serial {} is not ahead of one that the zone had with other records, and a server \
                 that goes by serials keeps those (BIND does with ixfr-from-differences): a higher \
                 serial is needed",
                zone.serial()
            ),
            _ => cause,
        }
    }
}

/// How one zone of a batch went.
pub(super) enum Verdict {
    Verified {
        changed: bool,
    },
    /// It does not hold what was written.
    Differs(Difference),
    Unverified(String),
    Refused(String),
    Failed(String),
    Unavailable(BackendError),
}

/// A zone that was applied and has yet to be verified.
pub(super) struct Written {
    pub job: Job,
    /// Whether the backend had to change anything.
    pub changed: bool,
}

impl Subject for Written {
    fn expected(&self) -> Expected<'_> {
        Expected::new(&self.job.name, self.job.zone.as_ref())
    }

    fn depth(&self) -> Depth {
        match self.job.ask_all {
            true => Depth::EveryRRset,
            false => Depth::Serial,
        }
    }
}

/// How it went to apply a zone: whether anything had to be changed. It has yet to be verified.
pub(super) fn applied(outcome: Outcome) -> Result<bool, Verdict> {
    match outcome {
        Outcome::Applied => Ok(true),
        Outcome::Unchanged => Ok(false),
        Outcome::Refused(reasons) => {
            Err(Verdict::Refused(format!("refused: {}", listed(&reasons))))
        }
        Outcome::Failed(error) if error.is_unreachable() => Err(Verdict::Unavailable(error)),
        Outcome::Failed(error) => Err(Verdict::Failed(error.to_string())),
    }
}

/// How it went in the end.
pub(super) fn verified(written: Written, result: Result<(), Missing>) -> (Job, Verdict) {
    let Written { job, changed } = written;
    let verdict = match result {
        Ok(()) => Verdict::Verified { changed },
        Err(Missing::Records(found)) => Verdict::Differs(found),
        Err(Missing::Served(cause) | Missing::Unknown(cause)) => {
            Verdict::Unverified(job.explained(cause))
        }
        Err(Missing::Unavailable(error)) => Verdict::Unavailable(error),
    };
    (job, verdict)
}

pub(super) fn load(store: &Store, backend: &dyn Backend, due: Due) -> (Job, Option<Verdict>) {
    let mut job = Job {
        name: due.zone,
        attempts: due.attempts,
        revision: due.revision,
        zone: None,
        notes: Vec::new(),
        ask_all: false,
        rewrite: false,
        is_known_there: false,
        is_new_there: false,
        serial_reused: false,
        serial_proves_nothing: false,
    };
    let desired = match store.desired(&job.name) {
        Ok(desired) => desired,
        Err(error) => return (job, Some(Verdict::Failed(error.to_string()))),
    };
    job.revision = desired.revision;
    if let Some(zone) = &desired.zone {
        job.notes = backend.unsupported(zone);
        // What cannot be read was not verified.
        let receipt = store.receipt(&job.name, backend.id()).unwrap_or_default();
        let receipt = receipt.unwrap_or_default();
        job.is_known_there = receipt.digest == Some(*zone.digest().as_bytes());
        job.is_new_there = receipt.revision.is_none();
        job.serial_reused = store.is_serial_reused(&job.name)
            || (receipt.serial == Some(zone.serial()) && !job.is_known_there);
    }
    job.zone = desired.zone;
    let refused = job
        .notes
        .iter()
        .any(|note| note.fatal)
        .then(|| Verdict::Refused(format!("refused: {}", listed(&job.notes))));
    (job, refused)
}

fn listed(reasons: &[Unsupported]) -> String {
    let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}
