//! One zone of a batch: loading what it should be, and what became of it.

use dadns_backends::{Backend, Depth, Expected, Unsupported, ZoneResult};
use dadns_zone::{Zone, ZoneName};

use crate::store::{Due, Store};
use crate::verify::Subject;

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
    /// Whether the backend was last verified to have just this zone.
    pub is_known_there: bool,
    /// Whether the backend was never verified to have any of its revisions.
    pub is_new_there: bool,
    /// Whether the backend had other records under the serial of the zone, so that its serial alone does not
    /// tell the two apart.
    pub serial_reused: bool,
    /// Whether the backend has the serial already, be it from a write of ours that was not verified.
    pub serial_says_nothing: bool,
}

impl Job {
    /// How many RRsets the zone has.
    pub fn rrsets(&self) -> usize {
        self.zone.as_ref().map_or(0, |zone| zone.rrsets().len())
    }

    /// The serial that it should have.
    pub fn serial(&self) -> Option<u32> {
        self.zone.as_ref().map(Zone::serial)
    }

    /// Why the zone is not verified, with the reason where its serial is a likely one.
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

    fn changed(&self) -> bool {
        self.changed
    }
}

/// The result of a zone, with the reason where its serial is a likely one.
pub(super) fn explained(job: &Job, result: ZoneResult) -> ZoneResult {
    match result {
        ZoneResult::Unverified { changed, cause } => ZoneResult::Unverified {
            changed,
            cause: cause.map(|cause| job.explained(cause)),
        },
        result => result,
    }
}

/// Loads what a zone should be. One that the store cannot load, or that the backend cannot hold, has its
/// result already.
pub(super) fn load(store: &Store, backend: &dyn Backend, due: Due) -> (Job, Option<ZoneResult>) {
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
        serial_says_nothing: false,
    };
    let desired = match store.desired_by_lane(backend.id(), &job.name) {
        Ok(desired) => desired,
        Err(error) => return (job, Some(ZoneResult::Failed(error.to_string()))),
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
        .then(|| ZoneResult::Refused(job.notes.clone()));
    (job, refused)
}
